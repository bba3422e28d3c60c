package operations

import (
	"context"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/store"
)

// identify reads the links of people and finds out who shares whose address.
func (b *run) identify(ctx context.Context, people []*person) error {
	records := make([]connector.Record, len(people))
	for i, p := range people {
		records[i] = p.record
	}
	links, err := b.Store.Links(ctx, b.env.Name, records)
	if err != nil {
		return err
	}
	var hashes []string
	for _, p := range people {
		if p.link, p.linked = links[p.record]; !p.linked {
			p.link = store.Link{Environment: b.env.Name, Record: p.record}
		}
		p.hash = b.env.addressHash(p.mapped.Email)
		for _, h := range []string{p.hash, p.link.AddressHash} {
			if h != "" {
				hashes = append(hashes, h)
			}
		}
	}
	shared, err := b.Store.LinksByAddress(ctx, b.env.Name, unique(hashes))
	if err != nil {
		return err
	}
	inBatch := map[string][]connector.Record{}
	for _, p := range people {
		if p.hash != "" {
			inBatch[p.hash] = append(inBatch[p.hash], p.record)
		}
	}
	for _, p := range people {
		p.sharers = others(p, shared[p.hash], inBatch[p.hash])
		p.sharing = shared[p.hash]
		if handsOver(p.link.Rule) && p.link.InSpotler() {
			p.owner = heirOf(p, shared[p.link.AddressHash])
		}
	}
	return nil
}

// heirOf is who has the address of a row that gave way, and takes its contact over or
// is about to: that contact is not the row's own to erase any more.
func heirOf(p *person, links []store.Link) connector.Record {
	for _, l := range links {
		if l.Record != p.record && l.ErasedAt.IsZero() && !handsOver(l.Rule) {
			return l.Record
		}
	}
	return connector.Record{}
}

func unique(in []string) []string {
	seen := make(map[string]bool, len(in))
	out := in[:0]
	for _, s := range in {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// others are the records besides p that have its address.
func others(p *person, links []store.Link, batch []connector.Record) []connector.Record {
	seen := map[connector.Record]bool{p.record: true}
	var out []connector.Record
	for _, l := range links {
		if !seen[l.Record] {
			seen[l.Record] = true
			out = append(out, l.Record)
		}
	}
	for _, r := range batch {
		if !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

// claim asks for the addresses of people who are about to be written and do not
// own theirs yet.
func (b *run) claim(ctx context.Context, people []*person) error {
	var claims []store.Claim
	for _, p := range people {
		if !p.done && writes(p.verdict) && p.hash != "" && !(p.link.Owner && p.link.AddressHash == p.hash && p.link.InSpotler()) {
			claims = append(claims, store.Claim{Hash: p.hash, Record: p.record})
		}
	}
	owners, err := b.Store.ClaimAddresses(ctx, b.env.Name, claims)
	if err != nil {
		return err
	}
	for _, p := range people {
		if owner, asked := owners[p.hash]; asked && owner != p.record {
			p.owner = owner
		}
	}
	return nil
}

func writes(v decide.Verdict) bool { return v.Action == decide.Create || v.Action == decide.Update }

// successor asks for a sync of the next record that may stand for an address
// which its owner gives up.
func (b *run) successor(ctx context.Context, p *person, hash string) ([]store.Put, error) {
	links, err := b.Store.LinksByAddress(ctx, b.env.Name, []string{hash})
	if err != nil {
		return nil, err
	}
	var claimants []decide.Claimant
	for _, l := range links[hash] {
		if l.Record != p.record {
			claimants = append(claimants, decide.Claimant{Record: l.Record, Linked: l.InSpotler(), Active: l.Status == connector.StatusSharesAddress, Since: l.CreatedAt})
		}
	}
	next, ok := decide.Owner(claimants)
	if !ok {
		return nil, nil
	}
	return []store.Put{PutSync(b.env.Name, next, store.Live, fmt.Sprintf("successor/%d", p.work.ID), "successor")}, nil
}
