package dataversesim

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox/control"
	"github.com/spotler-connector/connector/internal/schema"
)

// mountControl adds the calls that only a simulator has; faults, latency and
// counters are mounted by the control room:
//
//	POST   /control/rows/{set}            rows to make or replace (control_rows.go)
//	GET    /control/rows/{set}            all rows with all columns
//	DELETE /control/rows/{set}            empties the table, without events
//	POST   /control/edits                 many edits in one call (control_edits.go)
//	POST   /control/columns/{table}       one more column
//	POST   /control/webhooks              an endpoint with its steps (control_webhooks.go)
//	GET    /control/journal[?job=<id>]    transitions of Spotler Jobs
//	GET    /control/journal/summary       the same in a few numbers
//	GET    /control/written               rows written, per table
//	GET    /control/organization          who this is
//	GET    /control/privileges            what the role cannot do
//	PUT    /control/privileges            {"table","right","allowed"}
//	POST   /control/save                  writes the organisation to its file
//	GET    /control/limits                the service protection limits
//	PUT    /control/limits                sets them; {} switches them off
//	GET    /control/limits/report         what was used of them, window by window
//	POST   /control/deltatokens/expire    every delta token handed out so far
//	POST   /control/tokens/expire         every bearer token
//	GET    /control/events                the webhook queue
//	PUT    /control/events                {"classic":true}: bodies of older servers
//	POST   /control/events/pause|resume
//	POST   /control/events/flush          waits until all are delivered
func (s *Sim) mountControl(mux *http.ServeMux) {
	s.mountFaults(mux)
	s.mountAssumptions(mux)
	mux.HandleFunc("POST /control/save", s.postSave)
	mux.HandleFunc("POST /control/rows/{set}", s.postRows)
	mux.HandleFunc("GET /control/rows/{set}", s.getRows)
	mux.HandleFunc("DELETE /control/rows/{set}", s.clearRows)
	mux.HandleFunc("POST /control/edits", s.postEdits)
	mux.HandleFunc("POST /control/columns/{table}", s.postColumn)
	mux.HandleFunc("POST /control/webhooks", s.postWebhook)
	mux.HandleFunc("GET /control/journal", s.getJournal)
	mux.HandleFunc("GET /control/journal/summary", func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, http.StatusOK, s.journal.summary())
	})
	mux.HandleFunc("GET /control/written", s.getWritten)
	mux.HandleFunc("GET /control/organization", s.getOrganization)
	mux.HandleFunc("GET /control/privileges", s.getPrivileges)
	mux.HandleFunc("PUT /control/privileges", s.putPrivilege)
	mux.HandleFunc("GET /control/limits", func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, http.StatusOK, s.limits.read())
	})
	mux.HandleFunc("PUT /control/limits", s.putLimits)
	mux.HandleFunc("GET /control/limits/report", func(w http.ResponseWriter, _ *http.Request) {
		control.Answer(w, http.StatusOK, s.limitReport())
	})
	mux.HandleFunc("POST /control/deltatokens/expire", s.expireDeltaTokens)
	mux.HandleFunc("POST /control/tokens/expire", func(w http.ResponseWriter, _ *http.Request) {
		s.tokens.clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /control/events", s.getEvents)
	mux.HandleFunc("PUT /control/events", s.putEvents)
	mux.HandleFunc("POST /control/events/pause", s.pauseEvents(true))
	mux.HandleFunc("POST /control/events/resume", s.pauseEvents(false))
	mux.HandleFunc("POST /control/events/flush", s.flushEvents)
}

// postSave writes the organisation to its file.
func (s *Sim) postSave(w http.ResponseWriter, _ *http.Request) {
	saved, err := s.Save()
	switch {
	case errors.Is(err, ErrNoFile):
		control.Refuse(w, http.StatusConflict, err.Error())
	case err != nil:
		control.Refuse(w, http.StatusInternalServerError, err.Error())
	default:
		control.Answer(w, http.StatusOK, saved)
	}
}

// newColumnRequest is the body of POST /control/columns/{table}.
type newColumnRequest struct {
	Name    string            `json:"name"`
	Schema  string            `json:"schema"`
	Label   string            `json:"label"`
	Kind    schema.Kind       `json:"kind"`
	Max     int               `json:"max"`
	Targets []connector.Table `json:"targets"`
	Options []schema.Option   `json:"options"`
}

func (s *Sim) postColumn(w http.ResponseWriter, r *http.Request) {
	var c newColumnRequest
	if !control.Read(w, r, &c) {
		return
	}
	if says := c.check(); says != "" {
		control.Refuse(w, http.StatusBadRequest, says)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[r.PathValue("table")]
	if t == nil {
		control.Refuse(w, http.StatusNotFound, "there is no table with that logical name")
		return
	}
	if f := s.addColumn(t, schema.Column{Name: c.Name, Schema: c.Schema, Label: c.Label, Kind: c.Kind, Max: c.Max, Targets: c.Targets, Options: c.Options}); f != nil {
		control.Refuse(w, http.StatusConflict, f.message)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (c *newColumnRequest) check() string {
	switch c.Kind {
	case schema.String, schema.Memo, schema.Int, schema.Decimal, schema.Money, schema.Bool, schema.DateOnly, schema.DateTime, schema.Choice, bigInt:
	case schema.Lookup, schema.Customer:
		if len(c.Targets) == 0 {
			return "a lookup needs targets: the logical names of the tables it may point at"
		}
	default:
		return fmt.Sprintf("kind %q cannot be added: use string, memo, int, bigint, decimal, money, bool, dateonly, datetime, choice, lookup or customer", c.Kind)
	}
	if c.Name == "" {
		return "name is empty: give the logical name of the column"
	}
	if c.Schema == "" {
		c.Schema = c.Name
	}
	return ""
}

func (s *Sim) getJournal(w http.ResponseWriter, r *http.Request) {
	var id guid
	if text := r.URL.Query().Get("job"); text != "" {
		var ok bool
		if id, ok = parseGUID(text); !ok {
			control.Refuse(w, http.StatusBadRequest, "job is not a GUID")
			return
		}
	}
	control.Answer(w, http.StatusOK, s.journal.of(id))
}

func (s *Sim) getWritten(w http.ResponseWriter, _ *http.Request) {
	out := map[string]writes{}
	s.mu.RLock()
	for _, t := range s.tables {
		if t.written != (writes{}) {
			out[t.set] = t.written
		}
	}
	s.mu.RUnlock()
	control.Answer(w, http.StatusOK, out)
}

func (s *Sim) getOrganization(w http.ResponseWriter, _ *http.Request) {
	control.Answer(w, http.StatusOK, map[string]string{
		"id": s.cfg.OrganizationID, "name": s.cfg.OrganizationName, "domain": s.domain(), "tenant": s.cfg.TenantID,
		"client_id": s.cfg.ClientID, "user_id": s.user.id.String(), "person_id": s.person.id.String(), "business_unit_id": s.unit.id.String(),
	})
}

func (s *Sim) getPrivileges(w http.ResponseWriter, _ *http.Request) {
	out := []string{}
	s.denied.RLock()
	for name := range s.denied.set {
		out = append(out, name)
	}
	s.denied.RUnlock()
	control.Answer(w, http.StatusOK, map[string][]string{"denied": out})
}

func (s *Sim) putPrivilege(w http.ResponseWriter, r *http.Request) {
	var p struct {
		Table   string `json:"table"`
		Right   string `json:"right"`
		Allowed bool   `json:"allowed"`
	}
	if !control.Read(w, r, &p) {
		return
	}
	if err := s.setPrivilege(p.Table, p.Right, p.Allowed); err != nil {
		control.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) putLimits(w http.ResponseWriter, r *http.Request) {
	var l Limits
	if !control.Read(w, r, &l) {
		return
	}
	s.limits.configure(l)
	control.Answer(w, http.StatusOK, s.limits.read())
}

func (s *Sim) expireDeltaTokens(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	s.expiredBelow = s.nextVersion()
	s.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// Events is the state of the webhook queue.
type Events struct {
	Queued    int   `json:"queued"`
	InFlight  int   `json:"in_flight"`
	Paused    bool  `json:"paused"`
	Classic   bool  `json:"classic"`
	Delivered int64 `json:"delivered"`
	Failed    int64 `json:"failed"`
	Retried   int64 `json:"retried"`
	Oversize  int64 `json:"oversize"`
	// Connections counts the connections that were opened to deliver.
	Connections int64 `json:"connections"`
}

func (s *Sim) events() Events {
	queued, flying, paused := s.courier.waiting()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return Events{queued, flying, paused, s.classic, s.courier.delivered.Load(), s.courier.failed.Load(), s.courier.retried.Load(), s.courier.oversize.Load(), s.courier.connections.Load()}
}

func (s *Sim) getEvents(w http.ResponseWriter, _ *http.Request) {
	control.Answer(w, http.StatusOK, s.events())
}

func (s *Sim) putEvents(w http.ResponseWriter, r *http.Request) {
	var e struct {
		Classic bool `json:"classic"`
	}
	if !control.Read(w, r, &e) {
		return
	}
	s.mu.Lock()
	s.classic = e.Classic
	s.mu.Unlock()
	control.Answer(w, http.StatusOK, s.events())
}

func (s *Sim) pauseEvents(paused bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		s.courier.pause(paused)
		control.Answer(w, http.StatusOK, s.events())
	}
}

// flushEvents answers 200 when nothing is queued or on its way any more, and
// 409 when the queue is paused or the caller's wait ended first.
func (s *Sim) flushEvents(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a long queue takes its time
	if !s.courier.flush(r.Context()) {
		control.Answer(w, http.StatusConflict, s.events())
		return
	}
	control.Answer(w, http.StatusOK, s.events())
}

func readAll(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 512<<20))
	if err != nil {
		control.Refuse(w, http.StatusBadRequest, "the body cannot be read")
	}
	return b, err == nil
}
