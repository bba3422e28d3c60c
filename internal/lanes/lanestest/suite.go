package lanestest

import (
	"context"
	"fmt"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// Run says in sentences what the engine is.
func Run(t *testing.T, open Opener) {
	for _, sentence := range []struct {
		says string
		test func(*Site)
	}{
		{"every op runs once, in the order of its lane", onceInOrder},
		{"lanes travel in batches of up to a hundred", batches},
		{"a lone lane leaves at once", loneLane},
		{"one noisy environment does not delay fifty quiet ones", noisyNeighbour},
		{"what an environment had when it was alone does not count against it", formerlyBusy},
		{"one environment alone uses every slot", oneAlone},
		{"urgent work overtakes a bulk run", urgentOvertakes},
		{"a closed gate holds its environment only", closedGate},
		{"a lane in back-off waits in order and the others go on", backOff},
		{"a slow batch is shown", slowIsShown},
		{"a panic fails one record alone", panicsAlone},
		{"an answer of the wrong length is a bug that one record meets at most", shortAnswer},
		{"a lost dispatch comes back when its lease ends", lostDispatch},
		{"a doubled or late dispatch changes nothing", doubledAndLate},
		{"a long batch keeps its lease", leaseIsKept},
		{"a batch that lost its lease is stopped and settles nothing", lostLease},
		{"a soft stop gives everything back", stopReleases},
		{"leadership passes on when the leader stops", handOver},
	} {
		t.Run(sentence.says, func(t *testing.T) { sentence.test(open(t)) })
	}
}

func onceInOrder(s *Site) {
	r := s.Recorder()
	const people, each = 20, 15
	var puts []store.Put
	for i := range each {
		for p := range people {
			puts = append(puts, Ask(Acme, p, connector.SetScore, fmt.Sprint(i)))
		}
	}
	s.Start(Plan{Name: "a", Runner: r})
	s.Put(puts...)
	s.Wait("all ops are done", func() bool { return r.Ran() >= people*each && s.Open(Acme) == 0 })
	r.Verify(s, people*each)
}

func batches(s *Site) {
	r := s.Recorder()
	const people = 1000
	var puts []store.Put
	for p := range people {
		puts = append(puts, Ask(Acme, p, connector.SyncContact, "1"))
	}
	s.Put(puts...)
	s.Start(Plan{Name: "a", Runner: r})
	s.Wait("all ops are done", func() bool { return r.Ran() >= people && s.Open(Acme) == 0 })
	r.Verify(s, people)
	if r.largest != 100 || len(r.sequence) != people/100 {
		s.Errorf("%d batches, the largest of %d", len(r.sequence), r.largest)
	}
}

func loneLane(s *Site) {
	r := s.Recorder()
	began := make(chan time.Time, 1)
	r.Hook = func(context.Context, connector.Environment, []store.Taken) []store.Settlement {
		began <- time.Now()
		return nil
	}
	s.Start(Plan{Name: "a", Runner: r, Linger: 5 * time.Millisecond})
	s.Wait("the node leads", func() bool { n, _, err := s.Store.Leader(context.Background(), "pump"); return err == nil && n == "a" })
	var took []time.Duration
	for i := range 21 {
		put := time.Now()
		s.Put(Ask(Acme, i, connector.SyncContact, "1"))
		took = append(took, (<-began).Sub(put))
		s.Wait("it is done", func() bool { return s.Open(Acme) == 0 })
	}
	s.Logf("from the put to the start of the work: median %s, slowest %s", quantile(took, 0.5), quantile(took, 1))
	if quantile(took, 0.5) > 250*time.Millisecond {
		s.Errorf("a lone lane waited %s", quantile(took, 0.5))
	}
}
