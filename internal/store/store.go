// Package store keeps lanes, ops, requests, links, tellings and gates in SQLite or
// PostgreSQL with one design: the SQL stands here, once; the folders sqlite and
// postgres open a database, migrate it, and say where the dialects differ.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Store is an open database. Open one with sqlite.Open or postgres.Open.
type Store struct {
	write *sql.DB
	read  *sql.DB
	// hot is where reads of the hot path go: on SQLite the writing connection, whose
	// page cache stays warm. Every commit makes a reader of SQLite drop its own.
	hot     *sql.DB
	dialect Dialect
	seal    *Sealer
	wake    *wakes
	news    announcer
}

// Dialect says where the two databases differ.
type Dialect struct {
	Name string // "sqlite" or "postgres"
	// Numbered says that parameters are written $1, $2, … instead of ?.
	Numbered bool
	// SkipLocked is appended to a SELECT whose rows the transaction will change.
	SkipLocked string
	// ForUpdate is appended to a SELECT whose rows must not change meanwhile.
	ForUpdate string
	// Clock returns the time by which leases are judged: the database's on
	// PostgreSQL, because the clocks of nodes differ; the process's on SQLite.
	Clock func(ctx context.Context, q RowQuerier) (time.Time, error)
	// Notify, when set, tells other nodes that an environment has work.
	Notify func(ctx context.Context, db *sql.DB, environment string) error
	// Scrub removes from disk what deleted rows leave there, such as in a log of
	// changes; nil when the database does so by itself.
	Scrub func(ctx context.Context, db *sql.DB) error
	// Settings reads back, from the live connection, how durable a commit is.
	Settings func(ctx context.Context, db *sql.DB) (map[string]string, error)
}

// RowQuerier is a database or a transaction that is asked for one row.
type RowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// New wraps open databases; write may have one connection only (SQLite).
func New(write, read *sql.DB, d Dialect, seal *Sealer) *Store {
	s := &Store{write: write, read: read, hot: write, dialect: d, seal: seal, wake: newWakes()}
	seal.attach(s)
	return s
}

// Name is the name of the dialect, "sqlite" or "postgres".
func (s *Store) Name() string { return s.dialect.Name }

// DB is the writing database, for an executor that shares our transactions.
func (s *Store) DB() *sql.DB { return s.write }

// Settings reads back from the live connection how durable a commit is:
// synchronous, journal_mode, fsync, synchronous_commit, as the database has them.
func (s *Store) Settings(ctx context.Context) (map[string]string, error) {
	return s.dialect.Settings(ctx, s.write)
}

// Close closes the databases.
func (s *Store) Close() error {
	s.news.close()
	rerr := error(nil)
	if s.read != s.write {
		rerr = s.read.Close()
	}
	if err := s.write.Close(); err != nil {
		return err
	}
	return rerr
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.write.PingContext(ctx) }

// transact runs f in one writing transaction: all of it or nothing. When another
// transaction got in its way (a deadlock, the same request put at the same moment),
// f runs again from the start.
func (s *Store) transact(ctx context.Context, what string, f func(tx *sql.Tx) error) error {
	for again := 0; ; again++ {
		err := s.once(ctx, what, f)
		if err == nil || again == 3 || !crossed(err) || ctx.Err() != nil {
			return err
		}
	}
}

// once runs f in one writing transaction, whatever comes of it.
func (s *Store) once(ctx context.Context, what string, f func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %s: begin: %w", what, err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if err := f(tx); err != nil {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: %s: commit: %w", what, err)
	}
	return nil
}

// crossed reports whether PostgreSQL ended a transaction because of another one:
// serialization_failure, deadlock_detected, unique_violation (its manual, appendix A).
func crossed(err error) bool {
	var e interface{ SQLState() string }
	if !errors.As(err, &e) {
		return false
	}
	return slices.Contains([]string{"40001", "40P01", "23505"}, e.SQLState())
}

func (s *Store) exec(ctx context.Context, tx *sql.Tx, query string, args ...any) (int64, error) {
	query, args = s.bind(query, args)
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// source is where a query goes, and how it is written there.
type source struct {
	querier
	bind func(query string, args []any) (string, []any)
}

// from is a database of the store, or a transaction in one, as a source.
func (s *Store) from(q querier) source { return source{q, s.bind} }

// collect scans every row of a query with scan.
func collect[T any](ctx context.Context, from source, scan func(*sql.Rows) (T, error), query string, args ...any) (out []T, err error) {
	query, args = from.bind(query, args)
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMS(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
