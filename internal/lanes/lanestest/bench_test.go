package lanestest_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/lanes/lanestest"
	"github.com/spotler-connector/connector/internal/store"
)

// noop is a runner that does nothing, as fast as it can.
type noop struct{}

func (noop) Run(_ context.Context, _ connector.Environment, work []store.Taken) []store.Settlement {
	out := make([]store.Settlement, len(work))
	for i := range out {
		out[i] = store.Settlement{State: store.OpDone, Outcome: connector.Done("done")}
	}
	return out
}

func (noop) Slow(context.Context, connector.Environment, []store.Taken) {}

// BenchmarkLanes does 20,000 ops that do nothing over 2,000 lanes, in ten rounds: a
// sync joins one that is queued, so a lane takes one at a time.
func BenchmarkLanes(b *testing.B) {
	for name, open := range map[string]lanestest.Opener{"sqlite": lanestest.SQLite, "postgres": lanestest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			on := atomic.Bool{}
			n := s.Build(lanestest.Plan{Name: "a", Slots: 8, Runner: noop{}})
			n.Pump.Environments = func() []connector.Environment {
				if on.Load() {
					return []connector.Environment{lanestest.Acme}
				}
				return nil
			}
			s.Run(n)
			const people, rounds = 2_000, 10
			var putting, running time.Duration
			round := 0
			for b.Loop() {
				for range rounds {
					on.Store(false)
					round++
					putting += putRound(b, s, people, round)
					began, goal := time.Now(), int64(people*round)
					on.Store(true)
					s.Store.Wake(string(lanestest.Acme))
					s.Wait("the round is done", func() bool { return n.Settled.Load() >= goal })
					running += time.Since(began)
				}
			}
			ops := float64(b.N * people * rounds)
			b.ReportMetric(ops/running.Seconds(), "ops/s")
			b.ReportMetric(ops/putting.Seconds(), "puts/s")
		})
	}
}

func putRound(b *testing.B, s *lanestest.Site, people, round int) time.Duration {
	began := time.Now()
	var group []store.Put
	for p := range people {
		group = append(group, lanestest.Ask(lanestest.Acme, p, connector.SyncContact, fmt.Sprint(round)))
		if len(group) == 64 || p == people-1 {
			if _, err := s.Store.Put(context.Background(), group); err != nil {
				b.Fatal(err)
			}
			group = group[:0]
		}
	}
	return time.Since(began)
}

// BenchmarkQueue measures what 200,000 queued lanes cost in memory, and whether
// the pump slows down.
func BenchmarkQueue(b *testing.B) {
	for name, open := range map[string]lanestest.Opener{"sqlite": lanestest.SQLite, "postgres": lanestest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			const people = 200_000
			var after runtime.MemStats
			putting := putRound(b, s, people, 0)
			n := s.Start(lanestest.Plan{Name: "a", Slots: 8, Runner: noop{}})
			began := time.Now()
			for b.Loop() {
				s.Wait("10,000 are done", func() bool { return n.Settled.Load() >= 10_000 })
			}
			first := time.Since(began)
			runtime.GC()
			runtime.ReadMemStats(&after)
			s.Wait("all are done", func() bool { return n.Settled.Load() >= people })
			b.ReportMetric(people/putting.Seconds(), "puts/s")
			b.ReportMetric(10_000/first.Seconds(), "first-ops/s")
			b.ReportMetric(people/time.Since(began).Seconds(), "ops/s")
			b.ReportMetric(float64(after.HeapAlloc)/1e6, "heap-MB")
			b.ReportMetric(float64(after.Sys)/1e6, "sys-MB")
		})
	}
}
