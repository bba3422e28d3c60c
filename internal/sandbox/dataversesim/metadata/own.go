package metadata

import (
	"strings"

	"github.com/spotler-connector/connector/internal/schema"
)

// withOwn adds our solution: its tables, and its columns on the standard ones.
func withOwn(m *Model) *Model {
	m = m.next()
	code := 10100
	var widened []string
	for _, t := range schema.Tables() {
		name := string(t.Name)
		if t.Own {
			m.add(ownTable(t, code))
			code++
			widened = append(widened, name)
			continue
		}
		if std := m.byName[name]; std != nil {
			for _, c := range t.Columns {
				if std.Column(c.Name) == nil {
					std.Columns = append(std.Columns, FromSchema(c))
				}
			}
			std.seal()
			m.relateNew(std)
		}
	}
	for _, name := range widened {
		m.relateAll(name, nil)
	}
	return m
}

// relateNew makes the relationships of custom lookups on a standard table.
func (m *Model) relateNew(t *Table) {
	for _, c := range t.Columns {
		if c.Custom && c.IsLookup() {
			m.relateColumn(t, c, nil)
		}
	}
}

func ownTable(t schema.Table, code int) *Table {
	out := &Table{Name: string(t.Name), Set: t.Set, Label: In(t.Label), Plural: In(t.Label + "s"), Code: code, Ownership: "UserOwned",
		Key: t.Key, Primary: t.Primary, Custom: true, Tracked: true}
	for _, c := range t.Columns {
		col := FromSchema(c)
		if c.Name == t.Key {
			out.Schema = strings.TrimSuffix(c.Schema, "Id")
			col.Custom = false
		}
		out.Columns = append(out.Columns, col)
	}
	out.Collection = out.Schema + "s"
	if state, status := out.Column("statecode"), out.Column("statuscode"); state != nil && status != nil {
		state.defaultStatuses(status)
	}
	out.addSystemColumns()
	return out
}

// FromSchema translates a column of our own model.
func FromSchema(c schema.Column) *Column {
	out := &Column{Name: c.Name, Schema: c.Schema, Label: In(c.Label), Max: c.Max, Custom: strings.Contains(c.Name, "_") && !strings.HasPrefix(c.Name, "address")}
	if out.Schema == "" {
		out.Schema = c.Name
	}
	out.Type = kinds[string(c.Kind)]
	switch c.Kind {
	case schema.PrimaryKey:
		out.Type = Key
	case schema.DateOnly:
		out.Behavior, out.Format = DateOnly, "DateOnly"
	}
	for _, t := range c.Targets {
		out.Targets = append(out.Targets, string(t))
	}
	if len(c.Options) > 0 {
		out.Choice = &Choice{}
	}
	for _, o := range c.Options {
		out.Choice.Options = append(out.Choice.Options, Option{Value: o.Value, Label: In(o.Label), State: o.State})
	}
	out.ReadOnly = c.Name == "createdon" || c.Name == "modifiedon"
	out.complete()
	return out
}

// defaultStatuses lets each state know the first status that belongs to it.
func (c *Column) defaultStatuses(status *Column) {
	for i := range c.Choice.Options {
		state := &c.Choice.Options[i]
		if state.Default != 0 {
			continue
		}
		for _, o := range status.Choice.Options {
			if o.State == state.Value {
				state.Default = o.Value
				break
			}
		}
	}
}
