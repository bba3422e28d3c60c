package dataversesim

import (
	"slices"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
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
	// once columns can be given to a new row and not changed.
	once bool
	// indexed lookups find their rows without a scan.
	indexed bool
	// initial is what a new row has when the request gives nothing.
	initial any
	// base is the companion of a money column in the base currency.
	base *column
	// digits behind the point that the Web API writes; -1 is as many as there are.
	digits int

	meta  *metadata.Column
	owner *metadata.Table
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

// columnKinds says how the values of a type are kept.
var columnKinds = map[metadata.Type]schema.Kind{
	metadata.Key: unique, metadata.String: schema.String, metadata.Memo: schema.Memo, metadata.Integer: schema.Int, metadata.BigInt: bigInt,
	metadata.Decimal: schema.Decimal, metadata.Double: double, metadata.Money: schema.Money, metadata.Boolean: schema.Bool, metadata.DateTime: schema.DateTime,
	metadata.Picklist: schema.Choice, metadata.MultiSelect: multiSelect, metadata.State: schema.State, metadata.Status: schema.Status,
	metadata.Lookup: schema.Lookup, metadata.Customer: schema.Customer, metadata.Owner: schema.Owner, metadata.EntityName: schema.String,
	metadata.Image: image, metadata.File: file,
}

// newColumn translates a column of the metadata; nil for one without values of its own.
func newColumn(t *metadata.Table, m *metadata.Column) *column {
	kind, ok := columnKinds[m.Type]
	if !ok {
		return nil
	}
	c := &column{name: m.Name, wire: m.Name, kind: kind, max: m.Max, targets: m.Targets, secret: m.Secret, fixed: m.ReadOnly, once: m.CreateOnly, meta: m, owner: t, index: -1}
	switch {
	case m.Name == t.Key:
		c.kind = schema.PrimaryKey
	case m.Name == "versionnumber":
		c.kind = version
	case m.Behavior == metadata.DateOnly:
		c.kind = schema.DateOnly
	}
	if m.Choice != nil {
		for _, o := range m.Choice.Options {
			c.options = append(c.options, schema.Option{Value: o.Value, Label: o.Label.String(), State: o.State})
		}
	}
	if c.isLookup() {
		c.wire = "_" + c.name + "_value"
		c.nav = t.Navigation(m, "")
		c.indexed = c.kind != schema.Owner && !slices.Contains(unindexed, c.name)
	}
	if t.Intersect && kind == unique && m.Name != t.Key {
		c.indexed = true // a pair is found from both sides
	}
	c.initial, c.digits = initialOf(c), c.scale()
	c.key = append(appendString(nil, c.wire), ':')
	return c
}

// unindexed lookups have nearly the same value in every row: an index would
// cost memory and find nothing.
var unindexed = []string{"createdby", "modifiedby", "owningbusinessunit", "owninguser", "owningteam", "transactioncurrencyid"}

// initialOf is the default of a column; two-option columns are never empty.
func initialOf(c *column) any {
	switch {
	case c.kind == schema.Bool:
		return c.meta.Default != nil && *c.meta.Default != 0
	case c.meta.Default != nil && c.kind == schema.Choice:
		return int64(*c.meta.Default)
	}
	return nil
}

// navigations lists the names under which c can be bound: one for one target,
// name_target for several, ownerid alone for an owner.
func (c *column) navigations() []navigation {
	switch {
	case !c.isLookup():
		return nil
	case c.kind == schema.Owner:
		return []navigation{{c.nav, c, ""}}
	}
	var out []navigation
	for _, t := range c.targets {
		out = append(out, navigation{c.navigationTo(t), c, t})
	}
	return out
}

// navigationTo is the navigation name under which c holds a row of target.
func (c *column) navigationTo(target string) string { return c.owner.Navigation(c.meta, target) }
