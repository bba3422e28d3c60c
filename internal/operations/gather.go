package operations

import (
	"context"
	"errors"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// gather reads the rows of people, their permission rows and what else the mapping
// asks for them in one request, and
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
	rows := len(queries)
	var questions []question
	for _, t := range order {
		for _, q := range b.questions(t, byTable[t]) {
			questions = append(questions, q)
			queries = append(queries, q.query)
		}
	}
	answers, err := b.answers(ctx, queries)
	if err != nil {
		return err
	}
	for _, a := range answers[:rows] {
		if a.err != nil {
			return a.err
		}
	}
	for i, t := range order {
		b.match(byTable[t], answers[2*i].rows, answers[2*i+1].rows)
	}
	if err := b.learn(questions, answers[rows:]); err != nil {
		return err
	}
	return b.lookAgain(ctx, people)
}

// answered is what came of one query.
type answered struct {
	rows []dataverse.Row
	err  error
}

// answers runs queries in as few $batch requests as it can.
func (b *run) answers(ctx context.Context, queries []dataverse.Query) ([]answered, error) {
	out := make([]answered, 0, len(queries))
	for some := range slices.Chunk(queries, dataverse.MaxBatch) {
		requests := make([]dataverse.BatchRequest, len(some))
		for i, q := range some {
			requests[i] = b.env.CRM.GetRequest(q)
		}
		responses, err := b.env.CRM.Batch(ctx, requests, true)
		if err != nil {
			return nil, err
		}
		for i, q := range some {
			out = append(out, b.answer(ctx, q, responses[i]))
		}
	}
	return out, nil
}

// read runs queries and returns the rows of each; one that fails fails all.
func (b *run) read(ctx context.Context, queries []dataverse.Query) ([][]dataverse.Row, error) {
	answers, err := b.answers(ctx, queries)
	if err != nil {
		return nil, err
	}
	out := make([][]dataverse.Row, len(answers))
	for i, a := range answers {
		if a.err != nil {
			return nil, a.err
		}
		out[i] = a.rows
	}
	return out, nil
}

// answer decodes what came of a query, and reads the pages behind the first.
func (b *run) answer(ctx context.Context, q dataverse.Query, r dataverse.BatchResponse) answered {
	if r.Err != nil {
		return answered{err: r.Err}
	}
	rows, next, err := dataverse.DecodeRows(r, q.Table)
	if err != nil || next == "" {
		return answered{rows, err}
	}
	for row, err := range b.env.CRM.RowsFrom(ctx, q, next) {
		if err != nil {
			return answered{err: err}
		}
		rows = append(rows, row)
	}
	return answered{rows: rows}
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
	if b.env.wantsOwner(t) && !slices.Contains(columns, ownerColumn) {
		columns = append(columns, ownerColumn)
	}
	return dataverse.Query{Table: table, Select: columns, Filter: dataverse.In(table.Key, ids(people)...), Expand: b.expansions(t), Annotations: b.env.Mapping.Labels(t)}
}

// columns are the mapped columns and those of the rules, each once.
func (b *run) columns(t connector.Table) []string { return Columns(b.env.Mapping, t) }

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
