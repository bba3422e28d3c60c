package operations

import (
	"context"
	"errors"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// lookers is how many people are read from Spotler at the same time.
const lookers = 8

// consider decides, for those who will be written, which fields and which bits
// travel. A bit is turned on only after a look at the person in Spotler in this
// same run, so that an opt-out which nobody polled yet wins.
func (b *run) consider(ctx context.Context, people []*person) error {
	var writing []*person
	for _, p := range people {
		if writes(p.verdict) {
			writing = append(writing, p)
		}
	}
	if err := b.readSharers(ctx, writing); err != nil {
		return err
	}
	for _, p := range writing {
		p.sending = decide.Fields(fieldsOf(p.mapped), shadowOf(p.link), b.env.Purge, b.env.fieldHash)
		p.open = askedFields(p.link.Shadow)
	}
	b.each(writing, b.mustLook, func(p *person) { b.considerOne(ctx, p) })
	return nil
}

// each runs f for people; a few at the same time of those who must be looked at.
func (b *run) each(people []*person, looks func(*person) bool, f func(*person)) {
	slots := make(chan struct{}, lookers)
	var all sync.WaitGroup
	for _, p := range people {
		if !looks(p) {
			f(p)
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			f(p)
		})
	}
	all.Wait()
}

// wanted are the bits that Spotler should have, opt-outs of sharers included.
func (b *run) wanted(p *person) []decide.Bit {
	bits := decide.Effective(bitsOf(p.mapped), p.facts.DoNotBulkEmail)
	for _, s := range b.sharing[p.record] {
		bits = decide.WithSharers(bits, s)
	}
	return bits
}

func (b *run) knownBits(p *person) []decide.BitKey {
	known := b.env.Mapping.KnownBits(p.record.Table)
	keys := make([]decide.BitKey, len(known))
	for i, k := range known {
		keys[i] = decide.BitKey{Property: k.Property, Bit: k.Bit}
	}
	return keys
}

// mustLook reports whether the person must be read from Spotler first.
func (b *run) mustLook(p *person) bool {
	if b.env.Purge {
		return true // what Spotler owns must be repeated, or the write clears it
	}
	if len(p.sending.Moved)+len(p.open) > 0 {
		return true // the field may have changed in Spotler since anybody looked
	}
	if p.verdict.Action == decide.Create && b.env.Subscribers.Strategy != decide.StrategyOff {
		return true // somebody who came from Spotler has an id there that may be another system's
	}
	return decide.NeedsSpotlerState(b.wanted(p), decide.BitShadowOf(shadowOf(p.link), b.knownBits(p), b.env.fieldHash))
}

func (b *run) considerOne(ctx context.Context, p *person) {
	shadow := shadowOf(p.link)
	keys := b.knownBits(p)
	current := decide.Current{}
	var there spotler.Contact
	if b.mustLook(p) {
		var err error
		if there, current, err = b.looked(ctx, p); err != nil {
			p.fail(err)
			return
		}
		p.fresh = !current.Exists
		b.keepForeignID(p, there)
		if current.Exists {
			b.meet(ctx, p, there, shadow)
		}
	}
	current.MayBeOurs = p.work.Attempt > 1
	p.consents = decide.Bits(b.wanted(p), decide.BitShadowOf(shadow, keys, b.env.fieldHash), current)
	if b.env.Purge && current.Exists {
		p.repeat = repeated(there, p.sending.Repeat, keys)
	}
	if b.ownEvent(p, shadow) {
		p.link.Version = p.row.Version
		p.marked(p.link.Shadow)
		p.result.links, p.result.quiet = []store.Link{p.link}, true
		p.end(connector.Skipped("The row holds what came from Spotler, so nothing travels."))
		return
	}
	if b.unchanged(p, shadow) {
		p.end(connector.Skipped("Spotler was already brought up to date with this version of the record."))
		if p.link.Op != 0 { // that op served this event too, as if it had joined in time
			p.result.into, p.result.quiet = p.link.Op, true
		}
	}
}

// ownEvent reports whether an event tells us of our own write of what came from
// Spotler: then Spotler has it already. What else was changed meanwhile travels.
func (b *run) ownEvent(p *person, shadow decide.Shadow) bool {
	_, ours := shadow[backEntry]
	if !ours {
		return false
	}
	p.mark(backEntry, nil)
	seen := p.work.Source == "webhook" || p.work.Source == "feed"
	if !seen || len(p.work.Jobs) > 0 || p.verdict.Action != decide.Update || p.link.Status != p.verdict.Status || p.link.AddressHash != p.hash ||
		len(p.marks) > 1 || len(p.result.follow)+len(p.consents.Send)+len(p.consents.Corrections)+len(p.consents.Held) > 0 || shadow[rulesEntry].CRM != b.env.rulesHash(p.facts) {
		return false
	}
	for name, now := range p.sending.Next {
		if was, ok := shadow[name]; !ok || was != now {
			return false
		}
	}
	return true
}

// unchanged reports whether Spotler was written from this very version of the row
// and nothing else has to travel: several events of one moment, or an event that
// change tracking finds once more, then cost one write. Who asks for a sync by a
// job, the API or the command line always gets one.
func (b *run) unchanged(p *person, shadow decide.Shadow) bool {
	seen := p.work.Source == "webhook" || p.work.Source == "feed"
	if !seen || len(p.work.Jobs) > 0 || p.verdict.Action != decide.Update || p.row.Version == 0 || p.row.Version != p.link.Version ||
		p.link.Status != p.verdict.Status || len(p.marks)+len(p.result.follow) > 0 || len(p.consents.Send)+len(p.consents.Corrections)+len(p.consents.Held) > 0 {
		return false
	}
	for name, now := range p.sending.Next {
		if was, ok := shadow[name]; !ok || was != now {
			return false
		}
	}
	return true
}

// look reads the person from Spotler by id and, when there is nobody, by address:
// somebody who opted out under another id has opted out.
func (b *run) look(ctx context.Context, p *person, keys []decide.BitKey) (spotler.Contact, decide.Current, error) {
	c, err := b.env.Mail.Contact(ctx, p.externalID())
	if errors.Is(err, fault.NotFound) {
		if p.mapped.Email.IsZero() {
			return c, decide.Current{Read: true}, nil
		}
		found := false
		for hit, serr := range b.env.Mail.Search(ctx, "email", p.mapped.Email.Address()) {
			if serr != nil {
				return c, decide.Current{}, serr
			}
			c, found = hit, true
			break
		}
		if !found {
			return c, decide.Current{Read: true}, nil
		}
		err = nil
	}
	if err != nil {
		return c, decide.Current{}, err
	}
	current := decide.Current{Read: true, Exists: true, On: map[decide.BitKey]bool{}}
	for _, k := range keys {
		if c.SetBits(k.Property)[k.Bit] {
			current.On[k] = true
		}
	}
	return c, current, nil
}

// keepForeignID leaves a contact of another system under the id that it has, unless
// the setting take_over_ids is on: a write under ours would overwrite it (reference:
// spotler-api 4.4).
func (b *run) keepForeignID(p *person, there spotler.Contact) {
	_, ours := there.ExternalID.RecordID()
	if p.link.ExternalID == "" && there.ExternalID != "" && !ours && !b.env.Subscribers.TakeOver {
		p.link.ExternalID = there.ExternalID
	}
}

// repeated are the values that a purging write must repeat so that it does not
// clear what Spotler owns.
func repeated(there spotler.Contact, fields []string, keys []decide.BitKey) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		if v, ok := there.Properties[f]; ok {
			out[f] = v
		}
	}
	bits := map[string][]spotler.SetItem{}
	for _, k := range keys {
		bits[k.Property] = append(bits[k.Property], spotler.SetItem{Bit: k.Bit, Enabled: there.SetBits(k.Property)[k.Bit]})
	}
	for property, items := range bits {
		out[property] = items
	}
	return out
}

// readSharers reads the permission rows of records that share an address with
// somebody who will be written: their opt-outs apply to the owner.
func (b *run) readSharers(ctx context.Context, writing []*person) error {
	var others []*person
	asked := map[connector.Record]*person{}
	for _, p := range writing {
		for _, r := range p.sharers {
			if asked[r] == nil {
				asked[r] = &person{record: r}
				others = append(others, asked[r])
			}
		}
	}
	b.sharing = map[connector.Record][][]decide.Bit{}
	for start := 0; start < len(others); start += 100 {
		if err := b.gatherAll(ctx, others[start:min(start+100, len(others))]); err != nil {
			return err
		}
	}
	for _, p := range writing {
		for _, r := range p.sharers {
			s := asked[r]
			if s.result.err != nil {
				p.fail(s.result.err)
				break
			}
			if !s.found || s.hashDiffers(b, p) {
				continue // gone, or the address is another one by now
			}
			off := s.facts.DoNotBulkEmail || s.facts.DoNotEmail
			b.sharing[p.record] = append(b.sharing[p.record], decide.Effective(bitsOf(s.mapped), off))
		}
	}
	return nil
}

func (p *person) hashDiffers(b *run, other *person) bool {
	return b.env.addressHash(p.mapped.Email) != other.hash
}

// afterWrite is the link of a person whose write Spotler accepted.
func (b *run) afterWrite(p *person, status connector.SpotlerStatus) store.Link {
	l := p.link
	next := shadowOf(l)
	if p.verdict.Action == decide.Create && !p.link.InSpotler() {
		next = decide.Shadow{}
	}
	for k, v := range p.sending.Next {
		next[k] = v
	}
	bits := p.consents.Next
	if p.fresh {
		bits = decide.AfterCreate(b.knownBits(p), bits)
	}
	for k, v := range bits.Entries(b.env.fieldHash) {
		next[k] = v
	}
	l.Shadow = make(map[string]store.Sides, len(next))
	for k, v := range next {
		l.Shadow[k] = store.Sides{CRM: v.CRM, Spotler: v.Spotler}
	}
	p.marked(l.Shadow)
	l.Shadow[rulesEntry] = store.Sides{CRM: b.env.rulesHash(p.facts)}
	l.ExternalID, l.AddressHash, l.Owner = p.externalID(), p.hash, true
	l.ErasedAt = time.Time{}
	l.Status, l.Reason, l.Rule, l.Version = status, sentence(p.verdict.Reason), p.verdict.Rule, p.row.Version
	l.Op = p.work.ID
	return l
}
