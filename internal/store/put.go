package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	connector "github.com/spotler-connector/connector"
)

// Put asks for an op in a lane.
type Put struct {
	Environment connector.Environment
	Lane        Lane
	Operation   connector.Operation
	Class       Class
	Source      string
	Arguments   []byte
	// Key makes the request known: a job GUID, a message id. The same key in the
	// same environment is the same request, however often it comes.
	Key string
	// Job is the Spotler Job row that asks, when one does.
	Job connector.RecordID
}

// PutResult says what became of a Put.
type PutResult struct {
	Op int64
	// Known says that the request had been put before, so nothing was added.
	Known bool
	// Joined says that the request is served by an op that was queued already.
	Joined bool
}

// Put stores the requests in one transaction and returns when it is durable.
// An op that only makes Spotler look like the CRM joins the queued one at the
// tail of its lane, unless something that does not commute stands between
// (design: engine, "Putting an op into a lane").
func (s *Store) Put(ctx context.Context, puts []Put) ([]PutResult, error) {
	if len(puts) == 0 {
		return nil, nil
	}
	if err := s.preparePuts(ctx, puts); err != nil {
		return nil, err
	}
	var out []PutResult
	err := s.transact(ctx, "put", func(tx *sql.Tx) error {
		var err error
		out, err = s.PutTx(ctx, tx, puts)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.wakeAll(puts)
	return out, nil
}

// preparePuts makes the keys of the environments exist before the transaction
// begins: SQLite has one writer, which cannot wait for itself.
func (s *Store) preparePuts(ctx context.Context, puts []Put) error {
	for i, p := range puts {
		if i > 0 && p.Environment == puts[i-1].Environment {
			continue
		}
		if err := s.Prepare(ctx, p.Environment); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) wakeAll(puts []Put) {
	last := connector.Environment("")
	for _, p := range puts {
		if p.Environment != last {
			s.Wake(string(p.Environment))
			s.announce(string(p.Environment))
			last = p.Environment
		}
	}
}

// PutTx is Put in the caller's transaction; the caller wakes the environments.
func (s *Store) PutTx(ctx context.Context, tx *sql.Tx, puts []Put) ([]PutResult, error) {
	now, err := s.dialect.Clock(ctx, tx)
	if err != nil {
		return nil, err
	}
	g := &putting{store: s, tx: tx, puts: slices.Clone(puts), now: now, results: make([]PutResult, len(puts))}
	for _, step := range []func(context.Context) error{g.lockLanes, g.dropKnown, g.addOps, g.addRequests, g.trueHeads, g.raiseBarriers} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return g.results, nil
}

// putting is one group of requests on its way into the lanes.
type putting struct {
	store    *Store
	tx       *sql.Tx
	puts     []Put
	now      time.Time
	results  []PutResult
	barriers map[Lane]int64 // as they are after this group
	raised   map[Lane]bool
	fresh    []int          // indices of puts that are new requests
	opKey    map[int]string // put index → coalesce key of the op that serves it
}

// lockLanes makes the lanes exist and ready. On PostgreSQL the row lock it takes
// is the record's mutex; the lanes come in key order, so there is no deadlock.
func (g *putting) lockLanes(ctx context.Context) error {
	first := map[Lane]int{}
	var keys []Lane
	for i, p := range g.puts {
		j, seen := first[p.Lane]
		if !seen {
			keys = append(keys, p.Lane)
			first[p.Lane] = i
		} else if p.Class < g.puts[j].Class {
			g.puts[j].Class = p.Class // the lane's class is the most urgent of its ops
		}
	}
	slices.Sort(keys)
	g.barriers = make(map[Lane]int64, len(keys))
	for _, part := range chunks(keys, 500) {
		rows := newGrid("ttiiii", len(part))
		for _, k := range part {
			p := g.puts[first[k]]
			rows.add(string(k), string(p.Environment), int64(p.Class), int64(LaneReady), int64(p.Operation), ms(g.now))
		}
		locked, err := collect(ctx, g.store.from(g.tx), scanBarrier, `INSERT INTO lane (key, environment, class, state, head, ready_at) VALUES ?
			ON CONFLICT (key) DO UPDATE SET
				class = CASE WHEN lane.state = 0 OR excluded.class < lane.class THEN excluded.class ELSE lane.class END,
				head = CASE WHEN lane.state = 0 THEN excluded.head ELSE lane.head END,
				ready_at = CASE WHEN lane.state = 0 THEN excluded.ready_at ELSE lane.ready_at END,
				state = CASE WHEN lane.state = 0 THEN 1 ELSE lane.state END
			RETURNING key, barrier`, rows)
		if err != nil {
			return fmt.Errorf("lock lanes: %w", err)
		}
		for _, r := range locked {
			g.barriers[r.lane] = r.barrier
		}
	}
	return nil
}

type laneBarrier struct {
	lane    Lane
	barrier int64
}

func scanBarrier(r *sql.Rows) (b laneBarrier, err error) { return b, r.Scan(&b.lane, &b.barrier) }

// dropKnown leaves out requests that were put before, also within this group.
func (g *putting) dropKnown(ctx context.Context) error {
	at := map[[2]string]int{}
	byEnv := map[connector.Environment][]string{}
	for i, p := range g.puts {
		k := [2]string{string(p.Environment), p.Key}
		if _, twice := at[k]; twice {
			continue
		}
		at[k] = i
		byEnv[p.Environment] = append(byEnv[p.Environment], p.Key)
	}
	known := map[[2]string]int64{}
	for env, keys := range byEnv {
		for _, part := range chunks(keys, 500) {
			rows, err := collect(ctx, g.store.from(g.tx), scanRequest, `SELECT key, op FROM request WHERE environment = ? AND key IN ?`, string(env), words(part))
			if err != nil {
				return fmt.Errorf("known requests: %w", err)
			}
			for _, r := range rows {
				known[[2]string{string(env), r.key}] = r.op
			}
		}
	}
	for i, p := range g.puts {
		k := [2]string{string(p.Environment), p.Key}
		if op, ok := known[k]; ok {
			g.results[i] = PutResult{Op: op, Known: true}
		} else if at[k] != i {
			g.results[i] = PutResult{Known: true} // its op is filled in by addRequests
		} else {
			g.fresh = append(g.fresh, i)
		}
	}
	return nil
}

type requestOp struct {
	key string
	op  int64
}

func scanRequest(r *sql.Rows) (q requestOp, err error) { return q, r.Scan(&q.key, &q.op) }

// addOps inserts the ops, or joins queued ones with the same coalesce key.
func (g *putting) addOps(ctx context.Context) error {
	g.opKey = make(map[int]string, len(g.fresh))
	g.raised = map[Lane]bool{}
	var order []int // puts that bring an op of their own
	own := map[string]int{}
	asked := map[string]int64{} // how many of this group an op serves
	for _, i := range g.fresh {
		key := g.coalesceKey(g.puts[i])
		g.opKey[i] = key
		asked[key]++
		if j, joined := own[key]; !joined {
			own[key] = i
			order = append(order, i)
		} else {
			g.puts[j].Class = min(g.puts[j].Class, g.puts[i].Class)
		}
	}
	ids := make(map[string]opMerged, len(order))
	for _, part := range chunks(order, 500) {
		rows := newGrid("ttiiibttii", len(part))
		for _, i := range part {
			p := g.puts[i]
			sealed, err := g.store.seal.Seal(ctx, p.Environment, "arguments", p.Arguments)
			if err != nil {
				return err
			}
			rows.add(string(p.Environment), string(p.Lane), int64(p.Operation), int64(OpQueued), int64(p.Class), sealed, g.opKey[i], p.Source, ms(g.now), asked[g.opKey[i]]-1)
		}
		added, err := collect(ctx, g.store.from(g.tx), scanOpKey, `INSERT INTO op (environment, lane, operation, state, class, arguments, coalesce_key, source, created_at, merged) VALUES ?
			ON CONFLICT (coalesce_key) WHERE state = 0 DO UPDATE SET merged = op.merged + 1 + excluded.merged,
				class = CASE WHEN excluded.class < op.class THEN excluded.class ELSE op.class END
			RETURNING id, coalesce_key, merged`, rows)
		if err != nil {
			return fmt.Errorf("add ops: %w", err)
		}
		for _, r := range added {
			ids[r.key] = r
		}
	}
	for _, i := range g.fresh {
		r, ok := ids[g.opKey[i]]
		if !ok {
			return fmt.Errorf("add ops: no op came back for a request in lane %s", g.puts[i].Lane)
		}
		g.results[i] = PutResult{Op: r.id, Joined: own[g.opKey[i]] != i || r.merged >= asked[g.opKey[i]]}
	}
	return nil
}

type opMerged struct {
	id     int64
	key    string
	merged int64
}

func scanOpKey(r *sql.Rows) (o opMerged, err error) { return o, r.Scan(&o.id, &o.key, &o.merged) }

// coalesceKey is lane|operation|barrier for an op that may be joined. One that
// does not commute gets a key of its own and raises the barrier, so that what
// comes later cannot join what came before it.
func (g *putting) coalesceKey(p Put) string {
	spec, ok := p.Operation.Spec()
	if !ok || !spec.Coalesces {
		g.barriers[p.Lane]++
		g.raised[p.Lane] = true
		return "!" + uuid.NewString()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%d|%d", p.Lane, int(p.Operation), g.barriers[p.Lane])
	return b.String()
}

func (g *putting) addRequests(ctx context.Context) error {
	for _, part := range chunks(g.fresh, 500) {
		rows := newGrid("ttiti", len(part))
		for _, i := range part {
			p := g.puts[i]
			rows.add(string(p.Environment), p.Key, g.results[i].Op, string(p.Job), ms(g.now))
		}
		if _, err := g.store.exec(ctx, g.tx, `INSERT INTO request (environment, key, op, job, created_at) VALUES ?`, rows); err != nil {
			return fmt.Errorf("add requests: %w", err)
		}
	}
	ops := map[[2]string]int64{}
	for _, i := range g.fresh {
		ops[[2]string{string(g.puts[i].Environment), g.puts[i].Key}] = g.results[i].Op
	}
	for i, p := range g.puts {
		if g.results[i].Op == 0 {
			g.results[i].Op = ops[[2]string{string(p.Environment), p.Key}]
		}
	}
	return nil
}

// trueHeads looks again at lanes for which a request came that was known: such a
// lane may have been made ready for nothing, or with the known one's operation.
func (g *putting) trueHeads(ctx context.Context) error {
	seen := map[Lane]bool{}
	var lanes words
	for i, p := range g.puts {
		if g.results[i].Known && !seen[p.Lane] {
			seen[p.Lane] = true
			lanes = append(lanes, string(p.Lane))
		}
	}
	for _, part := range chunks(lanes, 500) {
		const head = `(SELECT op.operation FROM op WHERE op.lane = lane.key AND op.state IN (0, 1) AND op.state = 0 ORDER BY op.id LIMIT 1)`
		if _, err := g.store.exec(ctx, g.tx, `UPDATE lane SET head = COALESCE(`+head+`, 0), state = CASE WHEN `+head+` IS NULL THEN 0 ELSE 1 END
			WHERE state = 1 AND key IN ?`, words(part)); err != nil {
			return fmt.Errorf("true heads: %w", err)
		}
	}
	return nil
}

func (g *putting) raiseBarriers(ctx context.Context) error {
	for _, part := range chunks(slices.Collect(maps.Keys(g.raised)), 500) {
		rows := newGrid("ti", len(part))
		for _, lane := range part {
			rows.add(string(lane), g.barriers[lane])
		}
		if _, err := g.store.exec(ctx, g.tx, `WITH v (key, barrier) AS (VALUES ?)
			UPDATE lane SET barrier = v.barrier FROM v WHERE lane.key = v.key`, rows); err != nil {
			return fmt.Errorf("raise barriers: %w", err)
		}
	}
	return nil
}
