package operations

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// Changes is what the watcher needs of Spotler. *spotler.Client is one.
type Changes interface {
	Updates(ctx context.Context, from, to time.Time) iter.Seq2[spotler.Contact, error]
	Bounces(ctx context.Context, from, to time.Time) iter.Seq2[spotler.Bounce, error]
	Properties(ctx context.Context) ([]spotler.Property, error)
}

// WatchStore is what the watcher needs of the store. *store.Store is one.
type WatchStore interface {
	Store
	Put(ctx context.Context, puts []store.Put) ([]store.PutResult, error)
}

// Watcher reads what changed in Spotler and puts it into the lanes of the people
// (manual: "Syncing from Spotler to Dynamics 365").
type Watcher struct {
	Env   *Environment
	Mail  Changes
	Store WatchStore
	Now   func() time.Time
	// Fields are the types of Spotler's properties with which the mapping was bound.
	Fields map[string]string
	// Empties is how many people may empty one field in one window; 0 is no fence.
	Empties int
}

// Watched counts what a window brought.
type Watched struct {
	Contacts int // that changed
	Echoes   int // of them, that are as both sides agreed: our own writes
	Bounces  int
	Put      int // new work
	Known    int // work that an overlapping window had put already
	// Strangers are in Spotler only, and new subscribers are not taken in.
	Strangers int
	Unread    int // items that could not be read
}

// atOnce is how many contacts are compared and stored together. Memory does not grow
// with a window.
const atOnce = 500

// Window reads the changes from from until to. When it returns without an error, all
// of them are stored.
func (w *Watcher) Window(ctx context.Context, from, to time.Time) (Watched, error) {
	if err := w.Env.prepare(ctx, w.Store); err != nil {
		return Watched{}, err
	}
	listed, err := w.Mail.Properties(ctx)
	if err != nil {
		return Watched{}, err
	}
	x := &watching{Watcher: w, unlisted: w.unlisted(listed), fence: newEmptyFence(w.Empties)}
	if err := x.bounces(ctx, from, to); err != nil {
		return x.seen, err
	}
	if err := x.updates(ctx, from, to); err != nil {
		return x.seen, err
	}
	return x.seen, x.release(ctx)
}

// unlisted are the mapped properties that Spotler does not list now with the type
// that they had.
func (w *Watcher) unlisted(listed []spotler.Property) []string {
	now := make(map[string]string, len(listed))
	for _, p := range listed {
		now[p.Name] = p.Type
	}
	var out []string
	for name := range w.wanted() {
		if kind, there := now[name]; !there || w.Fields[name] != "" && kind != w.Fields[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// wanted are the properties that matter for any table.
func (w *Watcher) wanted() map[string]bool {
	out := map[string]bool{}
	for _, t := range w.Env.Synced {
		for name := range w.Env.Mapping.InwardProperties(t) {
			out[name] = true
		}
	}
	return out
}

// watching is one window.
type watching struct {
	*Watcher
	seen     Watched
	unlisted []string
	fence    *emptyFence
}

func (x *watching) updates(ctx context.Context, from, to time.Time) error {
	wanted := x.wanted()
	chunk := make([]Inbound, 0, atOnce)
	for c, err := range x.Mail.Updates(ctx, from, to) {
		if spotler.IsOneItem(err) { // one that cannot be read does not hide the others
			x.seen.Unread++
			continue
		}
		if err != nil {
			return err
		}
		in := inboundOf(c, wanted, x.Now())
		in.Unlisted = x.unlisted
		x.seen.Contacts++
		if chunk = append(chunk, in); len(chunk) < atOnce {
			continue
		}
		if err := x.put(ctx, chunk); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	return x.put(ctx, chunk)
}

func (x *watching) bounces(ctx context.Context, from, to time.Time) error {
	chunk := make([]Inbound, 0, atOnce)
	for bounce, err := range x.Mail.Bounces(ctx, from, to) {
		if spotler.IsOneItem(err) {
			x.seen.Unread++
			continue
		}
		if err != nil {
			return err
		}
		in := inboundOf(bounce.Contact, nil, x.Now())
		in.Bounce, in.Changed = bounce.Type, bounce.Date
		x.seen.Bounces++
		if _, ours := in.ExternalID.RecordID(); !ours {
			continue // nobody in Dynamics is concerned
		}
		chunk = append(chunk, in)
	}
	return x.put(ctx, chunk)
}

// put stores the work for people, except for those who are an echo.
func (x *watching) put(ctx context.Context, people []Inbound) error {
	if len(people) == 0 {
		return nil
	}
	owners, err := x.owners(ctx, people)
	if err != nil {
		return err
	}
	puts := make([]store.Put, 0, len(people))
	for i, in := range people {
		link := owners[i]
		if _, ours := in.ExternalID.RecordID(); !ours && link.Record.IsZero() && x.Env.Subscribers.Strategy == decide.StrategyOff {
			x.seen.Strangers++
			continue
		}
		if x.echo(in, link) {
			x.seen.Echoes++
			continue
		}
		p, err := x.Env.putInbound(x.lane(in, link), in, x.Env.inboundKey(in))
		if err != nil {
			return err
		}
		if x.fence.holds(x.emptied(in, link), p) {
			continue
		}
		puts = append(puts, p)
	}
	return x.store(ctx, puts)
}

func (x *watching) store(ctx context.Context, puts []store.Put) error {
	results, err := x.Store.Put(ctx, puts)
	for _, r := range results {
		if r.Known {
			x.seen.Known++
		} else {
			x.seen.Put++
		}
	}
	return err
}

// owners are the links of people, in their order; zero for those who have none. A
// GUID may be that of a contact, a lead or an account.
func (x *watching) owners(ctx context.Context, people []Inbound) ([]store.Link, error) {
	out := make([]store.Link, len(people))
	var records []connector.Record
	var foreign []connector.ExternalID
	for _, in := range people {
		if id, ours := in.ExternalID.RecordID(); ours {
			for _, t := range connector.People {
				records = append(records, connector.Record{Table: t, ID: id})
			}
		} else if in.ExternalID != "" {
			foreign = append(foreign, in.ExternalID)
		}
	}
	links, err := x.Store.Links(ctx, x.Env.Name, records)
	if err != nil {
		return nil, err
	}
	kept, err := x.Store.LinksByExternalID(ctx, x.Env.Name, foreign)
	if err != nil {
		return nil, err
	}
	for i, in := range people {
		id, _ := in.ExternalID.RecordID()
		for _, l := range kept[in.ExternalID] {
			if l.InSpotler() {
				out[i] = l
			}
		}
		for _, t := range connector.People {
			if l, ok := links[connector.Record{Table: t, ID: id}]; ok && (out[i].Record.IsZero() || l.InSpotler()) {
				out[i] = l
			}
		}
	}
	return out, nil
}

// lane is where the work for a person belongs: with their record, or, while there is
// none, with their id or address.
func (x *watching) lane(in Inbound, l store.Link) store.Lane {
	if !l.Record.IsZero() {
		return store.LaneOf(x.Env.Name, l.Record)
	}
	if id, ours := in.ExternalID.RecordID(); ours {
		return store.AddressLane(x.Env.Name, x.Env.hash("id\x1f"+string(id)))
	}
	text, _ := in.Properties["email"].(string)
	if e, state := connector.ReadEmail(text); state == connector.EmailValid {
		return store.AddressLane(x.Env.Name, x.Env.addressHash(e))
	}
	return store.AddressLane(x.Env.Name, x.Env.hash("contact\x1f"+in.EncryptedID))
}

// echo reports whether a contact is as both sides agreed on: then there is no work,
// and Dataverse is not asked.
func (x *watching) echo(in Inbound, l store.Link) bool {
	if l.Record.IsZero() || !l.InSpotler() || in.Bounce != "" || in.gone() || len(askedFields(l.Shadow)) > 0 {
		return false
	}
	open, known := in.contact().Channel("EMAIL")
	if known && open != reachable(l.Status) {
		return false
	}
	for _, r := range x.Env.Mapping.Inward(l.Record.Table, in.Properties) {
		was, agreed := l.Shadow[r.Name]
		if !agreed && r.Wire == "" && r.Says == "" {
			continue
		}
		if r.Wire == "" && r.Says != "" || was.Spotler != x.hashed(r.Name, r.Wire) {
			return false
		}
	}
	for _, k := range x.Env.Mapping.KnownBits(l.Record.Table) {
		name := k.Property + "#" + fmt.Sprint(k.Bit)
		on, told := in.contact().SetBits(k.Property)[k.Bit]
		if was := l.Shadow[name].Spotler; was != x.Env.fieldHash(name, "on") && (!told || was == "" && !on) {
			continue // off, or not told, as far as anybody knew
		}
		if l.Shadow[name].Spotler != x.Env.fieldHash(name, onOff(on)) {
			return false
		}
	}
	return true
}

func (x *watching) hashed(field, text string) string {
	if text == "" {
		return ""
	}
	return x.Env.fieldHash(field, text)
}

// reachable reports whether a person with that status can be mailed.
func reachable(s connector.SpotlerStatus) bool {
	switch s {
	case connector.StatusOptOut, connector.StatusHardBounce, connector.StatusSoftBounce, connector.StatusPermanent:
		return false
	}
	return true
}
