package lanes

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/spotler-connector/connector/internal/store"
)

// River carries batches over a PostgreSQL database to the workers of every node.
// Nothing depends on River's own retries or rescue: a batch that River loses has
// leases that run out.
type River struct {
	db       *sql.DB
	listener *pgxpool.Pool
	client   *river.Client[*sql.Tx]
	run      func(context.Context, store.Batch) // set before the client starts
}

// RiverOptions say how a node takes part.
type RiverOptions struct {
	// URL is the database of the store: postgres://user:password@host/database.
	// River gets a small pool of its own there, so that its housekeeping and our
	// transactions never wait for each other's connections.
	URL string
	// Workers is how many batches this node runs at once.
	Workers int
	// Grace is how long running batches may go on when the process stops.
	Grace time.Duration
	Log   *slog.Logger
	// Poll is how often to look for batches whose notification was lost; 0 means 3 s.
	Poll time.Duration
}

const (
	riverQueue       = "lanes"
	riverConnections = 4
	// A batch ends within the time-out; what River still calls running after the
	// rescue belongs to a node that is gone, and is discarded, for its lanes have
	// been handed out anew.
	batchTimeout = 2 * time.Minute
	rescueAfter  = 3 * time.Minute
	keepEnded    = 5 * time.Minute
	// riverLock is the advisory lock under which one node at a time migrates.
	riverLock = 0x73706f746c657200
)

// batchArgs is a batch as River stores it: keys and epochs, no personal data.
type batchArgs struct {
	store.Batch
	at time.Time // when it was dispatched, by the database's clock
}

// Kind names the job in River's table.
func (batchArgs) Kind() string { return "lanes_batch" }

// databaseTime stamps jobs with the database's clock. River would take the
// node's, and then not fetch what a node with a fast clock dispatched.
type databaseTime struct{ river.HookDefaults }

// InsertBegin implements rivertype.HookInsertBegin.
func (*databaseTime) InsertBegin(_ context.Context, p *rivertype.JobInsertParams) error {
	if a, ok := p.Args.(batchArgs); ok {
		p.CreatedAt, p.ScheduledAt = &a.at, &a.at
	}
	return nil
}

// NewRiver opens River's pools, migrates its tables, and makes an executor that
// can dispatch at once and works when Run is called. Close it after Run has ended.
func NewRiver(ctx context.Context, o RiverOptions) (*River, error) {
	r := &River{}
	if err := r.open(ctx, o.URL); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	driver := riverdatabasesql.NewWithPgxListener(r.db, r.listener)
	if err := migrateRiver(ctx, r.db, driver, o.Log); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, river.WorkFunc(r.do)); err != nil {
		return nil, errors.Join(fmt.Errorf("lanes: river: %w", err), r.Close())
	}
	client, err := river.NewClient(driver, &river.Config{
		Queues:                      map[string]river.QueueConfig{riverQueue: {MaxWorkers: o.Workers}},
		Workers:                     workers,
		Hooks:                       []rivertype.Hook{&databaseTime{}},
		MaxAttempts:                 1,
		JobTimeout:                  batchTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		SoftStopTimeout:             max(o.Grace, time.Millisecond), // River takes 0 for no limit
		FetchCooldown:               river.FetchCooldownMin,
		FetchPollInterval:           cmp.Or(o.Poll, 3*time.Second),
		CompletedJobRetentionPeriod: keepEnded,
		CancelledJobRetentionPeriod: keepEnded,
		DiscardedJobRetentionPeriod: keepEnded,
		Logger:                      o.Log,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lanes: river: %w", err), r.Close())
	}
	r.client = client
	return r, nil
}

func (r *River) open(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return errors.New("lanes: the database URL cannot be read: write it as postgres://user:password@host/database")
	}
	cfg.RuntimeParams["application_name"] = "spotler-connector-river"
	r.db = stdlib.OpenDB(*cfg)
	r.db.SetMaxOpenConns(riverConnections)
	r.db.SetMaxIdleConns(riverConnections)
	r.db.SetConnMaxIdleTime(5 * time.Minute)
	pool, err := pgxpool.ParseConfig(url)
	if err != nil {
		return errors.New("lanes: the database URL cannot be read: write it as postgres://user:password@host/database")
	}
	pool.MinConns, pool.MaxConns = 0, 1
	pool.ConnConfig.RuntimeParams["application_name"] = "spotler-connector-listen"
	if r.listener, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return fmt.Errorf("lanes: river: %w", err)
	}
	return nil
}

// Close closes River's pools; Run must have ended.
func (r *River) Close() error {
	if r.listener != nil {
		r.listener.Close()
	}
	if r.db == nil {
		return nil
	}
	return r.db.Close()
}

// migrateRiver brings River's tables up to date, one node at a time.
func migrateRiver(ctx context.Context, db *sql.DB, driver *riverdatabasesql.Driver, log *slog.Logger) (err error) {
	lock, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("lanes: river migrations: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(riverLock)); err != nil {
		return fmt.Errorf("lanes: river migrations: lock: %w", err)
	}
	defer func() {
		_, uerr := lock.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(riverLock))
		err = errors.Join(err, uerr)
	}()
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return fmt.Errorf("lanes: river migrations: %w", err)
	}
	done, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return fmt.Errorf("lanes: river migrations: %w", err)
	}
	if len(done.Versions) == 0 {
		return nil
	}
	// Every batch is inserted, updated twice and deleted: vacuum before the table swells.
	if _, err := lock.ExecContext(ctx, `ALTER TABLE river_job SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500)`); err != nil {
		return fmt.Errorf("lanes: river migrations: %w", err)
	}
	return nil
}

// quiet keeps warnings and errors only: a migration logs each statement's fate.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }

// Dispatch inserts one River job for each batch in tx; a rollback leaves none.
func (r *River) Dispatch(ctx context.Context, tx *sql.Tx, batches []store.Batch) error {
	if len(batches) == 0 {
		return nil
	}
	var now time.Time
	if err := tx.QueryRowContext(ctx, `SELECT now()`).Scan(&now); err != nil {
		return fmt.Errorf("lanes: dispatch: clock: %w", err)
	}
	params := make([]river.InsertManyParams, len(batches))
	for i, b := range batches {
		params[i] = river.InsertManyParams{Args: batchArgs{b, now}, InsertOpts: &river.InsertOpts{Queue: riverQueue, Priority: int(b.Class) + 1, MaxAttempts: 1}}
	}
	if _, err := r.client.InsertManyFastTx(ctx, tx, params); err != nil {
		return fmt.Errorf("lanes: dispatch: %w", err)
	}
	return nil
}

// do is called by River for each batch. What became of the batch stands in its
// lanes; to River it has always been done.
func (r *River) do(ctx context.Context, job *river.Job[batchArgs]) error {
	r.run(ctx, job.Args.Batch)
	return nil
}

// Run works until ctx ends and the batches in progress have ended, which are
// cancelled when the grace period has passed. It is called once.
func (r *River) Run(ctx context.Context, work func(context.Context, store.Batch)) error {
	r.run = work
	if err := r.client.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("lanes: river: %w", err)
	}
	<-r.client.Stopped()
	return nil
}
