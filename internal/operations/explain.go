package operations

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/store"
)

// History is what an explanation needs of the store. *store.Store is one.
type History interface {
	Store
	Ops(ctx context.Context, f store.OpFilter) ([]store.Op, error)
	LedgerOf(ctx context.Context, env connector.Environment, record connector.Record) ([]store.Entry, error)
	Receipts(ctx context.Context, env connector.Environment, record connector.Record) ([]store.Receipt, error)
	Reviews(ctx context.Context, env connector.Environment, n int) ([]store.Review, error)
}

// Explanation answers, for one person: why are they (not) in Spotler, and what would a
// sync do now? Mapping holds personal values; the rest holds none.
type Explanation struct {
	Record  connector.Record
	At      time.Time
	Synced  bool // rows of the table are synchronised at all; nothing else is told when not
	Verdict decide.Verdict
	Looks   []decide.Look
	Instead []decide.Change

	RowVersion int64
	ModifiedAt time.Time // of the row in Dynamics; zero when it was not read
	Mapping    mapping.Preview
	// Sends are the fields that a sync would write, and Permissions every permission
	// with what a sync would do about it; both only when it would write.
	Sends       []string
	Permissions []ExplainedPermission
	// Makes are the permission rows that a sync would make first.
	Makes []connector.Permission

	Link   store.Link
	Linked bool
	// Owner stands for the address instead of the record; zero when nobody does.
	Owner   connector.Record
	Sharers []connector.Record
	// InSpotler says whether Spotler has the contact; Unasked why nobody knows.
	InSpotler bool
	Unasked   string

	Ops      []store.Op // the last ones, of both sides, newest first
	Ledger   []store.Entry
	Receipts []store.Receipt
	Reviews  []store.Review
	Gates    []store.Gate
}

// ExplainedPermission is one permission as both sides have it.
type ExplainedPermission struct {
	Name    string
	Row     string // "on", "off", "none" or "on and off" of the rows in Dynamics
	Agreed  string // what both sides held when they last agreed; "" for never
	Spotler string // what Spotler has now; "" when nobody could look
	Does    string // what a sync would do, in a few words
}

// historyKept is how many ops and ledger entries an explanation shows.
const historyKept = 10

// Explain says why a person is, or is not, in Spotler, by the same steps as a sync. It
// reads both sides and writes nothing.
func Explain(ctx context.Context, s History, env *Environment, record connector.Record, now time.Time) (Explanation, error) {
	env = env.For(record)
	if err := env.prepare(ctx, s); err != nil {
		return Explanation{}, err
	}
	x := Explanation{Record: record, At: now, Synced: env.synchronises(record.Table)}
	if err := x.remember(ctx, s, env.Name); err != nil || !x.Synced {
		return x, err
	}
	b := &run{Runner: &Runner{Store: s, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}, env: env, now: now}
	p := &person{record: record}
	for _, step := range []func(context.Context, []*person) error{b.gatherAll, b.identify} {
		if err := step(ctx, []*person{p}); err != nil {
			return x, err
		}
		if p.result.err != nil {
			return x, p.result.err
		}
	}
	if err := b.ownerOf(ctx, p); err != nil {
		return x, err
	}
	facts := b.facts(p)
	x.Verdict, x.Looks = decide.Trace(facts, env.Policy)
	x.Instead = decide.Instead(facts, env.Policy)
	x.Link, x.Linked, x.Owner, x.Sharers = p.link, p.linked, p.owner, p.sharers
	x.RowVersion = p.row.Version
	x.ModifiedAt, _ = p.row.Time("modifiedon")
	p.verdict = x.Verdict
	return x, b.explain(ctx, &x, p)
}

// remember reads what is kept about the person.
func (x *Explanation) remember(ctx context.Context, s History, env connector.Environment) (err error) {
	if x.Ops, err = s.Ops(ctx, store.OpFilter{Environment: env, Lane: store.LaneOf(env, x.Record), Limit: historyKept}); err != nil {
		return err
	}
	if x.Ledger, err = s.LedgerOf(ctx, env, x.Record); err != nil {
		return err
	}
	if n := len(x.Ledger); n > historyKept {
		x.Ledger = x.Ledger[n-historyKept:]
	}
	if x.Receipts, err = s.Receipts(ctx, env, x.Record); err != nil {
		return err
	}
	reviews, err := s.Reviews(ctx, env, 1000)
	if err != nil {
		return err
	}
	x.Reviews = slices.DeleteFunc(reviews, func(r store.Review) bool { return r.Subject != x.Record.String() })
	gates, err := s.Gates(ctx)
	x.Gates = slices.DeleteFunc(gates, func(g store.Gate) bool { return g.Environment != env || !g.Closed(x.At) })
	return err
}

// ownerOf finds who stands for the address of p, without claiming it.
func (b *run) ownerOf(ctx context.Context, p *person) error {
	links, err := b.Store.LinksByAddress(ctx, b.env.Name, []string{p.hash})
	if err != nil || p.hash == "" {
		return err
	}
	for _, l := range links[p.hash] {
		if l.Owner && l.InSpotler() && l.Record != p.record {
			p.owner = l.Record
		}
	}
	return nil
}

// explain looks at the person in Spotler and works out what a sync would write.
// Spotler that does not answer leaves that part out.
func (b *run) explain(ctx context.Context, x *Explanation, p *person) error {
	there, current, err := b.looked(ctx, p)
	switch {
	case err != nil:
		x.Unasked = "Spotler did not answer"
		if f := fault.As(err); f != nil && f.Says != "" {
			x.Unasked = f.Says
		}
	default:
		x.InSpotler = current.Exists
	}
	if p.found {
		x.Mapping = b.env.Mapping.Preview(p.record.Table, p.row.Values, p.permissions, there.Properties)
	}
	if err == nil && writes(x.Verdict) {
		if err := b.explainFirst(ctx, x, p); err != nil {
			return err
		}
		if err := b.consider(ctx, []*person{p}); err != nil {
			return err
		}
		if p.result.err != nil {
			return p.result.err
		}
		for _, f := range p.sending.Send {
			x.Sends = append(x.Sends, f.Name)
		}
		slices.Sort(x.Sends)
	}
	if p.found {
		x.Permissions = b.explainPermissions(p, current)
	}
	return nil
}

// explainFirst takes the rows into account that a sync would make first.
func (b *run) explainFirst(ctx context.Context, x *Explanation, p *person) error {
	if b.env.Populate == nil || len(p.permissions) > 0 {
		return nil
	}
	v, defined, err := b.env.variables(ctx, b.now)
	if err != nil || !defined {
		return err
	}
	b.first(ctx, p, v)
	if x.Makes = p.first; len(p.first) > 0 {
		b.tookRows(p)
	}
	return p.result.err
}

func (b *run) explainPermissions(p *person, current decide.Current) []ExplainedPermission {
	shadow := decide.BitShadowOf(shadowOf(p.link), b.knownBits(p), b.env.fieldHash)
	has := func(bits []decide.Bit, key decide.BitKey) bool {
		return slices.ContainsFunc(bits, func(x decide.Bit) bool { return x.Key == key })
	}
	var out []ExplainedPermission
	for _, k := range b.env.Mapping.KnownBits(p.record.Table) {
		key := decide.BitKey{Property: k.Property, Bit: k.Bit}
		e := ExplainedPermission{Name: k.Name, Row: p.rowsSay(k.Name), Agreed: position(shadow[key].CRM), Does: "nothing"}
		if current.Read {
			e.Spotler = onOff(current.On[key])
		}
		corrected := slices.ContainsFunc(p.consents.Corrections, func(c decide.Correction) bool { return c.Bit.Key == key })
		switch {
		case !writes(p.verdict):
		case e.Row == "none":
			e.Does = "nothing: there is no row"
		case has(p.consents.Send, key):
			for _, s := range p.consents.Send {
				if s.Key == key {
					e.Does = "turns it " + onOff(s.On) + " in Spotler"
				}
			}
		case corrected:
			e.Does = "turns it off in Dynamics: the opt-out in Spotler wins"
		case has(p.consents.Held, key):
			e.Does = "nothing: the opt-out in Spotler wins, and the row stays"
		}
		out = append(out, e)
	}
	return out
}

// rowsSay is what the rows of one permission say together.
func (p *person) rowsSay(name string) string {
	on, off := false, false
	for _, permission := range p.permissions {
		if permission.Name == name {
			on, off = on || permission.Subscribed, off || !permission.Subscribed
		}
	}
	switch {
	case on && off:
		return "on and off"
	case on, off:
		return onOff(on)
	}
	return "none"
}

// String is the permission in one line, for tests and logs.
func (e ExplainedPermission) String() string {
	return fmt.Sprintf("%s: row %s, agreed %s, Spotler %s; %s", e.Name, e.Row, e.Agreed, e.Spotler, e.Does)
}
