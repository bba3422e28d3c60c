package operations

import (
	"context"
	"fmt"
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// meet compares the two-way fields that moved in the CRM with what Spotler holds now:
// a change there that nobody polled yet is not overwritten unseen, but weighed by the
// policy of its row, as the poll would.
func (b *run) meet(ctx context.Context, p *person, there spotler.Contact, shadow decide.Shadow) {
	concerns := func(r mapping.Received) bool {
		if r.Name == "email" && (p.verdict.Action == decide.Create || there.ExternalID != p.externalID()) {
			return false // the address must travel: by it Spotler finds the contact
		}
		return r.Direction == connector.BothWays && (p.verdict.Action == decide.Create || slices.Contains(p.sending.Moved, r.Name) || slices.Contains(p.open, r.Name))
	}
	received := b.env.Mapping.Inward(p.record.Table, there.Properties)
	if !slices.ContainsFunc(received, concerns) {
		return
	}
	unlisted := b.unlisted(ctx, p.record.Table)
	mirror := b.env.Mapping.Mirror(p.record.Table, p.row.Values)
	back := false
	for _, r := range received {
		held, readable := mirror[r.Name]
		if !concerns(r) || !readable || r.Says != "" && r.Wire == "" {
			continue // a value of Spotler that cannot be read gives way to the CRM's
		}
		back = b.meetField(ctx, p, b.sides(r, held, shadow, !slices.Contains(unlisted, r.Name)), there) || back
	}
	if back {
		b.takeBack(p, there, unlisted)
	}
}

// meetField decides about one field, and reports whether Spotler's value must come in.
func (b *run) meetField(ctx context.Context, p *person, s sided, there spotler.Contact) (back bool) {
	modified, _ := p.row.Time("modifiedon")
	c := b.compare(s, modified, there.LastChanged, "")
	send := false
	switch c.Outcome {
	case decide.ToSpotler:
		send = b.turn(ctx, p, s, decide.ToSpotler)
		if !send {
			p.sending.Withhold(s.Name, b.env.Purge)
			return false
		}
	case decide.ToCRM:
		back = !s.turns.Frozen
	case decide.Ask:
		p.sending.Withhold(s.Name, b.env.Purge)
		b.ask(p, s)
		return false
	}
	if !send {
		p.sending.Withhold(s.Name, b.env.Purge)
	}
	if c.Outcome == decide.Agree {
		p.sending.Next[s.Name] = decide.Sides{CRM: s.said.CRM, Spotler: s.told.Spotler}
	}
	if s.asked && c.Outcome != decide.Hold && c.Outcome != decide.Ignore {
		b.answered(p, s.Name, agreedByItself)
	}
	return back
}

// takeBack asks for what Spotler told to be taken in, after this op, in the same lane.
func (b *run) takeBack(p *person, there spotler.Contact, unlisted []string) {
	in := inboundOf(there, b.env.Mapping.InwardProperties(p.record.Table), b.now)
	in.Unlisted = unlisted
	put, err := b.env.putInbound(store.LaneOf(b.env.Name, p.record), in, fmt.Sprintf("outward/%d", p.work.ID))
	if err != nil {
		p.fail(err)
		return
	}
	p.result.follow = append(p.result.follow, put)
}
