package operations

import (
	"context"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// The rules that say that another row speaks for the person from now on: the winner of
// a merge, the contact or account that was made of a lead.
const (
	ruleMerged    = "merged"
	ruleQualified = "qualified"
)

func handsOver(rule string) bool { return rule == ruleMerged || rule == ruleQualified }

// giveWay gives what a merged or qualified row has to the row that speaks for the
// person now. It gives up its address, so that its successor gets the contact in
// Spotler under its own id instead of making a second one; and a merge keeps the
// strictest consent of both. It does so once: the link remembers the rule.
func (b *run) giveWay(ctx context.Context, people []*person) error {
	for _, p := range people {
		if p.verdict.Action != decide.Leave || !handsOver(p.verdict.Rule) || !p.linked || p.link.Rule == p.verdict.Rule {
			continue
		}
		if err := b.giveWayOne(ctx, p); err != nil {
			p.fail(err)
		}
	}
	return nil
}

func (b *run) giveWayOne(ctx context.Context, p *person) error {
	var winner *person
	if p.verdict.Rule == ruleMerged && p.facts.Master != "" {
		winner = &person{work: p.work, record: connector.Record{Table: p.record.Table, ID: p.facts.Master}}
		if err := b.gatherAll(ctx, []*person{winner}); err != nil {
			return err
		}
		if winner.result.err != nil {
			return winner.result.err
		}
	}
	if winner != nil && winner.found {
		if err := b.strictest(ctx, p, winner); err != nil {
			return err
		}
	}
	if p.link.Owner && p.link.AddressHash != "" {
		next, err := b.successor(ctx, p, p.link.AddressHash)
		if err != nil {
			return err
		}
		p.result.follow = append(p.result.follow, next...)
		p.result.release = append(p.result.release, store.Claim{Hash: p.link.AddressHash, Record: p.record})
		p.link.Owner = false
	}
	return nil
}

// strictest turns off, for the winner of a merge, every permission that the loser has
// off; and, when the loser has a contact of its own in Spotler, all permissions of
// that, so that nobody is written to twice. The loser's contact stays: a merge is not
// an erasure.
func (b *run) strictest(ctx context.Context, p, winner *person) error {
	none := p.facts.DoNotBulkEmail || p.facts.DoNotEmail || p.link.Status == connector.StatusOptOut
	off := map[string]bool{}
	for _, permission := range p.permissions {
		off[permission.Name] = off[permission.Name] || !permission.Subscribed || none
	}
	for _, permission := range winner.permissions {
		if !permission.Subscribed || !off[permission.Name] && !none {
			continue
		}
		for _, row := range winner.rows[permission.Name] {
			p.result.tellings = append(p.result.tellings, b.correction(row))
		}
		p.result.consents = append(p.result.consents, store.ConsentChange{Record: winner.record, Permission: permission.Name, Was: "on", Becomes: "off",
			Who: byConnector, Origin: inDynamics, Why: "a row that had it off was merged into this one, and the strictest consent holds"})
	}
	p.result.follow = append(p.result.follow, PutSync(b.env.Name, winner.record, store.Consent, fmt.Sprintf("merged/%d", p.work.ID), "merged"))
	if !p.link.InSpotler() || p.hash == b.env.addressHash(winner.mapped.Email) {
		return nil // one address, one contact: the winner takes it over
	}
	return b.silence(ctx, p)
}

// silence turns all permissions off of a contact whose person another contact stands
// for now.
func (b *run) silence(ctx context.Context, p *person) error {
	keys := b.knownBits(p)
	if len(keys) == 0 {
		return nil
	}
	bits := map[string]any{}
	before := decide.BitShadowOf(shadowOf(p.link), keys, b.env.fieldHash)
	after := decide.BitShadow{}
	for _, k := range b.env.Mapping.KnownBits(p.record.Table) {
		key := decide.BitKey{Property: k.Property, Bit: k.Bit}
		items, _ := bits[k.Property].([]spotler.SetItem)
		bits[k.Property] = append(items, spotler.SetItem{Bit: k.Bit, Enabled: false})
		after[key] = decide.BitSides{CRM: decide.Off, Spotler: decide.Off}
		if before[key].CRM == decide.On {
			p.result.consents = append(p.result.consents, store.ConsentChange{Record: p.record, Permission: k.Name, Was: "on", Becomes: "off",
				Who: byConnector, Origin: inDynamics, Why: "the row was merged into another one, which speaks for the person"})
		}
	}
	if err := b.env.Mail.PostContact(ctx, spotler.Contact{ExternalID: p.externalID(), Properties: bits}, spotler.Write{Update: true}); err != nil {
		return err
	}
	if p.link.Shadow == nil {
		p.link.Shadow = map[string]store.Sides{}
	}
	for name, sides := range after.Entries(b.env.fieldHash) {
		p.link.Shadow[name] = store.Sides{CRM: sides.CRM, Spotler: sides.Spotler}
	}
	return nil
}

// tookOver are the links of those whose contact in Spotler has the id of p since the
// write of p: of rows that were merged or qualified and had the same address.
func tookOver(p *person) []store.Link {
	var out []store.Link
	for _, l := range p.sharing {
		if handsOver(l.Rule) && l.InSpotler() {
			l.ExternalID, l.Owner, l.Shadow = "", false, nil
			out = append(out, l)
		}
	}
	return out
}
