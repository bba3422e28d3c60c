// Package postgres opens the store that many nodes share.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/spotler-connector/connector/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// channel is where nodes tell each other that an environment has work.
const channel = "spotler_connector_work"

// Options say how to open a database.
type Options struct {
	// URL is postgres://user:password@host/database.
	URL string
	// Connections limits the pool; 0 means 8.
	Connections int
	// Clock overrides the database's clock; for tests of skewed nodes only.
	Clock func() time.Time
}

// Open opens the database, migrates it under a lock, and reads its clock for leases.
func Open(ctx context.Context, o Options, seal *store.Sealer) (*store.Store, error) {
	cfg, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return nil, errors.New("postgres: the database URL cannot be read: write it as postgres://user:password@host/database")
	}
	// Each of our statements has one text (see store, "bind"), so that the server
	// parses and plans it once for each connection. A plan may have been made while the
	// tables were empty: then reading them whole looks cheap, and must not.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	for _, way := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"} {
		cfg.RuntimeParams[way] = "off"
	}
	cfg.StatementCacheCapacity = 256
	cfg.RuntimeParams["application_name"] = "spotler-connector"
	db := stdlib.OpenDB(*cfg)
	n := o.Connections
	if n == 0 {
		n = 8
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	clock := databaseClock
	if o.Clock != nil {
		clock = func(context.Context, store.RowQuerier) (time.Time, error) { return o.Clock(), nil }
	}
	return store.New(db, db, store.Dialect{
		Name: "postgres", Numbered: true, SkipLocked: " FOR UPDATE SKIP LOCKED", ForUpdate: " FOR UPDATE",
		Clock: clock, Notify: notify, Settings: readSettings,
	}, seal), nil
}

func databaseClock(ctx context.Context, q store.RowQuerier) (time.Time, error) {
	var n int64
	if err := q.QueryRowContext(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint`).Scan(&n); err != nil {
		return time.Time{}, fmt.Errorf("clock: %w", err)
	}
	return time.UnixMilli(n).UTC(), nil
}

func notify(ctx context.Context, db *sql.DB, environment string) error {
	_, err := db.ExecContext(ctx, `SELECT pg_notify($1, $2)`, channel, environment)
	return err
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("postgres: migration lock: %w", err)
	}
	all, err := store.Migrations(files)
	if err != nil {
		return fmt.Errorf("postgres: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, nil, goose.WithGoMigrations(all...), goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("postgres: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	return nil
}

// readSettings asks the live connection how durable a commit is.
func readSettings(ctx context.Context, db *sql.DB) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var v string
		if err := db.QueryRowContext(ctx, "SHOW "+name).Scan(&v); err != nil {
			return nil, fmt.Errorf("postgres: read %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

// Listen wakes s for every notification of other nodes until ctx ends. It uses a
// connection of its own, and connects again when it is lost; the pump's tick
// covers what was missed meanwhile.
func Listen(ctx context.Context, url string, s *store.Store) error {
	for {
		err := listenOnce(ctx, url, s)
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
		_ = err // the next round tries again; the pump's tick does the work meanwhile
	}
}

func listenOnce(ctx context.Context, url string, s *store.Store) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		s.Wake(n.Payload)
	}
}
