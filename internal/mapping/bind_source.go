package mapping

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// origin binds a source that reads rows to the schema of table t, and tells what must
// be read for it. A sentence says what is wrong.
func (b *binding) origin(t schema.Table, s Source) (o origin, n needs, says string) {
	o.name = s.String()
	switch source := s.(type) {
	case Column:
		column, known := t.Column(string(source))
		if !known {
			return o, n, "the table has no column of this name"
		}
		r := newReader(column)
		o.name, o.parts = r.key, []input{{reader: r, column: column.Name}}
		return o, needs{columns: []string{r.key}, labels: r.label != ""}, ""
	case Through:
		o.parts, n, says = b.through(t, source)
	case FirstFilled:
		return b.several(t, o, source)
	case Concat:
		o.join = true
		return b.several(t, o, source)
	case Child:
		o.parts, n, says = b.child(t, source)
	case Query:
		o.parts, n, says = b.query(source)
	}
	return o, n, says
}

// several binds the parts of a;b;c or @concat.
func (b *binding) several(t schema.Table, o origin, parts []Source) (origin, needs, string) {
	var all needs
	for _, s := range parts {
		if text, fixed := s.(Text); fixed {
			o.parts = append(o.parts, input{fixed: string(text)})
			continue
		}
		one, n, says := b.origin(t, s)
		if says != "" {
			return o, all, s.String() + ": " + says
		}
		o.parts = append(o.parts, one.parts...)
		all.columns = append(all.columns, n.columns...)
		all.expansions = append(all.expansions, n.expansions...)
		all.labels = all.labels || n.labels
	}
	return o, all, ""
}

// through binds lookup(table).column. Without a table, every table that the lookup
// may point at counts, if it has the column.
func (b *binding) through(t schema.Table, s Through) ([]input, needs, string) {
	lookup, known := t.Column(s.Lookup)
	switch {
	case !known:
		return nil, needs{}, "the table has no column " + s.Lookup
	case !slices.Contains(linked, lookup.Kind):
		return nil, needs{}, "the column " + s.Lookup + " is not a lookup"
	}
	targets := targetsOf(lookup)
	if s.Table != "" {
		if len(targets) > 0 && !slices.Contains(targets, connector.Table(s.Table)) {
			return nil, needs{}, "the lookup " + s.Lookup + " does not point at the table " + s.Table
		}
		targets = []connector.Table{connector.Table(s.Table)}
	}
	n := needs{columns: []string{selectName(lookup)}}
	var parts []input
	for _, target := range targets {
		table, column, says := b.related(target, s.Column)
		if says != "" && (s.Table != "" || len(targets) == 1) {
			return nil, n, says
		}
		if says != "" {
			continue
		}
		r := newReader(column)
		r.via = navigation(lookup, target)
		parts = append(parts, input{reader: r, column: column.Name})
		n.expansions = append(n.expansions, Expansion{Navigation: r.via, Table: table, Select: []string{r.key}})
		n.labels = n.labels || r.label != ""
	}
	if len(parts) == 0 {
		return nil, n, "name the table between the brackets: none that " + s.Lookup + " points at is known to have the column " + s.Column
	}
	return parts, n, ""
}

// anyKind is the kind of a column of a table that is not known here: its values are
// read as what they are on the wire.
const anyKind schema.Kind = ""

// related finds a column of another table. One of a table that is not known here is
// taken as it comes.
func (b *binding) related(name connector.Table, column string) (schema.Table, schema.Column, string) {
	table, known := b.tables[name]
	if !known {
		return schema.Table{Name: name}, schema.Column{Name: column, Kind: anyKind}, ""
	}
	c, has := table.Column(column)
	if !has {
		return table, c, "the table " + string(name) + " has no column " + column
	}
	return table, c, ""
}

// targetsOf are the tables that a lookup may point at.
func targetsOf(c schema.Column) []connector.Table {
	switch {
	case len(c.Targets) > 0:
		return c.Targets
	case c.Kind == schema.Customer:
		return []connector.Table{connector.Account, connector.Contact}
	case c.Kind == schema.Owner:
		return []connector.Table{"systemuser", "team"}
	}
	return nil
}

// navigation is the property behind which the row of a lookup stands. An owner's own
// leads to what users and teams have in common only, which is no name; the two beside
// it lead to the row itself.
func navigation(c schema.Column, target connector.Table) string {
	if c.Kind == schema.Owner {
		return map[connector.Table]string{"systemuser": "owninguser", "team": "owningteam"}[target]
	}
	c.Targets = targetsOf(c)
	return c.Navigation(target)
}

// tableOf finds a table by its logical name or the name of its set.
func (b *binding) tableOf(name string) (schema.Table, bool) {
	if t, known := b.tables[connector.Table(name)]; known {
		return t, true
	}
	for _, t := range b.tables {
		if t.Set == name {
			return t, true
		}
	}
	return schema.Table{}, false
}

const saysUnknownTable = "the connector does not know this table; name it in the settings of the environment"

// child binds @child(table).first(order).column.
func (b *binding) child(t schema.Table, s Child) ([]input, needs, string) {
	table, known := b.tableOf(s.Table)
	if !known {
		return nil, needs{}, s.Table + ": " + saysUnknownTable
	}
	match, says := matchOf(table, t.Name, s.Match)
	if says != "" {
		return nil, needs{}, says
	}
	column, has := table.Column(s.Column)
	by, ordered := table.Column(s.By)
	if !has || !ordered {
		missing := s.Column
		if has {
			missing = s.By
		}
		return nil, needs{}, "the table " + s.Table + " has no column " + missing
	}
	order := selectName(by) + " asc"
	if s.Descending {
		order = selectName(by) + " desc"
	}
	r := newReader(column)
	r.answer = s.String()
	return []input{{reader: r, column: column.Name}}, needs{asks: []Ask{{Cell: r.answer, Table: table, Select: []string{r.key},
		Filter: match + " eq " + idMark, OrderBy: order, Top: 1, Labels: r.label != ""}}}, ""
}

// matchOf is the lookup of a child table that points at rows of t, as $filter spells it.
func matchOf(child schema.Table, t connector.Table, name string) (string, string) {
	var fit []schema.Column
	var names []string
	for _, c := range child.Columns {
		if slices.Contains(linked, c.Kind) && slices.Contains(targetsOf(c), t) && (name == "" || c.Name == name) {
			fit = append(fit, c)
			names = append(names, c.Name)
		}
	}
	switch {
	case len(fit) == 1:
		return selectName(fit[0]), ""
	case len(fit) == 0 && name != "":
		return "", "the table " + string(child.Name) + " has no lookup " + name + " that points at a " + string(t)
	case len(fit) == 0:
		return "", "the table " + string(child.Name) + " has no lookup that points at a " + string(t)
	}
	return "", "several lookups of " + string(child.Name) + " point at a " + string(t) + "; name one behind the table: @child(" + string(child.Name) + ", " + strings.Join(names, " or ") + ")"
}

// query binds @odata:….
func (b *binding) query(s Query) ([]input, needs, string) {
	q, says := parseQuery(s)
	if says != "" {
		return nil, needs{}, says
	}
	table, known := b.tableOf(q.set)
	if !known || table.Set != q.set {
		return nil, needs{}, q.set + ": " + saysUnknownTable
	}
	column, has := table.Column(bareName(q.column))
	if !has {
		return nil, needs{}, "the table " + string(table.Name) + " has no column " + q.column
	}
	r := newReader(column)
	r.answer = s.String()
	return []input{{reader: r, column: column.Name}}, needs{asks: []Ask{{Cell: r.answer, Table: table, Select: []string{r.key},
		Filter: q.filter, OrderBy: q.orderBy, Top: 1, Labels: r.label != ""}}}, ""
}
