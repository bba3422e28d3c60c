package query

import (
	"fmt"
	"strings"
)

// MaxCount is where the platform stops counting (reference: dataverse-api 2.5).
const MaxCount = 5000

// MaxSummed is how many rows an aggregate may add up (reference: dataverse-api 2.5).
const MaxSummed = 50_000

// Page is one page of an answer: rows, or lines of aggregates.
type Page struct {
	Rows  [][]Row
	Lines []Line
	// More says that another page follows; First and Last are the marks of this one.
	More        bool
	First, Last Mark
	// Total is the number of rows on all pages, up to MaxCount; Exceeded says
	// that there are more. Both are only there when the query counts.
	Total    int
	Exceeded bool
}

// Run answers the query.
func (p *Plan) Run() (*Page, error) {
	out := &Page{}
	if p.query.Aggregated() {
		return out, p.summed(out)
	}
	if p.query.Count {
		out.Total = p.count()
		out.Exceeded = out.Total > MaxCount
		out.Total = min(out.Total, MaxCount)
	}
	kept := p.collect()
	if err := p.run.trouble(); err != nil {
		return nil, err
	}
	kept = kept[min(p.skip(), len(kept)):]
	if len(kept) > p.query.Size {
		kept, out.More = kept[:p.query.Size], !p.query.Fixed && p.query.Size > 0
	}
	for _, k := range kept {
		out.Rows = append(out.Rows, k.rows)
	}
	if len(kept) > 0 {
		out.First, out.Last = kept[0].mark, kept[len(kept)-1].mark
	}
	return out, nil
}

// skip is how many rows the pages before took, when there is no mark to tell.
func (p *Plan) skip() int {
	if p.query.After != nil || p.query.Page < 2 {
		return 0
	}
	return min(p.query.Page-1, 1<<20) * p.query.Size
}

// Count is the number of rows on all pages, up to one past MaxCount.
func (p *Plan) Count() (int, error) {
	n := p.count()
	return n, p.run.trouble()
}

func (p *Plan) count() (n int) {
	fresh := p.fresh()
	p.each(-1, func(t rows) bool {
		if fresh(t) {
			n++
		}
		return n <= MaxCount
	})
	return n
}

// fresh says of each row whether it shows something new.
func (p *Plan) fresh() test {
	if !p.query.Distinct {
		return yes
	}
	seen := map[string]bool{}
	return func(t rows) bool {
		key := p.signature(t)
		if seen[key] {
			return false
		}
		seen[key] = true
		return true
	}
}

// signature is what a row shows, as one text. A row that shows
// everything is itself.
func (p *Plan) signature(t rows) string {
	var b strings.Builder
	if p.query.Whole || len(p.shown) == 0 {
		fmt.Fprint(&b, t[0].Place())
	}
	for i, find := range p.shown {
		var v any
		if r := find(t); r != nil {
			v = Fold(r.Value(p.query.Select[i].Column))
		}
		fmt.Fprintf(&b, "%T:%v\x00", v, v)
	}
	return b.String()
}

// collect finds the rows up to one past the page.
func (p *Plan) collect() []ranked {
	want := p.skip() + p.query.Size + 1
	if len(p.orders) == 0 && p.width == 1 && !p.query.Distinct {
		return p.walk(want)
	}
	past := int64(-1)
	if p.query.After != nil && len(p.orders) == 0 && !p.query.Distinct {
		past = p.query.After.Places[0] - 1 // the last row may have more partners
	}
	fresh := p.fresh()
	s := &sheaf{plan: p, want: want}
	p.each(past, func(t rows) bool {
		if !fresh(t) {
			return true
		}
		m := p.markOf(t)
		if p.query.After != nil && p.compare(m, *p.query.After) <= 0 {
			return true
		}
		s.add(t, m)
		return true
	})
	s.trim()
	return s.kept
}

// walk is collect for the rows of one table in their own order, which needs no
// marks but those of the ends of a page.
func (p *Plan) walk(want int) []ranked {
	past := int64(-1)
	if p.query.After != nil {
		past = p.query.After.Places[0]
	}
	var found rows
	p.each(past, func(t rows) bool {
		found = append(found, t[0])
		return len(found) < want
	})
	kept := make([]ranked, len(found))
	for i := range found {
		kept[i].rows = found[i : i+1 : i+1]
	}
	for _, i := range []int{p.skip(), min(len(kept), p.skip()+p.query.Size) - 1} {
		if i >= 0 && i < len(kept) {
			kept[i].mark = p.markOf(kept[i].rows)
		}
	}
	return kept
}

// Shown finds the row that holds the n-th value of Select for a row of the answer; it
// is nil when an outer link or a lookup leads nowhere.
func (p *Plan) Shown(t []Row, n int) Row { return p.shown[n](t) }
