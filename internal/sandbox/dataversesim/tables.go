package dataversesim

import (
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
	"github.com/spotler-connector/connector/internal/schema"
)

// catalog is what requests look tables up in before they hold a lock. It is
// never changed; a new table makes a new one.
type catalog struct {
	tables map[string]*table
	sets   map[string]*table
}

// tableNamed finds a table by logical name without a lock, nil when there is none.
func (s *Sim) tableNamed(name string) *table { return s.catalog.Load().tables[name] }

// setNamed finds a table by entity set without a lock, nil when there is none.
func (s *Sim) setNamed(set string) *table { return s.catalog.Load().sets[set] }

// adopt makes m what the organisation knows about its tables: new tables are
// made, changed ones get their new shape, gone ones go with their rows. The
// caller holds the write lock.
func (s *Sim) adopt(m *metadata.Model) {
	old := s.model
	s.model = m
	tables, sets := make(map[string]*table, len(m.Tables())), make(map[string]*table, len(m.Tables()))
	s.ordered = nil
	for _, def := range m.Tables() {
		t := s.tables[def.Name]
		switch {
		case t == nil:
			t = newTable(def)
		case old.Table(def.Name) != def:
			t.become(def)
		}
		tables[def.Name], sets[def.Set] = t, t
		s.ordered = append(s.ordered, t)
	}
	s.tables, s.sets = tables, sets
	s.pair(m)
	s.catalog.Store(&catalog{tables, sets})
}

// newTable makes an empty table.
func newTable(def *metadata.Table) *table {
	t := &table{name: def.Name, rows: map[guid]*slot{}, indexes: map[string]*index{}, elastic: def.Elastic}
	// These never change: requests read them without a lock.
	t.set, t.key, t.primary, t.pairs = def.Set, def.Key, def.Primary, def.Intersect
	t.eventful = !def.Logical && !def.Intersect && def.Name != "systemuser" && def.Name != "businessunit" && def.Name != "asyncoperation" && def.Name != memberTable
	t.become(def)
	return t
}

// become gives t the definition def.
func (t *table) become(def *metadata.Table) {
	if t.meta == nil || t.meta.Tracked != def.Tracked {
		t.tracked = def.Tracked && !def.Intersect && def.Name != memberTable
	}
	t.meta = def
	t.reshape(shapeOf(def, t.shape))
}

// addColumn gives t one more column by the control API's wish.
func (s *Sim) addColumn(t *table, c schema.Column) *failure {
	if t.meta.Column(c.Name) != nil {
		return fail(412, "0x80040237", "An attribute with the specified name %s already exists for entity %s.", c.Name, t.name)
	}
	s.adopt(s.model.WithNewColumn(t.name, metadata.FromSchema(c)))
	return nil
}
