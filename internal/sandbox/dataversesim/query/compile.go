package query

import (
	"slices"
)

// rows is one row of the joined tables: the query's own first, then one for
// each link, nil where an outer link has none.
type rows []Row

// test says whether joined rows pass.
type test func(rows) bool

// reader finds one value in joined rows, nil when there is none.
type reader func(rows) any

// compiler makes tests for one query, or for the inside of one Exists.
type compiler struct {
	run    *runtime
	places map[*Link]int
}

func yes(rows) bool { return true }

// node compiles a filter that stands in the table at a place.
func (c *compiler) node(n Node, at int, t Table) (test, error) {
	switch n := n.(type) {
	case nil:
		return yes, nil
	case And:
		return c.parts(n, at, t, false)
	case Or:
		return c.parts(n, at, t, true)
	case Not:
		p, err := c.node(n.Node, at, t)
		return func(r rows) bool { return !p(r) }, err
	case Condition:
		return c.condition(n, at, t)
	case Exists:
		return c.exists(n.Link, at)
	}
	return nil, Errorf(Unsupported, "A filter of the kind %T is not simulated.", n)
}

// parts compiles And (until a part says no) or Or (until one says yes). An
// empty one lets everything through, as in FetchXML.
func (c *compiler) parts(nodes []Node, at int, t Table, until bool) (test, error) {
	var tests []test
	for _, n := range nodes {
		p, err := c.node(n, at, t)
		if err != nil {
			return nil, err
		}
		tests = append(tests, p)
	}
	switch len(tests) {
	case 0:
		return yes, nil
	case 1:
		return tests[0], nil
	case 2:
		a, b := tests[0], tests[1]
		if until {
			return func(r rows) bool { return a(r) || b(r) }, nil
		}
		return func(r rows) bool { return a(r) && b(r) }, nil
	}
	return func(r rows) bool {
		for _, p := range tests {
			if p(r) == until {
				return until
			}
		}
		return !until
	}, nil
}

// reader compiles a reference that stands in the table at a place.
func (c *compiler) reader(r Ref, at int) (reader, error) {
	if r.Column == nil {
		return nil, Errorf(Malformed, "A part of the query names no column.")
	}
	col := r.Column
	if r.Link == nil && len(r.Hops) == 0 {
		return func(t rows) any {
			if row := t[at]; row != nil {
				return row.Value(col)
			}
			return nil
		}, nil
	}
	find, err := c.locate(r, at)
	return func(t rows) any {
		if row := find(t); row != nil {
			return row.Value(col)
		}
		return nil
	}, err
}

// locate finds the row whose column a reference names.
func (c *compiler) locate(r Ref, at int) (func(rows) Row, error) {
	if r.Link != nil {
		place, ok := c.places[r.Link]
		if !ok {
			return nil, Errorf(Malformed, "A part of the query names the link '%s', which it cannot see.", r.Link.Alias)
		}
		at = place
	}
	if len(r.Hops) == 0 {
		return func(t rows) Row { return t[at] }, nil
	}
	var finds []func(any) []Row
	for _, h := range r.Hops {
		finds = append(finds, c.run.finder(h))
	}
	hops := r.Hops
	return func(t rows) Row {
		from := t[at]
		for i, find := range finds {
			if from == nil {
				return nil
			}
			next := find(from.Value(hops[i].From))
			if len(next) == 0 {
				return nil
			}
			from = next[0]
		}
		return from
	}, nil
}

func (c *compiler) condition(n Condition, at int, t Table) (test, error) {
	read, err := c.reader(n.Ref, at)
	if err != nil {
		return nil, err
	}
	if n.Other != nil {
		other, err := c.reader(*n.Other, at)
		op := n.Op
		if !slices.Contains([]Op{Equal, Unequal, "neq", Above, AtLeast, Below, AtMost}, op) {
			return nil, Errorf(Malformed, "Two columns cannot be compared with '%s'.", string(op))
		}
		return func(r rows) bool { return compared(op, read(r), other(r)) }, err
	}
	if slices.Contains([]Op{"above", "eq-or-above", "under", "eq-or-under", "not-under"}, n.Op) {
		return c.hierarchy(n, read, t)
	}
	is, err := c.run.value(n)
	if err != nil {
		return nil, err
	}
	return func(r rows) bool { return is(read(r)) }, nil
}

// compared is one comparison. A missing value is unequal to everything and
// neither more nor less, as in the platform's queries.
func compared(op Op, a, b any) bool {
	order, ok := Compare(a, b)
	switch op {
	case Equal:
		return ok && order == 0
	case Unequal, "neq":
		return !ok || order != 0
	case Above:
		return ok && order > 0
	case AtLeast:
		return ok && order >= 0
	case Below:
		return ok && order < 0
	}
	return ok && order <= 0
}

// maxLevels bounds a climb through a hierarchy, also one with a circle.
const maxLevels = 100

// hierarchy compiles above and under and their kin, which follow the lookup
// that makes a hierarchy of the table.
func (c *compiler) hierarchy(n Condition, read reader, t Table) (test, error) {
	parent, ok := t.Parent()
	want, id := n.Values[0].(GUID)
	if !ok || !id || n.Ref.Link != nil || len(n.Ref.Hops) > 0 {
		return nil, Errorf(Malformed, "The operator '%s' needs a table with a hierarchy; '%s' has none.", string(n.Op), t.Title())
	}
	climbs := func(from any, to GUID) bool {
		for range maxLevels {
			g, ok := from.(GUID)
			row := Row(nil)
			if ok {
				row = t.Find(g)
			}
			if row == nil {
				return false
			}
			if from = row.Value(parent); from == to {
				return true
			}
		}
		return false
	}
	return func(r rows) bool {
		v := read(r)
		g, _ := v.(GUID)
		switch n.Op {
		case "above":
			return climbs(want, g)
		case "eq-or-above":
			return v == want || climbs(want, g)
		case "under":
			return climbs(v, want)
		case "eq-or-under":
			return v == want || climbs(v, want)
		}
		return v != want && !climbs(v, want)
	}, nil
}
