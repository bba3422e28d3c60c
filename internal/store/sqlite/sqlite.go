// Package sqlite opens the embedded store: one file, one process, no set-up.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the database/sql driver "sqlite"

	"github.com/spotler-connector/connector/internal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is an open SQLite store, which holds the lock on its file until Close.
type DB struct {
	*store.Store
	lock *os.File
}

// Open opens or makes the database file at path, migrates it, and takes the lock
// that makes this process its only owner. Leases that an earlier process left
// behind are void: the lock proves that nobody holds them.
func Open(ctx context.Context, path string, seal *store.Sealer, now func() time.Time) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("sqlite: make the data directory: %w", err)
	}
	if err := refuseNetwork(filepath.Dir(path)); err != nil {
		return nil, err
	}
	lock, err := takeLock(path + ".lock")
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, path, seal, now)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if _, err := s.ReclaimAll(ctx); err != nil {
		return nil, errors.Join(err, s.Close(), lock.Close())
	}
	return &DB{s, lock}, nil
}

// Close closes the database and gives up the lock.
func (d *DB) Close() error { return errors.Join(d.Store.Close(), d.lock.Close()) }

func open(ctx context.Context, path string, seal *store.Sealer, now func() time.Time) (*store.Store, error) {
	write, err := openKept(dsn(path, "_txlock=immediate", "_pragma=synchronous(FULL)", "_pragma=secure_delete(1)")) // what is deleted is overwritten with zeros
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	write.SetMaxOpenConns(1) // SQLite has one writer; the pool is its queue
	write.SetMaxIdleConns(1)
	write.SetConnMaxLifetime(0)
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)", "_pragma=cache_size(-1000)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), write.Close())
	}
	readers := max(2, runtime.NumCPU())
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return store.New(write, read, store.Dialect{
		Name:     "sqlite",
		Clock:    func(context.Context, store.RowQuerier) (time.Time, error) { return now(), nil },
		Settings: readSettings,
		Scrub:    scrub,
	}, seal), nil
}

func dsn(path string, options ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	q := "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=cache_size(-4000)&_pragma=temp_store(2)"
	for _, o := range options {
		q += "&" + o
	}
	u.RawQuery = q
	return u.String()
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	all, err := store.Migrations(files)
	if err != nil {
		return fmt.Errorf("sqlite: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, nil, goose.WithGoMigrations(all...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("sqlite: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("sqlite: migrate: %w", err)
	}
	return nil
}

// readSettings asks the live connection how durable a commit is.
func readSettings(ctx context.Context, db *sql.DB) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range []string{"journal_mode", "synchronous"} {
		var v string
		if err := db.QueryRowContext(ctx, "PRAGMA "+name).Scan(&v); err != nil {
			return nil, fmt.Errorf("sqlite: read %s: %w", name, err)
		}
		out[name] = v
	}
	if n, err := strconv.Atoi(out["synchronous"]); err == nil && n >= 0 && n < 4 {
		out["synchronous"] = []string{"OFF", "NORMAL", "FULL", "EXTRA"}[n]
	}
	return out, nil
}

// errScrubLater says that a reader still needs the log of changes.
var errScrubLater = errors.New("sqlite: the log could not be emptied, because somebody was reading; it is tried again")

// scrub carries the log of changes over into the database file, where secure_delete
// has overwritten what was deleted, and empties it: until then the log holds earlier
// states of pages. It does not wait for readers.
func scrub(ctx context.Context, db *sql.DB) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("sqlite: scrub: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, `PRAGMA busy_timeout = 0`); err != nil {
		return fmt.Errorf("sqlite: scrub: %w", err)
	}
	var busy, inLog, moved int
	err = conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &inLog, &moved)
	if _, rerr := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA busy_timeout = 10000`); err == nil {
		err = rerr
	}
	if err != nil {
		return fmt.Errorf("sqlite: scrub: %w", err)
	}
	if busy != 0 {
		return errScrubLater
	}
	return nil
}
