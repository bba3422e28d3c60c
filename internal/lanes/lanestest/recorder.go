package lanestest

import (
	"context"
	"sync"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// Recorder is a runner that remembers what ran, and notices when a lane ran twice
// at once or out of order.
type Recorder struct {
	// Hook, when set, decides; nil settlements mean done.
	Hook func(ctx context.Context, env connector.Environment, work []store.Taken) []store.Settlement
	// OnSlow hears of slow batches.
	OnSlow func(work []store.Taken)

	site     *Site
	mu       sync.Mutex
	busy     map[store.Lane]bool
	last     map[store.Lane]int64
	runs     map[int64]int
	byEnv    map[connector.Environment]int
	sequence []connector.Environment // environments in the order of their batches
	largest  int
	active   int
	peak     int
	overlaps int
	disorder int
}

// Recorder makes a recorder that rings for the waiters of s.
func (s *Site) Recorder() *Recorder {
	return &Recorder{site: s, busy: map[store.Lane]bool{}, last: map[store.Lane]int64{}, runs: map[int64]int{}, byEnv: map[connector.Environment]int{}}
}

// Run implements lanes.Runner.
func (r *Recorder) Run(ctx context.Context, env connector.Environment, work []store.Taken) []store.Settlement {
	r.begin(env, work)
	defer r.end(work)
	if r.Hook != nil {
		if out := r.Hook(ctx, env, work); out != nil {
			return out
		}
	}
	out := make([]store.Settlement, len(work))
	for i := range work {
		out[i] = store.Settlement{State: store.OpDone, Outcome: connector.Done("done")}
	}
	return out
}

// Slow implements lanes.Runner.
func (r *Recorder) Slow(_ context.Context, _ connector.Environment, work []store.Taken) {
	if r.OnSlow != nil {
		r.OnSlow(work)
	}
}

func (r *Recorder) begin(env connector.Environment, work []store.Taken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sequence = append(r.sequence, env)
	r.largest = max(r.largest, len(work))
	r.active++
	r.peak = max(r.peak, r.active)
	for _, t := range work {
		if r.busy[t.Lane] {
			r.overlaps++
		}
		r.busy[t.Lane] = true
		if t.ID < r.last[t.Lane] {
			r.disorder++
		}
		r.last[t.Lane] = t.ID
		r.runs[t.ID]++
		r.byEnv[env]++
	}
}

func (r *Recorder) end(work []store.Taken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active--
	for _, t := range work {
		delete(r.busy, t.Lane)
	}
	r.site.ring()
}

// Ran is how many ops ran.
func (r *Recorder) Ran() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, c := range r.runs {
		n += c
	}
	return n
}

// Of is how many ops of an environment ran.
func (r *Recorder) Of(env connector.Environment) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byEnv[env]
}

// anyNumber lets Verify look at a run that is not over.
const anyNumber = -1

// Verify fails the test when an op ran more than once, out of order, or beside
// another of its lane.
func (r *Recorder) Verify(t testing.TB, ops int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.runs) != ops && ops != anyNumber {
		t.Errorf("%d ops ran, not %d", len(r.runs), ops)
	}
	for id, n := range r.runs {
		if n != 1 {
			t.Errorf("op %d ran %d times", id, n)
		}
	}
	if r.overlaps != 0 || r.disorder != 0 {
		t.Errorf("%d overlaps and %d ops out of order", r.overlaps, r.disorder)
	}
}
