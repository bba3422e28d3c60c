package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // registers the database/sql driver "sqlite"

	"github.com/spotler-connector/connector/bench/rig"
	"github.com/spotler-connector/connector/internal/schema"
)

// work is what a node held when it was killed.
type work struct {
	records map[string]bool
	ops     []string
}

// held reads from the database what the node held when it was killed: lanes that
// were running and not settled. Only a kill that finds some counts.
func (c *chaos) held(ctx context.Context, name string) (out *work, err error) {
	db, err := c.open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT lane.key, op.id FROM lane JOIN op ON op.lane = lane.key AND op.state = 1 WHERE lane.state = 3 AND lane.node = '"+name+"'")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = &work{records: map[string]bool{}}
	for rows.Next() {
		var key, op string
		if err := rows.Scan(&key, &op); err != nil {
			return nil, err
		}
		out.records[personOf(key)] = true
		out.ops = append(out.ops, op)
	}
	return out, rows.Err()
}

// ended returns when the first of the ops ended; the zero time when none has.
func (w *work) ended(ctx context.Context, c *chaos) (at time.Time, err error) {
	if len(w.ops) == 0 {
		return at, nil
	}
	db, err := c.open()
	if err != nil {
		return at, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var first sql.NullInt64
	err = db.QueryRowContext(ctx, "SELECT MIN(finished_at) FROM op WHERE state >= 2 AND id IN ("+strings.Join(w.ops, ",")+")").Scan(&first)
	if first.Valid {
		at = time.UnixMilli(first.Int64)
	}
	return at, err
}

// open opens the database beside the connector. Of SQLite it opens a copy: a
// second connection would tidy up what the kill left behind.
func (c *chaos) open() (*sql.DB, error) {
	database := c.site.Plan.Database()
	path, lite := strings.CutPrefix(database, "sqlite:")
	if !lite {
		return sql.Open("pgx", database)
	}
	dir, err := os.MkdirTemp(c.rig.Dir, "copy")
	if err != nil {
		return nil, err
	}
	copied := filepath.Join(dir, "connector.db")
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(path+suffix, copied+suffix); err != nil {
			return nil, err
		}
	}
	return sql.Open("sqlite", copied)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil // no write-ahead log is left
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// compare waits until everything has settled and compares both sides.
func (c *chaos) compare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*restoring)
	defer cancel()
	r := c.result
	r.Edits = c.edits.made
	if err := c.site.Delivered(ctx); err != nil {
		return err
	}
	crm, err := c.people(ctx)
	if err != nil {
		return err
	}
	progress("%s: every event was delivered", c.result.Store)
	var quiet error
	said := time.Now()
	_ = rig.Until(ctx, 10*tenth, func(ctx context.Context) (bool, error) { // what is still different then is counted below
		n, err := c.differences(ctx, crm)
		if r.Different, r.Lost = n.different, n.lost; n.different > 0 && time.Since(said) > 5*time.Second {
			said = time.Now()
			_, env, _ := c.nodes[0].c.Status(ctx)
			progress("%s: %d people differ; backlog %d, lanes %+v, gates %+v; %s", r.Store, n.different, env.Backlog, env.Lanes, env.Gates, c.waiting(ctx))
		}
		return err == nil && n.different+n.lost == 0, err
	})
	progress("%s: %d people differ", c.result.Store, r.Different)
	for _, n := range c.nodes {
		if err := n.c.Quiet(context.WithoutCancel(ctx)); err != nil {
			quiet = err
		}
	}
	if quiet != nil {
		return quiet
	}
	return c.count(context.WithoutCancel(ctx))
}

// count reads what must hold at the end besides equality.
func (c *chaos) count(ctx context.Context) error {
	r := c.result
	reading, err := c.site.Read(ctx)
	if err != nil {
		return err
	}
	r.OutOfOrder, r.Repeats, r.LeftFinal = reading.Order.Violations, reading.Order.Repeats, reading.Jobs.LeftFinal
	final := reading.Jobs.Now[schema.JobCompleted] + reading.Jobs.Now[schema.JobFailed]
	for _, n := range reading.Jobs.Now {
		r.JobRows += n
	}
	r.NotFinal, r.FailedJobs = r.JobRows-final, reading.Jobs.Now[schema.JobFailed]
	_, env, err := c.nodes[0].c.Status(ctx)
	if err != nil {
		return err
	}
	own, err := c.housekeeping(ctx)
	if err != nil {
		return err
	}
	r.Ops = env.Jobs.Done + env.Jobs.Failed + env.Jobs.Dead + env.Jobs.Cancelled - own
	if env.TellingsDead > 0 || env.DeadLetters > 0 {
		return fmt.Errorf("%d tellings and %d jobs were given up", env.TellingsDead, env.DeadLetters)
	}
	return nil
}

// housekeeping counts the ops that the clock asked for, such as the mirror of automations:
// they are nobody's job and have no row.
func (c *chaos) housekeeping(ctx context.Context) (n int64, err error) {
	db, err := c.open()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM op WHERE state >= 2 AND lane LIKE '%/environment/%'").Scan(&n)
	return n, err
}

// waiting says what the oldest queued op waits for.
func (c *chaos) waiting(ctx context.Context) string {
	db, err := c.open()
	if err != nil {
		return err.Error()
	}
	defer func() { _ = db.Close() }() // it was read only
	var cause, message string
	var attempt, n int
	var created, ready int64
	err = db.QueryRowContext(ctx, "SELECT op.cause, op.message, op.attempt, op.created_at, lane.ready_at, COUNT(*) OVER () FROM op JOIN lane ON lane.key = op.lane WHERE op.state = 0 ORDER BY op.id LIMIT 1").Scan(&cause, &message, &attempt, &created, &ready, &n)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d ops wait; the oldest was put %v ago, begun %d times, is due in %v, cause %q: %s", n, time.Since(time.UnixMilli(created)).Round(tenth), attempt, time.Until(time.UnixMilli(ready)).Round(tenth), cause, message)
}
