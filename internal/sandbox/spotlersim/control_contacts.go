package spotlersim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// seed is a contact as the control plane takes and shows it.
type seed struct {
	ExternalID  string            `json:"external_id,omitempty"`
	IDs         map[string]string `json:"ids,omitempty"` // ids of other fields than the first key's
	EncryptedID string            `json:"encrypted_id,omitempty"`
	State       State             `json:"state"` // active when empty
	SoftBounces int               `json:"soft_bounces,omitempty"`
	TestGroup   bool              `json:"test_group,omitempty"`
	Temporary   bool              `json:"temporary,omitempty"`
	Created     time.Time         `json:"created,omitzero"`
	LastChanged time.Time         `json:"last_changed,omitzero"` // now when absent
	Properties  json.RawMessage   `json:"properties"`
}

// selector says which contact a control request is about.
type selector struct {
	ExternalID  string `json:"external_id,omitempty"`
	EncryptedID string `json:"encrypted_id,omitempty"`
	Email       string `json:"email,omitempty"`
}

// mountContacts adds:
//
//	GET    /control/contacts[?external_id=]   everybody with state, and the anonymised
//	POST   /control/contacts                  {"contacts": [...]} adds people as if they had always been there
//	DELETE /control/contacts                  empties the account, journal and order included
//	POST   /control/contacts/unsubscribe      SELECTOR: the person unsubscribes from everything
//	POST   /control/contacts/permission       SELECTOR + {"property"?, "bit", "enabled"}: one option, by the person
//	POST   /control/contacts/bounce           SELECTOR + {"type": "HARD"|"SOFT", "mailing"?}
//	POST   /control/contacts/delivered        SELECTOR: a mail arrives, soft bounces count anew
//	POST   /control/contacts/edit             SELECTOR + {"properties"}: edited in Spotler's own screens
//	POST   /control/contacts/remove           SELECTOR: deleted in Spotler's own screens
//
// SELECTOR is {"external_id"} or {"encrypted_id"} or {"email"}.
func (s *Sim) mountContacts(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/contacts", s.on(controlContacts))
	mux.HandleFunc("POST /control/contacts", s.on(controlSeed))
	mux.HandleFunc("DELETE /control/contacts", s.on(func(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
		a.locked(a.empty)
		w.WriteHeader(http.StatusNoContent)
	}))
	mux.HandleFunc("POST /control/contacts/{act}", s.on(controlAct))
}

// fields are the id fields of the account, the first key's first.
func (a *account) fields() []string {
	out := make([]string, 0, len(a.byID))
	for f := range a.byID {
		out = append(out, f)
	}
	slices.SortFunc(out, func(x, y string) int {
		if (x == a.field) != (y == a.field) {
			return map[bool]int{true: -1, false: 1}[x == a.field]
		}
		return strings.Compare(x, y)
	})
	return out
}

func controlContacts(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	only := r.URL.Query().Get("external_id")
	out := struct {
		Contacts   []seed        `json:"contacts"`
		Anonymised []goneContact `json:"anonymised"`
	}{[]seed{}, []goneContact{}}
	a.locked(func() {
		for _, c := range a.contacts {
			if c != nil && (only == "" || c.ids[a.field] == only) {
				out.Contacts = append(out.Contacts, a.dump(c))
			}
		}
		for _, g := range a.gone {
			if only == "" || g.ExternalID == only {
				out.Anonymised = append(out.Anonymised, g)
			}
		}
	})
	control.Answer(w, http.StatusOK, out)
}

// dump shows everything about a contact, hidden properties included.
func (a *account) dump(c *contact) seed {
	properties, _ := json.Marshal(a.schema.Load().show(c.values, true))
	out := seed{
		ExternalID: c.ids[a.field], EncryptedID: c.encrypted, State: c.state, SoftBounces: c.soft, TestGroup: c.testGroup,
		Temporary: c.temporary, Created: time.UnixMilli(c.created).UTC(), LastChanged: time.UnixMilli(c.changed).UTC(), Properties: properties,
	}
	for field, id := range c.ids {
		if field != a.field {
			if out.IDs == nil {
				out.IDs = map[string]string{}
			}
			out.IDs[field] = id
		}
	}
	return out
}

func controlSeed(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Contacts []seed `json:"contacts"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	var err error
	a.locked(func() {
		for i := range req.Contacts {
			if err = a.plant(&req.Contacts[i], s); err != nil {
				err = fmt.Errorf("contact %d: %w; the ones before it were added", i+1, err)
				break
			}
		}
		slices.SortStableFunc(a.changes, func(x, y changeEntry) int { return int(x.at - y.at) })
	})
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	control.Answer(w, http.StatusCreated, map[string]int{"added": len(req.Contacts)})
}

// plant adds one person without asking for duplicates.
func (a *account) plant(in *seed, s *Sim) error {
	if in.State == "" {
		in.State = Active
	}
	switch in.State {
	case Active, SoftBounced, HardBounced, OptedOut, Permanent:
	default:
		return fmt.Errorf("state %q is unknown", in.State)
	}
	if in.ExternalID != "" && a.byID[a.field][in.ExternalID] != nil {
		return fmt.Errorf("the external id is there already")
	}
	d, wrong := a.draft(in.Properties, s)
	if wrong != nil {
		return fmt.Errorf("property %s is invalid", wrong.property)
	}
	at := in.LastChanged
	if at.IsZero() {
		at = s.clock()
	}
	c := a.create(at.UnixMilli())
	if !in.Created.IsZero() {
		c.created = in.Created.UnixMilli()
	}
	a.rename(c, a.field, in.ExternalID)
	for field, id := range in.IDs {
		if a.byID[field] != nil {
			a.rename(c, field, id)
		}
	}
	a.apply(c, d, false)
	c.state, c.soft, c.testGroup, c.temporary = in.State, in.SoftBounces, in.TestGroup, in.Temporary
	if in.EncryptedID != "" {
		c.encrypted = in.EncryptedID
	}
	a.nextSeq++
	c.changed, c.seq = at.UnixMilli(), a.nextSeq
	a.last = max(a.last, c.changed)
	a.changes = append(a.changes, changeEntry{c.changed, c.seq, c})
	return nil
}

// draft checks properties that come from the control plane, by the same rules.
func (a *account) draft(raw json.RawMessage, s *Sim) (*draft, *problem) {
	var in incoming
	if len(raw) > 0 && in.Properties.UnmarshalJSON(raw) != nil {
		return nil, badProperty("(all)")
	}
	lenient := *s.assume.Load()
	lenient.EmailRequired = false
	return in.check(a.schema.Load(), &lenient)
}

func (a *account) find(by selector) *contact {
	switch {
	case by.ExternalID != "":
		return a.byID[a.field][by.ExternalID]
	case by.Email != "":
		return a.withEmail(by.Email)
	case by.EncryptedID != "":
		for _, c := range a.contacts {
			if c != nil && c.encrypted == by.EncryptedID {
				return c
			}
		}
	}
	return nil
}

// act is something that happens to a contact outside the API.
type act struct {
	selector
	Property   string          `json:"property,omitempty"`
	Bit        int64           `json:"bit,omitempty"`
	Enabled    bool            `json:"enabled,omitempty"`
	Type       string          `json:"type,omitempty"`
	Mailing    string          `json:"mailing,omitempty"`
	Properties json.RawMessage `json:"properties,omitempty"`
}

func controlAct(s *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req act
	if !control.Read(w, r, &req) {
		return
	}
	status, says := http.StatusNoContent, ""
	a.locked(func() {
		who := a.find(req.selector)
		if who == nil {
			status, says = http.StatusNotFound, "no contact is selected: give external_id, encrypted_id or email"
			return
		}
		if err := a.act(r.PathValue("act"), who, &req, s); err != nil {
			status, says = http.StatusBadRequest, err.Error()
		}
	})
	if says != "" {
		control.Refuse(w, status, says)
		return
	}
	w.WriteHeader(status)
}

func (a *account) act(name string, who *contact, req *act, s *Sim) error {
	now := s.clock()
	switch name {
	case "unsubscribe":
		a.optOut(who, now)
	case "delivered":
		who.soft = 0
	case "remove":
		a.remove(who)
	case "bounce":
		if req.Type != "HARD" && req.Type != "SOFT" {
			return fmt.Errorf("type is HARD or SOFT")
		}
		a.bounce(who, req.Type == "HARD", req.Mailing, now)
	case "permission":
		return a.flip(who, req, now)
	case "edit":
		d, wrong := a.draft(req.Properties, s)
		if wrong != nil {
			return fmt.Errorf("property %s is invalid", wrong.property)
		}
		a.apply(who, d, false)
		a.touch(who, now, true)
	default:
		return fmt.Errorf("choose unsubscribe, permission, bounce, delivered, edit or remove")
	}
	return nil
}

// flip turns one option of a set on or off, as the person does in a form. Who
// had opted out and gives a permission again is active again.
func (a *account) flip(who *contact, req *act, now time.Time) error {
	if req.Property == "" {
		req.Property = permissionsProperty
	}
	p := a.schema.Load().byName[req.Property]
	if p == nil || !p.hasBit(req.Bit) {
		return fmt.Errorf("property is not a set with that bit")
	}
	on, _ := who.values[p.Name].(bits)
	on &^= bits(req.Bit)
	if req.Enabled {
		on |= bits(req.Bit)
	}
	who.values[p.Name] = on
	if req.Enabled && who.state == OptedOut && p.Name == permissionsProperty {
		who.state = Active
	}
	a.touch(who, now, true)
	return nil
}
