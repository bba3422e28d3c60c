package metadata

import (
	"maps"
	"slices"
	"strings"
)

// Model is everything an organisation knows about its tables at one moment.
type Model struct {
	version       int64
	tables        []*Table
	byName        map[string]*Table
	byID          map[string]*Table
	choices       map[string]*Choice
	relationships map[string]*Relationship
}

// newModel is an empty model.
func newModel() *Model {
	return &Model{byName: map[string]*Table{}, byID: map[string]*Table{}, choices: map[string]*Choice{}, relationships: map[string]*Relationship{}}
}

// next is a copy of m that may be changed until it is handed out.
func (m *Model) next() *Model {
	return &Model{m.version + 1, slices.Clone(m.tables), maps.Clone(m.byName), maps.Clone(m.byID), maps.Clone(m.choices), maps.Clone(m.relationships)}
}

// Version rises with every change; it is the globalmetadataversion of answers.
func (m *Model) Version() int64 { return m.version }

// Tables are all tables, in the order in which they were made.
func (m *Model) Tables() []*Table { return m.tables }

// Table finds a table by logical name, nil when there is none.
func (m *Model) Table(name string) *Table { return m.byName[name] }

// TableOf finds a table by MetadataId, nil when there is none.
func (m *Model) TableOf(id string) *Table { return m.byID[strings.ToLower(id)] }

// Choice finds a global choice by name, nil when there is none.
func (m *Model) Choice(name string) *Choice { return m.choices[strings.ToLower(name)] }

// ChoiceOf finds a global choice by MetadataId, nil when there is none.
func (m *Model) ChoiceOf(id string) *Choice {
	for _, c := range m.choices {
		if strings.EqualFold(c.ID, id) {
			return c
		}
	}
	return nil
}

// Choices are the global choices by name.
func (m *Model) Choices() []*Choice { return sorted(m.choices) }

// Relationship finds a relationship by schema name, in any case, nil when there is none.
func (m *Model) Relationship(schema string) *Relationship {
	return m.relationships[strings.ToLower(schema)]
}

// RelationshipOf finds a relationship by MetadataId, nil when there is none.
func (m *Model) RelationshipOf(id string) *Relationship {
	for _, r := range m.relationships {
		if strings.EqualFold(r.ID, id) {
			return r
		}
	}
	return nil
}

// Relationships are all relationships by schema name.
func (m *Model) Relationships() []*Relationship { return sorted(m.relationships) }

func sorted[V any](of map[string]*V) []*V {
	out := make([]*V, 0, len(of))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, of[name])
	}
	return out
}

// WithTable returns m with t in the place of the table of that name, or more.
func (m *Model) WithTable(t *Table) *Model {
	t.seal()
	out := m.next()
	if at := slices.IndexFunc(out.tables, func(o *Table) bool { return o.Name == t.Name }); at >= 0 {
		out.tables[at] = t
	} else {
		out.tables = append(out.tables, t)
	}
	out.byName[t.Name], out.byID[t.ID] = t, t
	return out
}

// WithoutTable returns m without a table and its relationships.
func (m *Model) WithoutTable(name string) *Model {
	out := m.next()
	if t := out.byName[name]; t != nil {
		delete(out.byID, t.ID)
	}
	delete(out.byName, name)
	out.tables = slices.DeleteFunc(out.tables, func(o *Table) bool { return o.Name == name })
	maps.DeleteFunc(out.relationships, func(_ string, r *Relationship) bool { return r.Touches(name) })
	return out
}

// WithColumn returns m with c in the place of the column of that name, or more.
func (m *Model) WithColumn(table string, c *Column) *Model {
	t := *m.byName[table]
	t.Columns = slices.Clone(t.Columns)
	if at := slices.IndexFunc(t.Columns, func(o *Column) bool { return o.Name == c.Name }); at >= 0 {
		t.Columns[at] = c
	} else {
		t.Columns = append(t.Columns, c)
	}
	return m.WithTable(&t)
}

// WithNewColumn is WithColumn for a column that is a lookup, perhaps: it gets
// the relationships that it stands for.
func (m *Model) WithNewColumn(table string, c *Column) *Model {
	out := m.WithColumn(table, c)
	if c.IsLookup() {
		out.relateColumn(out.byName[table], c, nil)
	}
	return out
}

// WithoutColumn returns m without a column and the relationships it carried.
func (m *Model) WithoutColumn(table, column string) *Model {
	t := *m.byName[table]
	t.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(o *Column) bool { return o.Name == column })
	out := m.WithTable(&t)
	maps.DeleteFunc(out.relationships, func(_ string, r *Relationship) bool { return r.Referencing == table && r.Column == column })
	return out
}

// WithKey returns m with one more alternate key on a table.
func (m *Model) WithKey(table string, k *AlternateKey) *Model {
	t := *m.byName[table]
	t.Keys = append(slices.Clone(t.Keys), k)
	return m.WithTable(&t)
}

// WithoutKey returns m without an alternate key.
func (m *Model) WithoutKey(table, key string) *Model {
	t := *m.byName[table]
	t.Keys = slices.DeleteFunc(slices.Clone(t.Keys), func(k *AlternateKey) bool { return k.Name == key })
	return m.WithTable(&t)
}

// WithChoice returns m with c in the place of the global choice of that name,
// or more; the columns that use it follow.
func (m *Model) WithChoice(c *Choice) *Model {
	c.Global = true
	if c.ID == "" {
		c.ID = identity("choice", c.Name)
	}
	out := m.next()
	out.choices[strings.ToLower(c.Name)] = c
	for _, t := range m.tables {
		for _, col := range t.Columns {
			if col.Choice != nil && col.Choice.Global && strings.EqualFold(col.Choice.Name, c.Name) {
				same := *col
				same.Choice = c
				out = out.WithColumn(t.Name, &same)
			}
		}
	}
	return out
}

// WithoutChoice returns m without a global choice.
func (m *Model) WithoutChoice(name string) *Model {
	out := m.next()
	delete(out.choices, strings.ToLower(name))
	return out
}

// ChoiceUsers are the columns, as table.column, that use a global choice.
func (m *Model) ChoiceUsers(name string) []string {
	var out []string
	for _, t := range m.tables {
		for _, c := range t.Columns {
			if c.Choice != nil && c.Choice.Global && strings.EqualFold(c.Choice.Name, name) {
				out = append(out, t.Name+"."+c.Name)
			}
		}
	}
	return out
}

// WithRelationship returns m with one more relationship.
func (m *Model) WithRelationship(r *Relationship) *Model {
	if r.ID == "" {
		r.ID = identity("relationship", r.Schema)
	}
	out := m.next()
	out.relationships[strings.ToLower(r.Schema)] = r
	return out
}

// WithoutRelationship returns m without a relationship.
func (m *Model) WithoutRelationship(schema string) *Model {
	out := m.next()
	delete(out.relationships, strings.ToLower(schema))
	return out
}
