package decide_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

func hash(field, canonical string) string { return "h(" + field + "=" + canonical + ")" }

func sides(name, crm, spotler string) decide.Sides {
	h := func(s string) string {
		if s == "" {
			return ""
		}
		return hash(name, s)
	}
	return decide.Sides{CRM: h(crm), Spotler: h(spotler)}
}

func field(d connector.Direction, s string) decide.Field {
	f := decide.Field{Name: "city", Direction: d, Canonical: s, Wire: s}
	if s != "" {
		f.Value = s
	}
	return f
}

func TestFields(t *testing.T) {
	const out, back, both = connector.ToSpotler, connector.ToDataverse, connector.BothWays
	const sent, cleared, nothing, repeat, refreshed = "sent", "cleared", "nothing", "repeat", "refreshed"
	ede := decide.Shadow{"city": sides("city", "Ede", "Ede")}
	empty := decide.Shadow{"city": {}}
	for _, c := range []struct {
		name   string
		field  decide.Field
		shadow decide.Shadow
		purge  bool
		want   string
	}{
		{"C-079 -> is sent when new", field(out, "Ede"), nil, false, sent},
		{"C-056 -> is sent when it did not change", field(out, "Ede"), ede, false, sent},
		{"-> empty and never agreed is left out", field(out, ""), nil, false, nothing},
		{"-> empty and empty before is left out", field(out, ""), empty, false, nothing},
		{"-> emptied in the CRM is cleared", field(out, ""), ede, false, cleared},
		{"C-094 -> emptied with purge is left out", field(out, ""), ede, true, nothing},
		{"C-080 <- is never sent", field(back, "Ede"), nil, false, nothing},
		{"C-081 <-> new is sent", field(both, "Ede"), nil, false, sent},
		{"<-> empty and never agreed is left out", field(both, ""), nil, false, nothing},
		{"<-> unchanged is left out, so Spotler's own change stays", field(both, "Ede"), ede, false, nothing},
		{"<-> unchanged with purge is repeated", field(both, "Ede"), ede, true, repeat},
		{"<-> changed is sent", field(both, "Rhenen"), ede, false, sent},
		{"<-> emptied is cleared", field(both, ""), ede, false, cleared},
		{"<-> changed to what Spotler has", field(both, "Ede"), decide.Shadow{"city": sides("city", "Rhenen", "Ede")}, false, refreshed},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := decide.Fields([]decide.Field{c.field}, c.shadow, c.purge, hash)
			got := nothing
			switch {
			case len(s.Send) == 1 && s.Send[0].Value == nil:
				got = cleared
			case len(s.Send) == 1:
				got = sent
			case len(s.Refreshed) == 1:
				got = refreshed
			case len(s.Repeat) == 1:
				got = repeat
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got == sent || got == cleared || got == refreshed {
				if d := cmp.Diff(sides("city", c.field.Canonical, c.field.Wire), s.Next["city"]); d != "" {
					t.Errorf("shadow (-want +got): %s", d)
				}
			}
		})
	}
	behind := decide.Shadow{"city": sides("city", "Rhenen", "Ede")}
	if s := decide.Fields([]decide.Field{field(both, "Ede")}, behind, true, hash); len(s.Refreshed) != 1 || len(s.Repeat) != 1 {
		t.Errorf("a purging write must repeat a refreshed field: %+v", s)
	}
	if s := decide.Fields([]decide.Field{field(out, "")}, ede, true, hash); s.Next["city"] != (decide.Sides{}) || len(s.Next) != 1 {
		t.Errorf("a purged field must be remembered as empty: %v", s.Next)
	}
}

// After a write was accepted, the same facts send no two-way field again and
// clear nothing.
func TestFieldsSettle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]connector.Direction{connector.ToSpotler, connector.ToDataverse, connector.BothWays}).Draw(t, "direction")
		value := rapid.SampledFrom([]string{"", "Ede", "Rhenen"})
		f := field(d, value.Draw(t, "crm"))
		shadow := decide.Shadow{}
		if rapid.Bool().Draw(t, "known") {
			shadow["city"] = sides("city", value.Draw(t, "was crm"), value.Draw(t, "was spotler"))
		}
		first := decide.Fields([]decide.Field{f}, shadow, false, hash)
		for k, v := range first.Next {
			shadow[k] = v
		}
		again := decide.Fields([]decide.Field{f}, shadow, false, hash)
		for _, s := range again.Send {
			if s.Direction != connector.ToSpotler || s.Value == nil {
				t.Fatalf("sent again: %+v", s)
			}
		}
	})
}

// A two-way field that moved is named, for what Spotler holds must be looked at; one
// that is withheld stays as it was on both sides, also where the write purges.
func TestMovedAndWithheld(t *testing.T) {
	ede := decide.Shadow{"city": sides("city", "Ede", "Ede")}
	for _, purge := range []bool{false, true} {
		for _, value := range []string{"Rhenen", ""} {
			s := decide.Fields([]decide.Field{field(connector.BothWays, value)}, ede, purge, hash)
			if d := cmp.Diff([]string{"city"}, s.Moved); d != "" {
				t.Errorf("purge %t, value %q: moved (-want +got): %s", purge, value, d)
			}
			s.Withhold("city", purge)
			if len(s.Send) != 0 || len(s.Next) != 0 || (len(s.Repeat) == 1) != purge {
				t.Errorf("purge %t, value %q: withheld: %+v", purge, value, s)
			}
		}
	}
	if s := decide.Fields([]decide.Field{field(connector.ToSpotler, "Rhenen")}, ede, false, hash); len(s.Moved) != 0 {
		t.Errorf("a -> field moved: %v", s.Moved)
	}
}
