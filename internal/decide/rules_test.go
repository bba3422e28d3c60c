package decide_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
)

func TestOwner(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	who := func(id string) connector.Record {
		return connector.Record{Table: connector.Contact, ID: connector.RecordID(id)}
	}
	for _, c := range []struct {
		name      string
		claimants []decide.Claimant
		want      string
	}{
		{"the present owner keeps it", []decide.Claimant{{who("a"), true, true, false, day(1)}, {who("b"), true, true, true, day(2)}}, "b"},
		{"the first linked active record", []decide.Claimant{{who("a"), true, true, false, day(2)}, {who("b"), true, true, false, day(1)}}, "b"},
		{"an inactive owner loses it", []decide.Claimant{{who("a"), true, false, true, day(1)}, {who("b"), true, true, false, day(2)}}, "b"},
		{"an owner without a link loses it", []decide.Claimant{{who("a"), false, true, true, day(1)}, {who("b"), true, true, false, day(2)}}, "b"},
		{"none active: the oldest link", []decide.Claimant{{who("a"), true, false, false, day(2)}, {who("b"), true, false, true, day(3)}, {who("c"), true, false, false, day(1)}, {who("d"), false, true, false, day(0)}}, "c"},
		{"none linked: the oldest active", []decide.Claimant{{who("a"), false, false, false, day(1)}, {who("b"), false, true, false, day(3)}, {who("c"), false, true, false, day(2)}}, "c"},
		{"equally old: by name", []decide.Claimant{{who("b"), true, true, false, day(1)}, {who("a"), true, true, false, day(1)}}, "a"},
	} {
		for range 2 {
			got, ok := decide.Owner(c.claimants)
			if !ok || got != who(c.want) {
				t.Errorf("%s: got %v", c.name, got)
			}
			for i, j := 0, len(c.claimants)-1; i < j; i, j = i+1, j-1 {
				c.claimants[i], c.claimants[j] = c.claimants[j], c.claimants[i]
			}
		}
	}
	if _, ok := decide.Owner(nil); ok {
		t.Error("nobody owns nothing")
	}
}

func TestAfterFailure(t *testing.T) {
	sync, _ := connector.SyncContact.Spec()
	score, _ := connector.IncreaseScore.Spec()
	start, _ := connector.StartAutomation.Spec()
	for _, c := range []struct {
		name                       string
		f                          decide.Failure
		again, counts, pause, dead bool
		after                      time.Duration
		code                       string
	}{
		{"busy pauses as long as asked", decide.Failure{Spec: sync, Kind: fault.Busy, Asked: 42 * time.Second, Attempt: 90, Since: 90 * time.Hour}, true, false, true, false, 42 * time.Second, ""},
		{"busy without a time", decide.Failure{Spec: sync, Kind: fault.Busy, Attempt: 1}, true, false, true, false, 15 * time.Second, ""},
		{"busy with a time beyond reason", decide.Failure{Spec: start, Kind: fault.Busy, Asked: 900 * time.Hour, Attempt: 1}, true, false, true, false, time.Hour, ""},
		{"denied fails no operation", decide.Failure{Spec: sync, Kind: fault.Denied, Attempt: 90, Since: 90 * time.Hour}, true, false, true, false, 5 * time.Minute, ""},
		{"unreachable, first", decide.Failure{Spec: sync, Kind: fault.Unreachable, Attempt: 1}, true, true, false, false, 2500 * time.Millisecond, ""},
		{"unreachable, fourth", decide.Failure{Spec: score, Kind: fault.Unreachable, Attempt: 4}, true, true, false, false, 20 * time.Second, ""},
		{"unreachable, long", decide.Failure{Spec: sync, Kind: fault.Unreachable, Attempt: 4000, Since: 2 * time.Hour}, true, true, false, false, 5 * time.Minute, ""},
		{"unreachable, hours but few attempts", decide.Failure{Spec: sync, Kind: fault.Unreachable, Attempt: 4, Since: 30 * time.Hour}, true, true, false, false, 20 * time.Second, ""},
		{"unreachable, attempts and hours", decide.Failure{Spec: sync, Kind: fault.Unreachable, Attempt: 5, Since: 3 * time.Hour}, false, true, false, true, 0, connector.CodeGaveUp},
		{"uncertain and harmless", decide.Failure{Spec: sync, Kind: fault.Uncertain, Attempt: 1}, true, true, false, false, 2500 * time.Millisecond, ""},
		{"uncertain and it counts up", decide.Failure{Spec: score, Kind: fault.Uncertain, Attempt: 1}, false, true, false, true, 0, connector.CodeUncertain},
		{"uncertain and it starts something", decide.Failure{Spec: start, Kind: fault.Uncertain, Attempt: 1}, false, true, false, true, 0, connector.CodeUncertain},
		{"nonsense after a start is uncertain too", decide.Failure{Spec: start, Kind: fault.Garbled, Attempt: 1}, false, true, false, true, 0, connector.CodeUncertain},
		{"nonsense and harmless", decide.Failure{Spec: sync, Kind: fault.Garbled, Attempt: 2}, true, true, false, false, 5 * time.Second, ""},
		{"conflict, soon", decide.Failure{Spec: sync, Kind: fault.Conflict, Attempt: 1}, true, true, false, false, 500 * time.Millisecond, ""},
		{"not valid", decide.Failure{Spec: sync, Kind: fault.NotValid, Attempt: 1}, false, true, false, true, 0, connector.CodeJobNotValid},
		{"not found", decide.Failure{Spec: sync, Kind: fault.NotFound, Attempt: 1}, false, true, false, true, 0, connector.CodeJobNotValid},
		{"our bug", decide.Failure{Spec: sync, Kind: fault.Broken, Attempt: 1}, false, true, false, true, 0, connector.CodeGaveUp},
		{"a kind nobody knows", decide.Failure{Spec: sync, Kind: "odd", Attempt: 1}, false, true, false, true, 0, connector.CodeGaveUp},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decide.AfterFailure(c.f)
			if r.Again != c.again || r.CountsAttempt != c.counts || r.Pause != c.pause || r.Dead != c.dead || r.After != c.after || r.Outcome.Code != c.code {
				t.Errorf("got %+v", r)
			}
			if !r.Again && (r.Outcome.State != connector.Failed || r.Outcome.Why == "") {
				t.Errorf("an end without words: %+v", r.Outcome)
			}
			if c.f.Kind == fault.Denied && !r.Alert {
				t.Error("nobody is told that the credentials were refused")
			}
		})
	}
}

func TestAfterFailureBounds(t *testing.T) {
	kinds := []fault.Kind{fault.NotValid, fault.NotFound, fault.Denied, fault.Conflict, fault.Busy, fault.Unreachable, fault.Uncertain, fault.Garbled, fault.Broken, ""}
	rapid.Check(t, func(t *rapid.T) {
		f := decide.Failure{Spec: rapid.SampledFrom(connector.Operations).Draw(t, "spec"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
			Asked: time.Duration(rapid.Int64().Draw(t, "asked")), Attempt: rapid.Int().Draw(t, "attempt"), Since: time.Duration(rapid.Int64().Draw(t, "since")),
			Jitter: rapid.SampledFrom([]float64{0, 0.5, 0.999, 1, -1, math.NaN(), math.Inf(1)}).Draw(t, "jitter")}
		r := decide.AfterFailure(f)
		if r.Again == r.Dead || r.Again && (r.After <= 0 || r.After > time.Hour) {
			t.Fatalf("%+v gives %+v", f, r)
		}
		if f.Spec.Repeat != connector.Harmless && (f.Kind == fault.Uncertain || f.Kind == fault.Garbled) && r.Again {
			t.Fatal("something that counts was repeated without knowing")
		}
	})
}

func TestFence(t *testing.T) {
	usual := decide.DefaultFence()
	for _, c := range []struct {
		name         string
		recent, base int
		policy       decide.FencePolicy
		pass         bool
	}{
		{"a working day", 49, 1000, usual, true},
		{"the 51st of 1,000", 50, 1000, usual, false},
		{"a large base", 4999, 100000, usual, true},
		{"five per cent of a large base", 5000, 100000, usual, false},
		{"a planned clean-up of 60", 59, 1000, decide.FencePolicy{PerHour: 200, Share: 0.05}, true},
		{"off", 1000000, 10, decide.FencePolicy{Off: true}, true},
		{"the zero policy", 0, 10, decide.FencePolicy{}, false},
		{"a share that is no number", 0, 10, decide.FencePolicy{Share: math.NaN()}, false},
		{"a share above one", 10, 10, decide.FencePolicy{Share: 7}, false},
		{"an empty base", 0, 0, usual, true},
	} {
		pass, why := decide.Fence(c.recent, c.base, c.policy)
		if pass != c.pass || pass != (why == "") {
			t.Errorf("%s: got %v, %q", c.name, pass, why)
		}
	}
}

func TestJob(t *testing.T) {
	for _, c := range []struct {
		row  decide.JobRow
		want decide.Reading
	}{
		{decide.JobRow{State: connector.Queued}, decide.NewRequest},
		{decide.JobRow{State: connector.Queued, Made: true}, decide.OurReport},
		{decide.JobRow{State: connector.Queued, Known: true}, decide.OpenJob},
		{decide.JobRow{State: connector.InProgress, Known: true}, decide.OpenJob},
		{decide.JobRow{State: connector.InProgress}, decide.EndedJob},
		{decide.JobRow{State: connector.Completed}, decide.EndedJob},
		{decide.JobRow{State: connector.Failed, Known: true, Told: true}, decide.EndedJob},
		{decide.JobRow{}, decide.EndedJob},
	} {
		if got := decide.Job(c.row); got != c.want {
			t.Errorf("%+v reads as %s, want %s", c.row, got, c.want)
		}
	}
}
