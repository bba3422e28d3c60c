package operations

import (
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/store"
)

// Entries of the shadow that are no field's: what a person was asked about, how often
// a field went to and fro, and that the row was last written by us. They hold no values.
const (
	backEntry  = "#back"
	askedEntry = "#asked/"
	turnsEntry = "#turns/"
)

// sided is one field that both sides may write, as both have it.
type sided struct {
	mapping.Received               // what Spotler holds
	held             mapping.Field // what the CRM holds
	was              decide.Sides  // what was agreed on
	known            bool
	told             decide.Sides // Spotler's value, as both sides would have it
	said             decide.Sides // the CRM's value, as both sides would have it
	listed           bool
	asked            bool // a person was asked about it
	turns            decide.Turns
}

func (b *run) sides(r mapping.Received, held mapping.Field, shadow decide.Shadow, listed bool) sided {
	hash := b.env.valueHash
	s := sided{Received: r, held: held, listed: listed, turns: decide.TurnsOf(shadow[turnsEntry+r.Name])}
	s.was, s.known = shadow[r.Name]
	_, s.asked = shadow[askedEntry+r.Name]
	s.told = decide.Sides{CRM: hash(r.Name, r.Canonical), Spotler: hash(r.Name, r.Wire)}
	s.said = decide.Sides{CRM: hash(r.Name, held.Canonical), Spotler: hash(r.Name, held.Wire)}
	return s
}

// compare decides about one field. crmAt and spotlerAt are when the two sides were
// changed; answer is what a person chose, empty when nobody did.
func (b *run) compare(s sided, crmAt, spotlerAt time.Time, answer decide.Preference) decide.Comparison {
	prefer := b.env.preference(s.Policy)
	switch {
	case answer != "":
		prefer = answer
	case s.asked && prefer == decide.PreferNewest:
		prefer = decide.PreferAsk // our own writes made both sides newer since
	}
	return decide.ThreeWay(decide.TwoSided{Direction: s.Direction, Prefer: prefer, Was: s.was, Known: s.known,
		CRM: s.said.CRM, Wire: s.said.Spotler, Spotler: s.told.Spotler, Present: s.Present,
		Listed: s.listed, CRMAt: crmAt, SpotlerAt: spotlerAt}, b.env.Skew)
}

// valueHash is the keyed hash of a value of a field; nothing stays nothing.
func (e *Environment) valueHash(field, text string) string {
	if text == "" {
		return ""
	}
	return e.fieldHash(field, text)
}

// mark keeps an entry in the shadow of the person; nil takes it away.
func (p *person) mark(name string, s *decide.Sides) {
	if p.marks == nil {
		p.marks = map[string]*decide.Sides{}
	}
	p.marks[name] = s
}

// marked writes the marks of the person into a shadow.
func (p *person) marked(shadow map[string]store.Sides) {
	for name, s := range p.marks {
		if s == nil {
			delete(shadow, name)
			continue
		}
		shadow[name] = store.Sides{CRM: s.CRM, Spotler: s.Spotler}
	}
}

// askedFields are the fields of a shadow about which a person was asked.
func askedFields(shadow map[string]store.Sides) []string {
	var out []string
	for name := range shadow {
		if field, ok := strings.CutPrefix(name, askedEntry); ok {
			out = append(out, field)
		}
	}
	return out
}
