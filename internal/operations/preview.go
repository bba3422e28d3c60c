package operations

import (
	"context"
	"errors"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
)

// Reading is e with another mapping, for looking only: it has no fence, no canary and
// makes no permission rows.
func (e *Environment) Reading(m *mapping.Bound) *Environment {
	return &Environment{Name: e.Name, CRM: e.CRM, Mail: e.Mail, Mapping: m, Tables: e.Tables, Synced: e.Synced, Policy: e.Policy, Purge: e.Purge,
		Patience: e.Patience, Prefer: e.Prefer, Skew: e.Skew, Fields: e.Fields, Zone: e.Zone}
}

// Previewed is one record as the mapping sees it now.
type Previewed struct {
	mapping.Preview
	InSpotler bool // the record has a contact there
}

// Preview reads a record from both sides and works the mapping of e out for it (manual:
// "Mapping"). It writes nothing. A record that Dynamics 365 does not have is NotFound.
func (r *Runner) Preview(ctx context.Context, e *Environment, record connector.Record) (Previewed, error) {
	if !e.Mapping.Synchronises(record.Table) {
		return Previewed{}, &fault.Error{Op: "operations.Preview", On: string(record.Table), Kind: fault.NotValid, Says: "the mapping does not synchronise rows of this table"}
	}
	if err := e.prepare(ctx, r.Store); err != nil {
		return Previewed{}, err
	}
	b := &run{Runner: r, env: e, now: r.Now()}
	p := &person{record: record}
	if err := b.gather(ctx, []*person{p}); err != nil {
		return Previewed{}, err
	}
	switch {
	case p.result.err != nil:
		return Previewed{}, p.result.err
	case p.deleted:
		return Previewed{}, &fault.Error{Op: "operations.Preview", On: record.String(), Kind: fault.NotFound, Says: "there is no such row in Dynamics 365"}
	case !p.found:
		return Previewed{}, &fault.Error{Op: "operations.Preview", On: record.String(), Kind: fault.Denied, Says: "the row did not come; the connector may not read it"}
	}
	links, err := r.Store.Links(ctx, e.Name, []connector.Record{record})
	if err != nil {
		return Previewed{}, err
	}
	p.link = links[record]
	contact, err := e.Mail.Contact(ctx, p.externalID())
	if err != nil && !errors.Is(err, fault.NotFound) {
		return Previewed{}, err
	}
	properties := contact.Properties
	if err == nil && properties == nil {
		properties = map[string]any{}
	}
	return Previewed{e.Mapping.Preview(record.Table, p.row.Values, p.permissions, properties), err == nil}, nil
}
