package leadssim

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// mountControl adds the simulator's own calls below /control/, next to those of
// package control. Calls about a tracked site take ?client=ID; without it the
// first is meant.
//
//	GET    /control/assumptions   every assumption: value, choices, source, meaning
//	PUT    /control/assumptions   {name: value, …} changes some
//	DELETE /control/assumptions   back to the defaults
//	POST   /control/time          {"advance_seconds"} moves the clock; planned visits take place
//	DELETE /control/tokens        every access token expires at once; with ?refresh=true the refresh tokens, too
//	PUT    /control/tokens        {"refuse_refresh": bool}
//	GET    /control/bands         the bands; PUT replaces them, [{"name", "from"}]
//	GET    /control/site          clients with companies, people, pages, leads and the state of the queue
//	POST   /control/companies     {"companies": [COMPANY, …], "made_up": n}
//	POST   /control/people        [{"email", "firstName", "lastName", "position", "domain", "crmPersonId", "crmType"}, …]
//	PUT    /control/pages         [PAGE, …] replaces the pages of the site
//	PUT    /control/queue         {"enabled": bool}
//	POST   /control/visits        {"domain" or "email", "urls": […], "origin": {…}, "ago_seconds"} one visit, now
//	POST   /control/visitors      {"visits": n, "over_seconds": s} drawn from the seed, as time passes
//	PUT    /control/leads/{id}    {"type", "status", "assignedTo": [{"name", "emailAddress"}], "crmAccountId"}
//	PUT    /control/types         {key: {"show", "name"}} renames types of leads
func (s *Sim) mountControl(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/assumptions", s.locked(s.controlAssumptions))
	mux.HandleFunc("PUT /control/assumptions", s.locked(s.controlAssume))
	mux.HandleFunc("DELETE /control/assumptions", s.locked(func(w http.ResponseWriter, r *http.Request) {
		s.assume = DefaultAssumptions()
		s.controlAssumptions(w, r)
	}))
	mux.HandleFunc("POST /control/time", s.locked(s.controlTime))
	mux.HandleFunc("DELETE /control/tokens", s.locked(s.controlExpire))
	mux.HandleFunc("PUT /control/tokens", s.locked(s.controlRefuse))
	mux.HandleFunc("GET /control/bands", s.locked(func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, http.StatusOK, s.bands) }))
	mux.HandleFunc("PUT /control/bands", s.locked(s.controlBands))
	mux.HandleFunc("GET /control/site", s.locked(s.controlSite))
	mux.HandleFunc("POST /control/companies", s.on(controlCompanies))
	mux.HandleFunc("POST /control/people", s.on(controlPeople))
	mux.HandleFunc("PUT /control/pages", s.on(controlPages))
	mux.HandleFunc("PUT /control/queue", s.on(controlQueue))
	mux.HandleFunc("POST /control/visits", s.on(controlVisit))
	mux.HandleFunc("POST /control/visitors", s.on(controlVisitors))
	mux.HandleFunc("PUT /control/leads/{id}", s.on(controlLead))
	mux.HandleFunc("PUT /control/types", s.on(controlTypes))
}

func (s *Sim) locked(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		serve(w, r)
	}
}

// on finds the tracked site that a control request is about.
func (s *Sim) on(serve func(*Sim, *client, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return s.locked(func(w http.ResponseWriter, r *http.Request) {
		c := s.clients[0]
		if id := r.URL.Query().Get("client"); id != "" {
			c = s.clientOf(id)
		}
		if c == nil {
			control.Refuse(w, http.StatusNotFound, "no client has that id; GET /control/site lists them")
			return
		}
		serve(s, c, w, r)
	})
}

func (s *Sim) controlAssumptions(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		Name    string   `json:"name"`
		Value   any      `json:"value"`
		Choices []string `json:"choices,omitempty"`
		Source  string   `json:"source"` // the place in the reference
		Says    string   `json:"says"`
	}
	values := s.assume.values()
	out := []row{}
	for _, q := range about {
		out = append(out, row{q.name, values[q.name], q.choices, q.source, q.says})
	}
	control.Answer(w, http.StatusOK, out)
}

func (s *Sim) controlAssume(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var a Assumptions
	if err == nil {
		a, err = s.assume.with(b)
	}
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.assume = a
	s.controlAssumptions(w, r)
}

// maxSeconds bounds how far the clock is moved, in seconds: ten years.
const maxSeconds = 3650 * 86400

func (s *Sim) controlTime(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Seconds float64 `json:"advance_seconds"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	if req.Seconds < 0 || req.Seconds > maxSeconds {
		control.Refuse(w, http.StatusBadRequest, "advance_seconds is a number from 0, at most ten years")
		return
	}
	s.ahead += time.Duration(req.Seconds * float64(time.Second))
	n := s.happen(s.clock())
	control.Answer(w, http.StatusOK, map[string]any{"now": s.clock(), "visits": n})
}

func (s *Sim) controlExpire(w http.ResponseWriter, r *http.Request) {
	clear(s.tokens.access)
	if r.URL.Query().Get("refresh") == "true" {
		clear(s.tokens.refresh)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) controlRefuse(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Refuse bool `json:"refuse_refresh"`
	}
	if control.Read(w, r, &req) {
		s.tokens.refuseRefresh = req.Refuse
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Sim) controlBands(w http.ResponseWriter, r *http.Request) {
	var bands []Band
	if !control.Read(w, r, &bands) {
		return
	}
	if len(bands) == 0 || !slices.IsSortedFunc(bands, func(a, b Band) int { return cmp.Compare(a.From, b.From) }) {
		control.Refuse(w, http.StatusBadRequest, "give at least one band, the lowest first")
		return
	}
	s.bands = bands
	control.Answer(w, http.StatusOK, s.bands)
}

func controlQueue(_ *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Enabled bool `json:"enabled"`
	}
	if control.Read(w, r, &req) {
		c.queue.enabled = req.Enabled
		w.WriteHeader(http.StatusNoContent)
	}
}

func controlTypes(_ *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	var req map[string]typeName
	if !control.Read(w, r, &req) {
		return
	}
	for key := range req {
		if !slices.Contains(typeKeys, key) {
			control.Refuse(w, http.StatusBadRequest, "the keys are "+strings.Join(typeKeys, ", "))
			return
		}
	}
	for key, name := range req {
		c.types[key] = name
	}
	control.Answer(w, http.StatusOK, c.types)
}
