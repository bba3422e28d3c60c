package schedule

import (
	"context"
	"strconv"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// pullJobs finds Spotler Job rows that are Queued for so long that the webhook must
// have lost them.
type pullJobs struct{ Environment }

// jobsAtOnce is how many job rows are looked at together.
const jobsAtOnce = 500

func (p *pullJobs) once(ctx context.Context) error {
	table := schema.SpotlerJob()
	before := p.Now().Add(-p.Net.JobsAfter)
	q := dataverse.Query{Table: table, Select: operations.JobColumns(), OrderBy: "createdon asc", PageSize: jobsAtOnce,
		Filter: dataverse.And(dataverse.Eq("statuscode", schema.JobQueued), dataverse.LessThan("modifiedon", before))}
	rows := make([]dataverse.Row, 0, jobsAtOnce)
	for row, err := range p.CRM.Rows(ctx, q) {
		if err != nil {
			return err
		}
		if rows = append(rows, row); len(rows) < jobsAtOnce {
			continue
		}
		if err := p.take(ctx, rows); err != nil {
			return err
		}
		rows = rows[:0]
	}
	return p.take(ctx, rows)
}

// take asks for ops of the rows that nobody serves.
func (p *pullJobs) take(ctx context.Context, rows []dataverse.Row) error {
	ids := make([]connector.RecordID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	known, err := p.Store.JobRequests(ctx, p.Name, ids)
	if err != nil {
		return err
	}
	var puts []store.Put
	for _, row := range rows {
		before, asked := known[row.ID]
		key, want := jobKey(row, before, asked)
		if !want {
			continue
		}
		put, err := operations.PutJob(p.Name, operations.ReadJobRow(row).Job, key, "pull")
		if err != nil {
			return err
		}
		puts = append(puts, put)
	}
	_, err = p.Store.Put(ctx, puts)
	return err
}

// jobKey is the key under which a row is a new request; false when it is none. A row
// that was changed after its end was told, and is Queued again, was set back by a
// person. Its version tells that wish from the next one.
func jobKey(row dataverse.Row, before store.JobRequest, asked bool) (key string, want bool) {
	r := operations.ReadJobRow(row)
	modified, dated := row.Time("modifiedon")
	again := asked && before.Told && dated && modified.After(before.EndedAt)
	if decide.Job(decide.JobRow{State: r.State, Made: r.Ours, Known: asked && !again, Told: before.Told}) != decide.NewRequest {
		return "", false
	}
	if !again {
		return string(row.ID), true
	}
	version := strconv.FormatInt(row.Version, 10)
	if row.Version == 0 {
		version = modified.Format(time.RFC3339)
	}
	return string(row.ID) + "/" + version, true
}
