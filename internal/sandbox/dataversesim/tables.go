package dataversesim

import (
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// column is one column of a table, with what the wire needs precomputed.
type column struct {
	name    string // logical name
	wire    string // name in JSON: _x_value for lookups
	key     []byte // `"wire":`
	nav     string // navigation name without the target's suffix; lookups only
	kind    schema.Kind
	index   int // place in row.vals; -1 when the value is not stored there
	targets []string
	options []schema.Option
	max     int
	// secret columns can be written and never read (reference: dataverse-api 1.1).
	secret bool
	// fixed columns are kept by the platform; a value in a request is ignored.
	fixed bool
	// indexed lookups find their rows without a scan.
	indexed bool
}

func (c *column) isLookup() bool {
	return c.kind == schema.Lookup || c.kind == schema.Customer || c.kind == schema.Owner
}

// navigation is one name that may stand in front of @odata.bind.
type navigation struct {
	name   string
	col    *column
	target string // logical name; "" when the value says which (ownerid)
}

// shape is the set of columns of a table at one moment. It is never changed:
// adding a column makes a new one, so readers need no lock.
type shape struct {
	cols   []*column
	byName map[string]*column
	byWire map[string]*column
	navs   map[string]navigation
	stored int // number of values in a row
}

// newColumn translates a column of the schema.
func newColumn(c schema.Column) *column {
	out := &column{name: c.Name, wire: c.Name, kind: c.Kind, options: c.Options, max: c.Max}
	for _, t := range c.Targets {
		out.targets = append(out.targets, string(t))
	}
	if c.Kind == schema.Owner && len(out.targets) == 0 {
		out.targets = []string{"systemuser", "team"}
	}
	if out.isLookup() {
		out.wire = "_" + c.Name + "_value"
		out.nav = c.Navigation("")
		if len(c.Targets) > 1 {
			out.nav = strings.TrimSuffix(out.nav, "_")
		}
		out.indexed = c.Kind != schema.Owner
	}
	switch c.Name {
	case "createdon", "modifiedon", "createdby", "modifiedby", "merged", "masterid", "isauthvalueset", "issaskeyset", "issastokenset":
		out.fixed = true
	case "authvalue", "saskey", "sastoken":
		out.secret = true
	}
	out.key = append(appendString(nil, out.wire), ':')
	return out
}

// shapeOf lays the columns out: which value of a row belongs to which column.
func shapeOf(cols []*column) *shape {
	s := &shape{byName: map[string]*column{}, byWire: map[string]*column{}, navs: map[string]navigation{}}
	for _, c := range cols {
		c.index = -1
		if c.kind != schema.PrimaryKey && c.kind != version {
			c.index = s.stored
			s.stored++
		}
		s.cols = append(s.cols, c)
		s.byName[c.name] = c
		s.byWire[c.wire] = c
		for _, n := range c.navigations() {
			s.navs[n.name] = n
		}
	}
	return s
}

// navigations lists the names under which c can be bound: one for one target,
// name_target for several, ownerid alone for an owner.
func (c *column) navigations() []navigation {
	switch {
	case !c.isLookup():
		return nil
	case c.kind == schema.Owner:
		return []navigation{{c.nav, c, ""}}
	case len(c.targets) == 1:
		return []navigation{{c.nav, c, c.targets[0]}}
	}
	var out []navigation
	for _, t := range c.targets {
		out = append(out, navigation{c.nav + "_" + t, c, t})
	}
	return out
}

// navigationTo is the navigation name under which c holds a row of target.
func (c *column) navigationTo(target string) string {
	if c.kind == schema.Owner || len(c.targets) == 1 {
		return c.nav
	}
	return c.nav + "_" + target
}

// newTable translates a table of the schema and adds the columns that every
// table of the platform has.
func newTable(t schema.Table) *table {
	var cols []*column
	have := map[string]bool{}
	for _, c := range append(t.Columns, platformColumns(t.Name)...) {
		if have[c.Name] {
			continue
		}
		have[c.Name] = true
		cols = append(cols, newColumn(c))
	}
	out := &table{name: string(t.Name), set: t.Set, key: t.Key, primary: t.Primary, rows: map[guid]*slot{}, indexes: map[string]*index{}, tracked: true}
	out.reshape(shapeOf(cols))
	return out
}

func platformColumns(name connector.Table) []schema.Column {
	cols := []schema.Column{
		{Name: "createdby", Kind: schema.Lookup, Targets: []connector.Table{"systemuser"}},
		{Name: "modifiedby", Kind: schema.Lookup, Targets: []connector.Table{"systemuser"}},
		{Name: "versionnumber", Kind: version},
	}
	if name == connector.MarketingList {
		cols = append(cols, listColumns()...)
	}
	if name == connector.Contact {
		cols = append(cols, schema.Column{Name: "originatingleadid", Schema: "OriginatingLeadId", Label: "Originating Lead", Kind: schema.Lookup, Targets: []connector.Table{connector.Lead}})
	}
	if name == connector.Contact || name == connector.Lead {
		cols = append(cols, schema.Column{Name: "yomifullname", Schema: "YomiFullName", Label: "Yomi Full Name", Kind: schema.String, Max: 450})
	}
	return cols
}

// addColumn gives t one more column; rows that exist have no value in it.
func (t *table) addColumn(c schema.Column) *failure {
	if _, there := t.shape.byName[c.Name]; there {
		return fail(412, "0x80040237", "An attribute with the specified name %s already exists for entity %s.", c.Name, t.name)
	}
	// The columns that exist keep their places; copies keep readers undisturbed.
	var cols []*column
	for _, old := range t.shape.cols {
		same := *old
		cols = append(cols, &same)
	}
	t.reshape(shapeOf(append(cols, newColumn(c))))
	return nil
}

// primaryColumn is the column with the row's display name, or nil.
func (s *shape) primaryColumn(t *table) *column { return s.byName[t.primary] }
