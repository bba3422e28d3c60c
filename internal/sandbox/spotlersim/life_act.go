package spotlersim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// reaction is something that one receiver does with one mailing.
type reaction struct {
	selector
	Act   string  `json:"act"`
	Link  int32   `json:"link,omitempty"`         // of a click
	Late  float64 `json:"late_seconds,omitempty"` // how long ago it happened; the service learns of it now
	Cents int64   `json:"cents,omitempty"`        // of a purchase
}

func controlReact(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req reaction
	if !control.Read(w, r, &req) {
		return
	}
	if req.Late < 0 || req.Late > maxAdvance {
		control.Refuse(w, http.StatusBadRequest, "late_seconds is a number from 0, at most ten years")
		return
	}
	status, says := http.StatusNoContent, ""
	a.locked(func() {
		m, who := a.post.byRef[r.PathValue("id")], a.find(req.selector)
		if m == nil || who == nil {
			status, says = http.StatusNotFound, "no such mailing, or no contact is selected: give external_id, encrypted_id or email"
			return
		}
		if err := s.react(a, m, who, req); err != nil {
			status, says = http.StatusBadRequest, err.Error()
		}
	})
	if says != "" {
		control.Refuse(w, status, says)
		return
	}
	w.WriteHeader(status)
}

func (s *Sim) react(a *account, m *mailing, who *contact, req reaction) error {
	now := s.clock()
	when := moment{now.Add(-time.Duration(req.Late * float64(time.Second))), now}
	d := m.to[who]
	if req.Act == "send" {
		if d == nil || m.kind != bulkMailing {
			a.life.count("sent")
			a.deliver(m, who, when).arrive()
		}
		return nil
	}
	if d == nil {
		return fmt.Errorf("the contact did not get that mailing: let it be sent first")
	}
	switch req.Act {
	case "open":
		a.open(d, when, s.assume.Load().OpenedEach)
	case "click":
		if m.link(req.Link) == nil {
			return fmt.Errorf("link is the id of no link of the mailing")
		}
		a.click(d, req.Link, when)
	case "hard_bounce", "soft_bounce":
		a.comeBack(d, req.Act == "hard_bounce", when)
	case "unsubscribe":
		a.unsubscribeBy(d, true, when)
	case "complain":
		a.leave(d, when)
	case "profile":
		s.fillProfile(a, d, when)
	case "cart", "purchase":
		if !a.converted(d.mpid, req.Act == "purchase", req.Cents) {
			return fmt.Errorf("the contact followed no link of the mailing: let it click first")
		}
	default:
		return fmt.Errorf("act is send, open, click, hard_bounce, soft_bounce, unsubscribe, complain, profile, cart or purchase")
	}
	return nil
}

// receipt is what one receiver did with a mailing, as the control plane shows it.
type receipt struct {
	ExternalID   string `json:"external_id,omitempty"`
	EncryptedID  string `json:"encrypted_id"`
	Run          int32  `json:"campaign_subscription_id,omitempty"`
	Opened       bool   `json:"opened"`
	Clicked      bool   `json:"clicked"`
	Bounced      string `json:"bounced,omitempty"`
	Unsubscribed bool   `json:"unsubscribed"`
	MPID         string `json:"mpid,omitempty"` // of the links that it followed
}

func controlReceipts(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	out := []receipt{}
	var m *mailing
	a.locked(func() {
		if m = a.post.byRef[r.PathValue("id")]; m == nil {
			return
		}
		for _, d := range m.deliveries {
			row := receipt{d.to.ids[a.field], d.to.encrypted, d.run, d.opened != nil, d.clicked, "", d.left, d.mpid}
			if d.bounced != nil {
				row.Bounced = bounceKind(d.bounced.hard)
			}
			out = append(out, row)
		}
	})
	if m == nil {
		control.Refuse(w, http.StatusNotFound, "the account has no such mailing; GET /control/life/mailings lists them")
		return
	}
	control.Answer(w, http.StatusOK, out)
}

func controlEnter(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var who selector
	if !control.Read(w, r, &who) {
		return
	}
	sent, found := 0, false
	a.locked(func() {
		c := a.find(who)
		if found = c != nil; found {
			sent = s.follow(a, r.PathValue("id"), c, s.clock())
		}
	})
	if !found {
		control.Refuse(w, http.StatusNotFound, "no contact is selected: give external_id, encrypted_id or email")
		return
	}
	control.Answer(w, http.StatusOK, map[string]int{"sent": sent})
}
