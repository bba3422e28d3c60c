package operations

import (
	"context"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/store"
)

// sync is Sync Contact (480000006; manual: "Synchronize Contacts") for a batch of
// people: gather, decide, act. Repeating it is harmless: everything is read anew.
func (b *run) sync(ctx context.Context, work []store.Taken, indices []int, out []store.Settlement) {
	people := make([]*person, 0, len(indices))
	for _, i := range indices {
		record, _ := work[i].Lane.Record()
		people = append(people, &person{index: i, work: work[i], record: record})
	}
	b.syncPeople(ctx, people)
	for _, p := range people {
		if p.result.err != nil {
			out[p.index] = b.failed(ctx, p.work, b.jobOf(p), p.result.err)
			continue
		}
		out[p.index] = b.settled(ctx, p.work, b.jobOf(p), p.result)
	}
}

func (b *run) jobOf(p *person) connector.Job {
	return withSubject(connector.Job{Operation: connector.SyncContact}, p.record)
}

// syncPeople fills in the result of every person. An error of a whole step is
// everybody's who has no result yet.
func (b *run) syncPeople(ctx context.Context, people []*person) {
	synced := people[:0:0]
	for _, p := range people {
		if !b.env.synchronises(p.record.Table) {
			p.end(connector.Skipped(fmt.Sprintf("Rows of table %s are not synchronised in this environment.", p.record.Table)))
			continue
		}
		synced = append(synced, p)
	}
	for _, step := range []func(context.Context, []*person) error{b.gatherAll, b.identify, b.decideAll, b.populate, b.consider, b.write, b.erase, b.giveWay, b.leave} {
		open := synced[:0:0]
		for _, p := range synced {
			if !p.done {
				open = append(open, p)
			}
		}
		if len(open) == 0 {
			return
		}
		if err := step(ctx, open); err != nil {
			for _, p := range open {
				if !p.done {
					p.fail(err)
				}
			}
			return
		}
	}
}

// gatherAll reads the rows and converts them.
func (b *run) gatherAll(ctx context.Context, people []*person) error {
	if err := b.gather(ctx, people); err != nil {
		return err
	}
	b.works(ctx, store.GateDataverse)
	for _, p := range people {
		if p.done || !p.found {
			continue
		}
		facts, err := b.env.Mapping.Facts(p.record.Table, p.row.Values)
		if err != nil {
			p.fail(err)
			continue
		}
		p.facts = facts
		p.mapped = b.env.Mapping.Outward(p.record.Table, p.row.Values, p.permissions)
	}
	return nil
}

// decideAll decides about every person; those who will be written claim their
// address first, and the decision is made again for those who do not get it.
func (b *run) decideAll(ctx context.Context, people []*person) error {
	for _, p := range people {
		p.verdict = decide.Contact(b.facts(p), b.env.Policy)
	}
	if err := b.claim(ctx, people); err != nil {
		return err
	}
	for _, p := range people {
		if !p.owner.IsZero() {
			p.verdict = decide.Contact(b.facts(p), b.env.Policy)
		}
		if p.verdict.Action == decide.Park {
			p.fail(parked(p))
		}
	}
	return nil
}

// facts is what the rules are told about a person.
func (b *run) facts(p *person) decide.Person {
	f := decide.Person{
		Exists: p.found, Deleted: p.deleted, Hidden: !p.found && !p.deleted,
		Linked: p.link.InSpotler(), Status: p.link.Status, OwnerElsewhere: !p.owner.IsZero(),
		ErasedBefore: !p.link.ErasedAt.IsZero(), AddressChanged: p.linked && p.link.AddressHash != p.hash,
	}
	f.NewConsent = f.ErasedBefore && p.consented.After(p.link.ErasedAt)
	if p.found {
		f.Active, f.Merged, f.Qualified = p.facts.Active, p.facts.Merged, p.facts.Qualified
		f.DoNotEmail, f.DoNotBulkEmail = p.facts.DoNotEmail, p.facts.DoNotBulkEmail
		f.Email, f.Excluded = p.mapped.EmailState, p.mapped.Excluded
	}
	if p.link.Status == connector.StatusOptOut && f.AddressChanged && f.Email == connector.EmailValid && !f.Linked {
		f.Status = connector.StatusUnknown // the opt-out was another address's
	}
	return f
}

// leave ends those about whom nothing is to be done.
func (b *run) leave(ctx context.Context, people []*person) error {
	for _, p := range people {
		if p.deleted && !p.linked {
			p.verdict.Reason = "there is no such row in Dynamics 365, and it was never in Spotler"
		}
		if p.deleted && p.linked {
			b.forget(p)
		}
		p.link.Status, p.link.Reason, p.link.Rule = p.verdict.Status, sentence(p.verdict.Reason), p.verdict.Rule
		p.link.Version = p.row.Version
		if p.deleted {
			p.link.AddressHash, p.link.Owner = "", false
			if !p.owner.IsZero() {
				p.link.ExternalID = "" // the contact is the owner's
			}
		} else if !p.link.InSpotler() {
			p.link.AddressHash, p.link.Owner = p.hash, false
		}
		p.result.gone = p.deleted
		if p.linked || p.found {
			p.result.tellings = append(p.result.tellings, b.infoTellings(&p.link, p.deleted)...)
			p.result.links = []store.Link{p.link}
		}
		if !p.owner.IsZero() { // an opt-out of one who shares the address is the owner's as well
			p.result.follow = append(p.result.follow, PutSync(b.env.Name, p.owner, store.Consent, fmt.Sprintf("sharer/%d", p.work.ID), "sharer"))
		}
		p.end(connector.Skipped(sentence(p.verdict.Reason)))
	}
	return nil
}

// sentence makes a reason read as one.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	if last := s[len(s)-1]; last != '.' && last != '!' {
		s += "."
	}
	return s
}

func fieldsOf(r mapping.Result) []decide.Field {
	out := make([]decide.Field, len(r.Fields))
	for i, f := range r.Fields {
		out[i] = decide.Field{Name: f.Name, Value: f.Value, Canonical: f.Canonical, Wire: f.Wire, Direction: f.Direction}
	}
	return out
}

func bitsOf(r mapping.Result) []decide.Bit {
	out := make([]decide.Bit, len(r.Bits))
	for i, x := range r.Bits {
		out[i] = decide.Bit{Key: decide.BitKey{Property: x.Property, Bit: x.Bit}, Name: x.Name, Row: x.On, On: x.On, Direction: x.Direction}
	}
	return out
}

func shadowOf(l store.Link) decide.Shadow {
	out := make(decide.Shadow, len(l.Shadow))
	for k, v := range l.Shadow {
		out[k] = decide.Sides{CRM: v.CRM, Spotler: v.Spotler}
	}
	return out
}
