package intake

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/store"
)

func syncOf(n int) []store.Put {
	return []store.Put{operations.PutSync("acme", connector.Record{Table: connector.Contact, ID: ID(n)}, store.Live, string(ID(n)), Source)}
}

// slow is a store that takes a while, as a disk does.
type slow struct {
	memory
	takes time.Duration
}

func (s *slow) Put(ctx context.Context, puts []store.Put) ([]store.PutResult, error) {
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return s.memory.Put(ctx, puts)
}

// putAll puts n events at the same moment and returns their errors.
func putAll(g *group, n int) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = g.put(context.Background(), syncOf(i)) })
	}
	wg.Wait()
	return errs
}

// idle lets a writer end that lingers for events that do not come.
func idle() { <-time.After(2 * linger); synctest.Wait() }

func TestEventsTravelTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: 5 * time.Millisecond}
		g := &group{store: s, longest: 10}
		began := time.Now()
		for _, err := range putAll(g, 31) {
			if err != nil {
				t.Error(err)
			}
		}
		took := time.Since(began)
		idle()
		if len(s.puts()) != 31 || len(s.groups) > 5 {
			t.Errorf("%d events in %d groups", len(s.puts()), len(s.groups))
		}
		for _, group := range s.groups {
			if len(group) > 10 {
				t.Errorf("a group of %d", len(group))
			}
		}
		if took > 30*time.Millisecond {
			t.Errorf("%v", took)
		}
	})
}

func TestALoneEventLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &group{store: &memory{}, longest: maxGroup}
		began := time.Now()
		for i := range 3 {
			if err := g.put(context.Background(), syncOf(i)); err != nil || time.Since(began) != 0 {
				t.Errorf("%v after %v", err, time.Since(began))
			}
			synctest.Wait()
		}
	})
}

func TestABrokenEventHarmsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: time.Millisecond}
		bad := syncOf(7)[0].Lane
		s.refuse = func(puts []store.Put) error {
			for _, p := range puts {
				if p.Lane == bad {
					return errors.New("invalid byte sequence")
				}
			}
			return nil
		}
		for i, err := range putAll(&group{store: s, longest: maxGroup}, 40) {
			if (err != nil) != (i == 7) {
				t.Errorf("event %d: %v", i, err)
			}
		}
		idle()
		if len(s.puts()) != 39 {
			t.Errorf("%d stored", len(s.puts()))
		}
	})
}

func TestAnAbsentStoreIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: time.Second}
		s.away = true
		began := time.Now()
		for i, err := range putAll(&group{store: s, longest: maxGroup}, 100) {
			if err == nil {
				t.Errorf("event %d was stored in nothing", i)
			}
		}
		idle()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("everybody waited %v", took)
		}
	})
}

func TestAHangingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &group{store: &slow{takes: time.Hour}, longest: maxGroup}
		began := time.Now()
		if err := g.put(context.Background(), syncOf(1)); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != writeTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestACallerWhoLeavesTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{takes: time.Second}
		g := &group{store: s, longest: maxGroup}
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Millisecond, cancel)
		if err := g.put(ctx, syncOf(1)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := g.put(context.Background(), syncOf(2)); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(s.puts()) != 2 {
			t.Errorf("%d stored: the event of the caller who left is lost", len(s.puts()))
		}
	})
}

func TestAPanicIsAnError(t *testing.T) {
	s := &memory{refuse: func([]store.Put) error { panic("bug") }}
	if err := (&group{store: s, longest: maxGroup}).put(context.Background(), syncOf(1)); fault.Of(err) != fault.Broken {
		t.Error(err)
	}
}
