package query

import (
	"cmp"
	"slices"
)

// Plan is a query made ready. It may be run once, and while the tables stand still.
type Plan struct {
	run    *runtime
	query  *Query
	width  int // how many rows a joined row has
	links  []*joined
	before test // on the query's own row, before it is joined
	passes test
	orders []ordering
	shown  []func(rows) Row
	groups []grouping
	sums   []summing
	// Expands show more of a row of the answer.
	Expands []*Follow
}

// Compile makes a query ready. All trouble that can be seen without rows is an
// *Error of here.
func Compile(q *Query, env Env) (*Plan, error) { return compile(q, newRuntime(env)) }

func compile(q *Query, run *runtime) (*Plan, error) {
	p := &Plan{run: run, query: q, width: 1, before: yes, passes: yes}
	c := &compiler{run: run, places: map[*Link]int{}}
	var err error
	var tests []test
	if p.links, tests, err = c.links(q.Links, 0, &p.width); err != nil {
		return nil, err
	}
	where, err := c.node(q.Where, 0, q.Table)
	if err != nil {
		return nil, err
	}
	// A filter that sees only the query's own row is asked before the row is joined.
	if tests = append([]test{where}, tests...); len(p.links) > 0 && seesLinks(q.Where) {
		p.before, p.passes = all(tests[1:]), where
	} else {
		p.before = all(tests)
	}
	if p.orders, err = c.orders(q); err != nil {
		return nil, err
	}
	for _, s := range q.Select {
		find, err := c.locate(s.Ref, 0)
		if err != nil {
			return nil, err
		}
		p.shown = append(p.shown, find)
	}
	if err = p.aggregates(c); err != nil {
		return nil, err
	}
	for _, x := range q.Expand {
		f, err := follow(x, run)
		if err != nil {
			return nil, err
		}
		p.Expands = append(p.Expands, f)
	}
	return p, nil
}

// seesLinks says whether a filter names columns of linked tables.
func seesLinks(n Node) bool {
	switch n := n.(type) {
	case And:
		return slices.ContainsFunc(n, seesLinks)
	case Or:
		return slices.ContainsFunc(n, seesLinks)
	case Not:
		return seesLinks(n.Node)
	case Condition:
		return n.Ref.Link != nil || n.Other != nil && n.Other.Link != nil
	}
	return false
}

// each yields every joined row that passes, in the order of the tables, until
// yield says no. The buffer is used again.
func (p *Plan) each(past int64, yield func(rows) bool) {
	buffer := make(rows, p.width)
	one := func(r Row) bool {
		if !p.run.step() {
			return false
		}
		if buffer[0] = r; !p.before(buffer) {
			return !p.run.spent
		}
		return p.run.join(p.links, buffer, func(t rows) bool {
			if p.passes(t) && !p.run.spent {
				return yield(t)
			}
			return !p.run.spent
		})
	}
	if found, known := candidates(p.query.Table, p.query.Where, p.query.Links); known {
		for _, r := range found {
			if r.Place() > past && !one(r) {
				return
			}
		}
		return
	}
	for r := range p.query.Table.All(past) {
		if !one(r) {
			return
		}
	}
}

// candidates asks the indexes which rows can pass at all, in the order of the table.
func candidates(t Table, n Node, links []*Link) ([]Row, bool) {
	found, known := filtered(t, n)
	for _, l := range links {
		if l.Kind != Inner && l.Kind != First && l.Kind != Exist {
			continue
		}
		if more, ok := linked(t, l); ok && (!known || len(more) < len(found)) {
			found, known = more, true
		}
	}
	if !known {
		return nil, false
	}
	if !slices.IsSortedFunc(found, byPlace) {
		slices.SortFunc(found, byPlace)
	}
	return slices.CompactFunc(found, func(a, b Row) bool { return a.Place() == b.Place() }), true
}

func byPlace(a, b Row) int { return cmp.Compare(a.Place(), b.Place()) }

// filtered is what the indexes know of a filter; rows may come twice.
func filtered(t Table, n Node) (found []Row, known bool) {
	switch n := n.(type) {
	case And:
		for _, part := range n {
			if more, ok := filtered(t, part); ok && (!known || len(more) < len(found)) {
				found, known = more, true
			}
		}
		return found, known
	case Or:
		for _, part := range n {
			more, ok := filtered(t, part)
			if !ok {
				return nil, false
			}
			found = append(found, more...)
		}
		return found, len(n) > 0
	case Condition:
		if (n.Op != Equal && n.Op != In) || n.Ref.Link != nil || len(n.Ref.Hops) > 0 || n.Other != nil {
			return nil, false
		}
		return byValues(t, n.Ref.Column, n.Values)
	case Exists:
		if n.Link.Kind == Exist {
			return linked(t, n.Link)
		}
	}
	return nil, false
}

func byValues(t Table, c Column, values []any) (found []Row, known bool) {
	if c.Holds() != Identity {
		return nil, false
	}
	if c == t.Identifier() {
		found = make([]Row, 0, len(values))
		for _, v := range values {
			if id, ok := v.(GUID); ok {
				if r := t.Find(id); r != nil {
					found = append(found, r)
				}
			}
		}
		return found, true
	}
	for _, v := range values {
		id, isID := v.(GUID)
		more, ok := t.Pointing(c, id)
		if !ok {
			return nil, false
		}
		if isID {
			found = append(found, more...)
		}
	}
	return found, true
}

// linked is what the indexes know of the rows that a link leads to.
func linked(t Table, l *Link) (found []Row, known bool) {
	far, known := candidates(l.Table, l.Where, l.Links)
	if !known {
		return nil, false
	}
	values := make([]any, 0, len(far))
	for _, r := range far {
		if v := r.Value(l.To); v != nil {
			values = append(values, v)
		}
	}
	return byValues(t, l.From, values)
}
