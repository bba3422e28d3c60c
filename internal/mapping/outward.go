package mapping

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// Result is a row of Dataverse as Spotler should have it.
type Result struct {
	Email      connector.Email
	EmailState connector.EmailState
	Fields     []Field // in the order of the sheet; empty when Excluded
	Bits       []Bit   // one for every permission row that Spotler knows; empty when Excluded
	Excluded   string  // why a filter keeps the record out; "" when none does
	Problems   []Problem
	// Notes are values that are right in themselves and that Spotler does not
	// take, such as a foreign postcode. They are sent as "no value".
	Notes []Problem
}

// Field is one value for Spotler.
type Field struct {
	Name      string
	Value     any // the wire value; nil: the CRM has none, so clear it where the shadow had one
	Direction connector.Direction
	Canonical string // stable text of the CRM side, for keyed hashes; "" is empty
	Wire      string // stable text of the Spotler side; "" when Value is nil
	Row       int
}

// Bit is one permission of the person, as its row says: Do Not Bulk Email is for decide.
type Bit struct {
	Property  string
	Name      string // as Spotler describes it
	Bit       int64
	On        bool
	Direction connector.Direction
	Row       int
}

// Problem is one value that could not be converted: its field is left out, the
// others go on. The value itself is not repeated, for it may be personal.
type Problem struct {
	Row    int
	Column string // the column, or the list in Spotler for a permission
	Kind   string // "string to mobNr"
	Says   string
}

// Outward converts a row of table t, as Dataverse answers it, to what Spotler
// should have. Numbers are json.Number or float64; a key that is present with
// null is an empty value. The rows of Expansions stand in it behind their
// navigation, those of Asks under their cell. A key that is missing is trouble: the
// field is left out with a Problem, and the address is EmailUnread, never EmailNone.
// Without permissions there are no Bits; of two with one name, No wins.
func (b *Bound) Outward(t connector.Table, values map[string]any, permissions []connector.Permission) Result {
	bt := b.tables[t]
	if bt == nil || bt.email == nil {
		return Result{Excluded: "the mapping does not synchronise this table"}
	}
	var r Result
	r.Email, r.EmailState = bt.address(values)
	if bt.exclude(values, &r); r.Excluded != "" {
		return r
	}
	r.Fields = make([]Field, 0, len(bt.fields))
	for i := range bt.fields {
		bt.fields[i].outward(values, &r)
	}
	for i := range bt.members {
		bt.members[i].outward(values, &r)
	}
	for i := range bt.sets {
		bt.sets[i].outward(values, permissions, &r)
	}
	return r
}

func (t *boundTable) address(values map[string]any) (connector.Email, connector.EmailState) {
	v, says := t.email.read(values, nil)
	if says != "" {
		return connector.Email{}, connector.EmailUnread
	}
	return connector.ReadEmail(v.text)
}

// exclude applies the filters: every one must pass. A filter whose column cannot
// be read keeps the record out, because nobody knows that it may go.
func (t *boundTable) exclude(values map[string]any, r *Result) {
	for i := range t.filters {
		f := &t.filters[i]
		if f.values == nil {
			r.Excluded = f.excuses
			return
		}
		v, says := f.origin.read(values, &f.target)
		if says != "" {
			r.Problems = append(r.Problems, Problem{f.row, f.origin.name, "filter on " + string(v.kind), says})
		}
		if says != "" || !f.passes(v.value) {
			r.Excluded = f.excuses
			return
		}
	}
}

func (f *boundFilter) passes(v value) bool {
	return v.canonical != "" && slices.ContainsFunc(f.values, func(want string) bool {
		return strings.EqualFold(want, v.canonical) || strings.EqualFold(want, v.text)
	})
}

func (f *boundField) outward(values map[string]any, r *Result) {
	if f.fixed != nil {
		r.Fields = append(r.Fields, *f.fixed)
		return
	}
	if f.name == emailProperty && r.EmailState != connector.EmailValid {
		return // the state says it; an address is never cleared by a write
	}
	out := Field{Name: f.name, Direction: f.direction, Row: f.row}
	v, says := f.origin.read(values, &f.target)
	if says == "" && v.canonical != "" {
		goal := f.target
		goal.kind, goal.column = v.kind, v.column
		w := f.write(&goal, v.value)
		says = w.fault
		if w.note != "" {
			r.Notes = append(r.Notes, f.problem(v, w.note))
		} else {
			out.Value, out.Canonical, out.Wire = w.wire, v.canonical, w.canonical
		}
	}
	if says != "" {
		r.Problems = append(r.Problems, f.problem(v, says))
		return
	}
	r.Fields = append(r.Fields, out)
}

func (f *boundField) problem(v reading, says string) Problem {
	kind := v.kind
	if kind == anyKind {
		kind = f.origin.kind()
	}
	return Problem{f.row, f.origin.name, string(kind) + " to " + f.to, says}
}

func (s *boundSet) outward(values map[string]any, permissions []connector.Permission, r *Result) {
	if !s.direction.Outward() {
		return
	}
	if s.subscriptions != nil {
		var says string
		if permissions, says = s.subscriptions.read(values); says != "" {
			r.Problems = append(r.Problems, Problem{s.row, s.property, "periodiek", says})
			return
		}
	}
	first := len(r.Bits)
	for _, p := range permissions {
		bit, known := s.byName[foldName(p.Name)]
		if !known {
			r.Problems = append(r.Problems, Problem{s.row, s.property, s.noun(), "the list in Spotler has no entry of this name, or has two; add it in Spotler or correct the name in Dynamics 365"})
			continue
		}
		same := slices.IndexFunc(r.Bits[first:], func(b Bit) bool { return b.Bit == bit })
		if same >= 0 {
			r.Bits[first+same].On = r.Bits[first+same].On && p.Subscribed
			continue
		}
		r.Bits = append(r.Bits, Bit{Property: s.property, Name: p.Name, Bit: bit, On: p.Subscribed, Direction: s.direction, Row: s.row})
	}
}
