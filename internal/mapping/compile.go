package mapping

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// boundTable is everything to do for the rows of one table.
type boundTable struct {
	email       *reader
	fields      []boundField
	filters     []boundFilter
	sets        []boundSet
	back        []boundBack
	columns     []string
	ruleColumns []string
	facts       map[string]reader
}

// boundField is one value that goes out: read from a column, or fixed.
type boundField struct {
	row       int
	name      string
	direction connector.Direction
	reader    reader
	fixed     *Field
	write     writer
	target    target
	kinds     string // "string to mobNr", for a Problem
}

type boundFilter struct {
	row     int
	reader  reader
	values  []string
	excuses string
}

// boundSet is one @map(permissions).
type boundSet struct {
	row       int
	property  string
	direction connector.Direction
	entries   []Entry
	byName    map[string]int64 // folded description; ambiguous ones are not in it
}

// part is what one row adds to one table.
type part struct {
	column   string // as $select spells it
	email    *reader
	field    *boundField
	back     *boundBack
	filter   *boundFilter
	set      *boundSet
	excluded string // a filter on the type of the record that this table never passes
}

// part compiles the cell of row r for table t. A sentence says what is wrong, and
// cell which cell to look at.
func (b *binding) part(n int, r Row, t connector.Table, property Property) (p *part, cell, says string) {
	table, known := b.tables[t]
	if !known {
		return nil, string(t), "the table is not in the organisation"
	}
	switch source := r.For(t).(type) {
	case Related:
		return b.relatedPart(n, r, t, property)
	case Column:
		return b.columnPart(n, r, table, string(source), property)
	case Literal:
		return b.fixedPart(n, r, string(source), property)
	case CustomerType:
		p, cell, says = b.fixedPart(n, r, string(t), property)
		if says == "" && r.Filter != "" && !slices.ContainsFunc(filterValues(r.Filter), func(v string) bool { return strings.EqualFold(v, string(t)) }) {
			p.excluded = "the mapping keeps records of this type out"
		}
		return p, cell, says
	}
	return nil, string(t), errNotYet.Error()
}

func (b *binding) relatedPart(n int, r Row, t connector.Table, property Property) (*part, string, string) {
	if property.Type != typeSet {
		return nil, "spotler", "permissions need a Spotler field of type List (set), this one is " + property.Type
	}
	set := &boundSet{row: n, property: property.Name, direction: r.Direction, entries: property.Entries, byName: map[string]int64{}}
	twice := map[string]bool{}
	for _, e := range property.Entries {
		name := foldName(e.Description)
		if _, again := set.byName[name]; again || twice[name] {
			twice[name] = true
			delete(set.byName, name)
			continue
		}
		set.byName[name] = e.Bit
	}
	return &part{set: set}, string(t), ""
}

func (b *binding) columnPart(n int, r Row, table schema.Table, name string, property Property) (*part, string, string) {
	column, known := table.Column(name)
	if !known {
		return nil, string(table.Name), "the table has no column of this name"
	}
	read := newReader(column)
	p := &part{column: read.key}
	if r.Filter != "" {
		p.filter = &boundFilter{row: n, reader: read, values: filterValues(r.Filter),
			excuses: "the mapping keeps the record out: " + name + " has another value than the filter asks"}
	}
	if r.Spotler == "" {
		return p, "", ""
	}
	if property.Name == permissionProperty && property.Type == typeSet {
		return nil, string(table.Name), "permissions come from Spotler Permission rows only; use @map(permissions)"
	}
	if says := b.convertible(column, r.Direction, property); says != "" {
		return nil, string(table.Name), says
	}
	if property.Name == emailProperty {
		if !r.Direction.Outward() {
			return nil, string(table.Name), "the address must travel to Spotler; use -> or <->"
		}
		if !slices.Contains(textual, column.Kind) {
			return nil, string(table.Name), "the address must come from a text column"
		}
		p.email = &read
	}
	if r.Direction.Inward() {
		p.back = &boundBack{row: n, name: property.Name, direction: r.Direction, policy: r.Policy, column: column, from: property.Type,
			target: b.target(column.Kind, name, r.Scale, property)}
	}
	field := &boundField{row: n, name: property.Name, direction: r.Direction, reader: read, write: conversions[property.Type].write,
		target: b.target(column.Kind, name, r.Scale, property), kinds: string(column.Kind) + " to " + property.Type}
	if r.Direction.Outward() {
		p.field = field
	}
	if p.back != nil {
		p.back.mirror = *field
	}
	return p, "", ""
}

func (b *binding) target(kind schema.Kind, column string, scale Scale, property Property) target {
	return target{kind: kind, column: column, zone: b.zone, scale: scale, entries: property.Entries}
}

// convertible says why values of the column cannot become values of the
// property, or the other way round for a direction that comes back.
func (b *binding) convertible(c schema.Column, d connector.Direction, p Property) string {
	to, known := conversions[p.Type]
	if !known {
		return "the connector does not know the Spotler type " + p.Type
	}
	fits := slices.ContainsFunc(to.from, func(kinds []schema.Kind) bool { return slices.Contains(kinds, c.Kind) })
	if !fits {
		return "a column of type " + string(c.Kind) + " cannot be converted to the Spotler type " + p.Type
	}
	if d.Inward() && (c.Kind == schema.PrimaryKey || c.Kind == schema.State || c.Kind == schema.Status || slices.Contains(linked, c.Kind)) {
		return "a column of type " + string(c.Kind) + " cannot be filled from Spotler; use ->"
	}
	return ""
}

// fixedPart converts a fixed text once, so a wrong one is found before any row.
func (b *binding) fixedPart(n int, r Row, text string, property Property) (*part, string, string) {
	if r.Spotler == "" {
		return &part{}, "", ""
	}
	if property.Name == emailProperty || property.Name == permissionProperty {
		return nil, "spotler", "this field cannot have a fixed value"
	}
	to, known := conversions[property.Type]
	if !known {
		return nil, "spotler", "the connector does not know the Spotler type " + property.Type
	}
	goal := b.target(schema.String, "", r.Scale, property)
	w := to.write(&goal, value{canonical: text, text: text})
	if w.fault != "" || w.note != "" {
		return nil, "spotler", "the fixed value does not fit the Spotler type " + property.Type + ": " + w.fault + w.note
	}
	return &part{field: &boundField{fixed: &Field{Name: property.Name, Value: w.wire, Canonical: text, Wire: w.canonical, Direction: r.Direction, Row: n}}}, "", ""
}

func (t *boundTable) add(p *part) {
	if p.column != "" && !slices.Contains(t.columns, p.column) {
		t.columns = append(t.columns, p.column)
	}
	if p.email != nil {
		t.email = p.email
	}
	if p.field != nil {
		t.fields = append(t.fields, *p.field)
	}
	if p.back != nil {
		t.back = append(t.back, *p.back)
	}
	if p.filter != nil {
		t.filters = append(t.filters, *p.filter)
	}
	if p.set != nil {
		t.sets = append(t.sets, *p.set)
	}
	if p.excluded != "" {
		t.filters = append(t.filters, boundFilter{excuses: p.excluded})
	}
}

// finish prepares the columns of the rules: those the table has.
func (t *boundTable) finish(table schema.Table) {
	t.facts = map[string]reader{}
	t.ruleColumns = []string{t.email.key}
	for _, name := range factColumns {
		if c, ok := table.Column(name); ok {
			r := newReader(c)
			t.facts[name] = r
			t.ruleColumns = append(t.ruleColumns, r.key)
		}
	}
}

// filterValues splits a filter, or the labels of a set, at semicolons.
func filterValues(s string) []string {
	var out []string
	for v := range strings.SplitSeq(s, ";") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func foldName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
