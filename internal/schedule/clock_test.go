package schedule

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// ticking is a step that notes when it was done.
func ticking(every time.Duration, did *[]time.Duration, work func(ctx context.Context) error) Step {
	began := time.Now()
	return Step{Name: "tick", Environment: env, Every: every, Once: func(ctx context.Context) error {
		*did = append(*did, time.Since(began))
		if work == nil {
			return nil
		}
		return work(ctx)
	}}
}

// during lets the clock run for a while.
func during(t *testing.T, d time.Duration, c *Clock, steps func() []Step) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		c.Run(ctx, steps())
	})
}

func equal(t *testing.T, did []time.Duration, want ...time.Duration) {
	t.Helper()
	if len(did) != len(want) {
		t.Errorf("%v, want %v", did, want)
		return
	}
	for i := range did {
		if did[i] != want[i] {
			t.Errorf("%v, want %v", did, want)
		}
	}
}

func TestSlots(t *testing.T) {
	var quick, slow []time.Duration
	during(t, 151*time.Second, &Clock{}, func() []Step {
		return []Step{ticking(time.Minute, &quick, nil), ticking(20*time.Second, &slow, func(context.Context) error {
			<-time.After(50 * time.Second)
			return nil
		})}
	})
	equal(t, quick, 0, time.Minute, 2*time.Minute)                      // unharmed by the slow one
	equal(t, slow, 0, 50*time.Second, 100*time.Second, 150*time.Second) // missed slots are one
}

func TestOnlyTheLeader(t *testing.T) {
	var leads atomic.Bool
	var did []time.Duration
	synctest.Test(t, func(*testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Hour)
		defer cancel()
		time.AfterFunc(time.Minute+time.Second, func() { leads.Store(true) })
		time.AfterFunc(2*time.Hour, func() { leads.Store(false) })
		(&Clock{Leads: leads.Load}).Run(ctx, []Step{ticking(time.Hour, &did, nil)})
	})
	equal(t, did, 62*time.Second, time.Hour+62*time.Second)
}

func TestTroubleIsLoggedOnce(t *testing.T) {
	var log strings.Builder
	var did []time.Duration
	var seen []error
	n := 0
	during(t, 6*time.Second+time.Millisecond, &Clock{Log: slog.New(slog.NewTextHandler(&log, nil)), Seen: func(_ Step, err error) { seen = append(seen, err) }}, func() []Step {
		return []Step{ticking(time.Second, &did, func(context.Context) error {
			n++
			switch n {
			case 1, 2, 3:
				return errors.New("no rights")
			case 4:
				panic("jan@example.nl")
			}
			return nil
		})}
	})
	text := log.String()
	if len(did) != 7 || strings.Count(text, "no rights") != 1 || strings.Count(text, "level=WARN") != 2 || strings.Count(text, "level=INFO") != 1 || strings.Contains(text, "jan") {
		t.Errorf("%v\n%s", did, text)
	}
	if len(seen) != 7 || seen[0] == nil || seen[3] == nil || seen[4] != nil {
		t.Errorf("%v", seen)
	}
	if !strings.Contains(text, "environment=acme") || !strings.Contains(text, "step=tick") {
		t.Error(text)
	}
}

func TestTheClockStops(t *testing.T) {
	var log strings.Builder
	var did []time.Duration
	during(t, time.Second, &Clock{Log: slog.New(slog.NewTextHandler(&log, nil))}, func() []Step {
		return []Step{ticking(time.Minute, &did, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })}
	})
	if len(did) != 1 || log.Len() > 0 { // stopping is no trouble
		t.Errorf("%v %s", did, log.String())
	}
}

func TestStepsOfAnEnvironment(t *testing.T) {
	h := newHouse(t)
	h.Net.ChangesEvery, h.Net.JobsAfter = time.Second, 10*time.Second
	h.Now, h.Changed = nil, nil
	every := map[string]time.Duration{"pull_jobs": 10 * time.Second, "changes": time.Second, "prune_job_rows": time.Hour, "refresh_automations": 10 * time.Minute}
	for _, s := range h.Steps() {
		if every[s.Name] != s.Every || s.Environment != env || s.Once == nil {
			t.Errorf("%+v", s)
		}
		delete(every, s.Name)
	}
	if len(every) > 0 {
		t.Errorf("missing: %v", every)
	}
	h.step("changes")
}
