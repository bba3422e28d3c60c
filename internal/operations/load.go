package operations

import (
	"context"
	"encoding/json"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

const (
	// loadPage is how many rows one run of a load asks for, so that it never holds up
	// the batch that it travels in.
	loadPage = 500
	// loadAhead is how many people of a load may wait at a time; memory and queue do not
	// grow with the table.
	loadAhead = 2000
)

// PutLoad is the request to synchronise every row of a table: the first load of an
// installation, or a full check of one that was in doubt.
func PutLoad(env connector.Environment, table connector.Table, key, source string) (store.Put, error) {
	args, err := Arguments{Load: table}.Encode()
	if err != nil {
		return store.Put{}, err
	}
	return store.Put{Environment: env, Lane: store.EnvironmentLane(env, "load/"+string(table)), Operation: connector.SyncContact, Class: store.Backfill, Source: source, Arguments: args, Key: key}, nil
}

// loading is how far a load is: its checkpoint.
type loading struct {
	Next string `json:"next"` // the link to the next page; it is encrypted at rest
	Done int    `json:"done"` // rows whose sync is durable
}

// load asks for the sync of one page of rows and goes on later. A page that is asked for
// twice, because a node died in between, adds nothing: each request is known by its key.
func (b *run) load(ctx context.Context, t store.Taken, table connector.Table) store.Settlement {
	res, err := b.loadNext(ctx, t, table)
	if err != nil {
		return b.failed(ctx, t, connector.Job{Operation: connector.SyncContact}, err)
	}
	res.quiet = true // it is nobody's job; the people have theirs
	return b.settled(ctx, t, connector.Job{Operation: connector.SyncContact}, res)
}

func (b *run) loadNext(ctx context.Context, t store.Taken, table connector.Table) (result, error) {
	var at loading
	if len(t.Checkpoint) > 0 {
		if err := json.Unmarshal(t.Checkpoint, &at); err != nil {
			return result{}, &fault.Error{Op: "operations.load", Kind: fault.Broken, Err: err}
		}
	}
	waiting, err := b.Store.Waiting(ctx, b.env.Name, store.Backfill, loadAhead)
	if err != nil {
		return result{}, err
	}
	if waiting >= loadAhead {
		return result{again: b.now.Add(startingPause)}, nil
	}
	described := b.env.Tables[table]
	rows, next, err := b.env.CRM.Page(ctx, dataverse.Query{Table: described, Select: []string{described.Key}, PageSize: loadPage}, at.Next)
	if err != nil {
		return result{}, err
	}
	puts := make([]store.Put, len(rows))
	for i, r := range rows {
		person := connector.Record{Table: table, ID: r.ID}
		puts[i] = PutSync(b.env.Name, person, store.Backfill, fmt.Sprintf("load/%d/%s", t.ID, person), "load")
	}
	if _, err := b.Store.Put(ctx, puts); err != nil {
		return result{}, err
	}
	at.Done += len(rows)
	if next == "" {
		return result{outcome: connector.Done(fmt.Sprintf("%d rows of table %s were asked for.", at.Done, table))}, nil
	}
	at.Next = next
	note, err := json.Marshal(at)
	if err != nil {
		return result{}, err
	}
	held, err := b.Store.Checkpoint(ctx, b.env.Name, store.Leased{Lane: t.Lane, Epoch: t.Epoch}, t.ID, note)
	if err != nil || !held {
		return result{}, err // lost: the settlement will match no row
	}
	return result{again: b.now}, nil
}
