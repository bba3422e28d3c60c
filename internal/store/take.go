package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Take starts the head ops of the lanes of b that this node still holds. The
// attempt is counted before anything is tried, so that a crash is never
// forgotten. A lane without work becomes idle.
func (s *Store) Take(ctx context.Context, b Batch, node string, lease time.Duration) ([]Taken, error) {
	if len(b.Lanes) == 0 {
		return nil, nil
	}
	if err := s.Prepare(ctx, b.Environment); err != nil {
		return nil, err
	}
	var out []Taken
	err := s.transact(ctx, "take", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		out = nil
		mine, err := s.held(ctx, tx, b.Lanes, LaneDispatched)
		if err != nil || len(mine) == 0 {
			return err
		}
		if _, err := s.exec(ctx, tx, `UPDATE lane SET state = 3, node = ?, lease_until = ? WHERE key IN ?`, node, ms(now.Add(lease)), keysOf(mine)); err != nil {
			return fmt.Errorf("hold lanes: %w", err)
		}
		if out, err = s.startHeads(ctx, tx, mine, now); err != nil {
			return err
		}
		if err := s.addJobs(ctx, tx, out); err != nil {
			return err
		}
		return s.idleEmpty(ctx, tx, mine, out)
	})
	return out, err
}

// held locks those of the lanes that are in the given state under their epoch, in
// the order of their keys, in which Put locks them too: so there is no deadlock.
func (s *Store) held(ctx context.Context, tx *sql.Tx, lanes []Leased, state LaneState) ([]Leased, error) {
	rows, err := collect(ctx, s.from(tx), scanLeased, `SELECT key, epoch FROM lane WHERE key IN ? AND state = ? ORDER BY key`+s.dialect.ForUpdate, keysOf(lanes), int64(state))
	if err != nil {
		return nil, fmt.Errorf("fence: %w", err)
	}
	epoch := make(map[Lane]int64, len(lanes))
	for _, l := range lanes {
		epoch[l.Lane] = l.Epoch
	}
	return slices.DeleteFunc(rows, func(l Leased) bool { return epoch[l.Lane] != l.Epoch }), nil
}

const opColumns = `id, environment, lane, operation, state, class, attempt, since, arguments, source, result_code, message, http_status, cause, created_at, started_at, finished_at, merged, checkpoint`

func (s *Store) scanOp(ctx context.Context) func(*sql.Rows) (Op, error) {
	return func(r *sql.Rows) (o Op, err error) {
		var sealed, noted []byte
		var since, created, started, finished int64
		err = r.Scan(&o.ID, &o.Environment, &o.Lane, &o.Operation, &o.State, &o.Class, &o.Attempt, &since, &sealed, &o.Source,
			&o.ResultCode, &o.Message, &o.HTTPStatus, &o.Cause, &created, &started, &finished, &o.Merged, &noted)
		if err != nil {
			return o, err
		}
		o.Since, o.CreatedAt, o.StartedAt, o.FinishedAt = fromMS(since), fromMS(created), fromMS(started), fromMS(finished)
		if o.Arguments, err = s.seal.Open(ctx, o.Environment, "arguments", sealed); err != nil {
			return o, err
		}
		o.Checkpoint, err = s.seal.Open(ctx, o.Environment, "checkpoint", noted)
		return o, err
	}
}

func (s *Store) startHeads(ctx context.Context, tx *sql.Tx, mine []Leased, now time.Time) ([]Taken, error) {
	epoch := make(map[Lane]int64, len(mine))
	for _, l := range mine {
		epoch[l.Lane] = l.Epoch
	}
	ops, err := collect(ctx, s.from(tx), s.scanOp(ctx), `UPDATE op SET state = 1, attempt = attempt + 1, started_at = ?
		WHERE id IN (SELECT MIN(id) FROM op WHERE state IN (0, 1) AND state = 0 AND lane IN ? GROUP BY lane) RETURNING `+opColumns, ms(now), keysOf(mine))
	if err != nil {
		return nil, fmt.Errorf("start ops: %w", err)
	}
	out := make([]Taken, len(ops))
	for i, o := range ops {
		out[i] = Taken{Op: o, Epoch: epoch[o.Lane]}
	}
	return out, nil
}

func (s *Store) addJobs(ctx context.Context, tx *sql.Tx, ops []Taken) error {
	if len(ops) == 0 {
		return nil
	}
	at := make(map[int64]int, len(ops))
	ids := make(numbers, len(ops))
	for i, o := range ops {
		at[o.ID] = i
		ids[i] = o.ID
	}
	jobs, err := collect(ctx, s.from(tx), scanJob, `SELECT op, job FROM request WHERE job <> '' AND op IN ? ORDER BY op, job`, ids)
	if err != nil {
		return fmt.Errorf("job rows: %w", err)
	}
	for _, j := range jobs {
		ops[at[j.op]].Jobs = append(ops[at[j.op]].Jobs, j.job)
	}
	return nil
}

type opJob struct {
	op  int64
	job connector.RecordID
}

func scanJob(r *sql.Rows) (j opJob, err error) { return j, r.Scan(&j.op, &j.job) }

func (s *Store) idleEmpty(ctx context.Context, tx *sql.Tx, mine []Leased, busy []Taken) error {
	has := make(map[Lane]bool, len(busy))
	for _, o := range busy {
		has[o.Lane] = true
	}
	for _, l := range mine {
		if has[l.Lane] {
			continue
		}
		if _, err := s.exec(ctx, tx, `UPDATE lane SET state = 0, lease_until = 0, node = '', batch = '', head = 0 WHERE key = ? AND epoch = ?`, string(l.Lane), l.Epoch); err != nil {
			return fmt.Errorf("idle lane: %w", err)
		}
	}
	return nil
}

// Heartbeat prolongs the leases of lanes that are still held and returns how
// many are; fewer than asked means that some were lost.
func (s *Store) Heartbeat(ctx context.Context, lanes []Leased, lease time.Duration) (int, error) {
	if len(lanes) == 0 {
		return 0, nil
	}
	held := 0
	err := s.transact(ctx, "heartbeat", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		mine, err := s.held(ctx, tx, lanes, LaneRunning)
		if held = len(mine); err != nil || held == 0 {
			return err
		}
		_, err = s.exec(ctx, tx, `UPDATE lane SET lease_until = ? WHERE key IN ?`, ms(now.Add(lease)), keysOf(mine))
		return err
	})
	return held, err
}
