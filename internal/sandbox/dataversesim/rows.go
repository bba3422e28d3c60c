package dataversesim

import (
	"net/http"
	"strings"
)

// insert answers POST to a set: create (reference: dataverse-api 2.3).
func (s *Sim) insert(r *request, t *table) (*response, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badPayload(t, "%s", err)
	}
	var made *row
	f := s.within(r, func(tx *transaction) *failure {
		sets, id, f := tx.assignments(t, body, r.links)
		if f != nil {
			return f
		}
		if made, f = tx.create(t, id, sets); f != nil {
			return f
		}
		return tx.enlist(r, t, made)
	})
	if f != nil {
		return nil, f
	}
	return s.written(r, t, made, http.StatusCreated)
}

// upsert answers PATCH: update, or create when the row is not there and the
// conditions allow it. A row that is made by an alternate key gets its values
// (reference: dataverse-api 2.3).
func (s *Sim) upsert(r *request, t *table, address string) (*response, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badPayload(t, "%s", err)
	}
	var made *row
	status := http.StatusOK
	f := s.within(r, func(tx *transaction) *failure {
		id, k, f := s.addressed(t, address)
		if f != nil {
			return f
		}
		before := t.find(id)
		if f := r.condition(t, id, before); f != nil {
			if k != nil && before == nil {
				f = s.missingKeyed(t)
			}
			return f
		}
		sets, given, f := tx.assignments(t, body, r.links)
		if f == nil {
			sets, f = tx.complete(t, k, sets)
		}
		if f != nil {
			return f
		}
		if !given.isZero() && given != id && (k == nil || before != nil) {
			return badArgument("The primary key in the body differs from the one in the address.")
		}
		if before != nil {
			made, f = tx.update(t, before, sets)
			return f
		}
		if f := s.may(t, rightCreate); f != nil {
			return f
		}
		if k != nil {
			id = given
		}
		status = http.StatusCreated
		if made, f = tx.create(t, id, sets); f != nil {
			return f
		}
		return tx.enlist(r, t, made)
	})
	if f != nil {
		return nil, f
	}
	return s.written(r, t, made, status)
}

// delete answers DELETE of a row.
func (s *Sim) delete(r *request, t *table, id guid) (*response, *failure) {
	f := s.within(r, func(tx *transaction) *failure {
		before := t.find(id)
		if before == nil {
			return missingRow(t, id)
		}
		if f := r.condition(t, id, before); f != nil {
			return f
		}
		if f := tx.mayRemove(t, before); f != nil {
			return f
		}
		tx.remove(t, before)
		tx.delist(t, before)
		return nil
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}

// retrieve answers GET of one row.
func (s *Sim) retrieve(r *request, t *table, id guid) (*response, *failure) {
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	if f := refuseOptions(q, "$select", "$expand"); f != nil {
		return nil, f
	}
	defer s.reading(r)()
	found := t.find(id)
	if found == nil {
		return nil, missingRow(t, id)
	}
	asked, f := s.ask(r, t, q, nil)
	if f != nil {
		return nil, f
	}
	if match := r.header.Get("If-None-Match"); match != "" && match == found.etag() {
		return &response{status: http.StatusNotModified}, nil
	}
	body := s.appendTree(nil, found, asked.view, asked.branches, r.context(t, asked.view, "/$entity"))
	if err := asked.plan.Trouble(); err != nil {
		return nil, refusedQuery(err)
	}
	resp := &response{status: http.StatusOK, body: body, contentType: jsonMinimal}
	resp.set("ETag", found.etag())
	return resp, nil
}

// condition checks If-Match and If-None-Match (reference: dataverse-api 2.2).
func (r *request) condition(t *table, id guid, before *row) *failure {
	match := r.header.Get("If-Match")
	if match != "" && before == nil {
		return missingRow(t, id)
	}
	if match != "" && match != "*" && match != before.etag() {
		return fail(http.StatusPreconditionFailed, "0x80060882", "The version of the existing record doesn't match the RowVersion property provided.")
	}
	if r.header.Get("If-None-Match") == "*" && before != nil {
		return fail(http.StatusPreconditionFailed, "0x80040237", "A record with matching key values already exists.")
	}
	return nil
}

// written answers a write: 204 with the address of the row, or the row itself
// when the request prefers it.
func (s *Sim) written(r *request, t *table, made *row, status int) (*response, *failure) {
	where := r.base + t.set + "(" + made.id.String() + ")"
	if !r.prefs.representation {
		resp := &response{status: noContent}
		if r.method == http.MethodPost {
			resp.set("Location", where)
		}
		resp.set("OData-EntityId", where)
		return resp, nil
	}
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	defer s.reading(r)()
	v, f := viewOf(t, q.Get("$select"), r.prefs.notes)
	if f != nil {
		return nil, f
	}
	resp := &response{status: status, body: s.appendRow(nil, made, v, r.context(t, v, "/$entity")), contentType: jsonMinimal}
	resp.set("Preference-Applied", "return=representation")
	resp.set("ETag", made.etag())
	if status == http.StatusCreated {
		resp.set("Location", where)
	}
	resp.set("OData-EntityId", where)
	return resp, nil
}

// context is @odata.context for rows of t.
func (r *request) context(t *table, v view, suffix string) string {
	c := r.base + "$metadata#" + t.set
	if len(v.selected) > 0 {
		c += "(" + strings.Join(v.selected, ",") + ")"
	}
	return c + suffix
}

// skipStepsHeader names steps that must not run for a request
// (Microsoft Learn: "Bypass custom Dataverse logic", BypassBusinessLogicExecutionStepIds).
const skipStepsHeader = "Mscrm.bypassbusinesslogicexecutionstepids"

// skippedSteps reads the ids that the header names; what is no id names nothing.
func skippedSteps(list string) map[guid]bool {
	out := map[guid]bool{}
	for _, text := range splitList(list) {
		if id, ok := parseGUID(text); ok {
			out[id] = true
		}
	}
	return out
}

// announce carries what the request says about events into tx.
func (r *request) announce(tx *transaction) {
	bypass := r.header.Get("Mscrm.bypassbusinesslogicexecution")
	tx.silent = strings.Contains(bypass, "CustomAsync")
	tx.skip = nil
	if steps := r.header.Get(skipStepsHeader); steps != "" {
		tx.skip = skippedSteps(steps)
	}
	tx.tag = ""
	if strings.Contains(r.raw, "tag=") {
		if q, f := r.query(); f == nil {
			tx.tag = q.Get("tag")
		}
	}
}
