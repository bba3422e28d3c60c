package operations

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

// compareFields compares every <- and <-> field with what both sides agreed on.
func (b *run) compareFields(ctx context.Context, a *arrival) {
	mirror := b.env.Mapping.Mirror(a.record.Table, a.row.Values)
	shadow := shadowOf(a.link)
	mapped := false
	for _, r := range b.env.Mapping.Inward(a.record.Table, a.in.Properties) {
		mapped = mapped || r.Name == a.answer.Field
		held, readable := mirror[r.Name]
		if !readable || r.Says != "" && r.Wire == "" {
			a.note(r.Column, r.Says)
			continue
		}
		b.compareField(ctx, a, b.sides(r, held, shadow, a.in.listed(r.Name)))
	}
	if f := a.answer.Field; f != "" && !mapped {
		b.answered(a.person, f, a.answer.Choice) // its row of the mapping is gone
	}
}

// compareField takes one field to the side that has an older value.
func (b *run) compareField(ctx context.Context, a *arrival, s sided) {
	modified, _ := a.row.Time("modifiedon")
	answer := decide.Preference("")
	if a.answer.Field == s.Name {
		answer = decide.Preference(a.answer.Choice)
		s.turns = decide.Turns{}
		a.mark(turnsEntry+s.Name, nil)
	}
	c := b.compare(s, modified, a.in.Changed, answer)
	if answer != "" {
		c = chosen(c, answer, s)
	}
	switch c.Outcome {
	case decide.Agree:
		a.next[s.Name] = decide.Sides{CRM: s.said.CRM, Spotler: s.told.Spotler}
	case decide.ToCRM:
		if s.Says != "" {
			a.note(s.Column, s.Says)
			return
		}
		if !b.turn(ctx, a.person, s, decide.ToCRM) {
			a.notes = append(a.notes, s.Column+" (it goes to and fro between two writers; a person must choose)")
			return
		}
		a.body[s.Column] = s.Value
		a.next[s.Name] = s.told
	case decide.ToSpotler:
		if s.turns.Frozen {
			return
		}
		a.next[s.Name] = decide.Sides{CRM: s.was.CRM, Spotler: s.told.Spotler}
		if s.was.CRM == s.said.CRM { // no value has this hash, so that the sync sends it
			a.next[s.Name] = decide.Sides{CRM: chosenMark, Spotler: s.told.Spotler}
		}
		a.back = a.back || c.Rule != "crm-moved" || answer != "" || s.asked
	case decide.Ask:
		a.notes = append(a.notes, s.Column+" (both sides changed it; a person must choose)")
		b.ask(a.person, s)
		return
	case decide.Hold, decide.Ignore:
		return
	}
	if s.asked || answer != "" {
		choice := agreedByItself
		if answer != "" {
			choice = string(answer)
		}
		b.answered(a.person, s.Name, choice)
	}
}

// chosenMark stands in the shadow for a CRM value that must travel although it did not
// move.
const chosenMark = "chosen"

// chosen is what a person's choice means, whichever side moved: the other side takes
// the value.
func chosen(c decide.Comparison, answer decide.Preference, s sided) decide.Comparison {
	switch {
	case c.Outcome == decide.Hold, c.Outcome == decide.Ignore, c.Outcome == decide.Agree, s.said.Spotler == s.told.Spotler:
		return c
	case answer == decide.PreferSpotler:
		return decide.Comparison{Outcome: decide.ToCRM, Rule: "chosen", Reason: "a person chose the value of Spotler"}
	}
	return decide.Comparison{Outcome: decide.ToSpotler, Rule: "chosen", Reason: "a person chose the value of Dynamics 365"}
}

// unlisted are the mapped properties that Spotler does not list now with the type
// that they had; all of them when that cannot be read.
func (b *run) unlisted(ctx context.Context, t connector.Table) []string {
	known := func(string) bool { return false }
	if b.env.Fields != nil {
		if schema, err := b.env.Fields.Schema(ctx); err == nil {
			known = func(name string) bool {
				p, ok := schema.Property(name)
				return ok && (b.env.Types[name] == "" || b.env.Types[name] == p.Type)
			}
		}
	}
	var out []string
	for name := range b.env.Mapping.InwardProperties(t) {
		if !known(name) {
			out = append(out, name)
		}
	}
	return out
}
