package query

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Line is one line of aggregates: the groups first, then the sums.
type Line []Cell

// Cell is one value of a line. Row has the value in Column, for a value by
// which rows were grouped as it stands; otherwise it is nil.
type Cell struct {
	Alias  string
	Value  any
	Column Column
	Row    Row
	// Kept says that the value is one that the column can hold, and no count.
	Kept bool
}

type grouping struct {
	Group
	find func(rows) Row
}

type summing struct {
	Sum
	read reader // nil for a count of rows
}

func (p *Plan) aggregates(c *compiler) error {
	for _, g := range p.query.Groups {
		find, err := c.locate(g.Ref, 0)
		if err != nil {
			return err
		}
		if g.Part != WholeValue && g.Column.Holds() != Instant && g.Column.Holds() != Date {
			return Errorf(Mistyped, "The column '%s' holds no dates and cannot be grouped by %s.", g.Column.Title(), string(g.Part))
		}
		p.groups = append(p.groups, grouping{g, find})
	}
	for _, s := range p.query.Sums {
		made := summing{Sum: s}
		if s.Column != nil {
			read, err := c.reader(s.Ref, 0)
			if err != nil {
				return err
			}
			made.read = read
		}
		if err := s.fits(); err != nil {
			return err
		}
		p.sums = append(p.sums, made)
	}
	return nil
}

func (s Sum) fits() error {
	if s.Column == nil {
		if s.Do != CountRows {
			return Errorf(Malformed, "The aggregate '%s' names no column.", s.Alias)
		}
		return nil
	}
	kind := s.Column.Holds()
	if (s.Do == Add || s.Do == Mean) && kind != Whole && kind != Fraction {
		return Errorf(Mistyped, "The column '%s' holds %s, of which there is no %s.", s.Column.Title(), kind, string(s.Do))
	}
	return nil
}

// pile is one group while it grows.
type pile struct {
	line  Line
	tally []tally
}

type tally struct {
	rows, values int64
	whole        int64
	sum          float64
	best         any
	seen         map[any]bool
}

// summed answers a query of aggregates.
func (p *Plan) summed(out *Page) error {
	piles := map[string]*pile{}
	var order []*pile
	n := 0
	p.each(-1, func(t rows) bool {
		if n++; n > MaxSummed {
			return false
		}
		line, key := p.grouped(t)
		g := piles[key]
		if g == nil {
			g = &pile{line, make([]tally, len(p.sums))}
			piles[key] = g
			order = append(order, g)
		}
		for i, s := range p.sums {
			g.tally[i].add(s, t)
		}
		return true
	})
	if n > MaxSummed {
		return Errorf(TooManyToSum, "AggregateQueryRecordLimit exceeded. Cannot perform this operation.")
	}
	if len(order) == 0 && len(p.groups) == 0 {
		order = append(order, &pile{nil, make([]tally, len(p.sums))})
	}
	var lines []Line
	for _, g := range order {
		for i, s := range p.sums {
			g.line = append(g.line, Cell{Alias: s.Alias, Value: g.tally[i].result(s.Sum), Column: s.Column, Kept: s.Do != CountRows && s.Do != CountColumn})
		}
		lines = append(lines, g.line)
	}
	if err := orderLines(p.query, lines); err != nil {
		return err
	}
	out.Total = len(lines)
	lines = lines[min(p.skip(), len(lines)):]
	if len(lines) > p.query.Size {
		lines, out.More = lines[:p.query.Size], !p.query.Fixed
	}
	out.Lines = lines
	return p.run.trouble()
}

func (p *Plan) grouped(t rows) (Line, string) {
	var line Line
	var key strings.Builder
	for _, g := range p.groups {
		cell := Cell{Alias: g.Alias, Column: g.Column, Row: g.find(t)}
		if cell.Row != nil {
			cell.Value = cell.Row.Value(g.Column)
		}
		if g.Part != WholeValue {
			cell.Row, cell.Value = nil, cut(g.Part, cell.Value)
		}
		folded := Fold(cell.Value)
		fmt.Fprintf(&key, "%T:%v\x00", folded, folded)
		line = append(line, cell)
	}
	return line, key.String()
}

func (y *tally) add(s summing, t rows) {
	y.rows++
	if s.read == nil {
		return
	}
	v := s.read(t)
	if v == nil {
		return
	}
	if s.Distinct {
		if y.seen == nil {
			y.seen = map[any]bool{}
		}
		if folded := Fold(v); y.seen[folded] {
			return
		} else {
			y.seen[folded] = true
		}
	}
	y.values++
	switch v := v.(type) {
	case int64:
		y.whole += v
		y.sum += float64(v)
	case float64:
		y.sum += v
	}
	if n, ok := Compare(v, y.best); y.best == nil || ok && (n < 0) == (s.Do == Least) && n != 0 {
		y.best = v
	}
}

// result is the value of an aggregate. The mean of whole numbers is a whole
// number, as SQL has it (*assumed*).
func (y *tally) result(s Sum) any {
	switch {
	case s.Do == CountRows && s.Column == nil:
		return y.rows
	case s.Do == CountRows && s.Distinct, s.Do == CountColumn:
		return y.values
	case s.Do == CountRows:
		return y.rows
	case y.values == 0:
		return nil
	case s.Do == Least || s.Do == Most:
		return y.best
	case s.Column.Holds() == Whole && s.Do == Add:
		return y.whole
	case s.Column.Holds() == Whole:
		return y.whole / y.values
	case s.Do == Add:
		return decimal(y.sum)
	}
	return decimal(y.sum / float64(y.values))
}

// decimal drops what adding binary fractions left behind the tenth decimal.
func decimal(f float64) float64 {
	if math.Abs(f) > 1e5 {
		return math.Round(f*1e6) / 1e6
	}
	return math.Round(f*1e10) / 1e10
}

// cut is the part of a date, as a number.
func cut(part Part, v any) any {
	m, ok := instant(v)
	if !ok {
		return nil
	}
	t := m.Time()
	switch part {
	case ByDay:
		return int64(t.Day())
	case ByWeek:
		first := time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		return int64((t.YearDay()-1+int(first.Weekday()))/7 + 1)
	case ByMonth:
		return int64(t.Month())
	case ByQuarter, ByFiscalTerm:
		return int64(t.Month()-1)/3 + 1
	}
	return int64(t.Year())
}
