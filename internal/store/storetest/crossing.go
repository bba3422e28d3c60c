package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// Crossing lets many callers put, take and settle the same lanes in every order at
// once: none may fail because of another, and nothing may be lost.
func Crossing(t *testing.T, open Opener) {
	s := open(t, NewClock())
	const callers, rounds, people = 4, 20, 12
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(c))) //nolint:gosec // a seed, to repeat it
			for r := range rounds {
				var puts []store.Put
				for i := range 8 {
					puts = append(puts, Sync(Person(rnd.IntN(people)), fmt.Sprintf("%d/%d/%d", c, r, i)))
				}
				// The same request by everybody at once, in a lane of its own for each.
				puts = append(puts, Sync(Person(100+c), fmt.Sprintf("same/%d", r)))
				if _, err := s.Put(context.Background(), puts); err != nil {
					t.Error(err)
				}
				if err := workOnce(s, func(x *store.Settlement) {
					x.Follow = []store.Put{Sync(Person(rnd.IntN(people)), fmt.Sprintf("follow/%d", x.Op))}
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for range 50 {
		if err := workOnce(s, func(*store.Settlement) {}); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := s.Count(context.Background(), env)
	if err != nil || counts.Ops[store.OpQueued]+counts.Ops[store.OpRunning] != 0 || counts.Lanes[store.LaneIdle] == 0 || counts.Lanes[store.LaneReady] != 0 {
		t.Errorf("left over: %+v (%v)", counts, err)
	}
}

// workOnce hands out what is ready and settles it.
func workOnce(s *store.Store, change func(*store.Settlement)) error {
	ctx := context.Background()
	var b store.Batch
	err := s.Admit(ctx, func(ctx context.Context, a *store.Admission) error {
		ready, err := a.Peek(ctx, env, 10)
		if err != nil || len(ready) == 0 {
			return err
		}
		b, err = a.Take(ctx, env, ready, time.Hour)
		return err
	})
	if err != nil {
		return err
	}
	taken, err := s.Take(ctx, b, "node", time.Hour)
	if err != nil {
		return err
	}
	out := make([]store.Settlement, len(taken))
	for i, x := range taken {
		out[i] = store.Settlement{Lane: x.Lane, Epoch: x.Epoch, Op: x.ID, State: store.OpDone, Outcome: connector.Done("done")}
		change(&out[i])
	}
	held, err := s.Finish(ctx, out)
	if err != nil {
		return err
	}
	for i, h := range held {
		if !h {
			return fmt.Errorf("op %d lost its lane", out[i].Op)
		}
	}
	return nil
}
