package mapping

import (
	"slices"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// LineState says what a row of the sheet does for one record.
type LineState string

// The states of a line.
const (
	LineSends    LineState = "sends"     // Spotler gets Converted
	LineEmpty    LineState = "empty"     // Dynamics has no value; Spotler's is cleared when it came from here
	LineOmits    LineState = "left out"  // the value does not fit; Says tells why
	LineReceives LineState = "receives"  // a <- row: the column gets Back
	LineFilters  LineState = "filters"   // a row that only filters; Says tells whether it passes
	LineKeepsOut LineState = "keeps out" // a filter that the record does not pass
	LineInitial  LineState = "new rows"  // a fixed value that only new rows in Dynamics get
	LineHeld     LineState = "held back" // the row does not fit the schemas of today
	LineNotHere  LineState = "not here"  // the sheet has no cell for this table in the row
)

// Line is one row of the sheet, worked out for one record. Its values are personal:
// they are for the screen of somebody who may see the record, never for a log.
type Line struct {
	Row       int                 `json:"row"`
	Spotler   string              `json:"spotler"` // "" of a row that only filters
	Cell      string              `json:"cell"`    // of the record's table, as the sheet writes it
	Direction connector.Direction `json:"direction"`
	// Source is what Dynamics 365 holds, as a person reads it; "" is empty.
	Source string `json:"source"`
	// Converted is what Spotler should hold: Value as text.
	Converted string `json:"converted"`
	Value     any    `json:"-"`
	// InSpotler is what Spotler holds and Back what the column would get from it; both
	// only in rows with <- or <->, and when the contact's properties were given.
	InSpotler string    `json:"in_spotler,omitempty"`
	Back      string    `json:"back,omitempty"`
	State     LineState `json:"state"`
	Says      string    `json:"says,omitempty"` // why, in one sentence
}

// Preview is a record as every row of the sheet sees it (manual: "Mapping").
type Preview struct {
	Table    connector.Table      `json:"table"`
	Address  connector.EmailState `json:"address"`
	Excluded string               `json:"excluded,omitempty"` // why a filter keeps the record out
	Lines    []Line               `json:"lines"`              // one for every row of the sheet, in its order
}

// Preview works the sheet out for one record and writes nothing. values and
// permissions are those of Outward; properties are those of the record's contact in
// Spotler, nil when there is none or nobody asked.
func (b *Bound) Preview(t connector.Table, values map[string]any, permissions []connector.Permission, properties map[string]any) Preview {
	r := b.Outward(t, values, permissions)
	out := Preview{Table: t, Address: r.EmailState, Excluded: r.Excluded, Lines: make([]Line, len(b.sheet))}
	bt := b.tables[t]
	if bt == nil {
		bt = &boundTable{}
	}
	back := map[int]Received{}
	for _, got := range b.Inward(t, properties) {
		back[got.Row] = got
	}
	for i, row := range b.sheet {
		l := &out.Lines[i]
		*l = Line{Row: i + 1, Spotler: row.Spotler, Cell: text(row.For(t)), Direction: row.Direction}
		if b.explainless(l, row, t) {
			continue
		}
		bt.explain(l, values, r)
		if got, inward := back[l.Row]; inward {
			l.receive(got, properties)
		}
	}
	return out
}

// explainless fills in the lines that no value of the record changes.
func (b *Bound) explainless(l *Line, row Row, t connector.Table) bool {
	held := slices.IndexFunc(b.heldBack, func(r Refusal) bool { return r.Row == l.Row })
	fixed, initial := row.fixed()
	switch {
	case held >= 0:
		l.State, l.Says = LineHeld, b.heldBack[held].Says
	case row.For(t) == nil:
		l.State, l.Says = LineNotHere, "the row has no cell for a "+string(t)
	case initial:
		l.State, l.Back, l.Says = LineInitial, fixed, "rows that the connector makes in Dynamics 365 get this value"
	default:
		return false
	}
	return true
}

// explain fills in what goes out by the row of l.
func (t *boundTable) explain(l *Line, values map[string]any, r Result) {
	read := func(o *origin, goal *target) string {
		v, _ := o.read(values, goal)
		if v.text == "" {
			return v.canonical
		}
		return v.text
	}
	for i := range t.filters {
		if f := &t.filters[i]; f.row == l.Row {
			l.Source = read(&f.origin, &f.target)
			l.State, l.Says = LineFilters, "the record passes the filter"
			if v, says := f.origin.read(values, &f.target); says != "" || !f.passes(v.value) {
				l.State, l.Says = LineKeepsOut, f.excuses
			}
		}
	}
	for i := range t.fields {
		if f := &t.fields[i]; f.row == l.Row && f.fixed == nil {
			l.Source = read(&f.origin, &f.target)
		}
	}
	for i := range t.back {
		if f := &t.back[i]; f.row == l.Row {
			l.Source = read(&f.mirror.origin, &f.mirror.target)
			l.State = LineReceives
		}
	}
	if r.Excluded != "" {
		if l.State != LineKeepsOut && l.State != LineFilters {
			l.State, l.Says = LineOmits, r.Excluded
		}
		return
	}
	l.result(r)
	t.related(l, r)
}

// result takes what Outward made of the row.
func (l *Line) result(r Result) {
	for _, f := range r.Fields {
		if f.Row != l.Row {
			continue
		}
		l.Value, l.Converted, l.State, l.Says = f.Value, f.Wire, LineSends, ""
		if f.Value == nil {
			l.State, l.Says = LineEmpty, "Dynamics 365 has no value; a value in Spotler that came from here is cleared"
		}
		if l.Source == "" {
			l.Source = f.Canonical
		}
	}
	if l.Spotler == emailProperty && r.EmailState != connector.EmailValid && l.Direction.Outward() {
		l.State, l.Says = LineOmits, "the record has no address that can be used: "+string(r.EmailState)
	}
	for _, p := range r.Notes {
		if p.Row == l.Row {
			l.State, l.Says = LineEmpty, p.Says
		}
	}
	for _, p := range r.Problems {
		if p.Row == l.Row {
			l.State, l.Says = LineOmits, p.Says
		}
	}
}

// related fills in the lines of @map(permissions), @map(periodiek) and @map(list).
func (t *boundTable) related(l *Line, r Result) {
	var on, off []string
	for _, bit := range r.Bits {
		switch {
		case bit.Row != l.Row:
		case bit.On:
			on = append(on, bit.Name)
		default:
			off = append(off, bit.Name)
		}
	}
	for _, m := range t.members {
		if m.row == l.Row {
			l.Converted = strings.Trim(l.Converted, ",")
			l.Source = namesOf(m.entries, l.Converted)
			return
		}
	}
	if !slices.ContainsFunc(t.sets, func(s boundSet) bool { return s.row == l.Row }) {
		return
	}
	switch {
	case !l.Direction.Outward():
		l.State = LineReceives
	case len(on)+len(off) > 0:
		l.State, l.Converted = LineSends, strings.Join(append(signed("+", on), signed("-", off)...), " ")
		l.Source = strings.Join(on, ";")
	case l.State == "":
		l.State, l.Says = LineEmpty, "the record has no such rows; nothing is sent"
	}
}

func signed(sign string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sign + n
	}
	return out
}

// namesOf are the descriptions of the options whose bits stand between commas.
func namesOf(entries []Entry, bits string) string {
	on := strings.Split(bits, ",")
	var out []string
	for _, e := range entries {
		if slices.Contains(on, strconv.FormatInt(e.Bit, 10)) {
			out = append(out, e.Description)
		}
	}
	return strings.Join(out, ";")
}

// receive fills in what comes back by the row of l.
func (l *Line) receive(got Received, properties map[string]any) {
	l.InSpotler, l.Back = got.Wire, got.Canonical
	if l.Direction.Outward() || l.State == LineOmits {
		return // what goes out is told; both values stand beside each other
	}
	l.State = LineReceives
	switch {
	case got.Says != "":
		l.State, l.Says = LineOmits, got.Says
	case properties == nil:
		l.Says = "Spotler has no contact for this record, or was not asked"
	case !got.Present:
		l.Says = "Spotler has no value"
	}
}
