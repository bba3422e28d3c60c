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
	next, err := b.speaksNow(ctx, p)
	if err != nil {
		return err
	}
	if next != nil {
		if p.verdict.Rule == ruleMerged {
			if err := b.strictest(ctx, p, next); err != nil {
				return err
			}
		} else {
			p.result.same = []store.Same{{From: p.record, To: next.record}}
		}
		p.result.follow = append(p.result.follow, PutSync(b.env.Name, next.record, store.Consent, fmt.Sprintf("%s/%d", p.verdict.Rule, p.work.ID), p.verdict.Rule))
		if err := b.apart(ctx, p, next); err != nil {
			return err
		}
	}
	if p.link.Owner && p.link.AddressHash != "" {
		heir, err := b.successor(ctx, p, p.link.AddressHash)
		if err != nil {
			return err
		}
		p.result.follow = append(p.result.follow, heir...)
		p.result.release = append(p.result.release, store.Claim{Hash: p.link.AddressHash, Record: p.record})
		p.link.Owner = false
	}
	return nil
}

// speaksNow reads the row that speaks for the person from now on; nil when nobody
// knows which one that is, or when it is not there.
func (b *run) speaksNow(ctx context.Context, p *person) (*person, error) {
	next := &person{work: p.work, record: connector.Record{Table: p.record.Table, ID: p.facts.Master}}
	if p.verdict.Rule == ruleQualified {
		lead, err := b.env.CRM.Get(ctx, b.env.Tables[p.record.Table], p.record.ID, "parentcontactid")
		if err != nil {
			return nil, err
		}
		next.record, _ = lead.Lookup("parentcontactid")
	}
	if next.record.ID == "" || !b.env.synchronises(next.record.Table) {
		return nil, nil
	}
	for _, step := range []func(context.Context, []*person) error{b.gatherAll, b.identify} {
		if err := step(ctx, []*person{next}); err != nil {
			return nil, err
		}
		if next.result.err != nil {
			return nil, next.result.err
		}
	}
	if !next.found {
		return nil, nil
	}
	return next, nil
}

// apart is for a row whose successor has another address, so that Spotler would not see
// one contact in both. While the successor is not in Spotler, the contact of the row
// gets the new address and so becomes the successor's; else there are two, and the
// row's own is not mailed any more. It stays: this is not an erasure.
func (b *run) apart(ctx context.Context, p, next *person) error {
	if !p.link.InSpotler() || next.hash == "" || next.hash == p.link.AddressHash {
		return nil
	}
	if next.link.InSpotler() || p.verdict.Rule == ruleMerged || !writes(decide.Contact(b.facts(next), b.env.Policy)) {
		return b.silence(ctx, p)
	}
	moved := spotler.Contact{ExternalID: p.externalID(), Properties: map[string]any{"email": next.mapped.Email.Address()}}
	if err := b.env.Mail.PutContact(ctx, p.externalID(), moved, spotler.Write{}); err != nil {
		return err
	}
	p.link.ExternalID, p.link.Shadow = "", nil
	return nil
}

// strictest turns off, for the winner of a merge, every permission that the loser has
// off, in its rows or in Spotler, where nobody may have looked since.
func (b *run) strictest(ctx context.Context, p, winner *person) error {
	none := p.facts.DoNotBulkEmail || p.facts.DoNotEmail || p.link.Status == connector.StatusOptOut
	off := map[string]bool{}
	for _, permission := range p.permissions {
		off[permissionKey(permission.Name)] = off[permissionKey(permission.Name)] || !permission.Subscribed
	}
	if p.link.InSpotler() {
		_, current, err := b.looked(ctx, p)
		if err != nil {
			return err
		}
		agreed := decide.BitShadowOf(shadowOf(p.link), b.knownBits(p), b.env.fieldHash)
		for _, k := range b.env.Mapping.KnownBits(p.record.Table) { // its rows may be the winner's by now
			key := decide.BitKey{Property: k.Property, Bit: k.Bit}
			if current.Exists && agreed[key].Spotler == decide.On && !current.On[key] {
				off[permissionKey(k.Name)] = true
			}
		}
	}
	for _, permission := range winner.permissions {
		if !permission.Subscribed || !off[permissionKey(permission.Name)] && !none {
			continue
		}
		for _, row := range winner.rows[permission.Name] {
			p.result.tellings = append(p.result.tellings, b.correction(row))
		}
		p.result.consents = append(p.result.consents, store.ConsentChange{Record: winner.record, Permission: permission.Name, Was: "on", Becomes: "off",
			Who: byConnector, Origin: inDynamics, Why: "a row that had it off was merged into this one, and the strictest consent holds"})
	}
	return nil
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
				Who: byConnector, Origin: inDynamics, Why: "another row speaks for the person now"})
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
