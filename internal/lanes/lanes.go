// Package lanes is the engine: it hands out the ordered work of every record in
// fair, work-conserving batches, and sees to it that a lost, late or doubled
// dispatch is harmless (ARCHITECTURE.md, "The engine").
package lanes

import (
	"context"
	"database/sql"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// Executor carries batches of leased lanes to workers. Correctness never rests
// on it: epochs and leases make duplicate, late and lost dispatches harmless.
type Executor interface {
	// Dispatch hands batches over in tx: they reach a worker only when tx commits.
	Dispatch(ctx context.Context, tx *sql.Tx, batches []store.Batch) error
	// Run calls work for each batch until ctx ends, then waits until the running
	// ones have ended; work gets a context that outlives ctx by the grace period.
	Run(ctx context.Context, work func(context.Context, store.Batch)) error
}

// Runner does the ops of one batch. It returns one settlement for each, in
// order; lane, epoch and op are filled in by the worker.
type Runner interface {
	Run(ctx context.Context, env connector.Environment, work []store.Taken) []store.Settlement
	// Slow is told of ops that run for longer than two seconds.
	Slow(ctx context.Context, env connector.Environment, work []store.Taken)
}
