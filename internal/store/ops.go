package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// OpFilter chooses ops; zero values choose all.
type OpFilter struct {
	Environment connector.Environment // required
	States      []OpState
	Operation   connector.Operation
	Lane        Lane
	Before      int64 // only ops older than this id, for the next page
	Limit       int
}

// Ops lists ops, newest first.
func (s *Store) Ops(ctx context.Context, f OpFilter) ([]Op, error) {
	q := `SELECT ` + opColumns + ` FROM op WHERE environment = ?`
	args := []any{string(f.Environment)}
	if len(f.States) > 0 {
		states := make(numbers, len(f.States))
		for i, st := range f.States {
			states[i] = int64(st)
		}
		q, args = q+` AND state IN ?`, append(args, states)
	}
	if f.Operation != 0 {
		q, args = q+` AND operation = ?`, append(args, int64(f.Operation))
	}
	if f.Lane != "" {
		q, args = q+` AND lane = ?`, append(args, string(f.Lane))
	}
	if f.Before != 0 {
		q, args = q+` AND id < ?`, append(args, f.Before)
	}
	out, err := collect(ctx, s.from(s.read), s.scanOp(ctx), q+` ORDER BY id DESC LIMIT ?`, append(args, int64(min(max(f.Limit, 1), 1000)))...)
	if err != nil {
		return nil, fmt.Errorf("store: ops: %w", err)
	}
	return out, nil
}

// Op returns one op of an environment, with the job rows that asked for it.
func (s *Store) Op(ctx context.Context, env connector.Environment, id int64) (Taken, error) {
	out, err := collect(ctx, s.from(s.read), s.scanOp(ctx), `SELECT `+opColumns+` FROM op WHERE environment = ? AND id = ?`, string(env), id)
	if err != nil {
		return Taken{}, fmt.Errorf("store: op: %w", err)
	}
	if len(out) == 0 {
		return Taken{}, &fault.Error{Op: "store.Op", Kind: fault.NotFound, Says: fmt.Sprintf("there is no job %d in environment %s", id, env)}
	}
	jobs, err := collect(ctx, s.from(s.read), scanJob, `SELECT op, job FROM request WHERE job <> '' AND op = ? ORDER BY job`, id)
	if err != nil {
		return Taken{}, fmt.Errorf("store: op: %w", err)
	}
	t := Taken{Op: out[0]}
	for _, j := range jobs {
		t.Jobs = append(t.Jobs, j.job)
	}
	return t, nil
}

// Retry asks again for what an ended op was to do: a new op at the tail of its
// lane, which answers for the same job rows.
func (s *Store) Retry(ctx context.Context, env connector.Environment, id int64, key string) (PutResult, error) {
	old, err := s.Op(ctx, env, id)
	if err != nil {
		return PutResult{}, err
	}
	if old.State != OpFailed && old.State != OpDead {
		return PutResult{}, &fault.Error{Op: "store.Retry", Kind: fault.NotValid, Says: fmt.Sprintf("job %d is %s: only failed or dead jobs can be retried", id, old.State)}
	}
	puts := []Put{{Environment: env, Lane: old.Lane, Operation: old.Operation, Class: Live, Source: "api", Arguments: old.Arguments, Key: key}}
	for _, j := range old.Jobs {
		puts = append(puts, Put{Environment: env, Lane: old.Lane, Operation: old.Operation, Class: Live, Source: "api", Arguments: old.Arguments, Key: key + "/" + string(j), Job: j})
	}
	if len(puts) > 1 {
		puts = puts[1:]
	}
	res, err := s.Put(ctx, puts)
	if err != nil {
		return PutResult{}, err
	}
	return res[0], nil
}

// WakeDead asks again for syncs that ended for one of the causes, of at most n lanes, and
// returns how many. It is for when the cause has changed: a mapping was edited, a field was
// made. key tells this change from every other one; for the same key an op is woken once.
func (s *Store) WakeDead(ctx context.Context, env connector.Environment, causes []string, key string, n int) (int, error) {
	ids, err := collect(ctx, s.from(s.read), scanID, `SELECT MAX(id) FROM op WHERE environment = ? AND state IN (3, 4) AND operation = ? AND cause IN ? GROUP BY lane ORDER BY 1 LIMIT ?`,
		string(env), int64(connector.SyncContact), words(causes), int64(n))
	if err != nil {
		return 0, fmt.Errorf("store: wake dead: %w", err)
	}
	for i, id := range ids {
		if _, err := s.Retry(ctx, env, id, fmt.Sprintf("wake/%s/%d", key, id)); err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

// Counts is how much of everything an environment holds.
type Counts struct {
	Ops          map[OpState]int
	Lanes        map[LaneState]int
	Tellings     int
	DeadTellings int
	Links        int
	OldestReady  time.Time // ready_at of the lane that waits longest
	LastRequest  time.Time
}

type stateCount struct{ state, n int }

func scanStateCount(r *sql.Rows) (c stateCount, err error) { return c, r.Scan(&c.state, &c.n) }

// Count reads the figures of an environment.
func (s *Store) Count(ctx context.Context, env connector.Environment) (Counts, error) {
	c := Counts{Ops: map[OpState]int{}, Lanes: map[LaneState]int{}}
	ops, err := collect(ctx, s.from(s.read), scanStateCount, `SELECT state, COUNT(*) FROM op WHERE environment = ? GROUP BY state`, string(env))
	if err != nil {
		return c, fmt.Errorf("store: count: %w", err)
	}
	for _, o := range ops {
		c.Ops[OpState(o.state)] = o.n
	}
	lanes, err := collect(ctx, s.from(s.read), scanStateCount, `SELECT state, COUNT(*) FROM lane WHERE environment = ? GROUP BY state`, string(env))
	if err != nil {
		return c, fmt.Errorf("store: count: %w", err)
	}
	for _, l := range lanes {
		c.Lanes[LaneState(l.state)] = l.n
	}
	var oldest, last sql.NullInt64
	for _, q := range []struct {
		query string
		into  any
	}{
		{`SELECT COUNT(*) FROM telling WHERE environment = ? AND dead = 0`, &c.Tellings},
		{`SELECT COUNT(*) FROM telling WHERE environment = ? AND dead = 1`, &c.DeadTellings},
		{`SELECT COUNT(*) FROM link WHERE environment = ? AND external_id <> '' AND erased_at = 0`, &c.Links},
		{`SELECT MIN(ready_at) FROM lane WHERE environment = ? AND state = 1`, &oldest},
		{`SELECT MAX(created_at) FROM op WHERE environment = ?`, &last},
	} {
		if err := s.read.QueryRowContext(ctx, s.sql(q.query), string(env)).Scan(q.into); err != nil {
			return c, fmt.Errorf("store: count: %w", err)
		}
	}
	c.OldestReady, c.LastRequest = fromMS(oldest.Int64), fromMS(last.Int64)
	return c, nil
}

// OpsOfRequest returns the op that serves a request; false when it is not known.
func (s *Store) OpsOfRequest(ctx context.Context, env connector.Environment, key string) (int64, bool, error) {
	var id int64
	err := s.read.QueryRowContext(ctx, s.sql(`SELECT op FROM request WHERE environment = ? AND key = ?`), string(env), key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("store: request: %w", err)
	}
	return id, true, nil
}
