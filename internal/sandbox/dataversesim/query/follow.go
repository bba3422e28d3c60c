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

// Rows are the rows to which the way leads from r, filtered, ordered and cut
// as the Expand wants; more says that there were more.
func (f *Follow) Rows(r Row) (out []Row, more bool) {
	found := []Row{r}
	for i, find := range f.finds {
		var next []Row
		for _, from := range found {
			if !f.plan.run.step() {
				return nil, false
			}
			next = append(next, find(from.Value(f.hops[i].From))...)
		}
		found = next
	}
	var kept []ranked
	for _, r := range found {
		t := rows{r}
		if f.plan.run.step() && f.plan.before(t) {
			kept = append(kept, ranked{t, f.plan.markOf(t)})
		}
	}
	slices.SortFunc(kept, func(a, b ranked) int { return f.plan.compare(a.mark, b.mark) })
	for _, k := range kept {
		out = append(out, k.rows[0])
	}
	if size := f.plan.query.Size; len(out) > size {
		return out[:size], !f.plan.query.Fixed
	}
	return out, false
}

// Trouble is not nil when expansions took more work than a query may.
func (p *Plan) Trouble() error { return p.run.trouble() }
