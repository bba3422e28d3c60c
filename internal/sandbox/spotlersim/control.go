package spotlersim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// mountControl adds the simulator's own calls below /control/, next to those of
// package control. Every call that is about an account takes ?account=NAME (the
// name or a key); without it the first account is meant.
//
//	GET    /control/assumptions         every assumption: value, choices, source, meaning
//	PUT    /control/assumptions         {name: value, …} changes some
//	DELETE /control/assumptions         back to the defaults
//	GET    /control/properties          the schema, hidden properties included
//	PUT    /control/properties          replaces the schema
//	POST   /control/properties          adds or replaces one property
//	PUT    /control/properties/{name}/visible  {"visible": bool}
//	POST   /control/time                {"advance_seconds": n} moves the clock
//	(contacts, journal, order, faults of items: control_contacts.go and below)
func (s *Sim) mountControl(mux *http.ServeMux) {
	s.mountAccounts(mux)
	mux.HandleFunc("GET /control/assumptions", s.controlAssumptions)
	mux.HandleFunc("PUT /control/assumptions", s.controlAssume)
	mux.HandleFunc("DELETE /control/assumptions", func(w http.ResponseWriter, r *http.Request) {
		_ = s.Assume(DefaultAssumptions())
		s.controlAssumptions(w, r)
	})
	mux.HandleFunc("GET /control/properties", s.on(controlProperties))
	mux.HandleFunc("PUT /control/properties", s.on(controlReplaceProperties))
	mux.HandleFunc("POST /control/properties", s.on(controlAddProperty))
	mux.HandleFunc("PUT /control/properties/{name}/visible", s.on(controlVisible))
	mux.HandleFunc("POST /control/time", s.controlTime)
	s.mountContacts(mux)
	s.mountJournal(mux)
	s.mountLife(mux)
	s.mountSetup(mux)
}

func (s *Sim) controlAssumptions(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		Name    string   `json:"name"`
		Value   any      `json:"value"`
		Choices []string `json:"choices,omitempty"`
		Source  string   `json:"source"` // the place in the reference
		Says    string   `json:"says"`
	}
	values := s.assume.Load().values()
	out := []row{}
	for _, q := range about {
		out = append(out, row{q.name, values[q.name], q.choices, q.source, q.says})
	}
	control.Answer(w, http.StatusOK, out)
}

func (s *Sim) controlAssume(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		var a Assumptions
		if a, err = s.assume.Load().with(b); err == nil {
			err = s.Assume(a)
		}
	}
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.controlAssumptions(w, r)
}

func controlProperties(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
	control.Answer(w, http.StatusOK, a.schema.Load().list)
}

func controlReplaceProperties(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var list []Property
	if control.Read(w, r, &list) {
		a.reschema(w, list)
	}
}

func controlAddProperty(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var p Property
	if control.Read(w, r, &p) {
		a.reschema(w, a.with(p))
	}
}

func controlVisible(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Visible bool `json:"visible"`
	}
	p := a.schema.Load().byName[r.PathValue("name")]
	if p == nil {
		control.Refuse(w, http.StatusNotFound, "the account has no property of that name")
		return
	}
	if control.Read(w, r, &req) {
		changed := *p
		changed.Hidden = !req.Visible
		a.reschema(w, a.with(changed))
	}
}

// with returns the account's properties with one added or replaced.
func (a *account) with(p Property) []Property {
	p.known = 0
	var list []Property
	replaced := false
	for _, old := range a.schema.Load().list {
		if old.Name == p.Name {
			list, replaced = append(list, p), true
			continue
		}
		list = append(list, *old)
	}
	if !replaced {
		list = append(list, p)
	}
	return list
}

// reschema puts other properties in force and answers the request that asked.
func (a *account) reschema(w http.ResponseWriter, list []Property) {
	for i := range list {
		list[i].known = 0
	}
	s, err := newSchema(list)
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	a.schema.Store(s)
	control.Answer(w, http.StatusOK, s.list)
}

func (s *Sim) controlTime(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Seconds float64 `json:"advance_seconds"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	s.ahead.Add(int64(req.Seconds * float64(time.Second)))
	control.Answer(w, http.StatusOK, map[string]time.Time{"now": s.clock()})
}

// number reads a query parameter that is a number; absent is 0.
func number(w http.ResponseWriter, r *http.Request, name string) (uint64, bool) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, fmt.Sprintf("%s is not a number from 0", name))
	}
	return n, err == nil
}

// mountJournal adds:
//
//	GET    /control/journal[?after=SEQ][&external_id=][&limit=]  the writes, oldest first
//	DELETE /control/journal               forgets them
//	GET    /control/order?property=NAME   whether that property's numbers ever went down
//	GET    /control/order/brief?property=NAME[&at_least=N]  the same in numbers, and how many reached N
//	POST   /control/order                 {"property": NAME} also checks a text by the number at its end
//	DELETE /control/order                 starts the check anew
//	GET    /control/items                 contacts that are to fail in POST /contact/list
//	POST   /control/items                 {"external_id", "code": a code or "omit", "commit"?, "times"?}
//	DELETE /control/items                 removes them all
//	GET, POST, DELETE /control/rejects    {"property", "value"}: values that are refused
func (s *Sim) mountJournal(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/journal", s.on(controlJournal))
	mux.HandleFunc("DELETE /control/journal", s.on(func(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
		a.locked(func() { a.journal.reset() })
		w.WriteHeader(http.StatusNoContent)
	}))
	mux.HandleFunc("GET /control/order", s.on(controlOrder))
	mux.HandleFunc("GET /control/order/brief", s.on(controlBrief))
	mux.HandleFunc("POST /control/order", s.on(controlWatch))
	mux.HandleFunc("DELETE /control/order", s.on(func(_ *Sim, a *account, w http.ResponseWriter, _ *http.Request) {
		a.locked(func() { a.order = newOrder(a.order.watched) })
		w.WriteHeader(http.StatusNoContent)
	}))
	s.mountItems(mux)
}

func controlJournal(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	after, ok := number(w, r, "after")
	if !ok {
		return
	}
	limit, ok := number(w, r, "limit")
	if !ok {
		return
	}
	var out []entry
	a.locked(func() { out = a.journal.after(after, r.URL.Query().Get("external_id"), int(limit)) })
	control.Answer(w, http.StatusOK, out)
}

func controlOrder(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("property")
	if a.schema.Load().byName[name] == nil {
		control.Refuse(w, http.StatusBadRequest, "property is missing, or the account has none of that name")
		return
	}
	var b []byte
	a.locked(func() {
		t := a.order.tracks[name]
		if t == nil {
			t = newTrack()
		}
		b, _ = json.Marshal(t)
	})
	control.Answer(w, http.StatusOK, json.RawMessage(b))
}

func controlWatch(_ *Sim, a *account, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Property string `json:"property"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	p := a.schema.Load().byName[req.Property]
	if p == nil || p.Type != TypeString && p.Type != TypeInt {
		control.Refuse(w, http.StatusBadRequest, "property is not one of type string or int")
		return
	}
	a.locked(func() { a.order.watched[req.Property] = true })
	w.WriteHeader(http.StatusNoContent)
}

// locked runs f while nobody else changes the account.
func (a *account) locked(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}
