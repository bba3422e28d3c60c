package dataversesim

import (
	"net/http"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// mountAssumptions adds
//
//	GET    /control/assumptions   every assumption: value, choices, source, meaning
//	PUT    /control/assumptions   {name: value, …} changes some
//	DELETE /control/assumptions   back to the defaults
func (s *Sim) mountAssumptions(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/assumptions", s.getAssumptions)
	mux.HandleFunc("PUT /control/assumptions", s.putAssumptions)
	mux.HandleFunc("DELETE /control/assumptions", func(w http.ResponseWriter, r *http.Request) {
		defaults := DefaultAssumptions()
		s.assume.Store(&defaults)
		s.getAssumptions(w, r)
	})
}

// told is one line of the answer; what is fixed has no choices and no name that
// PUT takes.
type told struct {
	Name    string   `json:"name"`
	Value   any      `json:"value"`
	Choices []string `json:"choices,omitempty"`
	Source  string   `json:"source"`
	Says    string   `json:"says"`
	Fixed   bool     `json:"fixed,omitempty"`
}

func (s *Sim) getAssumptions(w http.ResponseWriter, _ *http.Request) {
	values := s.assume.Load().values()
	out := []told{}
	for _, q := range about {
		out = append(out, told{q.name, values[q.name], q.choices, q.source, q.says, false})
	}
	for _, q := range settled {
		out = append(out, told{q.name, q.value, nil, q.source, q.says, true})
	}
	control.Answer(w, http.StatusOK, out)
}

func (s *Sim) putAssumptions(w http.ResponseWriter, r *http.Request) {
	b, ok := readAll(w, r)
	if !ok {
		return
	}
	a, err := s.assume.Load().with(b)
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.assume.Store(&a)
	s.getAssumptions(w, r)
}
