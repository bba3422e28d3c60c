package decide_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

func both(change func(*decide.TwoSided)) decide.TwoSided {
	f := decide.TwoSided{Direction: connector.BothWays, Known: true, Present: true, Listed: true,
		Was: decide.Sides{CRM: "c1", Spotler: "s1"}, CRM: "c1", Wire: "s1", Spotler: "s1"}
	change(&f)
	return f
}

func TestThreeWay(t *testing.T) {
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	apart := func(p decide.Preference, crm, spotler time.Time) func(*decide.TwoSided) {
		return func(f *decide.TwoSided) {
			f.CRM, f.Wire, f.Spotler, f.Prefer, f.CRMAt, f.SpotlerAt = "c2", "s2", "s3", p, crm, spotler
		}
	}
	fresh := func(crm, wire, spotler string) func(*decide.TwoSided) {
		return func(f *decide.TwoSided) {
			f.Known, f.Was, f.CRM, f.Wire, f.Spotler = false, decide.Sides{}, crm, wire, spotler
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*decide.TwoSided)
		outcome decide.Outcome
		rule    string
	}{
		{"nothing moved", func(*decide.TwoSided) {}, decide.Echo, "echo"},
		{"respelled", func(f *decide.TwoSided) { f.CRM = "c2" }, decide.Agree, "respelled"},
		{"the CRM moved", func(f *decide.TwoSided) { f.CRM, f.Wire = "c2", "s2" }, decide.ToSpotler, "crm-moved"},
		{"the CRM was emptied", func(f *decide.TwoSided) { f.CRM, f.Wire = "", "" }, decide.ToSpotler, "crm-moved"},
		{"Spotler moved", func(f *decide.TwoSided) { f.Spotler = "s2" }, decide.ToCRM, "spotler-moved"},
		{"respelled while Spotler moved", func(f *decide.TwoSided) { f.CRM, f.Spotler = "c2", "s2" }, decide.ToCRM, "spotler-moved"},
		{"absent and listed is emptied", func(f *decide.TwoSided) { f.Present, f.Spotler = false, "" }, decide.ToCRM, "spotler-moved"},
		{"absent and not listed is not emptied", func(f *decide.TwoSided) { f.Present, f.Listed = false, false }, decide.Hold, "not-listed"},
		{"both to the same", func(f *decide.TwoSided) { f.CRM, f.Wire, f.Spotler = "c2", "s2", "s2" }, decide.Agree, "same"},
		{"both emptied", func(f *decide.TwoSided) { f.CRM, f.Wire, f.Present = "", "", false }, decide.Agree, "same"},
		{"apart, crm", apart(decide.PreferCRM, noon, noon), decide.ToSpotler, "prefer-crm"},
		{"apart, spotler", apart(decide.PreferSpotler, noon, noon), decide.ToCRM, "prefer-spotler"},
		{"apart, ask", apart(decide.PreferAsk, noon, noon), decide.Ask, "ask"},
		{"apart, nothing chosen", apart("", noon, noon), decide.Ask, "ask"},
		{"apart, the CRM is newer", apart(decide.PreferNewest, noon.Add(3*time.Minute), noon), decide.ToSpotler, "newest-crm"},
		{"apart, Spotler is newer", apart(decide.PreferNewest, noon, noon.Add(3*time.Minute)), decide.ToCRM, "newest-spotler"},
		{"apart, at the edge of the skew", apart(decide.PreferNewest, noon.Add(2*time.Minute), noon), decide.Ask, "newest-skew"},
		{"apart, a time is missing", apart(decide.PreferNewest, noon, time.Time{}), decide.Ask, "newest-unknown"},
		{"first, the same", fresh("c1", "s1", "s1"), decide.Agree, "same"},
		{"first, both empty", fresh("", "", ""), decide.Agree, "same"},
		{"first, only the CRM", fresh("c1", "s1", ""), decide.ToSpotler, "first-crm"},
		{"first, only Spotler", fresh("", "", "s1"), decide.ToCRM, "first-spotler"},
		{"first, the CRM value does not convert", fresh("c1", "", "s1"), decide.Hold, "not-convertible"},
		{"first, different", fresh("c1", "s1", "s2"), decide.Ask, "ask"},
		{"-> Spotler moved", func(f *decide.TwoSided) { f.Direction, f.Spotler = connector.ToSpotler, "s2" }, decide.Ignore, "not-inward"},
		{"<- the CRM moved", func(f *decide.TwoSided) { f.Direction, f.CRM, f.Wire = connector.ToDataverse, "c2", "s2" }, decide.Ignore, "not-outward"},
		{"no direction", func(f *decide.TwoSided) { f.Direction = "" }, decide.Hold, "no-direction"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decide.ThreeWay(both(c.change), 2*time.Minute)
			if got.Outcome != c.outcome || got.Rule != c.rule || got.Reason == "" {
				t.Errorf("got %+v, want %s by %s", got, c.outcome, c.rule)
			}
		})
	}
}

// After the outcome was carried out, the next comparison is an echo: no loop.
func TestThreeWaySettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "a", "b", "c"})
		f := decide.TwoSided{Direction: connector.BothWays, Known: rapid.Bool().Draw(t, "known"), Present: true, Listed: true,
			Prefer: rapid.SampledFrom([]decide.Preference{decide.PreferCRM, decide.PreferSpotler}).Draw(t, "prefer")}
		if f.Known {
			agreed := text.Draw(t, "was")
			f.Was = decide.Sides{CRM: agreed, Spotler: agreed}
		}
		f.CRM, f.Spotler = text.Draw(t, "crm"), text.Draw(t, "spotler")
		f.Wire = f.CRM
		switch got := decide.ThreeWay(f, 0); got.Outcome {
		case decide.ToSpotler:
			f.Spotler = f.Wire
		case decide.ToCRM:
			f.CRM, f.Wire = f.Spotler, f.Spotler
		case decide.Agree, decide.Echo:
		default:
			t.Fatalf("a row that prefers a side came to %+v", got)
		}
		if f.CRM != f.Spotler {
			t.Fatalf("the sides still differ: %+v", f)
		}
		f.Known, f.Was = true, decide.Sides{CRM: f.CRM, Spotler: f.Spotler}
		if got := decide.ThreeWay(f, 0); got.Outcome != decide.Echo {
			t.Fatalf("the second look came to %+v", got)
		}
	})
}
