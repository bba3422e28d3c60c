package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Property is a database field as Spotler lists it (reference: spotler-api 4.2).
// Hidden fields are not listed and therefore cannot be mapped.
type Property struct {
	Name        string
	Description string
	Type        string
	Entries     []Entry // of a set
}

// Entry is one option of a set.
type Entry struct {
	Bit         int64
	Description string
	Rank        int
}

// Bound is a sheet that was checked against both schemas and compiled. It does
// not change and may be used by many goroutines.
type Bound struct {
	tables   map[connector.Table]*boundTable
	uses     map[use]Use
	sheet    []Row
	heldBack Refusals
}

// Option changes how Bind works.
type Option func(*binding)

// HoldBack leaves out rows that do not fit instead of refusing the sheet, so that
// one hidden or retyped field does not stop a whole sync. HeldBack tells which. A
// row with a filter and the row of the e-mail address are never held back.
func HoldBack() Option { return func(b *binding) { b.hold = true } }

// In sets the time zone in which a moment falls on a day; the default is UTC.
func In(zone *time.Location) Option { return func(b *binding) { b.zone = zone } }

// binding is the work of one Bind.
type binding struct {
	hold       bool
	engage     schema.Engage
	zone       *time.Location
	before     Snapshot // of Check
	tables     map[connector.Table]schema.Table
	properties map[string]Property
	bound      *Bound
	refused    Refusals
}

// Bind checks s against the tables of Dataverse (with the organisation's own
// columns appended) and the properties of Spotler. Unknown columns, unknown
// properties and types that cannot be converted are refused, all at once, by a
// fault of kind NotValid around Refusals.
func (s *Sheet) Bind(tables []schema.Table, properties []Property, options ...Option) (*Bound, error) {
	b := &binding{zone: time.UTC, engage: schema.AssumedEngage(), tables: map[connector.Table]schema.Table{}, properties: map[string]Property{},
		bound: &Bound{tables: map[connector.Table]*boundTable{}, sheet: slices.Clone(s.Rows)}}
	for _, o := range options {
		o(b)
	}
	for _, t := range append([]schema.Table{b.engage.Entry, b.engage.Subscription}, tables...) {
		b.tables[t.Name] = t
	}
	for _, p := range properties {
		b.properties[p.Name] = p
	}
	for i, r := range s.Rows {
		b.row(i+1, r)
	}
	b.checkTables(s)
	if err := b.refused.orNil("mapping.Bind"); err != nil {
		return nil, err
	}
	for name, t := range b.bound.tables {
		t.finish(b.tables[name])
	}
	return b.bound, nil
}

// HeldBack tells which rows HoldBack left out, and why.
func (b *Bound) HeldBack() []Refusal { return slices.Clone(b.heldBack) }

// row compiles one row for every table it names; a row with one fault is left
// out whole.
func (b *binding) row(n int, r Row) {
	var wrong Refusals
	refuse := func(cell, value, says string) { wrong = append(wrong, Refusal{n, cell, value, says}) }
	property, known := b.properties[r.Spotler]
	_, fixed := r.fixed()
	if !known && r.Spotler != "" && !fixed {
		refuse("spotler", r.Spotler, b.saysUnknownProperty(r.Spotler))
	}
	parts := map[connector.Table]*part{}
	for _, c := range r.cells() {
		if !known && r.Spotler != "" && !fixed {
			continue
		}
		if c.name == "entity" {
			c.table = b.engage.Entry.Name
		}
		p, wrongCell, says := b.part(n, r, c, property)
		if says == "" && b.asksTooMuch(c.table, p) {
			says = fmt.Sprintf("the rows before already ask %d questions for every %s; leave an @child or @odata out", MaxAsks, c.table)
		}
		switch {
		case says == "":
			parts[c.table] = p
		case wrongCell == "spotler":
			refuse(wrongCell, r.Spotler, says)
		default:
			refuse(c.name, c.source.String(), says)
		}
	}
	switch {
	case len(wrong) > 0 && b.hold && r.Filter == "" && r.Spotler != emailProperty:
		b.bound.heldBack = append(b.bound.heldBack, wrong...)
	case len(wrong) > 0:
		b.refused = append(b.refused, wrong...)
	default:
		for t, p := range parts {
			b.table(t).add(p)
			b.bound.use(t, r)
		}
	}
}

// asksTooMuch reports whether p would cost a record more queries than it may.
func (b *binding) asksTooMuch(t connector.Table, p *part) bool {
	trial := boundTable{}
	if have := b.bound.tables[t]; have != nil {
		trial.asks = slices.Clone(have.asks)
	}
	trial.need(p.needs)
	return trial.perRecord() > MaxAsks
}

func (b *binding) table(t connector.Table) *boundTable {
	bt := b.bound.tables[t]
	if bt == nil {
		bt = &boundTable{}
		b.bound.tables[t] = bt
	}
	return bt
}

func (b *binding) saysUnknownProperty(name string) string {
	for have := range b.properties {
		if strings.EqualFold(have, name) {
			return "Spotler has no visible field of this database name; did you mean " + have + "?"
		}
	}
	return "Spotler has no visible field of this database name; make it, or make it visible"
}

// checkTables refuses a table that is mapped without an e-mail address: nobody
// could be written, and every row would look as if it had none.
func (b *binding) checkTables(s *Sheet) {
	for _, t := range connector.People {
		mapped := slices.ContainsFunc(s.Rows, func(r Row) bool { return r.For(t) != nil })
		bt := b.bound.tables[t]
		if mapped && (bt == nil || bt.email == nil) && !b.emailRefused(s, t) {
			b.refused = append(b.refused, Refusal{Says: "map a column of the " + string(t) + " to email with -> or <->; without it no " + string(t) + " can be synchronised"})
		}
	}
}

// emailRefused reports whether the row of the address was refused already.
func (b *binding) emailRefused(s *Sheet, t connector.Table) bool {
	return slices.ContainsFunc(b.refused, func(r Refusal) bool {
		return r.Row > 0 && s.Rows[r.Row-1].Spotler == emailProperty && s.Rows[r.Row-1].For(t) != nil
	})
}

// Engage365 gives the names of an organisation that has iFunds Engage 365; the
// default is schema.AssumedEngage.
func Engage365(profile schema.Engage) Option { return func(b *binding) { b.engage = profile } }

// Synchronises reports whether rows of t go to Spotler: whether the sheet maps
// anything of that table (manual: "Mapping").
func (b *Bound) Synchronises(t connector.Table) bool {
	bt := b.tables[t]
	return bt != nil && bt.email != nil
}

// Columns returns the mapped columns of t as $select spells them: a lookup is
// "_parentcustomerid_value".
func (b *Bound) Columns(t connector.Table) []string {
	if bt := b.tables[t]; bt != nil {
		return slices.Clone(bt.columns)
	}
	return nil
}

// RuleColumns returns the columns of t that the rules need whatever is mapped,
// as $select spells them.
func (b *Bound) RuleColumns(t connector.Table) []string {
	if bt := b.tables[t]; bt != nil {
		return slices.Clone(bt.ruleColumns)
	}
	return nil
}

// KnownBits returns every permission bit that rows of t can send, all off, for the shadow
// of a contact that was just created.
func (b *Bound) KnownBits(t connector.Table) []Bit {
	var out []Bit
	if bt := b.tables[t]; bt != nil {
		for _, s := range bt.sets {
			if s.subscriptions != nil {
				continue // they have no Spotler Permission rows
			}
			for _, e := range s.entries {
				out = append(out, Bit{Property: s.property, Name: e.Description, Bit: e.Bit, Direction: s.direction, Row: s.row})
			}
		}
	}
	return out
}
