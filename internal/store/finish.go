package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Settlement says how one running op ended, or that it runs again.
type Settlement struct {
	Lane  Lane
	Epoch int64
	Op    int64
	// State is OpDone, OpFailed, OpDead or OpCancelled; OpQueued runs it again at RetryAt.
	State   OpState
	RetryAt time.Time
	// FreeAttempt gives the attempt back: the remote was busy, the op is not to blame.
	FreeAttempt bool
	// Into, when not 0, is an earlier op that did what this one asks for. Its requests
	// point there from now on, and this op is forgotten, as if they had joined in time.
	Into     int64
	Since    time.Time // when the op first failed; zero for never
	Outcome  connector.Outcome
	Cause    string
	Links    []Link
	Tellings []Telling
	// Release gives up addresses that the record no longer stands for.
	Release []Claim
	// Follow are ops that this one asks for, in the same transaction.
	Follow []Put
	// Later are ops to ask for at a later time.
	Later []Later
	// Consents are changes of consent that the op made or saw, for the ledger.
	Consents []ConsentChange
	// Same are records that turned out to be people whom the ledger knows by another.
	Same []Same
	// Reviews are questions for a person, and Answered those that have their answer.
	Reviews  []Review
	Answered []Review
	// Receipts are of people whom the op erased. With one, everything else that is
	// kept about the person is deleted, in the same transaction.
	Receipts []Receipt
}

// Finish records how ops ended, their links and what Dataverse must hear, in one
// transaction. An op whose lane has passed to somebody else is left alone, with
// everything that belongs to it, and its result is false.
func (s *Store) Finish(ctx context.Context, settlements []Settlement) ([]bool, error) {
	if len(settlements) == 0 {
		return nil, nil
	}
	for _, x := range settlements {
		env, _, _ := strings.Cut(string(x.Lane), "/")
		if err := s.Prepare(ctx, connector.Environment(env)); err != nil {
			return nil, err
		}
	}
	out := make([]bool, len(settlements))
	err := s.transact(ctx, "finish", func(tx *sql.Tx) error {
		clear(out)
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		f := &finishing{s: s, tx: tx, now: now}
		if err := f.lockAll(ctx, settlements); err != nil {
			return err
		}
		if err := f.keepMine(ctx, settlements, out); err != nil || len(f.mine) == 0 {
			return err
		}
		for _, step := range []func(context.Context) error{f.requeue, f.mergeOps, f.endOps, f.freeLanes, f.writeLinks, f.release, f.writeTellings, f.later, f.follow, f.reviewing, f.enter, f.erase} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(settlements, func(x Settlement) bool { return len(x.Receipts) > 0 }) {
		_ = s.Scrub(ctx) // when somebody is reading, the clock does it later
	}
	told := map[string]bool{}
	for _, x := range settlements {
		s.wakeAll(x.Follow)
		if env, _, _ := strings.Cut(string(x.Lane), "/"); !told[env] { // slots came free
			told[env] = true
			s.announce(env)
		}
	}
	return out, nil
}

type finishing struct {
	s    *Store
	tx   *sql.Tx
	now  time.Time
	mine []Settlement
}

// lockAll locks the lanes of ops that ask for others together with the lanes of
// those, in the order of their keys: Put will want the latter while we hold the
// former, and another Finish may hold them the other way round. A lane that does not
// exist yet is made, without work.
func (f *finishing) lockAll(ctx context.Context, all []Settlement) error {
	env := map[Lane]connector.Environment{}
	for _, x := range all {
		for _, p := range x.Follow {
			env[p.Lane] = p.Environment
		}
	}
	if len(env) == 0 || f.s.dialect.ForUpdate == "" {
		return nil
	}
	for _, x := range all {
		if _, ok := env[x.Lane]; !ok {
			e, _, _ := strings.Cut(string(x.Lane), "/")
			env[x.Lane] = connector.Environment(e)
		}
	}
	for _, part := range chunks(slices.Sorted(maps.Keys(env)), 500) {
		rows := newGrid("ttiii", len(part))
		for _, k := range part {
			rows.add(string(k), string(env[k]), int64(Backfill), int64(LaneIdle), ms(f.now))
		}
		if _, err := f.s.exec(ctx, f.tx, `INSERT INTO lane (key, environment, class, state, ready_at) VALUES ?
			ON CONFLICT (key) DO UPDATE SET key = lane.key`, rows); err != nil {
			return fmt.Errorf("lock lanes: %w", err)
		}
	}
	return nil
}

// keepMine finds which lanes this caller still holds, and locks them.
func (f *finishing) keepMine(ctx context.Context, all []Settlement, held []bool) error {
	lanes := make([]Leased, len(all))
	for i, x := range all {
		lanes[i] = Leased{x.Lane, x.Epoch}
	}
	rows, err := f.s.held(ctx, f.tx, lanes, LaneRunning)
	if err != nil {
		return err
	}
	mine := make(map[Leased]bool, len(rows))
	for _, l := range rows {
		mine[l] = true
	}
	for i, x := range all {
		if held[i] = mine[lanes[i]]; held[i] {
			f.mine = append(f.mine, x)
		}
	}
	return nil
}

// requeue makes room for ops that run again: younger ones that say the same join them.
func (f *finishing) requeue(ctx context.Context) error {
	var ids numbers
	for _, x := range f.mine {
		if x.State == OpQueued {
			ids = append(ids, x.Op)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	back, err := collect(ctx, f.s.from(f.tx), scanRequestKey, `SELECT id, coalesce_key FROM op WHERE id IN ?`, ids)
	if err != nil {
		return fmt.Errorf("requeue: %w", err)
	}
	if err := f.s.absorb(ctx, f.tx, back); err != nil {
		return fmt.Errorf("requeue: %w", err)
	}
	return nil
}

// mergeOps gives the requests of ops to those that served them already.
func (f *finishing) mergeOps(ctx context.Context) error {
	into := newGrid("ii", len(f.mine))
	var gone numbers
	for _, x := range f.mine {
		if x.Into != 0 {
			into.add(x.Op, x.Into)
			gone = append(gone, x.Op)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if _, err := f.s.exec(ctx, f.tx, `WITH v (op, served_by) AS (VALUES ?)
		UPDATE request SET op = v.served_by FROM v WHERE request.op = v.op`, into); err != nil {
		return fmt.Errorf("merge requests: %w", err)
	}
	if _, err := f.s.exec(ctx, f.tx, `WITH v (op, served_by) AS (VALUES ?)
		UPDATE op SET merged = op.merged + 1 FROM v WHERE op.id = v.served_by`, into); err != nil {
		return fmt.Errorf("merge ops: %w", err)
	}
	n, err := f.s.exec(ctx, f.tx, `DELETE FROM op WHERE id IN ? AND state = 1`, gone)
	if err == nil && int(n) != len(gone) {
		err = fmt.Errorf("%d of %d ops were running", n, len(gone))
	}
	if err != nil {
		return fmt.Errorf("forget merged ops: %w", err)
	}
	return nil
}

func (f *finishing) endOps(ctx context.Context) error {
	ended := newGrid("iiiittiti", len(f.mine))
	for _, x := range f.mine {
		if x.Into != 0 {
			continue
		}
		finished, free := ms(f.now), int64(0)
		if x.State == OpQueued {
			finished = 0
		}
		if x.FreeAttempt {
			free = 1
		}
		ended.add(x.Op, int64(x.State), free, ms(x.Since), x.Outcome.Code, clip(x.Outcome.Why, 2000), int64(x.Outcome.HTTPStatus), x.Cause, finished)
	}
	if ended.rows() == 0 {
		return nil
	}
	n, err := f.s.exec(ctx, f.tx, `WITH v (id, state, free, since, code, message, http_status, cause, finished) AS (VALUES ?)
		UPDATE op SET state = v.state, attempt = op.attempt - v.free, since = v.since, result_code = v.code, message = v.message, http_status = v.http_status,
			cause = v.cause, finished_at = v.finished, arguments = CASE WHEN v.state = 2 THEN NULL ELSE op.arguments END,
			checkpoint = CASE WHEN v.state = 0 THEN op.checkpoint ELSE NULL END
		FROM v WHERE op.id = v.id AND op.state = 1`, ended)
	if err != nil {
		return fmt.Errorf("end ops: %w", err)
	}
	if int(n) != ended.rows() {
		return fmt.Errorf("end ops: %d of %d ops were running", n, ended.rows())
	}
	return nil
}

type laneHead struct {
	lane  Lane
	op    int64
	head  int64
	class int64
}

func scanHead(r *sql.Rows) (h laneHead, err error) {
	return h, r.Scan(&h.lane, &h.op, &h.head, &h.class)
}

// freeLanes makes lanes with more work ready and the others idle.
func (f *finishing) freeLanes(ctx context.Context) error {
	keys := make(words, len(f.mine))
	retry := make(map[Lane]int64, len(f.mine))
	for i, x := range f.mine {
		keys[i] = string(x.Lane)
		retry[x.Lane] = ms(f.now)
		if x.State == OpQueued && x.RetryAt.After(f.now) {
			retry[x.Lane] = ms(x.RetryAt)
		}
	}
	heads, err := collect(ctx, f.s.from(f.tx), scanHead, `SELECT op.lane, op.id, op.operation, h.class FROM op JOIN
		(SELECT MIN(id) AS id, MIN(class) AS class FROM op WHERE state IN (0, 1) AND state = 0 AND lane IN ? GROUP BY lane) AS h ON op.id = h.id`, keys)
	if err != nil {
		return fmt.Errorf("next heads: %w", err)
	}
	next := make(map[Lane]laneHead, len(heads))
	for _, h := range heads {
		next[h.lane] = h
	}
	free := newGrid("tiiii", len(f.mine))
	for _, x := range f.mine {
		state, h := LaneIdle, laneHead{class: int64(Backfill)}
		if n, more := next[x.Lane]; more {
			state, h = LaneReady, n
		}
		free.add(string(x.Lane), int64(state), h.head, h.class, retry[x.Lane])
	}
	if _, err := f.s.exec(ctx, f.tx, `WITH v (key, state, head, class, ready_at) AS (VALUES ?)
		UPDATE lane SET state = v.state, head = v.head, class = v.class, ready_at = v.ready_at, lease_until = 0, node = '', batch = ''
		FROM v WHERE lane.key = v.key`, free); err != nil {
		return fmt.Errorf("free lanes: %w", err)
	}
	return nil
}

func (f *finishing) writeLinks(ctx context.Context) error {
	var links []Link
	for _, x := range f.mine {
		links = append(links, x.Links...)
	}
	return f.s.putLinks(ctx, f.tx, links, f.now)
}

func (f *finishing) release(ctx context.Context) error {
	for _, x := range f.mine {
		env, _, _ := strings.Cut(string(x.Lane), "/")
		if err := f.s.releaseAddresses(ctx, f.tx, connector.Environment(env), x.Release); err != nil {
			return err
		}
	}
	return nil
}

func (f *finishing) writeTellings(ctx context.Context) error {
	var tellings []Telling
	for _, x := range f.mine {
		tellings = append(tellings, x.Tellings...)
	}
	return f.s.putTellings(ctx, f.tx, tellings, f.now)
}

func (f *finishing) later(ctx context.Context) error {
	var all []Later
	for _, x := range f.mine {
		all = append(all, x.Later...)
	}
	return f.s.putLater(ctx, f.tx, all)
}

func (f *finishing) follow(ctx context.Context) error {
	var puts []Put
	for _, x := range f.mine {
		puts = append(puts, x.Follow...)
	}
	if len(puts) == 0 {
		return nil
	}
	_, err := f.s.PutTx(ctx, f.tx, puts)
	return err
}

// clip cuts s to at most n bytes without splitting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
