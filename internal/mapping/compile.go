package mapping

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// boundTable is everything to do for the rows of one table.
type boundTable struct {
	email       *origin
	fields      []boundField
	filters     []boundFilter
	members     []boundMembership
	sets        []boundSet
	back        []boundBack
	defaults    []Received
	columns     []string
	expansions  []Expansion
	asks        []Ask
	labels      bool
	ruleColumns []string
	facts       map[string]reader
}

// boundField is one value that goes out: read from a cell, or fixed.
type boundField struct {
	row       int
	name      string
	direction connector.Direction
	origin    origin
	fixed     *Field
	write     writer
	target    target // kind and column are those of the value that was read
	to        string // the Spotler type
}

type boundFilter struct {
	row     int
	origin  origin
	target  target
	values  []string
	excuses string
}

// part is what one row adds to one table.
type part struct {
	needs    needs
	email    *origin
	field    *boundField
	member   *boundMembership
	back     *boundBack
	filter   *boundFilter
	set      *boundSet
	initial  *Received // of a new row
	excluded string    // a filter on the type of the record that this table never passes
}

// part compiles one cell of row r. A sentence says what is wrong, and cell which one
// to look at.
func (b *binding) part(n int, r Row, c cell, property Property) (p *part, wrong, says string) {
	table, known := b.tables[c.table]
	if !known {
		return nil, c.name, "the table is not in the organisation"
	}
	if text, fixed := r.fixed(); fixed {
		return b.initialPart(n, r, table, c, text)
	}
	switch source := c.source.(type) {
	case Related:
		return b.relatedPart(n, r, c, property)
	case Literal:
		return b.fixedPart(n, r, string(source), property)
	case CustomerType:
		p, wrong, says = b.fixedPart(n, r, string(c.table), property)
		if says == "" && r.Filter != "" && !slices.ContainsFunc(filterValues(r.Filter), func(v string) bool { return strings.EqualFold(v, string(c.table)) }) {
			p.excluded = "the mapping keeps records of this type out"
		}
		return p, wrong, says
	}
	return b.originPart(n, r, table, c, property)
}

// originPart compiles a cell that reads columns.
func (b *binding) originPart(n int, r Row, table schema.Table, c cell, property Property) (*part, string, string) {
	o, needs, says := b.origin(table, c.source)
	if says != "" {
		return nil, c.name, says
	}
	p := &part{needs: needs}
	goal := b.target(r.Scale, property)
	if r.Filter != "" {
		p.filter = &boundFilter{row: n, origin: o, target: goal, values: filterValues(r.Filter),
			excuses: "the mapping keeps the record out: " + c.source.String() + " has another value than the filter asks"}
	}
	if r.Spotler == "" {
		return p, "", ""
	}
	if property.Name == permissionProperty && property.Type == typeSet {
		return nil, c.name, "permissions come from Spotler Permission rows only; use @map(permissions)"
	}
	if says := convertible(o, property); says != "" {
		return nil, c.name, says
	}
	if property.Name == emailProperty {
		if says := p.address(o, r.Direction, c); says != "" {
			return nil, c.name, says
		}
	}
	field := &boundField{row: n, name: property.Name, direction: r.Direction, origin: o, write: conversions[property.Type].write, target: goal, to: property.Type}
	if r.Direction.Outward() && c.name != "entity" {
		p.field = field
	}
	if r.Direction.Inward() {
		column, _ := table.Column(c.source.String())
		if says := fillable(column, property.Type); says != "" {
			return nil, c.name, says
		}
		p.back = &boundBack{row: n, name: property.Name, direction: r.Direction, policy: r.Policy, column: column, from: property.Type, target: goal, mirror: *field}
	}
	return p, "", ""
}

// address makes o the address of the record.
func (p *part) address(o origin, d connector.Direction, c cell) string {
	if c.name == "entity" {
		return ""
	}
	if !d.Outward() {
		return "the address must travel to Spotler; use -> or <->"
	}
	for _, part := range o.parts {
		if o.join || !slices.Contains(textual, part.reader.kind) && part.reader.kind != anyKind {
			return "the address must come from a text column"
		}
	}
	p.email = &o
	return ""
}

func (b *binding) target(scale Scale, property Property) target {
	return target{zone: b.zone, scale: scale, entries: property.Entries}
}

// convertible says why values of the cell cannot become values of the property.
func convertible(o origin, p Property) string {
	to, known := conversions[p.Type]
	if !known {
		return "the connector does not know the Spotler type " + p.Type
	}
	kinds := []schema.Kind{schema.String}
	if !o.join {
		kinds = kinds[:0]
		for _, part := range o.parts {
			kinds = append(kinds, part.reader.kind)
		}
	}
	for _, kind := range kinds {
		if kind == anyKind {
			kind = schema.String
		}
		if !slices.ContainsFunc(to.from, func(kinds []schema.Kind) bool { return slices.Contains(kinds, kind) }) {
			return "a column of type " + string(kind) + " cannot be converted to the Spotler type " + p.Type
		}
	}
	return ""
}

// fillable says why a column cannot be filled from a property of the type.
func fillable(c schema.Column, from string) string {
	if !slices.ContainsFunc(fills[from], func(kinds []schema.Kind) bool { return slices.Contains(kinds, c.Kind) }) {
		return "a column of type " + string(c.Kind) + " cannot be filled from Spotler with a value of type " + from + "; use ->"
	}
	return ""
}

// initialPart compiles a row that gives new rows a fixed value (manual: "New
// Subscribers", the Source column).
func (b *binding) initialPart(n int, r Row, table schema.Table, c cell, text string) (*part, string, string) {
	column, known := table.Column(c.source.String())
	if !known {
		return nil, c.name, "the table has no column of this name"
	}
	if says := fillable(column, typeString); says != "" {
		return nil, c.name, says
	}
	back := boundBack{row: n, name: r.Spotler, direction: r.Direction, column: column, from: typeString, target: b.target(r.Scale, Property{})}
	back.target.kind, back.target.column = column.Kind, column.Name
	got := back.inward(map[string]any{r.Spotler: text})
	if got.Says != "" {
		return nil, "spotler", "the fixed value does not fit the column " + column.Name + ": " + got.Says
	}
	return &part{initial: &got}, "", ""
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
	goal := b.target(r.Scale, property)
	goal.kind = schema.String
	w := to.write(&goal, value{canonical: text, text: text})
	if w.fault != "" || w.note != "" {
		return nil, "spotler", "the fixed value does not fit the Spotler type " + property.Type + ": " + w.fault + w.note
	}
	return &part{field: &boundField{fixed: &Field{Name: property.Name, Value: w.wire, Canonical: text, Wire: w.canonical, Direction: r.Direction, Row: n}}}, "", ""
}

func (t *boundTable) add(p *part) {
	t.need(p.needs)
	if p.email != nil {
		t.email = p.email
	}
	if p.field != nil {
		t.fields = append(t.fields, *p.field)
	}
	if p.member != nil {
		t.members = append(t.members, *p.member)
	}
	if p.back != nil {
		t.back = append(t.back, *p.back)
	}
	if p.initial != nil {
		t.defaults = append(t.defaults, *p.initial)
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
	if t.email != nil {
		for _, p := range t.email.parts {
			if p.reader.via == "" {
				t.ruleColumns = append(t.ruleColumns, p.reader.key)
			}
		}
	}
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
