package decide

import (
	"reflect"
	"testing"
	"time"
)

func TestTurns(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	ways := func(every time.Duration, ways ...Outcome) Turns {
		var out Turns
		for i, w := range ways {
			out = out.Take(w, start.Add(time.Duration(i)*every), 3)
			if again := TurnsOf(out.Sides()); !reflect.DeepEqual(again, out) {
				t.Fatalf("%+v was kept as %+v", out, again)
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		got    Turns
		turns  int
		frozen bool
	}{
		"one way":              {ways(time.Minute, ToCRM, ToCRM, ToCRM, ToCRM, ToCRM), 0, false},
		"two turns":            {ways(time.Minute, ToCRM, ToSpotler, ToCRM), 2, false},
		"three turns":          {ways(time.Minute, ToCRM, ToSpotler, ToCRM, ToSpotler), 3, true},
		"slow turns":           {ways(31*time.Minute, ToCRM, ToSpotler, ToCRM, ToSpotler, ToCRM), 2, false},
		"frozen stays":         {ways(time.Minute, ToCRM, ToSpotler, ToCRM, ToSpotler, ToCRM, ToSpotler), 3, true},
		"frozen for hours too": {ways(time.Minute, ToCRM, ToSpotler, ToCRM, ToSpotler).Take(ToCRM, start.Add(9*time.Hour), 3), 3, true},
	} {
		if len(c.got.At) != c.turns || c.got.Frozen != c.frozen {
			t.Errorf("%s: %+v", name, c.got)
		}
	}
	never := Turns{}
	for i := range 100 {
		never = never.Take([]Outcome{ToCRM, ToSpotler}[i%2], start, 0)
	}
	if never.Frozen {
		t.Error("frozen without a limit")
	}
	for _, bad := range []Sides{{}, {CRM: "sideways"}, {CRM: "to crm", Spotler: "soon"}} {
		if got := TurnsOf(bad); !reflect.DeepEqual(got, Turns{}) {
			t.Errorf("%+v reads as %+v", bad, got)
		}
	}
}
