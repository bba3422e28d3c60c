package lanestest

import (
	"context"
	"fmt"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

func noisyNeighbour(s *Site) {
	const noise, quiet, slots = 2500, 50, 4
	envs := []connector.Environment{"noisy"}
	for i := range quiet {
		envs = append(envs, connector.Environment(fmt.Sprintf("quiet%02d", i)))
	}
	r := s.Recorder()
	open, begun := make(chan struct{}), make(chan struct{}, noise)
	r.Hook = func(_ context.Context, env connector.Environment, _ []store.Taken) []store.Settlement {
		if env == "noisy" {
			begun <- struct{}{}
			<-open
		}
		return nil
	}
	s.syncs("noisy", 0, noise)
	s.Start(Plan{Name: "a", Runner: r, Environments: envs, Slots: slots})
	for range slots {
		<-begun // one alone uses every slot
	}
	for _, env := range envs[1:] {
		s.syncs(env, 0, 3)
	}
	close(open)
	s.Wait("the quiet ones are done", func() bool {
		for _, env := range envs[1:] {
			if r.Of(env) < 3 {
				return false
			}
		}
		return true
	})
	before := r.Of("noisy")
	s.Logf("the fifty quiet ones were done when the noisy one had done %d of %d", before, noise)
	if before > noise/2 {
		s.Errorf("the quiet ones waited for %d of the noisy one", before)
	}
	r.Verify(s, anyNumber)
}

// formerlyBusy: who had all to himself yesterday does not wait for it today.
func formerlyBusy(s *Site) {
	r := s.Recorder()
	n := s.Start(Plan{Name: "a", Runner: r, Environments: []connector.Environment{"old", "new"}, Slots: 1})
	const many = 1500
	s.syncs("old", 0, many)
	s.Wait("the old one is done", func() bool { return n.Settled.Load() >= many })
	s.syncs("new", 0, many)
	s.Wait("the new one is busy", func() bool { return r.Of("new") > 0 })
	s.syncs("old", 5000, 1)
	s.Wait("the old one has its turn", func() bool { return r.Of("old") > many })
	if had := r.Of("new"); had > many/2 {
		s.Errorf("it waited for %d of the new one", had)
	}
	r.Verify(s, anyNumber)
}

func oneAlone(s *Site) {
	const slots = 8
	r := s.Recorder()
	var mu sync.Mutex
	active, all := 0, make(chan struct{})
	r.Hook = func(context.Context, connector.Environment, []store.Taken) []store.Settlement {
		mu.Lock()
		if active++; active == slots {
			close(all)
		}
		mu.Unlock()
		<-all // ends only when every slot is used at once
		return nil
	}
	s.syncs(Acme, 0, 100*slots)
	s.Start(Plan{Name: "a", Runner: r, Slots: slots})
	s.Wait("all are done", func() bool { return r.Ran() >= 100*slots && s.Open(Acme) == 0 })
	r.Verify(s, 100*slots)
	if r.peak != slots {
		s.Errorf("%d of %d slots were used at once", r.peak, slots)
	}
}

func urgentOvertakes(s *Site) {
	r := s.Recorder()
	live, open := Lane(Acme, 9000), make(chan struct{})
	r.Hook = func(_ context.Context, _ connector.Environment, work []store.Taken) []store.Settlement {
		if work[0].Lane == live {
			close(open)
		} else {
			<-open // the bulk run ends only after the urgent op has run
		}
		return nil
	}
	puts := make([]store.Put, 1000)
	for i := range puts {
		puts[i] = Ask(Acme, i, connector.SyncContact, "1")
		puts[i].Class = store.Backfill
	}
	s.Put(puts...)
	s.Start(Plan{Name: "a", Runner: r, Slots: 4})
	s.Wait("the bulk run has begun", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.active == 3 })
	s.Put(Ask(Acme, 9000, connector.SyncContact, "1"))
	s.Wait("all are done", func() bool { return r.Ran() >= 1001 && s.Open(Acme) == 0 })
	r.Verify(s, 1001)
}

func closedGate(s *Site) {
	ctx := context.Background()
	r := s.Recorder()
	if err := s.Store.Pause(ctx, store.Gate{Environment: "closed", API: store.GateSpotler, PausedUntil: store.Forever, Reason: "test", Alert: true}); err != nil {
		s.Fatal(err)
	}
	s.Start(Plan{Name: "a", Runner: r, Environments: []connector.Environment{"closed", "open"}})
	s.syncs("closed", 0, 3)
	s.syncs("open", 0, 3)
	s.Wait("the open one is done", func() bool { return r.Of("open") >= 3 && s.Open("open") == 0 })
	if r.Of("closed") != 0 {
		s.Error("a closed gate let work through")
	}
	if err := s.Store.Resume(ctx, "closed", store.GateSpotler); err != nil {
		s.Fatal(err)
	}
	s.Wait("the gate is open", func() bool { return r.Of("closed") >= 3 && s.Open("closed") == 0 })
	r.Verify(s, 6)
}

func backOff(s *Site) {
	r := s.Recorder()
	waits := Lane(Acme, 1)
	r.Hook = func(_ context.Context, _ connector.Environment, work []store.Taken) []store.Settlement {
		if work[0].Lane == waits && work[0].Attempt == 1 {
			return []store.Settlement{{State: store.OpQueued, RetryAt: time.Now().Add(200 * time.Millisecond), Since: time.Now()}}
		}
		return nil
	}
	var puts []store.Put
	for i := range 5 {
		for p := range 3 {
			puts = append(puts, Ask(Acme, p, connector.SetScore, fmt.Sprint(i)))
		}
	}
	s.Put(puts...)
	s.Start(Plan{Name: "a", Runner: r})
	s.Wait("all are done", func() bool { return s.Open(Acme) == 0 })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.disorder != 0 || r.overlaps != 0 || len(r.runs) != 15 {
		s.Errorf("%d out of order, %d overlaps, %d ops", r.disorder, r.overlaps, len(r.runs))
	}
}

func slowIsShown(s *Site) {
	r := s.Recorder()
	shown := make(chan []store.Taken, 1)
	r.OnSlow = func(work []store.Taken) { shown <- work; panic("a bug there ends nothing") }
	r.Hook = func(context.Context, connector.Environment, []store.Taken) []store.Settlement {
		if work := <-shown; len(work) != 2 {
			s.Errorf("%d ops are slow", len(work))
		}
		return nil
	}
	s.syncs(Acme, 0, 2)
	s.Start(Plan{Name: "a", Runner: r, SlowAfter: 10 * time.Millisecond})
	s.Wait("all are done", func() bool { return s.Open(Acme) == 0 })
	r.Verify(s, 2)
}
