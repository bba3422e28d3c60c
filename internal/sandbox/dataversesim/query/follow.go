package query

import (
	"slices"
)

// Follow is an Expand made ready.
type Follow struct {
	Expand *Expand
	hops   []Hop
	finds  []func(any) []Row
	plan   *Plan
}

func follow(x *Expand, run *runtime) (*Follow, error) {
	plan, err := compile(x.Query, run)
	if err != nil {
		return nil, err
	}
	f := &Follow{Expand: x, hops: x.Way.Hops, plan: plan}
	for _, h := range f.hops {
		f.finds = append(f.finds, run.finder(h))
	}
	return f, nil
}

// Expands are those within the rows that this one leads to.
func (f *Follow) Expands() []*Follow { return f.plan.Expands }

// Page is the first page of the rows to which the way leads from r, filtered,
// ordered and cut as the Expand wants.
func (f *Follow) Page(r Row) *Page {
	out := &Page{}
	found := f.reach(r)
	var kept []ranked
	for _, r := range found {
		t := rows{r}
		if f.plan.run.step() && f.plan.before(t) {
			kept = append(kept, ranked{t, f.plan.markOf(t)})
		}
	}
	slices.SortFunc(kept, func(a, b ranked) int { return f.plan.compare(a.mark, b.mark) })
	if size := f.plan.query.Size; len(kept) > size {
		kept, out.More = kept[:size], !f.plan.query.Fixed && size > 0
	}
	for _, k := range kept {
		out.Rows = append(out.Rows, k.rows)
	}
	if len(kept) > 0 {
		out.First, out.Last = kept[0].mark, kept[len(kept)-1].mark
	}
	return out
}

// One is the row to which a way that leads to one row leads from r, nil when there
// is none that passes.
func (f *Follow) One(r Row) Row {
	for i, find := range f.finds {
		if !f.plan.run.step() {
			return nil
		}
		next := find(r.Value(f.hops[i].From))
		if len(next) == 0 {
			return nil
		}
		r = next[0]
	}
	if f.plan.query.Where != nil && !f.plan.before(rows{r}) {
		return nil
	}
	return r
}

// reach are all rows to which the way leads from r.
func (f *Follow) reach(r Row) []Row {
	found := []Row{r}
	for i, find := range f.finds {
		var next []Row
		for _, from := range found {
			if !f.plan.run.step() {
				return nil
			}
			next = append(next, find(from.Value(f.hops[i].From))...)
		}
		found = next
	}
	return found
}

// Trouble is not nil when expansions took more work than a query may.
func (p *Plan) Trouble() error { return p.run.trouble() }
