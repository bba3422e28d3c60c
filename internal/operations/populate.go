package operations

import (
	"context"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/spotler"
)

// Populate says how permission rows are made for people who have none (manual:
// "Customizations", "Auto populating Permissions"). Without it none are made.
type Populate struct {
	// Read reads the two environment variables. defined is false in an organisation
	// that does not have them.
	Read func(ctx context.Context) (v decide.Variables, defined bool, err error)
	// Since is when the connector came: rows made before that are existing customers.
	Since time.Time

	mu      sync.Mutex
	until   time.Time // when what was read must be read again
	read    decide.Variables
	defined bool
}

// variablesFor is how long the environment variables are trusted.
const variablesFor = time.Minute

// variables returns what the environment variables say, a minute old at most.
func (e *Environment) variables(ctx context.Context, now time.Time) (decide.Variables, bool, error) {
	p := e.Populate
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.until) {
		return p.read, p.defined, nil
	}
	v, defined, err := p.Read(ctx)
	if err != nil {
		return v, false, err
	}
	p.read, p.defined, p.until = v, defined, now.Add(variablesFor)
	return v, defined, nil
}

// newcomer is what decides about the permission rows of a person.
func (b *run) newcomer(p *person) decide.Newcomer {
	made, _ := p.row.Time("createdon")
	return decide.Newcomer{
		Rows:     len(p.permissions) > 0,
		Speaks:   p.found && p.facts.Active && !p.facts.Merged && !p.facts.Qualified,
		Erased:   p.verdict.Action == decide.Anonymize || !p.link.ErasedAt.IsZero() && !writes(p.verdict),
		MadeHere: !made.IsZero() && !made.Before(b.env.Populate.Since),
	}
}

// populate makes the permission rows of people who have none, before it is decided
// what travels: the rows are there first, so that no permission is on in Spotler that
// no row speaks for. Their ids are always the same, so a repetition makes none twice.
func (b *run) populate(ctx context.Context, people []*person) error {
	var without []*person
	for _, p := range people {
		if b.env.Populate != nil && !p.result.gone && decide.FirstPermissions(b.newcomer(p), []connector.Permission{{}}, func(string) bool { return false }) != nil {
			without = append(without, p)
		}
	}
	if len(without) == 0 {
		return nil
	}
	v, defined, err := b.env.variables(ctx, b.now)
	if err != nil || !defined {
		return err
	}
	var making []*person
	for _, p := range without {
		if len(decide.DefaultPermissions(v, b.bitNames(p))) > 0 {
			making = append(making, p)
		}
	}
	b.each(making, func(*person) bool { return true }, func(p *person) { b.first(ctx, p, v) })
	return b.makeRows(ctx, making)
}

// bitNames are the names of the permissions that Spotler knows.
func (b *run) bitNames(p *person) []string {
	var out []string
	for _, k := range b.env.Mapping.KnownBits(p.record.Table) {
		out = append(out, k.Name)
	}
	return out
}

// first decides which rows a person gets. It looks at the person in Spotler, by id
// and by address: who is known there has consents of their own.
func (b *run) first(ctx context.Context, p *person, v decide.Variables) {
	there, current, err := b.looked(ctx, p)
	if err != nil {
		p.fail(err)
		return
	}
	on := map[string]bool{}
	for _, k := range b.env.Mapping.KnownBits(p.record.Table) {
		on[k.Name] = on[k.Name] || there.SetBits(k.Property)[k.Bit]
	}
	who := b.newcomer(p)
	who.InSpotler = current.Exists
	p.first = decide.FirstPermissions(who, decide.DefaultPermissions(v, b.bitNames(p)), func(name string) bool { return on[name] })
	p.copied = current.Exists
}

// looked is look, once in a run.
func (b *run) looked(ctx context.Context, p *person) (spotler.Contact, decide.Current, error) {
	if p.seen == nil {
		there, current, err := b.look(ctx, p, b.knownBits(p))
		if err != nil {
			return there, current, err
		}
		p.seen = &lookedAt{there, current}
	}
	return p.seen.there, p.seen.current, nil
}

// lookedAt is a person as Spotler had it in this run.
type lookedAt struct {
	there   spotler.Contact
	current decide.Current
}

// makeRows writes the rows of people to Dataverse and takes them into account, as if
// they had been read.
func (b *run) makeRows(ctx context.Context, people []*person) error {
	table := schema.SpotlerPermission()
	var requests []dataverse.BatchRequest
	var whose []*person
	for _, p := range people {
		if p.done {
			continue
		}
		for _, permission := range p.first {
			fields := dataverse.Fields{"dh_name": permission.Name, "dh_subscribed": permission.Subscribed}
			b.bindPerson(fields, table, p.record)
			requests = append(requests, b.env.CRM.UpsertRequest(table, b.permissionRow(p, permission.Name), b.body(fields)))
			whose = append(whose, p)
		}
	}
	const atOnce = 1000 // Dataverse takes no more in one $batch
	for start := 0; start < len(requests); start += atOnce {
		end := min(start+atOnce, len(requests))
		answers, err := b.env.CRM.Batch(ctx, requests[start:end], true)
		if err != nil {
			return err
		}
		for i, a := range answers {
			if a.Err != nil && !whose[start+i].done {
				whose[start+i].fail(a.Err)
			}
		}
	}
	for _, p := range people {
		if !p.done && len(p.first) > 0 {
			b.tookRows(p)
		}
	}
	return nil
}

func (b *run) permissionRow(p *person, name string) connector.RecordID {
	return b.env.rowID("permission/" + p.record.String() + "/" + name)
}

// tookRows maps a person once more, with the rows that were just made.
func (b *run) tookRows(p *person) {
	p.permissions = p.first
	p.rows = map[string][]connector.RecordID{}
	for _, permission := range p.first {
		p.rows[permission.Name] = []connector.RecordID{b.permissionRow(p, permission.Name)}
	}
	p.mapped = b.env.Mapping.Outward(p.record.Table, p.row.Values, p.permissions)
}
