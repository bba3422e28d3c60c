package dataversesim

import "github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"

// relation is a collection-valued navigation property of a table: the rows that
// point here through a lookup (1:N), or the rows that a row is paired with (N:N).
type relation struct {
	name string
	of   *table  // whose rows it holds
	via  *column // 1:N: the lookup of these rows

	through     *table // N:N: the pairs
	here, there *column
}

// pair finds the collections of all tables. The caller holds the write lock.
func (s *Sim) pair(m *metadata.Model) {
	found := map[string]map[string]relation{}
	for _, t := range s.ordered {
		t.onDelete = map[*column]string{}
	}
	enter := func(table string, r relation) {
		if found[table] == nil {
			found[table] = map[string]relation{}
		}
		found[table][r.name] = r
	}
	for _, r := range m.Relationships() {
		if !r.ManyToMany() {
			if child := s.tables[r.Referencing]; child != nil && s.tables[r.Referenced] != nil {
				s.tables[r.Referenced].onDelete[child.shape.byName[r.Column]] = r.Cascade["Delete"]
				enter(r.Referenced, relation{name: r.Collection, of: child, via: child.shape.byName[r.Column]})
			}
			continue
		}
		pairs, one, two := s.tables[r.Intersect], s.tables[r.One], s.tables[r.Two]
		a, b := pairs.shape.byName[r.OneKey], pairs.shape.byName[r.TwoKey]
		if r.Intersect == memberTable { // its far side is a lookup (reference: dataverse-api 4.3)
			b = pairs.shape.byName["entityid"]
		}
		enter(r.One, relation{name: r.OneNav, of: two, through: pairs, here: a, there: b})
		enter(r.Two, relation{name: r.TwoNav, of: one, through: pairs, here: b, there: a})
	}
	for _, t := range s.ordered {
		t.relations = found[t.name]
	}
}

// pointing are the rows of t whose column c points at id.
func (t *table) pointing(c *column, id guid) []*row {
	var out []*row
	if c.indexed {
		for _, child := range t.indexes[c.name].of(nil, id) {
			out = append(out, t.find(child))
		}
		return out
	}
	for _, s := range t.order {
		if s.row != nil && lookupOf(s.row, c) == id {
			out = append(out, s.row)
		}
	}
	return out
}

// paired finds the pair of two rows in an N:N relation, nil when there is none.
func (r relation) paired(here, there guid) *row {
	for _, pair := range r.through.pointing(r.here, here) {
		if to, _ := pair.get(r.there).(ref); to.id == there {
			return pair
		}
	}
	return nil
}
