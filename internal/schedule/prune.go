package schedule

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// Archive is a store that forgets and is copied. *store.Store is one.
type Archive interface {
	// Name is "sqlite" for a store that Backup can copy.
	Name() string
	// Prune deletes up to n ended ops from before a time and returns how many.
	Prune(ctx context.Context, before time.Time, n int) (int, error)
	Backup(ctx context.Context, path string) error
	// PutDue puts up to n requests whose time has come into their lanes.
	PutDue(ctx context.Context, n int) (int, error)
}

// Housekeeping is what the clock must know of the installation.
type Housekeeping struct {
	Store Archive
	// Done is how long ended ops stay; 0 is forever.
	Done time.Duration
	// Folder is where backups of SQLite go; empty makes none.
	Folder string
	Now    func() time.Time // nil means time.Now
}

// Steps are what the clock does for the whole installation.
func (h Housekeeping) Steps() []Step {
	if h.Now == nil {
		h.Now = time.Now
	}
	return []Step{
		{Name: "later", Every: laterEvery, Once: h.later},
		{Name: "prune", Every: pruneEvery, Once: h.prune},
		{Name: "backup", Every: pruneEvery, Once: h.backup},
	}
}

// pruneAtOnce is how many ops are deleted in one transaction: it holds SQLite's only
// writer for some milliseconds.
const pruneAtOnce = 500

// laterEvery is how often requests for a later time are looked for.
const laterEvery = 15 * time.Second

// later puts requests whose time has come into their lanes.
func (h Housekeeping) later(ctx context.Context) error {
	for {
		n, err := h.Store.PutDue(ctx, pruneAtOnce)
		if err != nil || n < pruneAtOnce {
			return err
		}
	}
}

// prune deletes ended ops, chunk by chunk, so that intake gets its turn in between.
func (h Housekeeping) prune(ctx context.Context) error {
	if h.Done <= 0 {
		return nil
	}
	before := h.Now().Add(-h.Done)
	for {
		n, err := h.Store.Prune(ctx, before, pruneAtOnce)
		if err != nil || n < pruneAtOnce {
			return err
		}
	}
}

// pruneJobRows deletes job rows that the connector itself made, when they are old.
type pruneJobRows struct{ Environment }

const (
	// rowsAtOnce is how many rows one $batch deletes.
	rowsAtOnce = 100
	// batchesAtMost bounds one run, so that clearing away never takes all of an
	// organisation's requests; the next run goes on.
	batchesAtMost = 200
)

func (p *pruneJobRows) once(ctx context.Context) error {
	if p.Keep.JobRows <= 0 {
		return nil
	}
	table := schema.SpotlerJob()
	q := dataverse.Query{Table: table, Select: []string{table.Key}, OrderBy: "createdon asc", Top: rowsAtOnce,
		Filter: dataverse.And(dataverse.Eq("dh_madebyconnector", true), dataverse.LessThan("createdon", p.Now().Add(-p.Keep.JobRows)))}
	for range batchesAtMost {
		var requests []dataverse.BatchRequest
		for row, err := range p.CRM.Rows(ctx, q) {
			if err != nil {
				return err
			}
			requests = append(requests, dataverse.BatchRequest{Method: http.MethodDelete, Path: table.Set + "(" + string(row.ID) + ")"})
		}
		if len(requests) == 0 {
			return nil
		}
		if err := p.delete(ctx, requests); err != nil || len(requests) < rowsAtOnce {
			return err
		}
	}
	return nil
}

// delete deletes rows. One that stays is trouble, for it would come up again at once.
func (p *pruneJobRows) delete(ctx context.Context, requests []dataverse.BatchRequest) error {
	answers, err := p.CRM.Batch(ctx, requests, true)
	if err != nil {
		return err
	}
	for _, a := range answers {
		if a.Err != nil && !errors.Is(a.Err, fault.NotFound) {
			return a.Err
		}
	}
	return nil
}
