package dataversesim

import (
	"net/http"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// merge answers POST Merge: the subordinate becomes inactive, is marked as
// merged and points at the row that stays (reference: dataverse-api 2.8; house
// rule: a merged loser is not "inactive").
func merge(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodPost {
		return nil, wrongMethod(r)
	}
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	f := s.within(r, func(tx *transaction) *failure {
		t, winner, f := tx.party(body, "Target")
		if f != nil {
			return f
		}
		other, loser, f := tx.party(body, "Subordinate")
		if f != nil {
			return f
		}
		if other != t || winner.id == loser.id {
			return badArgument("Merge needs two different rows of one table.")
		}
		return tx.merge(t, winner, loser, body)
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}

// party reads an entity of the request: {"@odata.type":"…contact","contactid":"…"}.
func (tx *transaction) party(body object, name string) (*table, *row, *failure) {
	v, _ := body.get(name)
	entity, ok := v.(object)
	if !ok {
		return nil, nil, badArgument("The parameter %s is missing.", name)
	}
	kind := entity.text("@odata.type")
	t := tx.sim.tables[kind[strings.LastIndexByte(kind, '.')+1:]]
	if t == nil || !connector.Table(t.name).IsPerson() {
		return nil, nil, badArgument("The type of %s cannot be merged.", name)
	}
	id, ok := parseGUID(entity.text(t.key))
	if !ok {
		return nil, nil, badArgument("%s has no %s.", name, t.key)
	}
	found := t.find(id)
	if found == nil {
		return nil, nil, missingRow(t, id)
	}
	return t, found, nil
}

func (tx *transaction) merge(t *table, winner, loser *row, body object) *failure {
	if v, _ := body.get("UpdateContent"); v != nil {
		content, ok := v.(object)
		if !ok {
			return badArgument("UpdateContent is not an entity.")
		}
		content = slices.DeleteFunc(slices.Clone(content), func(m member) bool { return m.key == t.key })
		sets, _, f := tx.assignments(t, content, nil)
		if f == nil && len(sets) > 0 {
			_, f = tx.update(t, winner, sets)
		}
		if f != nil {
			return f
		}
	}
	if f := tx.moveChildren(t, winner.id, loser.id); f != nil {
		return f
	}
	loser = t.find(loser.id)
	col := t.shape.byName
	state := int64(1)
	if t.name == string(connector.Lead) {
		state = 2
	}
	_, f := tx.update(t, loser, []assignment{
		{col["statecode"], state},
		{col["statuscode"], defaultStatus(col["statecode"], col["statuscode"], state)},
		{col["merged"], true},
		{col["masterid"], ref{t, winner.id}},
	})
	return f
}

// moveChildren makes the rows that point at the loser of a merge point at the
// winner: activities, permissions, customers of other rows. The cascade Merge of
// the relationship says whether; each is an update that steps hear of (*assumed*).
// Memberships of lists stay where they are, as does masterid.
func (tx *transaction) moveChildren(t *table, winner, loser guid) *failure {
	for _, r := range tx.sim.model.Relationships() {
		if r.ManyToMany() || r.Referenced != t.name || r.Cascade["Merge"] != "Cascade" || r.Column == "masterid" || r.Referencing == memberTable {
			continue
		}
		children := tx.sim.tables[r.Referencing]
		if children == nil || children.shape.byName[r.Column] == nil || children.name == pointerTable {
			continue // pointers follow their activities
		}
		col := children.shape.byName[r.Column]
		for _, child := range children.pointing(col, loser) {
			if to, _ := child.get(col).(ref); to.table != t || child.id == loser {
				continue
			}
			var value any = ref{t, winner}
			if child.id == winner {
				value = nil // nobody is above itself
			}
			if _, f := tx.update(children, child, []assignment{{col, value}}); f != nil {
				return f
			}
		}
	}
	return nil
}
