package lanestest

import (
	"context"
	"database/sql"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/lanes"
	"github.com/spotler-connector/connector/internal/store"
)

// unhurried is a lease that a test can wait for and that a slow commit on a
// machine under load does not outlive.
const unhurried = 3 * time.Second

// faulty is an executor that loses or doubles batches, and remembers them.
type faulty struct {
	lanes.Executor
	lose  int // how many batches vanish
	twice bool

	mu   sync.Mutex
	seen []store.Batch
}

// Dispatch implements lanes.Executor.
func (f *faulty) Dispatch(ctx context.Context, tx *sql.Tx, batches []store.Batch) error {
	f.mu.Lock()
	var out []store.Batch
	for _, b := range batches {
		f.seen = append(f.seen, b)
		if f.lose > 0 {
			f.lose--
			continue
		}
		out = append(out, b)
		if f.twice {
			out = append(out, b)
		}
	}
	f.mu.Unlock()
	return f.Executor.Dispatch(ctx, tx, out)
}

func (s *Site) syncs(env connector.Environment, from, n int) {
	s.Helper()
	puts := make([]store.Put, n)
	for i := range puts {
		puts[i] = Ask(env, from+i, connector.SyncContact, "1")
	}
	s.Put(puts...)
}

func (s *Site) ops(env connector.Environment, state store.OpState) []store.Op {
	s.Helper()
	out, err := s.Store.Ops(context.Background(), store.OpFilter{Environment: env, States: []store.OpState{state}, Limit: 1000})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

func lostDispatch(s *Site) {
	r := s.Recorder()
	s.Start(Plan{Name: "a", Runner: r, Executor: &faulty{Executor: s.Executor(8), lose: 2}, Lease: unhurried})
	s.syncs(Acme, 0, 250)
	s.Wait("lost batches are handed out again", func() bool { return r.Ran() >= 250 && s.Open(Acme) == 0 })
	r.Verify(s, 250)
}

func doubledAndLate(s *Site) {
	r := s.Recorder()
	exec := &faulty{Executor: s.Executor(8), twice: true}
	n := s.Start(Plan{Name: "a", Runner: r, Executor: exec})
	s.syncs(Acme, 0, 250)
	s.Wait("all are done", func() bool { return r.Ran() >= 250 && s.Open(Acme) == 0 })
	puts := make([]store.Put, 50)
	for i := range puts {
		puts[i] = Ask(Acme, i, connector.SyncContact, "2")
	}
	s.Put(puts...)
	exec.mu.Lock()
	late := exec.seen
	exec.mu.Unlock()
	for _, b := range late {
		n.Worker.Do(context.Background(), b) // long after it was done
	}
	s.Wait("all are done again", func() bool { return r.Ran() >= 300 && s.Open(Acme) == 0 })
	r.Verify(s, 300)
}

func panicsAlone(s *Site) {
	r := s.Recorder()
	bad := Lane(Acme, 3)
	r.Hook = func(_ context.Context, _ connector.Environment, work []store.Taken) []store.Settlement {
		for _, t := range work {
			if t.Lane == bad {
				panic("a bug that one record meets")
			}
		}
		return nil
	}
	s.syncs(Acme, 0, 10)
	s.Start(Plan{Name: "a", Runner: r})
	s.Wait("all have ended", func() bool { return s.Open(Acme) == 0 })
	dead, done := s.ops(Acme, store.OpDead), s.ops(Acme, store.OpDone)
	if len(dead) != 1 || dead[0].Lane != bad || dead[0].Cause != "broken" || len(done) != 9 {
		s.Errorf("%d dead, %d done: %+v", len(dead), len(done), dead)
	}
}

func shortAnswer(s *Site) {
	r := s.Recorder()
	r.Hook = func(_ context.Context, _ connector.Environment, work []store.Taken) []store.Settlement {
		if len(work) > 1 {
			return make([]store.Settlement, 1)
		}
		return nil
	}
	s.syncs(Acme, 0, 5)
	s.Start(Plan{Name: "a", Runner: r})
	s.Wait("all have ended", func() bool { return s.Open(Acme) == 0 })
	if done := s.ops(Acme, store.OpDone); len(done) != 5 {
		s.Errorf("%d done", len(done))
	}
}

func stopReleases(s *Site) {
	r := s.Recorder()
	begun := make(chan struct{}, 100)
	r.Hook = func(ctx context.Context, _ connector.Environment, work []store.Taken) []store.Settlement {
		begun <- struct{}{}
		<-ctx.Done() // the grace period is over: save what there is and let go
		out := make([]store.Settlement, len(work))
		for i := range out {
			out[i] = store.Settlement{State: store.OpQueued, FreeAttempt: true}
		}
		return out
	}
	s.grace = 20 * time.Millisecond
	n := s.Start(Plan{Name: "a", Runner: r, Slots: 3})
	s.syncs(Acme, 0, 300)
	for range 3 {
		<-begun
	}
	n.Stop()
	c, err := s.Store.Count(context.Background(), Acme)
	if err != nil || c.Lanes[store.LaneReady] != 300 || c.Ops[store.OpRunning] != 0 {
		s.Fatalf("after the stop: %+v (%v)", c, err)
	}
	second := s.Recorder()
	s.Start(Plan{Name: "b", Runner: second})
	s.Wait("another node does the rest", func() bool { return second.Ran() >= 300 && s.Open(Acme) == 0 })
	second.Verify(s, 300)
	for _, op := range s.ops(Acme, store.OpDone) {
		if op.Attempt != 1 {
			s.Errorf("op %d took %d attempts", op.ID, op.Attempt)
		}
	}
}

func handOver(s *Site) {
	r := s.Recorder()
	nodes := map[string]*Node{}
	for _, name := range []string{"a", "b"} {
		nodes[name] = s.Start(Plan{Name: name, Runner: r, Store: s.Another(), Slots: 4})
	}
	leader := ""
	s.Wait("somebody leads", func() bool {
		for name, n := range nodes {
			if n.Pump.Leads() {
				leader = name
			}
		}
		return leader != ""
	})
	s.syncs(Acme, 0, 500)
	s.Wait("some are done", func() bool { return r.Ran() > 0 })
	nodes[leader].Stop()
	for i := range 20 {
		s.Put(Ask(Acme, i, connector.SetScore, "score"))
	}
	s.Wait("the other node does the rest", func() bool { return r.Ran() >= 520 && s.Open(Acme) == 0 })
	r.Verify(s, 520)
	if name, term, err := s.Store.Leader(context.Background(), "pump"); err != nil || name == leader || term < 2 {
		s.Errorf("%s leads in term %d (%v)", name, term, err)
	}
}

func lostLease(s *Site) {
	r := s.Recorder()
	var once sync.Once
	stopped := false
	r.Hook = func(ctx context.Context, _ connector.Environment, _ []store.Taken) []store.Settlement {
		once.Do(func() {
			if _, err := s.Store.ReclaimNode(context.Background(), "a"); err != nil {
				s.Error(err)
			}
			<-ctx.Done() // the next heartbeat finds out
			stopped = true
		})
		return nil
	}
	s.Start(Plan{Name: "a", Runner: r, Lease: unhurried})
	s.syncs(Acme, 0, 1)
	s.Wait("it is done", func() bool { return s.Open(Acme) == 0 })
	done := s.ops(Acme, store.OpDone)
	s.Wait("the first worker was stopped", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.active == 0 })
	if !stopped || len(done) != 1 || done[0].Attempt != 2 {
		s.Errorf("stopped %t, %+v", stopped, done)
	}
}

func leaseIsKept(s *Site) {
	r := s.Recorder()
	lease := func() (until int64) {
		if err := s.Store.DB().QueryRowContext(context.Background(), `SELECT MAX(lease_until) FROM lane`).Scan(&until); err != nil {
			s.Error(err)
		}
		return until
	}
	r.Hook = func(context.Context, connector.Environment, []store.Taken) []store.Settlement {
		last := lease()
		for range 4 { // longer than one lease
			s.Wait("the lease is prolonged", func() bool { return lease() > last })
			last = lease()
		}
		return nil
	}
	s.Start(Plan{Name: "a", Runner: r, Lease: unhurried})
	s.syncs(Acme, 0, 3)
	s.Wait("all are done", func() bool { return s.Open(Acme) == 0 })
	r.Verify(s, 3)
}
