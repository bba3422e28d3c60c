package operations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// arrival is one person who comes back from Spotler in the lane of their record.
type arrival struct {
	*person
	in     Inbound
	answer Answer // of a person, to the question about a field

	// What was decided.
	body     dataverse.Fields // columns of the person's row
	set      []decide.Bit     // permission rows that take a value
	made     []decide.Bit     // permission rows that are made
	next     decide.Shadow    // what both sides agree on now
	standing decide.Standing
	back     bool     // Spotler must be brought up to date by a sync
	notes    []string // what a person should know, without values
}

// receive takes a batch of people who changed in Spotler into Dataverse (manual:
// "Syncing from Spotler to Dynamics 365"): one request reads their rows, one writes
// what differs. Repeating it is harmless: both sides are compared anew.
func (b *run) receive(ctx context.Context, work []store.Taken, indices []int, out []store.Settlement) {
	var known []*arrival
	var guests []*guest
	for _, i := range indices {
		args, err := DecodeArguments(work[i].Arguments)
		if err == nil && args.Inbound == nil && args.Answer == nil {
			err = errors.New("the op does not say who changed")
		}
		if err != nil {
			out[i] = b.failed(ctx, work[i], connector.Job{}, &fault.Error{Op: "operations.receive", Kind: fault.Broken, Err: err})
			continue
		}
		record, ok := work[i].Lane.Record()
		if args.Answer != nil {
			known = append(known, &arrival{person: &person{index: i, work: work[i], record: record}, answer: *args.Answer, body: dataverse.Fields{}, next: decide.Shadow{}})
			continue
		}
		if !ok || !record.Table.IsPerson() {
			guests = append(guests, &guest{index: i, work: work[i], in: *args.Inbound})
			continue
		}
		known = append(known, &arrival{person: &person{index: i, work: work[i], record: record}, in: *args.Inbound, body: dataverse.Fields{}, next: decide.Shadow{}})
	}
	b.welcome(ctx, guests, out)
	b.receiveAll(ctx, known)
	for _, a := range known {
		if a.result.err != nil {
			out[a.index] = b.failed(ctx, a.work, connector.Job{}, a.result.err)
			continue
		}
		a.result.quiet = true
		out[a.index] = b.settled(ctx, a.work, connector.Job{}, a.result)
	}
}

// receiveAll fills in the result of every arrival.
func (b *run) receiveAll(ctx context.Context, all []*arrival) {
	for _, step := range []func(context.Context, []*arrival) error{b.readArrivals, b.refresh, b.compareAll, b.writeArrivals, b.settleArrivals} {
		var open []*arrival
		for _, a := range all {
			if !a.done {
				open = append(open, a)
			}
		}
		if len(open) == 0 {
			return
		}
		if err := step(ctx, open); err != nil {
			for _, a := range open {
				if !a.done {
					a.fail(err)
				}
			}
			return
		}
	}
}

// readArrivals reads rows, permission rows and links, and lets go of those whose row
// does not speak for the person.
func (b *run) readArrivals(ctx context.Context, all []*arrival) error {
	people := make([]*person, 0, len(all))
	for _, a := range all {
		if !b.env.Mapping.Synchronises(a.record.Table) {
			a.end(connector.Skipped(fmt.Sprintf("Rows of table %s are not synchronised in this environment.", a.record.Table)))
			continue
		}
		people = append(people, a.person)
	}
	if len(people) == 0 {
		return nil
	}
	if err := b.gatherAll(ctx, people); err != nil {
		return err
	}
	records := make([]connector.Record, len(people))
	for i, p := range people {
		records[i] = p.record
	}
	links, err := b.Store.Links(ctx, b.env.Name, records)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.done {
			continue
		}
		if a.link, a.linked = links[a.record]; !a.linked {
			a.link = store.Link{Environment: b.env.Name, Record: a.record}
		}
		b.admit(a)
	}
	return nil
}

// admit ends the arrival of somebody for whom nothing is taken in.
func (b *run) admit(a *arrival) {
	switch {
	case a.deleted:
		a.end(connector.Skipped("The row was deleted in Dynamics 365; its erasure is on its own way."))
	case !a.found:
		a.fail(&fault.Error{Op: "dataverse.Rows", On: a.record.String(), Kind: fault.Unreachable, Says: "the row was not in the answer of Dynamics 365; it may be hidden from the connector: check its security role"})
	case a.answer.Field != "" && (!a.link.InSpotler() || a.facts.Merged):
		b.answered(a.person, a.answer.Field, a.answer.Choice)
		a.end(connector.Skipped("The person is not in Spotler any more, so there is nothing to choose."))
	case a.linked && !a.link.ErasedAt.IsZero() && !a.in.Adopt:
		a.end(connector.Skipped("The person was erased in Spotler, so nothing is taken from there."))
	case a.facts.Merged && a.facts.Master != "":
		winner := connector.Record{Table: a.record.Table, ID: a.facts.Master}
		put, err := b.env.putInbound(store.LaneOf(b.env.Name, winner), a.in, fmt.Sprintf("merged/%d", a.work.ID))
		if err != nil {
			a.fail(err)
			return
		}
		a.result.follow = []store.Put{put}
		a.end(connector.Skipped("The row was merged into another one, which takes the change."))
	case a.facts.Merged, a.facts.Qualified, !a.facts.Active:
		a.end(connector.Skipped("The row is not active, so it does not take changes from Spotler."))
	}
}

// freshFor is how long what was read with a window may be believed.
const freshFor = 5 * time.Minute

// clockSlack is how far the clock of the database may be from ours.
const clockSlack = 2 * time.Second

// refresh reads those again of whom the window told before our own last write: what
// it told may be older than what we wrote. The lane is ours, so nobody writes now.
func (b *run) refresh(ctx context.Context, all []*arrival) error {
	var old []*person
	by := map[*person]*arrival{}
	for _, a := range all {
		written := a.linked && a.link.UpdatedAt.Add(clockSlack).After(a.in.ReadAt)
		nameless := a.in.ExternalID == "" && a.link.ExternalID == "" || a.in.Adopt
		if a.in.Bounce == "" && !nameless && (written || b.now.Sub(a.in.ReadAt) > freshFor) {
			old = append(old, a.person)
			by[a.person] = a
		}
	}
	b.few(old, func(p *person) {
		a := by[p]
		id := a.in.ExternalID
		if a.link.ExternalID != "" {
			id = a.link.ExternalID
		}
		c, err := b.env.Mail.Contact(ctx, id)
		switch {
		case errors.Is(err, fault.NotFound):
			a.end(connector.Skipped("The contact is no longer in Spotler under this id."))
		case err != nil:
			a.fail(err)
		default:
			unlisted := a.in.Unlisted
			a.in = inboundOf(c, b.env.Mapping.InwardProperties(a.record.Table), b.Now())
			a.in.Unlisted = unlisted
			if a.answer.Field != "" {
				a.in.Unlisted = b.unlisted(ctx, a.record.Table)
			}
		}
	})
	return nil
}

// compareAll decides what each arrival changes.
func (b *run) compareAll(ctx context.Context, all []*arrival) error {
	for _, a := range all {
		b.reach(a)
		if a.in.Bounce != "" || a.in.gone() {
			continue
		}
		b.compareFields(ctx, a)
		b.compareBits(a)
	}
	return nil
}

// reach decides where the person stands in Spotler.
func (b *run) reach(a *arrival) {
	r := decide.Reach{Was: a.link.Status, Gone: a.in.gone()}
	r.Open, r.Known = a.in.contact().Channel("EMAIL")
	for _, k := range b.knownBits(a.person) {
		r.AnyOn = r.AnyOn || a.in.contact().SetBits(k.Property)[k.Bit]
	}
	switch a.in.Bounce {
	case "HARDBOUNCE":
		r.Bounced = decide.HardBounce
	case "SOFTBOUNCE":
		r.Bounced = decide.SoftBounce
	}
	a.standing = decide.InSpotler(r)
}

// note says that a value was left out.
func (a *arrival) note(column, says string) {
	if says != "" {
		a.notes = append(a.notes, column+" ("+says+")")
	}
}

// compareBits compares the permissions.
func (b *run) compareBits(a *arrival) {
	keys := b.knownBits(a.person)
	rows := map[decide.BitKey]decide.Bit{}
	for _, bit := range decide.Effective(bitsOf(a.mapped), a.facts.DoNotBulkEmail) {
		rows[bit.Key] = bit
	}
	var bits []decide.InwardBit
	for _, k := range b.env.Mapping.KnownBits(a.record.Table) {
		key := decide.BitKey{Property: k.Property, Bit: k.Bit}
		in := decide.InwardBit{Bit: decide.Bit{Key: key, Name: k.Name, Direction: k.Direction}, Barred: a.facts.DoNotBulkEmail,
			Left: a.standing.Status == connector.StatusOptOut && a.standing.Reason != ""}
		if row, ok := rows[key]; ok {
			in.Bit, in.HasRow = row, true
		}
		told := a.in.contact().SetBits(k.Property)
		in.Spotler, in.Told = told[k.Bit]
		if told == nil && a.in.listed(k.Property) { // an absent list has nothing on
			in.Told = true
		}
		bits = append(bits, in)
	}
	s := decide.InwardBits(bits, decide.BitShadowOf(shadowOf(a.link), keys, b.env.fieldHash))
	a.set, a.made, a.back = s.Set, s.Make, a.back || s.Back
	for name, sides := range s.Next.Entries(b.env.fieldHash) {
		a.next[name] = sides
	}
	for _, name := range a.twice() {
		a.notes = append(a.notes, name+" (two Spotler Permission rows say different things; No counts, remove one of them)")
	}
}

// twice names the permissions for which two rows say different things.
func (a *arrival) twice() []string {
	said := map[string]bool{}
	reported := map[string]bool{}
	var out []string
	for _, p := range a.permissions {
		name := strings.ToLower(strings.TrimSpace(p.Name))
		before, again := said[name]
		if again && before != p.Subscribed && !reported[name] {
			reported[name] = true
			out = append(out, p.Name)
		}
		said[name] = p.Subscribed
	}
	return out
}
