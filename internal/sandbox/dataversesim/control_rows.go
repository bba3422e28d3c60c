package dataversesim

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/control"
	"github.com/spotler-connector/connector/internal/schema"
)

// seedChunk is how many rows one transaction of a seeding holds, so that
// others get their turn.
const seedChunk = 500

// postRows makes rows, or replaces the given columns of rows that exist. The
// body is a JSON array of rows as the Web API writes them; besides @odata.bind,
// a lookup may be given as _x_value, which is not checked and needs the
// annotation @Microsoft.Dynamics.CRM.lookuplogicalname when there are several
// targets. createdon, modifiedon, merged, masterid and fullname are honoured.
// No event is raised unless the query has events=true.
func (s *Sim) postRows(w http.ResponseWriter, r *http.Request) {
	t := s.setNamed(r.PathValue("set"))
	if t == nil {
		control.Refuse(w, http.StatusNotFound, "there is no entity set with that name")
		return
	}
	text, ok := readAll(w, r)
	if !ok {
		return
	}
	v, err := parseJSON(text)
	rows, isArray := v.([]any)
	if err != nil || !isArray {
		control.Refuse(w, http.StatusBadRequest, "the body must be a JSON array of rows")
		return
	}
	quiet := r.URL.Query().Get("events") != "true"
	for at := 0; at < len(rows); at += seedChunk {
		if at, f := s.seed(t, rows[at:min(at+seedChunk, len(rows))], at, quiet); f != nil {
			control.Refuse(w, http.StatusBadRequest, fmt.Sprintf("row %d: %s; the %d rows of the chunks before it were written", at, f.message, at/seedChunk*seedChunk))
			return
		}
	}
	control.Answer(w, http.StatusOK, map[string]int{"written": len(rows)})
}

func (s *Sim) seed(t *table, rows []any, first int, quiet bool) (int, *failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.begin(s.person)
	tx.silent = quiet
	for i, v := range rows {
		body, ok := v.(object)
		f := badArgument("it is not an object")
		if ok {
			f = tx.seedRow(t, body)
		}
		if f != nil {
			tx.rollback()
			return first + i, f
		}
	}
	tx.commit()
	return 0, nil
}

// seedRow writes one row as the platform's own hand: nothing is read-only.
func (tx *transaction) seedRow(t *table, body object) *failure {
	plain, forced, f := tx.seedValues(t, body)
	if f != nil {
		return f
	}
	sets, id, f := tx.assignments(t, plain, nil)
	if f != nil {
		return f
	}
	tx.override = forced
	if before := t.find(id); before != nil {
		_, f = tx.update(t, before, sets)
	} else {
		_, f = tx.create(t, id, sets)
	}
	tx.override = nil
	return f
}

// seedValues takes out what a request could not write.
func (tx *transaction) seedValues(t *table, body object) (plain object, forced []assignment, f *failure) {
	for _, m := range body {
		c := t.shape.byWire[m.key]
		switch {
		case c == nil || c.kind == schema.PrimaryKey:
			if !strings.Contains(m.key, "@Microsoft.") && !strings.HasPrefix(m.key, "@odata.") {
				plain = append(plain, m)
			}
		case c.kind == version:
		case c.isLookup():
			v, f := tx.seedLookup(t, c, m, body)
			if f != nil {
				return nil, nil, f
			}
			forced = append(forced, assignment{c, v})
		case c.fixed:
			v, f := c.fromJSON(t, m.value)
			if f != nil {
				return nil, nil, f
			}
			forced = append(forced, assignment{c, v})
		default:
			plain = append(plain, m)
		}
	}
	return plain, forced, nil
}

func (tx *transaction) seedLookup(t *table, c *column, m member, body object) (any, *failure) {
	if m.value == nil {
		return nil, nil
	}
	text, _ := m.value.(string)
	id, ok := parseGUID(text)
	if !ok {
		return nil, badPayload(t, "The value of '%s' is not a GUID.", m.key)
	}
	name := body.text(m.key + "@Microsoft.Dynamics.CRM.lookuplogicalname")
	if name == "" && (len(c.targets) == 1 || c.kind == schema.Owner) {
		name = c.targets[0]
	}
	target := tx.sim.tables[name]
	if target == nil {
		return nil, badPayload(t, "The lookup '%s' needs the annotation @Microsoft.Dynamics.CRM.lookuplogicalname.", m.key)
	}
	return ref{target, id}, nil
}

// getRows dumps a table with all columns and the tables its lookups point at:
// a JSON array, or one row per line with format=ndjson.
func (s *Sim) getRows(w http.ResponseWriter, r *http.Request) {
	t := s.setNamed(r.PathValue("set"))
	if t == nil {
		control.Refuse(w, http.StatusNotFound, "there is no entity set with that name")
		return
	}
	between, end := []byte(",\n"), []byte("]\n")
	lines := r.URL.Query().Get("format") == "ndjson"
	if lines {
		between, end = []byte("\n"), []byte("\n")
		w.Header().Set("Content-Type", "application/x-ndjson")
	} else {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte{'['})
	}
	s.mu.RLock()
	v, _ := viewOf(t, "", annotations{target: true})
	rows := t.past(0, len(t.rows))
	s.mu.RUnlock()
	var b []byte
	for i, found := range rows {
		b = b[:0]
		if i > 0 {
			b = append(b, between...)
		}
		if _, err := w.Write(s.appendRow(b, found, v, "")); err != nil {
			return
		}
	}
	if !lines || len(rows) > 0 {
		_, _ = w.Write(end)
	}
}

// clearRows takes all rows of a table away without events.
func (s *Sim) clearRows(w http.ResponseWriter, r *http.Request) {
	t := s.setNamed(r.PathValue("set"))
	if t == nil {
		control.Refuse(w, http.StatusNotFound, "there is no entity set with that name")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.begin(s.person)
	tx.silent = true
	for _, found := range t.past(0, len(t.rows)) {
		tx.remove(t, found)
	}
	tx.commit()
	w.WriteHeader(http.StatusNoContent)
}
