package spotlersim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// mountLife adds the calls that let people live. ?account= as everywhere. To
// move the clock far, clients must follow it, or clock_skew be assumed 0.
//
//	GET  /control/life                   what happened so far, what is still to come, the rates
//	POST /control/life/advance           {"seconds"} moves the clock of all accounts; what is due happens, in order
//	PUT  /control/life/rates             RATES of the account
//	POST /control/life/days              {"days", "subscribers", "foreign", "changes", "leavers"} per day, from now
//	GET  /control/life/mailings          every mailing with its statistics
//	POST /control/life/mailings          {"name", "to": {"audience" | "temporary_list" | "permission" | "property", "value" |
//	                                     "external_ids" | "test_group" | "nobody"}, "kind", "type", "subject", "campaign",
//	                                     "automation", "trend_report", "links", "after_seconds", "rates"} sends one
//	POST /control/life/mailings/{id}/act SELECTOR + {"act": "send" | "open" | "click" | "hard_bounce" | "soft_bounce" |
//	                                     "unsubscribe" | "complain" | "profile" | "cart" | "purchase", "link"?, "cents"?,
//	                                     "late_seconds"?} now, by hand
//	GET  /control/life/mailings/{id}     what every receiver did with it
//	POST /control/life/automations/{id}/enter  SELECTOR: a run starts, and its mailings are sent
//	POST /control/life/subscribers       {"number", "foreign": bool} arrive now
//	GET, POST /control/life/trends       trend reports
func (s *Sim) mountLife(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/life", s.on(controlLife))
	mux.HandleFunc("POST /control/life/advance", s.controlAdvance)
	mux.HandleFunc("PUT /control/life/rates", s.on(controlRates))
	mux.HandleFunc("POST /control/life/days", s.on(controlDays))
	mux.HandleFunc("GET /control/life/mailings", s.on(controlMailings))
	mux.HandleFunc("POST /control/life/mailings", s.on(controlSend))
	mux.HandleFunc("POST /control/life/mailings/{id}/act", s.on(controlReact))
	mux.HandleFunc("GET /control/life/mailings/{id}", s.on(controlReceipts))
	mux.HandleFunc("POST /control/life/automations/{id}/enter", s.on(controlEnter))
	mux.HandleFunc("POST /control/life/subscribers", s.on(controlSubscribers))
	mux.HandleFunc("GET /control/life/trends", s.on(controlTrends))
	mux.HandleFunc("POST /control/life/trends", s.on(controlAddTrend))
}

func controlLife(s *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := struct {
		Now      time.Time      `json:"now"`
		Happened map[string]int `json:"happened"`
		Pending  int            `json:"pending"`
		Next     time.Time      `json:"next,omitzero"`
		Rates    Rates          `json:"rates"`
	}{Now: s.clock(), Happened: map[string]int{}}
	a.locked(func() {
		for name, n := range a.life.tally {
			out.Happened[name] = n
		}
		out.Pending, out.Rates = len(a.life.due), a.life.rates
		if out.Pending > 0 {
			out.Next = a.life.due[0].at
		}
	})
	control.Answer(w, http.StatusOK, out)
}

// maxAdvance is the furthest the clock goes in one call, in seconds: ten years.
const maxAdvance = 3650 * 86400

func (s *Sim) controlAdvance(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Seconds float64 `json:"seconds"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	if req.Seconds < 0 || req.Seconds > maxAdvance {
		control.Refuse(w, http.StatusBadRequest, "seconds is a number from 0, at most ten years: nobody lives backwards")
		return
	}
	n := s.live(time.Duration(req.Seconds * float64(time.Second)))
	control.Answer(w, http.StatusOK, map[string]any{"now": s.clock(), "happened": n})
}

func controlRates(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var rates Rates
	a.locked(func() { rates = a.life.rates })
	if !control.Read(w, r, &rates) {
		return
	}
	if err := rates.Check(); err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	a.locked(func() { a.life.rates = rates })
	control.Answer(w, http.StatusOK, rates)
}

func controlDays(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var days Days
	if !control.Read(w, r, &days) {
		return
	}
	if err := days.Check(); err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	a.locked(func() { a.planDays(days, s.clock()) })
	w.WriteHeader(http.StatusNoContent)
}

// mailingRow is a mailing as the control plane shows it.
type mailingRow struct {
	Ref        string       `json:"encrypted_id"`
	Kind       mailingKind  `json:"kind"`
	Name       string       `json:"name"`
	Campaign   string       `json:"campaign,omitempty"`
	Statistics mailingStats `json:"statistics"`
}

func (m *mailing) row() mailingRow {
	return mailingRow{m.ref, m.kind, m.name, m.campaign, m.statistics()}
}

func controlMailings(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []mailingRow{}
	a.locked(func() {
		for _, m := range a.post.mailings {
			out = append(out, m.row())
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlSend(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var o outing
	if !control.Read(w, r, &o) {
		return
	}
	var row mailingRow
	var err error
	a.locked(func() {
		var m *mailing
		if m, err = s.launch(a, o); err == nil {
			row = m.row()
		}
	})
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	control.Answer(w, http.StatusCreated, row)
}

func controlSubscribers(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Number  int  `json:"number"`
		Foreign bool `json:"foreign"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	if req.Number < 1 || req.Number > 100_000 {
		control.Refuse(w, http.StatusBadRequest, "number is 1 to 100000")
		return
	}
	out := []seed{}
	a.locked(func() {
		now := s.clock()
		for range req.Number {
			out = append(out, a.dump(a.subscribe(req.Foreign, moment{now, now})))
		}
	})
	control.Answer(w, http.StatusCreated, map[string]any{"contacts": out})
}

func controlTrends(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	out := []trendReport{}
	a.locked(func() {
		for _, t := range a.post.trends {
			out = append(out, *t)
		}
	})
	control.Answer(w, http.StatusOK, out)
}

func controlAddTrend(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var t trendReport
	if !control.Read(w, r, &t) {
		return
	}
	t.Target, t.ContentType = cmp.Or(t.Target, "OTHER"), cmp.Or(t.ContentType, "INFO")
	if t.Name == "" || !slices.Contains(trendTargets, t.Target) || !slices.Contains(trendContents, t.ContentType) {
		control.Refuse(w, http.StatusBadRequest, fmt.Sprintf("give name, and as target one of %v and contentType one of %v or neither", trendTargets, trendContents))
		return
	}
	a.locked(func() {
		t.ID, t.Created, t.Mailings = int32(len(a.post.trends)+1), isoDate(s.clock().UnixMilli()), 0
		a.post.trends = append(a.post.trends, &t)
	})
	control.Answer(w, http.StatusCreated, t)
}
