package query

import (
	"slices"
)

// ordering is one part of the order, made ready.
type ordering struct {
	read reader
	col  Column
	down bool
}

func (c *compiler) orders(q *Query) (out []ordering, err error) {
	if q.Aggregated() {
		return nil, nil // ordered by alias, when the groups are known
	}
	for _, o := range q.Order {
		read, err := c.reader(o.Ref, 0)
		if err != nil {
			return nil, err
		}
		if o.Column.Holds() == Choices {
			return nil, Errorf(Malformed, "Rows cannot be ordered by '%s', which holds several choices.", o.Column.Title())
		}
		out = append(out, ordering{read, o.Column, o.Down})
	}
	return out, nil
}

// Mark is where a page ended: the values by which the last row was ordered and
// the places of its rows, -1 where there was none.
type Mark struct {
	Keys   []any
	Places []int64
}

// ranked is a row of the answer with what it is ordered by.
type ranked struct {
	rows rows
	mark Mark
}

func (p *Plan) markOf(t rows) Mark {
	m := Mark{Places: make([]int64, len(t))}
	for _, o := range p.orders {
		m.Keys = append(m.Keys, o.read(t))
	}
	for i, r := range t {
		if m.Places[i] = -1; r != nil {
			m.Places[i] = r.Place()
		}
	}
	return m
}

// compare orders by the query's order, then by the places in the tables.
// Missing values come first.
func (p *Plan) compare(a, b Mark) int {
	for i, o := range p.orders {
		if n := compareAny(a.Keys[i], b.Keys[i]); n != 0 {
			if o.down {
				return -n
			}
			return n
		}
	}
	return slices.Compare(a.Places, b.Places)
}

// sheaf keeps the first rows in order, without keeping all.
type sheaf struct {
	plan *Plan
	want int
	kept []ranked
	full bool // kept is sorted up to want, and nothing past it can be wanted
}

const sheafSlack = 4096

func (s *sheaf) add(t rows, m Mark) {
	if s.full && s.plan.compare(m, s.kept[s.want-1].mark) > 0 {
		return
	}
	s.kept = append(s.kept, ranked{slices.Clone(t), m})
	if len(s.kept) >= s.want+max(s.want, sheafSlack) {
		s.trim()
	}
}

func (s *sheaf) trim() {
	slices.SortFunc(s.kept, func(a, b ranked) int { return s.plan.compare(a.mark, b.mark) })
	if len(s.kept) >= s.want {
		s.kept, s.full = s.kept[:s.want], s.want > 0
	}
}

// orderLines orders aggregates by their aliases, and those that are asked for
// in no order by the values they are grouped by.
func orderLines(q *Query, lines []Line) error {
	type key struct {
		at   int
		down bool
	}
	var keys []key
	for _, o := range q.Order {
		at := -1
		for i, g := range q.Groups {
			if g.Alias == o.Alias {
				at = i
			}
		}
		for i, s := range q.Sums {
			if s.Alias == o.Alias {
				at = len(q.Groups) + i
			}
		}
		if at < 0 {
			return Errorf(Malformed, "The order names '%s', which is not an alias of the aggregate.", o.Alias)
		}
		keys = append(keys, key{at, o.Down})
	}
	for i := range q.Groups {
		keys = append(keys, key{i, false})
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		for _, k := range keys {
			if n := compareAny(a[k.at].Value, b[k.at].Value); n != 0 {
				if k.down {
					return -n
				}
				return n
			}
		}
		return 0
	})
	return nil
}
