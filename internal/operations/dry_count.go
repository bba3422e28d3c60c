package operations

import (
	"cmp"
	"errors"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
)

// DryTable is what would become of the rows of one table.
type DryTable struct {
	Table     connector.Table
	Rows      int64
	Creates   int64 // people who would be new in Spotler
	Changes   int64 // people in Spotler of whom a field would change
	Unchanged int64
	Erases    int64 // people in Spotler whom the rules would take out
	KeptOut   int64 // people who are not in Spotler and would not go there
	Failed    int64 // people about whom nothing can be decided
	Fields    []DryField
	Reasons   []DryReason // most frequent first
}

// DryField counts what would happen to one field of Spotler.
type DryField struct {
	Name    string
	Sets    int64 // it is empty now, or its person is new
	Changes int64
	Clears  int64
	Samples []DrySample
}

// DrySample is one record with its new value, masked.
type DrySample struct {
	Record connector.Record
	Value  string
}

// DryReason is why people or values stay behind.
type DryReason struct {
	About   string // a column, or "people"
	Says    string
	Count   int64
	Samples []connector.Record
}

const (
	drySamples  = 3  // of a field or a reason
	dryMask     = 32 // characters of a masked value
	aboutAll    = "people"
	saysSkipped = "not looked at: it costs a query per person"
	dryReasons  = 1000 // different reasons; the rest are one
)

// dryCount counts while a table is read. It grows with the fields and reasons, and by
// one number for every address.
type dryCount struct {
	out     DryTable
	fields  map[string]*DryField
	reasons map[[2]string]*DryReason
	seen    map[uint64]bool // addresses of people who would be in Spotler
	skipped map[string]bool // cells whose question is not asked
}

func newDryCount(t connector.Table, asks []mapping.Ask, seen map[uint64]bool) *dryCount {
	c := &dryCount{out: DryTable{Table: t}, fields: map[string]*DryField{}, reasons: map[[2]string]*DryReason{}, seen: seen, skipped: map[string]bool{}}
	for _, a := range asks {
		c.skipped[a.Cell] = a.By == ""
	}
	return c
}

// table is the result, in a stable order.
func (c *dryCount) table() DryTable {
	for _, f := range c.fields {
		c.out.Fields = append(c.out.Fields, *f)
	}
	for _, r := range c.reasons {
		c.out.Reasons = append(c.out.Reasons, *r)
	}
	slices.SortFunc(c.out.Fields, func(a, b DryField) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.out.Reasons, func(a, b DryReason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.About, b.About), strings.Compare(a.Says, b.Says))
	})
	return c.out
}

// failed counts somebody whose row cannot be read.
func (c *dryCount) failed(p *person, err error) {
	p.done = true
	c.out.Rows++
	c.out.Failed++
	says := "the row cannot be read"
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		says = f.On + ": " + f.Says
	}
	c.reason(aboutAll, says, p.record)
}

// shares finds out whether somebody else stands for the address: the one who does so
// already, or the first that came by.
func (c *dryCount) shares(p *person) {
	if p.hash == "" || p.link.Owner && p.link.AddressHash == p.hash {
		c.claim(p)
		return
	}
	for _, l := range p.sharing {
		if l.Owner && l.Record != p.record {
			p.owner = l.Record
			return
		}
	}
	if !c.claim(p) {
		p.owner = connector.Record{Table: p.record.Table, ID: "another"}
	}
}

// claim reports whether p is the first with its address.
func (c *dryCount) claim(p *person) bool {
	if p.hash == "" {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.hash)) // a hash never fails
	key := h.Sum64()
	if c.seen[key] {
		return false
	}
	if !p.facts.DoNotEmail && p.facts.Active {
		c.seen[key] = true
	}
	return true
}

// add counts one person.
func (c *dryCount) add(e *Environment, p *person) {
	c.out.Rows++
	linked := p.link.InSpotler()
	switch p.verdict.Action {
	case decide.Create, decide.Update:
		c.writes(e, p)
		return
	case decide.Anonymize:
		c.out.Erases++
	case decide.Park:
		c.out.Failed++
	default:
		if linked {
			c.out.Unchanged++
		} else {
			c.out.KeptOut++
		}
	}
	c.reason(aboutAll, p.verdict.Reason, p.record)
}

// writes counts what a write would change.
func (c *dryCount) writes(e *Environment, p *person) {
	for _, list := range [][]mapping.Problem{p.mapped.Problems, p.mapped.Notes} {
		for _, x := range list {
			if c.skipped[x.Column] {
				x.Says = saysSkipped
			}
			c.reason(x.Column+" ("+x.Kind+")", x.Says, p.record)
		}
	}
	var shadow decide.Shadow
	if p.verdict.Action == decide.Update {
		shadow = shadowOf(p.link)
	}
	sending := decide.Fields(fieldsOf(p.mapped), shadow, e.Purge, e.fieldHash)
	changed := false
	for _, f := range p.mapped.Fields {
		now, moves := sending.Next[f.Name]
		was := shadow[f.Name]
		if !moves || now.Spotler == was.Spotler {
			continue
		}
		changed = true
		c.field(f, was.Spotler != "", p.record)
	}
	switch {
	case p.verdict.Action == decide.Create:
		c.out.Creates++
	case changed:
		c.out.Changes++
	default:
		c.out.Unchanged++
	}
}

func (c *dryCount) field(f mapping.Field, had bool, record connector.Record) {
	x := c.fields[f.Name]
	if x == nil {
		x = &DryField{Name: f.Name}
		c.fields[f.Name] = x
	}
	switch {
	case f.Value == nil:
		x.Clears++
	case had:
		x.Changes++
	default:
		x.Sets++
	}
	if len(x.Samples) < drySamples {
		x.Samples = append(x.Samples, DrySample{record, masked(f.Wire)})
	}
}

// reason counts one reason; beyond the bound they are told together.
func (c *dryCount) reason(about, says string, record connector.Record) {
	key := [2]string{about, says}
	x := c.reasons[key]
	if x == nil && len(c.reasons) >= dryReasons {
		about, says = aboutAll, "other reasons"
		key = [2]string{about, says}
		x = c.reasons[key]
	}
	if x == nil {
		x = &DryReason{About: about, Says: says}
		c.reasons[key] = x
	}
	x.Count++
	if len(x.Samples) < drySamples {
		x.Samples = append(x.Samples, record)
	}
}

// masked shows the shape of a value, and nothing of the value itself.
func masked(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > dryMask {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsDigit(r):
			r = '9'
		case unicode.IsUpper(r):
			r = 'X'
		case unicode.IsLetter(r):
			r = 'x'
		}
		b.WriteRune(r)
	}
	return b.String()
}
