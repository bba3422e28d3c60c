package operations

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// gather reads the rows of people and their permission rows in one request, and
// looks again, one by one, for rows that did not come: absence is not deletion.
func (b *run) gather(ctx context.Context, people []*person) error {
	byTable := map[connector.Table][]*person{}
	var order []connector.Table
	for _, p := range people {
		if byTable[p.record.Table] == nil {
			order = append(order, p.record.Table)
		}
		byTable[p.record.Table] = append(byTable[p.record.Table], p)
	}
	var queries []dataverse.Query
	for _, t := range order {
		queries = append(queries, b.rowQuery(t, byTable[t]), b.permissionQuery(t, byTable[t]))
	}
	answers, err := b.read(ctx, queries)
	if err != nil {
		return err
	}
	for i, t := range order {
		b.match(byTable[t], answers[2*i], answers[2*i+1])
	}
	return b.lookAgain(ctx, people)
}

// read runs queries in one $batch and returns the rows of each.
func (b *run) read(ctx context.Context, queries []dataverse.Query) ([][]dataverse.Row, error) {
	requests := make([]dataverse.BatchRequest, len(queries))
	for i, q := range queries {
		requests[i] = b.env.CRM.GetRequest(q)
	}
	responses, err := b.env.CRM.Batch(ctx, requests, true)
	if err != nil {
		return nil, err
	}
	out := make([][]dataverse.Row, len(queries))
	for i, q := range queries {
		if responses[i].Err != nil {
			return nil, responses[i].Err
		}
		rows, next, err := dataverse.DecodeRows(responses[i], q.Table)
		if err != nil {
			return nil, err
		}
		if next != "" {
			for row, err := range b.env.CRM.RowsFrom(ctx, q, next) {
				if err != nil {
					return nil, err
				}
				rows = append(rows, row)
			}
		}
		out[i] = rows
	}
	return out, nil
}

func ids(people []*person) []connector.RecordID {
	out := make([]connector.RecordID, len(people))
	for i, p := range people {
		out[i] = p.record.ID
	}
	return out
}

func (b *run) rowQuery(t connector.Table, people []*person) dataverse.Query {
	table := b.env.Tables[t]
	columns := b.columns(t)
	for _, when := range []string{"createdon", "modifiedon"} { // when the row was made and last changed
		if _, dated := table.Column(when); dated && !slices.Contains(columns, when) {
			columns = append(columns, when)
		}
	}
	return dataverse.Query{Table: table, Select: columns, Filter: dataverse.In(table.Key, ids(people)...), Annotations: b.needsLabels(t)}
}

// columns are the mapped columns and those of the rules, each once.
func (b *run) columns(t connector.Table) []string { return Columns(b.env.Mapping, t) }

// needsLabels reports whether a mapped column is read by its label.
func (b *run) needsLabels(t connector.Table) bool {
	table := b.env.Tables[t]
	for _, name := range b.env.Mapping.Columns(t) {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "_"), "_value")
		if c, ok := table.Column(name); ok {
			switch c.Kind {
			case schema.Choice, schema.State, schema.Status, schema.Lookup, schema.Customer, schema.Owner:
				return true
			}
		}
	}
	return false
}

func permissionLookup(t connector.Table) string {
	if t == connector.Lead {
		return "dh_lead"
	}
	return "dh_customer"
}

func (b *run) permissionQuery(t connector.Table, people []*person) dataverse.Query {
	table := schema.SpotlerPermission()
	lookup := permissionLookup(t)
	return dataverse.Query{Table: table, Select: []string{"dh_name", "dh_subscribed", "modifiedon", lookup},
		Filter: dataverse.And(dataverse.In(dataverse.Property(table, lookup), ids(people)...), dataverse.Eq("statecode", 0))}
}

func (b *run) match(people []*person, rows, permissions []dataverse.Row) {
	by := make(map[connector.RecordID]*person, len(people))
	for _, p := range people {
		by[p.record.ID] = p
	}
	for _, r := range rows {
		if p := by[r.ID]; p != nil {
			p.row, p.found = r, true
		}
	}
	for _, r := range permissions {
		for _, lookup := range []string{"dh_customer", "dh_lead"} {
			to, ok := r.Lookup(lookup)
			p := by[to.ID]
			if !ok || p == nil {
				continue
			}
			if !r.Has("dh_subscribed") { // a column we may not see is not a No
				p.fail(&fault.Error{Op: "dataverse.Rows", On: "dh_spotlerpermission " + string(r.ID), Kind: fault.Garbled, Says: "a permission row came without Subscribed; check the connector's rights on that column"})
				continue
			}
			name := r.String("dh_name")
			subscribed, _ := r.Bool("dh_subscribed")
			p.permissions = append(p.permissions, connector.Permission{Name: name, Subscribed: subscribed})
			at, ok := r.Time("modifiedon")
			if ok && subscribed && at.After(p.consented) {
				p.consented = at
			}
			if p.rows == nil {
				p.rows, p.changedAt = map[string][]connector.RecordID{}, map[string]time.Time{}
			}
			p.rows[name] = append(p.rows[name], r.ID)
			if ok && at.After(p.changedAt[name]) {
				p.changedAt[name] = at
			}
		}
	}
}

// lookAgain asks for each row that did not come by its id. Only "does not exist"
// is a deletion; a refusal is trouble, and a row that answers now was hidden.
func (b *run) lookAgain(ctx context.Context, people []*person) error {
	for _, p := range people {
		if p.found {
			continue
		}
		_, err := b.env.CRM.Get(ctx, b.env.Tables[p.record.Table], p.record.ID, b.env.Tables[p.record.Table].Key)
		switch {
		case errors.Is(err, fault.NotFound):
			p.deleted = true
		case errors.Is(err, fault.Denied):
			return err
		case err != nil:
			p.fail(err)
		}
	}
	return nil
}
