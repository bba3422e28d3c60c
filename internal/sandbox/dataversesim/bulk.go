package dataversesim

import (
	"net/http"
	"strings"
)

// bulk is one of the messages that handle many rows (reference: dataverse-api 2.8).
type bulk struct {
	message string
	rights  []string
	do      func(tx *transaction, r *request, t *table, target object) (*row, *failure)
}

// collectionAction is an action on the rows of a set; nil when there is none.
func collectionAction(name string) *bulk {
	switch name {
	case "CreateMultiple":
		return &bulk{name, []string{rightCreate}, (*transaction).createTarget}
	case "UpdateMultiple":
		return &bulk{name, []string{rightWrite}, (*transaction).updateTarget}
	case "UpsertMultiple":
		return &bulk{name, []string{rightCreate, rightWrite}, (*transaction).upsertTarget}
	case "DeleteMultiple":
		return &bulk{name, []string{rightDelete}, (*transaction).deleteTarget}
	}
	return nil
}

// serveBulk answers POST set/Microsoft.Dynamics.CRM.<name>: all rows, or none
// and the first failure; an elastic table keeps the rows that were good
// (assumption elastic_bulk). Every row raises its own events; after them a step on
// the message itself runs once.
func (s *Sim) serveBulk(r *request, t *table, m *bulk) (*response, *failure) {
	if r.method != http.MethodPost {
		return nil, wrongMethod(r)
	}
	if m.message == "DeleteMultiple" && !t.elastic {
		return nil, badArgument("DeleteMultiple has not yet been implemented for the entity '%s'. Only elastic tables support it; use $batch or BulkDelete.", t.name)
	}
	targets, f := targetsOf(r, t)
	if f != nil {
		return nil, f
	}
	var made []*row
	var refused *failure // the first target that an elastic table did not take
	f = s.within(r, func(tx *transaction) *failure {
		from := len(tx.changes)
		for _, target := range targets {
			one, f := m.do(tx, r, t, target)
			switch {
			case f == nil:
				made = append(made, one)
			case !t.elastic, s.assume.Load().ElasticBulk == "nothing":
				return f
			case refused == nil:
				refused = f
			}
		}
		tx.announceBulk(m.message, t, tx.changes[from:])
		return nil
	})
	if f == nil {
		f = refused
	}
	if f != nil {
		return nil, f
	}
	if m.message != "CreateMultiple" {
		return &response{status: noContent, rows: len(made), items: len(made)}, nil
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse")
	b = append(appendIDs(append(b, `,"Ids":`...), made), '}')
	return &response{status: http.StatusOK, body: b, contentType: jsonMinimal, rows: len(made), items: len(made)}, nil
}

func appendIDs(b []byte, rows []*row) []byte {
	b = append(b, '[')
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(r.id.append(append(b, '"')), '"')
	}
	return append(b, ']')
}

// targetsOf reads {"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.contact",…},…]}.
func targetsOf(r *request, t *table) ([]object, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badPayload(t, "%s", err)
	}
	v, _ := body.get("Targets")
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, badArgument("The parameter Targets must be a collection with at least one entity.")
	}
	out := make([]object, 0, len(list))
	for i, v := range list {
		target, ok := v.(object)
		if !ok {
			return nil, badArgument("Targets[%d] is not an entity.", i)
		}
		kind := target.text("@odata.type")
		if kind == "" {
			return nil, badPayload(t, "Targets[%d] has no '@odata.type', which a parameter of the type crmbaseentity needs.", i)
		}
		if kind = kind[strings.LastIndexByte(kind, '.')+1:]; kind != t.name {
			return nil, badArgument("Targets[%d] is a '%s'; all targets must be of the entity '%s'.", i, kind, t.name)
		}
		out = append(out, target)
	}
	return out, nil
}

func (tx *transaction) createTarget(r *request, t *table, target object) (*row, *failure) {
	sets, id, f := tx.assignments(t, target, r.links)
	if f != nil {
		return nil, f
	}
	return tx.create(t, id, sets)
}

func (tx *transaction) updateTarget(r *request, t *table, target object) (*row, *failure) {
	id, k, f := tx.identify(t, target)
	if f != nil {
		return nil, f
	}
	before := t.find(id)
	if before == nil && k != nil {
		return nil, tx.sim.missingKeyed(t)
	}
	if before == nil {
		return nil, missingRow(t, id)
	}
	sets, _, f := tx.assignments(t, target, r.links)
	if f != nil {
		return nil, f
	}
	return tx.update(t, before, sets)
}

func (tx *transaction) upsertTarget(r *request, t *table, target object) (*row, *failure) {
	id, k, f := tx.identify(t, target)
	if f != nil {
		return nil, f
	}
	// The platform gives no better reason (reference: dataverse-api 2.3).
	if target.text("@odata.id") != "" && target.repeats(t, k) {
		return nil, fail(http.StatusInternalServerError, "0x80040216", "An unexpected error occurred.")
	}
	sets, _, f := tx.assignments(t, target, r.links)
	if f == nil {
		sets, f = tx.complete(t, k, sets)
	}
	if f != nil {
		return nil, f
	}
	if before := t.find(id); before != nil {
		return tx.update(t, before, sets)
	}
	return tx.create(t, id, sets)
}

// repeats tells whether a target gives the key by which it is addressed once more.
func (o object) repeats(t *table, k *keyValues) bool {
	if k == nil {
		return o.text(t.key) != ""
	}
	for _, a := range k.values {
		if _, twice := o.get(a.col.wire); twice {
			return true
		}
	}
	return false
}

func (tx *transaction) deleteTarget(_ *request, t *table, target object) (*row, *failure) {
	id, _, f := tx.identify(t, target)
	if f != nil {
		return nil, f
	}
	before := t.find(id)
	if before == nil {
		return nil, missingRow(t, id)
	}
	if f := tx.mayRemove(t, before); f != nil {
		return nil, f
	}
	tx.remove(t, before)
	return before, nil
}

// identify finds which row a target means: by @odata.id, which may hold an
// alternate key, or by its primary key.
func (tx *transaction) identify(t *table, target object) (id guid, k *keyValues, f *failure) {
	if address := target.text("@odata.id"); address != "" {
		if at := strings.Index(address, t.set+"("); at >= 0 {
			return tx.sim.addressed(t, strings.TrimSuffix(address[at+len(t.set)+1:], ")"))
		}
	}
	id, ok := parseGUID(target.text(t.key))
	if !ok {
		return id, nil, badArgument("A target needs its primary key %s, or @odata.id with the address of the row.", t.key)
	}
	return id, nil, nil
}
