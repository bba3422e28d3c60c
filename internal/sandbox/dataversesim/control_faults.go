package dataversesim

import (
	"net/http"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// mountFaults adds the troubles that only this platform has; what can befall
// any HTTP server is in /control/faults:
//
//	PUT  /control/clock            {"skew_seconds":90}: the Date header and every date in rows
//	PUT  /control/metadatacache    {"not_ready":3}: so many requests answer 0x80060891
//	PUT  /control/hidden           {"table","column","hidden"}: a column that answers lack
//	PUT  /control/tables/{table}   {"tracked":true,"elastic":false}
//	PUT  /control/mischief         events that come twice, late or never (Mischief)
//	GET  /control/servicebus, PUT  where Service Bus namespaces are (Bus)
func (s *Sim) mountFaults(mux *http.ServeMux) {
	mux.HandleFunc("PUT /control/clock", s.putClock)
	mux.HandleFunc("PUT /control/metadatacache", s.putMetadataCache)
	mux.HandleFunc("PUT /control/hidden", s.putHidden)
	mux.HandleFunc("PUT /control/tables/{table}", s.putTable)
	mux.HandleFunc("PUT /control/mischief", s.putMischief)
	mux.HandleFunc("GET /control/servicebus", func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, http.StatusOK, s.bus.read())
	})
	mux.HandleFunc("PUT /control/servicebus", func(w http.ResponseWriter, r *http.Request) {
		var set Bus
		if control.Read(w, r, &set) {
			control.Answer(w, http.StatusOK, s.bus.configure(set))
		}
	})
}

func (s *Sim) putClock(w http.ResponseWriter, r *http.Request) {
	var c struct {
		SkewSeconds int64 `json:"skew_seconds"`
	}
	if !control.Read(w, r, &c) {
		return
	}
	s.skew.Store(int64(time.Duration(c.SkewSeconds) * time.Second))
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) putMetadataCache(w http.ResponseWriter, r *http.Request) {
	var c struct {
		NotReady int64 `json:"not_ready"`
	}
	if !control.Read(w, r, &c) {
		return
	}
	s.notReady.Store(c.NotReady)
	w.WriteHeader(http.StatusNoContent)
}

// cacheReady refuses a request while the metadata cache is said to be loading
// (reference: dataverse-api 2.9, 0x80060891).
func (s *Sim) cacheReady() *failure {
	if s.notReady.Load() <= 0 || s.notReady.Add(-1) < 0 {
		return nil
	}
	return fail(http.StatusBadRequest, "0x80060891", "The metadata cache is not ready. Try again in a few seconds.")
}

func (s *Sim) putHidden(w http.ResponseWriter, r *http.Request) {
	var h struct {
		Table  string `json:"table"`
		Column string `json:"column"`
		Hidden bool   `json:"hidden"`
	}
	if !control.Read(w, r, &h) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[h.Table]
	if t == nil || t.shape.byName[h.Column] == nil {
		control.Refuse(w, http.StatusNotFound, "there is no column with that table and logical name")
		return
	}
	// A new map each time: readers hold the one they saw.
	hidden := map[string]bool{}
	for name := range t.hidden {
		hidden[name] = true
	}
	if hidden[h.Column] = true; !h.Hidden {
		delete(hidden, h.Column)
	}
	t.hidden = hidden
	w.WriteHeader(http.StatusNoContent)
}

// visible leaves out of cols what the control API has hidden.
func (t *table) visible(cols []*column) []*column {
	if len(t.hidden) == 0 {
		return cols
	}
	var out []*column
	for _, c := range cols {
		if !t.hidden[c.name] {
			out = append(out, c)
		}
	}
	return out
}

func (s *Sim) putTable(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[r.PathValue("table")]
	if t == nil {
		control.Refuse(w, http.StatusNotFound, "there is no table with that logical name")
		return
	}
	set := struct {
		Tracked bool `json:"tracked"`
		Elastic bool `json:"elastic"`
	}{t.tracked, t.elastic}
	if !control.Read(w, r, &set) {
		return
	}
	t.tracked, t.elastic = set.Tracked, set.Elastic
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) putMischief(w http.ResponseWriter, r *http.Request) {
	var m Mischief
	if !control.Read(w, r, &m) {
		return
	}
	if says := m.check(); says != "" {
		control.Refuse(w, http.StatusBadRequest, says)
		return
	}
	s.courier.upset(m)
	control.Answer(w, http.StatusOK, m)
}
