// Package lanestest says in tests what the engine is, for both executors: the local
// one on SQLite, and River on PostgreSQL.
package lanestest

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/lanes"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/postgres"
	"github.com/spotler-connector/connector/internal/store/sqlite"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// Site is an installation under test: a database and the nodes on it.
type Site struct {
	testing.TB
	// Store is the first node's store.
	Store *store.Store
	// Another opens the store as one more node sees it.
	Another func() *store.Store
	// Executor makes a node's executor.
	Executor func(workers int) lanes.Executor
	// Listen wakes a node for what others do, until ctx ends; nil when there are no others.
	Listen func(ctx context.Context, s *store.Store) error

	grace  time.Duration // of the executors made from now on
	signal chan struct{} // something happened: waiters look again
}

// Opener opens an empty installation.
type Opener func(t testing.TB) *Site

// SQLite is an installation of one process: SQLite and the local executor.
func SQLite(t testing.TB) *Site {
	t.Helper()
	noLeaks(t)
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "connector.db"), storetest.Sealer(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, db)
	site := &Site{TB: t, Store: db.Store, Another: func() *store.Store { return db.Store }, grace: 5 * time.Second, signal: make(chan struct{}, 1)}
	site.Executor = func(workers int) lanes.Executor { return lanes.NewLocal(workers, site.grace) }
	return site
}

// Postgres is an installation of any number of nodes: PostgreSQL and River.
func Postgres(t testing.TB) *Site {
	t.Helper()
	noLeaks(t)
	url := storetest.PostgresURL(t)
	open := func() *store.Store {
		s, err := postgres.Open(context.Background(), postgres.Options{URL: url}, storetest.Sealer())
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, s)
		return s
	}
	site := &Site{TB: t, Store: open(), Another: open, grace: 5 * time.Second, signal: make(chan struct{}, 1)}
	site.Listen = func(ctx context.Context, s *store.Store) error { return postgres.Listen(ctx, url, s) }
	site.Executor = func(workers int) lanes.Executor {
		r, err := lanes.NewRiver(context.Background(), lanes.RiverOptions{URL: url, Workers: workers, Grace: site.grace, Log: Quiet()})
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, r)
		return r
	}
	return site
}

// Quiet is a log that nobody reads.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func closeAtEnd(t testing.TB, c interface{ Close() error }) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// noLeaks fails the test when it leaves goroutines behind. Call it before anything
// else is opened, for cleanups run backwards.
func noLeaks(t testing.TB) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		if !t.Failed() {
			// pgx closes a connection whose context ended in a goroutine of its own, which ends by
			// itself and which nobody outside pgx can wait for.
			goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgconn.(*PgConn).asyncClose.func1"))
		}
	})
}

// Node is one running node.
type Node struct {
	Pump   *lanes.Pump
	Worker *lanes.Worker
	// Settled counts the ops whose batches have ended.
	Settled atomic.Int64

	exec   lanes.Executor
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// Plan says how a node is built; zero values are sensible for tests.
type Plan struct {
	Name         string
	Store        *store.Store
	Executor     lanes.Executor
	Environments []connector.Environment
	Slots        int
	Lease        time.Duration
	Linger       time.Duration
	SlowAfter    time.Duration
	Runner       lanes.Runner
}

// Build makes a node that is not started yet.
func (s *Site) Build(p Plan) *Node {
	if p.Store == nil {
		p.Store = s.Store
	}
	if p.Slots == 0 {
		p.Slots = 8
	}
	if p.Lease == 0 {
		p.Lease = 30 * time.Second
	}
	if p.Executor == nil {
		p.Executor = s.Executor(p.Slots)
	}
	if p.Environments == nil {
		p.Environments = []connector.Environment{Acme}
	}
	n := &Node{exec: p.Executor}
	n.Worker = &lanes.Worker{
		Store: p.Store, Node: p.Name, Lease: p.Lease, Runner: p.Runner, Log: Quiet(), SlowAfter: p.SlowAfter,
		Done: func(_ store.Batch, ops int, _ time.Duration) {
			n.Settled.Add(int64(ops))
			s.ring()
		},
	}
	n.Pump = &lanes.Pump{
		Store: p.Store, Executor: p.Executor, Node: p.Name, Slots: p.Slots, Linger: p.Linger, Lease: p.Lease, Log: Quiet(), Now: time.Now,
		Environments: func() []connector.Environment { return p.Environments },
		Tick:         20 * time.Millisecond, Leadership: 300 * time.Millisecond, Reclaim: 20 * time.Millisecond,
	}
	return n
}

// Start builds a node and runs it until the test ends or Stop is called.
func (s *Site) Start(p Plan) *Node {
	n := s.Build(p)
	s.Run(n)
	return n
}

// Run runs a node that was built.
func (s *Site) Run(n *Node) {
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	run := func(f func() error) {
		n.ended.Go(func() {
			if err := f(); err != nil {
				s.Error(err)
			}
		})
	}
	run(func() error { return n.exec.Run(ctx, n.Worker.Do) })
	run(func() error { return n.Pump.Run(ctx) })
	if s.Listen != nil {
		run(func() error { return s.Listen(ctx, n.Pump.Store) })
	}
	s.Cleanup(n.Stop)
}

// Stop stops a node softly and waits until it has ended.
func (n *Node) Stop() {
	n.cancel()
	n.ended.Wait()
}

func (s *Site) ring() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// Wait returns when cond holds. It looks whenever a batch has ended or the recorder
// was called, so it waits for signals, not for time; the limit is for a test that fails.
func (s *Site) Wait(what string, cond func() bool) {
	s.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	again := time.NewTicker(100 * time.Millisecond) // a reclaim rings no bell
	defer again.Stop()
	for !cond() {
		select {
		case <-s.signal:
		case <-again.C:
		case <-limit.C:
			s.Fatalf("waited in vain: %s; lanes: %s", what, s.lanes())
		}
	}
}

// lanes says how many lanes are in which state, for a test that fails.
func (s *Site) lanes() string {
	rows, err := s.Store.DB().QueryContext(context.Background(), `SELECT state, node, COUNT(*), MIN(lease_until) FROM lane GROUP BY state, node`)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = rows.Close() }()
	out := ""
	for rows.Next() {
		var state, n, lease int64
		var node string
		if err := rows.Scan(&state, &node, &n, &lease); err != nil {
			return err.Error()
		}
		out += fmt.Sprintf("%d in state %d of node %q until %d; ", n, state, node, lease)
	}
	if err := rows.Err(); err != nil {
		return out + err.Error()
	}
	return out
}

// Acme is the environment of most tests.
const Acme connector.Environment = "acme"

// Lane is the lane of the n-th person of an environment.
func Lane(env connector.Environment, n int) store.Lane {
	return store.LaneOf(env, connector.Record{Table: connector.Contact, ID: storetest.ID(n)})
}

// Ask is a request for an operation, with a key of its own.
func Ask(env connector.Environment, person int, op connector.Operation, key string) store.Put {
	return store.Put{Environment: env, Lane: Lane(env, person), Operation: op, Class: store.Live, Source: "test", Key: fmt.Sprintf("%d/%s", person, key)}
}

// Put asks in groups of 500.
func (s *Site) Put(puts ...store.Put) {
	s.Helper()
	for len(puts) > 0 {
		n := min(len(puts), 500)
		if _, err := s.Store.Put(context.Background(), puts[:n]); err != nil {
			s.Fatal(err)
		}
		puts = puts[n:]
	}
}

// Open is how many ops of an environment are queued or running.
func (s *Site) Open(env connector.Environment) int {
	c, err := s.Store.Count(context.Background(), env)
	if err != nil {
		s.Fatal(err)
	}
	return c.Ops[store.OpQueued] + c.Ops[store.OpRunning]
}
