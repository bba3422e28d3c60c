package storetest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// Model runs random sequences of everything that can happen to lanes against a
// store, and compares each answer with a plain model. SOAK=1 makes it many more.
func Model(t *testing.T, open Opener, checks int) {
	if os.Getenv("SOAK") != "" {
		checks *= 40
	}
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(checks), "rapid.steps": "60"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	clock := NewClock()
	s := open(t, clock)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++ // every run has an environment of its own
		w := &world{T: rt, s: s, clock: clock, env: connector.Environment(fmt.Sprintf("model%d", n)), m: newModel(), ended: map[*modelOp]int{}}
		rt.Repeat(map[string]func(*rapid.T){
			"put": w.put, "put again": w.put, "admit": w.admit, "take": w.take, "finish": w.finish,
			"time passes": w.pass, "crash": w.crash,
		})
		w.quiesce()
		w.verify()
	})
}

// world is one run: the store, the model, and what workers have in their hands.
type world struct {
	*rapid.T
	s       *store.Store
	clock   *Clock
	env     connector.Environment
	m       *model
	step    int
	keys    []string
	puts    map[string]putAt
	batches []store.Batch
	running []store.Taken
	ended   map[*modelOp]int // when an op ended, in steps
	order   []*modelOp       // as they ended
}

type putAt struct {
	put  store.Put
	step int
}

const modelLease = time.Minute

func (w *world) lane(n int) store.Lane {
	return store.LaneOf(w.env, connector.Record{Table: connector.Contact, ID: ID(n)})
}

func (w *world) put(t *rapid.T) {
	w.step++
	if w.puts == nil {
		w.puts = map[string]putAt{}
	}
	group := make([]store.Put, rapid.IntRange(1, 5).Draw(t, "requests"))
	for i := range group {
		group[i] = w.request(t)
	}
	got, err := w.s.Put(context.Background(), group)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range group {
		op, known, joined := w.m.put(p, w.clock.Now(), w.step)
		if op.id == 0 {
			op.id = got[i].Op
		}
		if got[i].Op != op.id || got[i].Known != known || got[i].Joined != joined {
			t.Fatalf("put %d of %v: got %+v, want op %d, known %t, joined %t", i, p.Operation, got[i], op.id, known, joined)
		}
		if !known {
			w.puts[p.Key] = putAt{p, w.step}
		}
	}
}

func (w *world) request(t *rapid.T) store.Put {
	if len(w.keys) > 0 && rapid.IntRange(0, 2).Draw(t, "twice") == 0 {
		k := rapid.SampledFrom(w.keys).Draw(t, "key")
		if at, ok := w.puts[k]; ok {
			return at.put
		}
	}
	p := store.Put{
		Environment: w.env, Lane: w.lane(rapid.IntRange(1, 3).Draw(t, "lane")), Source: "test", Key: fmt.Sprint("k", len(w.keys)),
		Operation: rapid.SampledFrom([]connector.Operation{connector.SyncContact, connector.SyncContact, connector.SyncList, connector.AnonymizeContact, connector.SetScore}).Draw(t, "operation"),
		Class:     rapid.SampledFrom([]store.Class{store.Consent, store.Live, store.Backfill}).Draw(t, "class"),
	}
	if rapid.Bool().Draw(t, "job") {
		p.Job = ID(1000 + len(w.keys))
	}
	w.keys = append(w.keys, p.Key)
	return p
}

func (w *world) admit(t *rapid.T) {
	w.step++
	lease := w.clock.Now().Add(modelLease)
	err := w.s.Admit(context.Background(), func(ctx context.Context, a *store.Admission) error {
		ready, err := a.Peek(ctx, w.env, 100)
		if err != nil {
			return err
		}
		w.compareReady(t, ready)
		ready = slices.DeleteFunc(ready, func(store.Ready) bool { return rapid.IntRange(0, 3).Draw(t, "leave") == 0 })
		if len(ready) == 0 {
			return nil
		}
		b, err := a.Take(ctx, w.env, ready, modelLease)
		if err != nil {
			return err
		}
		if len(b.Lanes) != len(ready) {
			t.Fatalf("handed out %d lanes of %d", len(b.Lanes), len(ready))
		}
		for _, l := range b.Lanes {
			if want := w.m.admit(l.Lane, lease); l.Epoch != want {
				t.Fatalf("epoch %d, want %d", l.Epoch, want)
			}
		}
		w.batches = append(w.batches, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) compareReady(t *rapid.T, ready []store.Ready) {
	got := make([]store.Lane, len(ready))
	for i, r := range ready {
		got[i] = r.Lane
		l := w.m.lane(r.Lane)
		if len(l.queue) == 0 || r.Operation != l.queue[0].operation || r.Class > l.urgency() {
			t.Fatalf("ready %+v, but queued are %d ops", r, len(l.queue))
		}
	}
	slices.Sort(got)
	if want := w.m.ready(w.clock.Now()); !slices.Equal(got, want) {
		t.Fatalf("ready lanes %v, want %v", got, want)
	}
}

func (w *world) take(t *rapid.T) {
	if len(w.batches) == 0 {
		t.Skip("nothing was handed out")
	}
	w.step++
	i := rapid.IntRange(0, len(w.batches)-1).Draw(t, "batch")
	b := w.batches[i]
	if !rapid.Bool().Draw(t, "comes twice") {
		w.batches = slices.Delete(w.batches, i, i+1)
	}
	w.takeBatch(t, b)
}

func (w *world) takeBatch(t *rapid.T, b store.Batch) {
	got, err := w.s.Take(context.Background(), b, "node", modelLease)
	if err != nil {
		t.Fatal(err)
	}
	byLane := map[store.Lane]store.Taken{}
	for _, x := range got {
		byLane[x.Lane] = x
	}
	started := 0
	for _, l := range b.Lanes {
		want := w.m.take(l, w.clock.Now().Add(modelLease), w.step)
		if want == nil {
			continue
		}
		started++
		x := byLane[l.Lane]
		slices.Sort(want.jobs)
		if x.ID != want.id || x.Operation != want.operation || x.Attempt != want.attempt || x.Epoch != l.Epoch || x.Class > want.class || !slices.Equal(x.Jobs, want.jobs) {
			t.Fatalf("started %+v, want %+v", x, want)
		}
	}
	if started != len(got) {
		t.Fatalf("%d ops started, want %d", len(got), started)
	}
	w.running = append(w.running, got...)
}

func (w *world) finish(t *rapid.T) {
	if len(w.running) == 0 {
		t.Skip("nothing runs")
	}
	w.step++
	var out []store.Settlement
	lanes := map[store.Lane]bool{}
	w.running = slices.DeleteFunc(w.running, func(x store.Taken) bool {
		if lanes[x.Lane] || rapid.IntRange(0, 2).Draw(t, "not yet") == 0 {
			return false
		}
		lanes[x.Lane] = true
		out = append(out, w.end(t, x))
		return rapid.IntRange(0, 3).Draw(t, "once more") > 0
	})
	w.settle(t, out)
}

func (w *world) end(t *rapid.T, x store.Taken) store.Settlement {
	s := store.Settlement{Lane: x.Lane, Epoch: x.Epoch, Op: x.ID, State: store.OpDone, Outcome: connector.Done("done")}
	switch rapid.SampledFrom([]string{"done", "done", "dead", "again", "later", "busy", "late"}).Draw(t, "end") {
	case "dead":
		s.State = store.OpDead
	case "again":
		s.State = store.OpQueued
	case "later":
		s.State, s.RetryAt = store.OpQueued, w.clock.Now().Add(40*time.Second)
	case "busy":
		s.State, s.FreeAttempt = store.OpQueued, true
	case "late":
		s.Epoch-- // a worker that lost the lane
	}
	return s
}

func (w *world) settle(t *rapid.T, out []store.Settlement) {
	if len(out) == 0 {
		return
	}
	held, err := w.s.Finish(context.Background(), out)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range out {
		op := w.m.lane(x.Lane).running
		want := w.m.finish(x, w.clock.Now())
		if held[i] != want {
			t.Fatalf("settled %t, want %t: %+v", held[i], want, x)
		}
		if want && x.State != store.OpQueued {
			if _, twice := w.ended[op]; twice {
				t.Fatalf("op %d ended twice", op.id)
			}
			w.ended[op] = len(w.order)
			w.order = append(w.order, op)
		}
	}
}

func (w *world) pass(t *rapid.T) {
	w.step++
	w.clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Second, 50 * time.Second, 2 * time.Minute}).Draw(t, "for"))
	if rapid.Bool().Draw(t, "reclaim") {
		w.reclaim(t)
	}
}

func (w *world) reclaim(t *rapid.T) {
	if _, err := w.s.ReclaimExpired(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.m.reclaim(w.clock.Now())
}

// crash forgets what workers have in hand; only the leases know of it.
func (w *world) crash(*rapid.T) { w.batches, w.running = nil, nil }

// quiesce works until nothing is left.
func (w *world) quiesce() {
	w.batches, w.running = nil, nil
	for range 1000 {
		w.step++
		w.clock.Advance(2 * time.Minute)
		w.reclaim(w.T)
		var b store.Batch
		err := w.s.Admit(context.Background(), func(ctx context.Context, a *store.Admission) error {
			ready, err := a.Peek(ctx, w.env, 100)
			if err != nil || len(ready) == 0 {
				return err
			}
			b, err = a.Take(ctx, w.env, ready, modelLease)
			for _, l := range b.Lanes {
				w.m.admit(l.Lane, w.clock.Now().Add(modelLease))
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
		if len(b.Lanes) == 0 {
			return
		}
		w.takeBatch(w.T, b)
		out := make([]store.Settlement, len(w.running))
		for i, x := range w.running {
			out[i] = store.Settlement{Lane: x.Lane, Epoch: x.Epoch, Op: x.ID, State: store.OpDone, Outcome: connector.Done("done")}
		}
		w.running = nil
		w.settle(w.T, out)
	}
	w.Fatal("it never comes to rest")
}

// verify holds the whole run against what was promised.
func (w *world) verify() {
	ctx := context.Background()
	answered := map[connector.RecordID]*modelOp{}
	for _, key := range w.keys {
		at, was := w.puts[key]
		if !was {
			continue
		}
		op := w.m.known[key]
		id, known, err := w.s.OpsOfRequest(ctx, w.env, key)
		if err != nil || !known || id != op.id {
			w.Fatalf("request %s is served by op %d (%t, %v), want %d", key, id, known, err, op.id)
		}
		if _, done := w.ended[op]; !done {
			w.Fatalf("request %s was lost: op %d never ended", key, op.id)
		}
		if op.run < at.step {
			w.Fatalf("request %s came in step %d, but its op ran last in step %d", key, at.step, op.run)
		}
		if at.put.Job != "" {
			if other := answered[at.put.Job]; other != nil && other != op {
				w.Fatalf("job row %s is answered twice", at.put.Job)
			}
			answered[at.put.Job] = op
		}
	}
	w.verifyOrder()
}

// verifyOrder: whatever was put around a command of the same lane ended on its side of it.
func (w *world) verifyOrder() {
	for _, a := range w.puts {
		for _, b := range w.puts {
			spec, _ := a.put.Operation.Spec()
			other, _ := b.put.Operation.Spec()
			if a.put.Lane != b.put.Lane || a.step >= b.step || spec.Coalesces && other.Coalesces {
				continue
			}
			if x, y := w.m.known[a.put.Key], w.m.known[b.put.Key]; w.ended[x] >= w.ended[y] {
				w.Fatalf("%v was put before %v, but ended after it", a.put.Operation, b.put.Operation)
			}
		}
	}
}
