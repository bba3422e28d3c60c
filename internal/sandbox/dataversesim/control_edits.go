package dataversesim

import (
	"net/http"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// Edits is the answer to POST /control/edits.
type Edits struct {
	Done   int          `json:"done"`
	IDs    []string     `json:"ids"` // of the rows, in the order of the edits; empty where one failed
	Failed []EditFailed `json:"failed"`
}

// EditFailed is one edit that the Web API would have refused.
type EditFailed struct {
	Index   int    `json:"index"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// postEdits carries out many edits in one call, so that the driver of a
// benchmark is not its bottleneck. The body is an array of
//
//	{"method":"PATCH","set":"contacts","id":"<guid>","body":{…}}
//
// with PATCH (which updates or makes), POST (id optional) or DELETE; PATCH when
// absent. Each is a transaction of its own with its events, as if it had come
// through the Web API; privileges, limits and faults are not asked. events=false
// in the query keeps all of them silent.
func (s *Sim) postEdits(w http.ResponseWriter, r *http.Request) {
	text, ok := readAll(w, r)
	if !ok {
		return
	}
	v, err := parseJSON(text)
	list, isArray := v.([]any)
	if err != nil || !isArray {
		control.Refuse(w, http.StatusBadRequest, "the body must be a JSON array of edits")
		return
	}
	silent := r.URL.Query().Get("events") == "false"
	out := Edits{IDs: make([]string, len(list)), Failed: []EditFailed{}}
	for i, v := range list {
		e, _ := v.(object)
		id, f := s.edit(e, silent)
		if f != nil {
			out.Failed = append(out.Failed, EditFailed{i, f.status, f.code, f.message})
			continue
		}
		out.Done++
		out.IDs[i] = id.String()
	}
	control.Answer(w, http.StatusOK, out)
}

func (s *Sim) edit(e object, silent bool) (id guid, f *failure) {
	t := s.setNamed(e.text("set"))
	if t == nil {
		return id, missingSegment(e.text("set"))
	}
	if text := e.text("id"); text != "" {
		var ok bool
		if id, ok = parseGUID(text); !ok {
			return id, badArgument("The id is not a GUID.")
		}
	}
	v, _ := e.get("body")
	body, _ := v.(object)
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.begin(s.person)
	tx.silent = silent
	made, f := tx.edit(t, e.text("method"), id, body)
	if f != nil {
		tx.rollback()
		return id, f
	}
	tx.commit()
	return made, nil
}

func (tx *transaction) edit(t *table, method string, id guid, body object) (guid, *failure) {
	before := t.find(id)
	if method == http.MethodDelete {
		if before == nil {
			return id, missingRow(t, id)
		}
		tx.remove(t, before)
		return id, nil
	}
	sets, given, f := tx.assignments(t, body, nil)
	if f != nil {
		return id, f
	}
	if id.isZero() {
		id = given
	}
	var made *row
	switch {
	case method == http.MethodPost || before == nil && !id.isZero():
		made, f = tx.create(t, id, sets)
	case before != nil:
		made, f = tx.update(t, before, sets)
	default:
		f = badArgument("An edit needs an id.")
	}
	if f != nil {
		return id, f
	}
	return made.id, nil
}
