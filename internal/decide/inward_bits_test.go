package decide_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

// C-076, C-083, C-100: what a person's own choice in Spotler means for their rows. An
// opt-out wins whenever both sides moved, or nobody knows who was first, and our own
// all-false of Do Not Bulk Email is never applied to the rows.
func TestInwardBits(t *testing.T) {
	key := decide.BitKey{Property: "permissions", Bit: 1}
	const on, off, unknown = decide.On, decide.Off, decide.Unknown
	const set, made, back, agreed, echo, nothing = "row set", "row made", "sent back", "agreed", "echo", "nothing"
	type was = decide.BitSides
	for _, c := range []struct {
		name             string
		row, hasRow      bool
		barred, left     bool
		told, spotler    bool
		was              was
		direction        connector.Direction
		want             string
		wantOn           bool
		wantCRM, wantMPS decide.Position
	}{
		{"as agreed, on", true, true, false, false, true, true, was{on, on}, connector.BothWays, echo, false, unknown, unknown},
		{"as agreed, off", false, true, false, false, true, false, was{off, off}, connector.BothWays, echo, false, unknown, unknown},
		{"not told", true, true, false, false, false, false, was{on, on}, connector.BothWays, nothing, false, unknown, unknown},
		{"a -> row", true, true, false, false, true, false, was{on, on}, connector.ToSpotler, nothing, false, unknown, unknown},
		{"moved to off in Spotler", true, true, false, false, true, false, was{on, on}, connector.BothWays, set, false, off, off},
		{"moved to on in Spotler", false, true, false, false, true, true, was{off, off}, connector.BothWays, set, true, on, on},
		{"moved to on, without a row", false, false, false, false, true, true, was{off, off}, connector.BothWays, made, true, on, on},
		{"both moved to the same", false, true, false, false, true, false, was{on, on}, connector.BothWays, agreed, false, off, off},
		{"both moved: Spotler off, the CRM on", true, true, false, false, true, false, was{off, on}, connector.BothWays, set, false, off, off},
		{"both moved: Spotler on, the CRM off", false, true, false, false, true, true, was{on, off}, connector.BothWays, back, false, unknown, on},
		{"never agreed: Spotler off, the row Yes", true, true, false, false, true, false, was{}, connector.BothWays, set, false, off, off},
		{"never agreed: Spotler on, the row No", false, true, false, false, true, true, was{}, connector.BothWays, back, false, unknown, on},
		{"never agreed: Spotler on, no row", false, false, false, false, true, true, was{}, connector.BothWays, made, true, on, on},
		{"never agreed: Spotler off, no row", false, false, false, false, true, false, was{}, connector.BothWays, nothing, false, unknown, off},
		{"C-098 our echo of Do Not Bulk Email", false, true, true, false, true, false, was{off, off}, connector.BothWays, echo, false, unknown, unknown},
		{"C-230 left for good, while Do Not Bulk Email hid it", true, true, true, true, true, false, was{off, off}, connector.BothWays, set, false, off, off},
		{"left for good, the row said No", false, true, false, true, true, false, was{off, off}, connector.BothWays, echo, false, unknown, unknown},
		{"Do Not Bulk Email, turned on in Spotler", false, true, true, false, true, true, was{off, off}, connector.BothWays, back, false, unknown, on},
	} {
		t.Run(c.name, func(t *testing.T) {
			bit := decide.Bit{Key: key, Name: "Nieuwsbrief", Row: c.row, On: c.row, Direction: c.direction}
			in := []decide.InwardBit{{Bit: bit, HasRow: c.hasRow, Barred: c.barred, Left: c.left, Told: c.told, Spotler: c.spotler}}
			s := decide.InwardBits(in, decide.BitShadow{key: c.was})
			got := nothing
			next, changed := s.Next[key]
			switch {
			case len(s.Set) == 1:
				got = set
				if s.Set[0].On != c.wantOn || s.Set[0].Row != c.wantOn {
					t.Errorf("the row becomes %+v", s.Set[0])
				}
			case len(s.Make) == 1:
				got = made
			case s.Back:
				got = back
			case s.Echoes == 1:
				got = echo
			case changed && next.CRM == next.Spotler:
				got = agreed
			}
			if got != c.want {
				t.Errorf("got %s, want %s: %+v", got, c.want, s)
			}
			if d := cmp.Diff(decide.BitSides{CRM: c.wantCRM, Spotler: c.wantMPS}, next); d != "" {
				t.Errorf("agreed on (-want +got): %s", d)
			}
		})
	}
}

// An opt-out that nobody polled yet is not hidden by Do Not Bulk Email: the row becomes
// No, so that lifting it turns nothing on. Our own write, whose answer was lost, is none.
func TestHiddenOptOut(t *testing.T) {
	key := decide.BitKey{Property: "permissions", Bit: 1}
	want := decide.Effective([]decide.Bit{{Key: key, Name: "Nieuwsbrief", Row: true, Direction: connector.BothWays}}, true)
	shadow := decide.BitShadow{key: {CRM: decide.On, Spotler: decide.On}}
	if !decide.NeedsSpotlerState(want, shadow) {
		t.Error("nobody looks")
	}
	for name, c := range map[string]struct {
		current   decide.Current
		corrected int
	}{
		"off already":       {decide.Current{Read: true, Exists: true, On: map[decide.BitKey]bool{}}, 1},
		"still on":          {decide.Current{Read: true, Exists: true, On: map[decide.BitKey]bool{key: true}}, 0},
		"off, maybe by us":  {decide.Current{Read: true, Exists: true, MayBeOurs: true}, 0},
		"nobody is there":   {decide.Current{Read: true}, 0},
		"nobody looked yet": {decide.Current{}, 0},
	} {
		got := decide.Bits(want, shadow, c.current)
		if len(got.Corrections) != c.corrected || len(got.Send) != 1 || got.Send[0].On || got.Next[key] != (decide.BitSides{CRM: decide.Off, Spotler: decide.Off}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if decide.NeedsSpotlerState(want, decide.BitShadow{key: {CRM: decide.Off, Spotler: decide.Off}}) {
		t.Error("somebody looks although nothing moved")
	}
}

// C-223 to C-231: where a person stands in Spotler.
func TestInSpotler(t *testing.T) {
	const active, hard, soft, out, permanent, gone = connector.StatusActive, connector.StatusHardBounce, connector.StatusSoftBounce, connector.StatusOptOut, connector.StatusPermanent, connector.StatusAnonymized
	for _, c := range []struct {
		name  string
		reach decide.Reach
		want  connector.SpotlerStatus
		moved bool
	}{
		{"as before", decide.Reach{Was: active, Known: true, Open: true, AnyOn: true}, active, false},
		{"C-229 one hard bounce", decide.Reach{Was: active, Bounced: decide.HardBounce}, hard, true},
		{"a hard bounce told twice", decide.Reach{Was: hard, Bounced: decide.HardBounce}, hard, false},
		{"C-228 a soft bounce while e-mail is open", decide.Reach{Was: active, Known: true, Open: true, Bounced: decide.SoftBounce}, active, false},
		{"a soft bounce, and nothing told", decide.Reach{Was: active, Bounced: decide.SoftBounce}, active, false},
		{"C-227 four soft bounces", decide.Reach{Was: active, Known: true, Bounced: decide.SoftBounce}, soft, true},
		{"closed after a bounce", decide.Reach{Was: hard, Known: true}, hard, false},
		{"C-232 open after a bounce", decide.Reach{Was: hard, Known: true, Open: true}, active, true},
		{"open after four soft bounces", decide.Reach{Was: soft, Known: true, Open: true}, active, true},
		{"C-230 closed and nothing on", decide.Reach{Was: active, Known: true}, out, true},
		{"C-231 closed and something on", decide.Reach{Was: active, Known: true, AnyOn: true}, permanent, true},
		{"made inactive by us", decide.Reach{Was: permanent, Known: true}, permanent, false},
		{"open after an opt-out", decide.Reach{Was: out, Known: true, Open: true, AnyOn: true}, active, true},
		{"anonymised", decide.Reach{Was: active, Gone: true, Known: true}, gone, true},
		{"anonymised before", decide.Reach{Was: gone, Gone: true}, gone, false},
		{"not told", decide.Reach{Was: active}, active, false},
	} {
		got := decide.InSpotler(c.reach)
		if got.Status != c.want || (got.Reason != "") != c.moved || c.moved && got.Rule == "" {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}
