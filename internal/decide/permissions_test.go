package decide_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
)

var news = decide.BitKey{Property: "permissions", Bit: 4}

func bit(row bool) decide.Bit {
	return decide.Bit{Key: news, Name: "Newsletter", Row: row, On: row, Direction: connector.BothWays}
}

func TestBits(t *testing.T) {
	const off, on, unknown = decide.Off, decide.On, decide.Unknown
	const sendOn, sendOff, correct, held, refresh, nothing = "send on", "send off", "correct", "held", "refresh", "nothing"
	notRead := decide.Current{}
	absent := decide.Current{Read: true}
	isOn := decide.Current{Read: true, Exists: true, On: map[decide.BitKey]bool{news: true}}
	isOff := decide.Current{Read: true, Exists: true, On: map[decide.BitKey]bool{news: false}}
	isMissing := decide.Current{Read: true, Exists: true}
	oneWay := bit(true)
	oneWay.Direction = connector.ToSpotler
	inward := bit(true)
	inward.Direction = connector.ToDataverse
	for _, c := range []struct {
		name    string
		want    decide.Bit
		shadow  decide.BitSides
		current decide.Current
		does    string
	}{
		{"C-083 the CRM turned on, Spotler did not move", bit(true), decide.BitSides{CRM: off, Spotler: off}, isOff, sendOn},
		{"the CRM turned on after we created the contact", bit(true), decide.BitSides{CRM: unknown, Spotler: off}, isOff, sendOn},
		{"C-100 off in Spotler, agreed on before: the opt-out wins", bit(true), decide.BitSides{CRM: off, Spotler: on}, isOff, correct},
		{"off in Spotler and nobody knows why: the opt-out wins", bit(true), decide.BitSides{}, isOff, correct},
		{"a bit that is missing in Spotler counts as off", bit(true), decide.BitSides{}, isMissing, correct},
		{"on in Spotler already", bit(true), decide.BitSides{}, isOn, refresh},
		{"no contact yet", bit(true), decide.BitSides{}, absent, sendOn},
		{"nobody looked", bit(true), decide.BitSides{CRM: off, Spotler: off}, notRead, held},
		{"unchanged on, turned off in Spotler: the poll tells", bit(true), decide.BitSides{CRM: on, Spotler: on}, isOff, nothing},
		{"unchanged off, turned on in Spotler: the poll tells", bit(false), decide.BitSides{CRM: off, Spotler: off}, isOn, nothing},
		{"the CRM turned off", bit(false), decide.BitSides{CRM: on, Spotler: on}, notRead, sendOff},
		{"both moved: the opt-out wins", bit(false), decide.BitSides{CRM: on, Spotler: off}, isOn, sendOff},
		{"off and never agreed", bit(false), decide.BitSides{}, notRead, sendOff},
		{"-> turned on over an opt-out: not sent, and the CRM is not ours to correct", oneWay, decide.BitSides{CRM: off, Spotler: on}, isOff, held},
		{"-> turned on", oneWay, decide.BitSides{CRM: off, Spotler: off}, isOff, sendOn},
		{"<- is never sent", inward, decide.BitSides{CRM: off, Spotler: off}, isOff, nothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			shadow := decide.BitShadow{}
			if c.shadow != (decide.BitSides{}) {
				shadow[news] = c.shadow
			}
			got := decide.Bits([]decide.Bit{c.want}, shadow, c.current)
			does := nothing
			switch {
			case len(got.Send) == 1 && got.Send[0].On:
				does = sendOn
			case len(got.Send) == 1:
				does = sendOff
			case len(got.Corrections) == 1:
				does = correct
			case len(got.Held) == 1:
				does = held
			case len(got.Next) == 1:
				does = refresh
			}
			if does != c.does {
				t.Errorf("got %s, want %s", does, c.does)
			}
			if does == correct && got.Next[news] != (decide.BitSides{CRM: off, Spotler: off}) {
				t.Errorf("after a correction both sides are off, not %v", got.Next[news])
			}
		})
	}
}

func anyBit(t *rapid.T) (decide.Bit, decide.BitShadow, decide.Current) {
	yes := func(name string) bool { return rapid.Bool().Draw(t, name) }
	b := bit(yes("row"))
	b.Direction = rapid.SampledFrom([]connector.Direction{connector.ToSpotler, connector.ToDataverse, connector.BothWays}).Draw(t, "direction")
	b = decide.Effective([]decide.Bit{b}, yes("do not bulk email"))[0]
	position := rapid.SampledFrom([]decide.Position{decide.Unknown, decide.Off, decide.On})
	shadow := decide.BitShadow{}
	if yes("known") {
		shadow[news] = decide.BitSides{CRM: position.Draw(t, "crm was"), Spotler: position.Draw(t, "spotler was")}
	}
	current := decide.Current{Read: yes("read"), Exists: yes("exists"), On: map[decide.BitKey]bool{}}
	if yes("has the bit") {
		current.On[news] = yes("is on")
	}
	return b, shadow, current
}

func TestBitPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, shadow, current := anyBit(t)
		got := decide.Bits([]decide.Bit{b}, shadow, current)
		for _, s := range got.Send {
			if s.On && !current.Read {
				t.Fatal("turned on without a look at Spotler")
			}
			if s.On && current.Exists && !current.On[news] && shadow[news].Spotler != decide.Off {
				t.Fatal("an opt-out was overwritten")
			}
			if s.On && !s.Row {
				t.Fatal("turned on against the row")
			}
		}
		if len(got.Send) > 0 && got.Send[0].On && !decide.NeedsSpotlerState([]decide.Bit{b}, shadow) {
			t.Fatal("turned on although NeedsSpotlerState said that no look was needed")
		}
		for _, c := range got.Corrections {
			if !c.Bit.Row || !c.Bit.On || c.Bit.Direction != connector.BothWays {
				t.Fatalf("C-202 a row was corrected that did not say yes, or not in its direction: %+v", c.Bit)
			}
		}
		if !b.On && b.Direction.Outward() && shadow[news].CRM != decide.Off && len(got.Send) != 1 {
			t.Fatal("an opt-out in the CRM was not sent")
		}
		if len(got.Send)+len(got.Corrections)+len(got.Held) > 1 {
			t.Fatal("one bit, two ends")
		}
	})
}

// C-098 C-202 C-203: Do Not Bulk Email turns every bit off, keeps the rows, and
// lets them count again when it is lifted.
func TestDoNotBulkEmail(t *testing.T) {
	rows := []decide.Bit{bit(true)}
	spotler := decide.Current{Read: true, Exists: true, On: map[decide.BitKey]bool{news: true}}
	shadow := decide.BitShadow{news: {CRM: decide.On, Spotler: decide.On}}
	step := func(doNotBulkEmail, want bool) {
		t.Helper()
		got := decide.Bits(decide.Effective(rows, doNotBulkEmail), shadow, spotler)
		if len(got.Send) != 1 || got.Send[0].On != want || len(got.Corrections) != 0 || !got.Send[0].Row {
			t.Fatalf("got %+v, want one bit %v and no correction", got, want)
		}
		spotler.On[news] = want
		shadow = got.Next
	}
	step(true, false)
	step(false, true)
	if got := decide.Bits(nil, shadow, spotler); len(got.Send) != 0 || decide.NeedsSpotlerState(nil, shadow) {
		t.Error("a person without rows sent bits")
	}
}

// A contact that was just made has its bits off by our own doing, so rows that
// come a moment later are no opt-outs.
func TestAfterCreate(t *testing.T) {
	other := decide.BitKey{Property: "permissions", Bit: 1}
	shadow := decide.AfterCreate([]decide.BitKey{news, other}, decide.BitShadow{other: {CRM: decide.On, Spotler: decide.On}})
	want := decide.BitShadow{news: {CRM: decide.Unknown, Spotler: decide.Off}, other: {CRM: decide.On, Spotler: decide.On}}
	if d := cmp.Diff(want, shadow); d != "" {
		t.Error(d)
	}
	got := decide.Bits([]decide.Bit{bit(true)}, shadow, decide.Current{Read: true, Exists: true})
	if len(got.Send) != 1 {
		t.Errorf("got %+v", got)
	}
	entries := shadow.Entries(hash)
	if d := cmp.Diff(shadow, decide.BitShadowOf(entries, []decide.BitKey{news, other, {Property: "permissions", Bit: 2}}, hash)); d != "" {
		t.Errorf("the shadow does not come back from its entries: %s", d)
	}
	if back := decide.BitShadowOf(entries, []decide.BitKey{other}, func(string, string) string { return "another key" }); back[other] != (decide.BitSides{}) {
		t.Errorf("a hash of another key reads as %v", back[other])
	}
	if k := news.String(); k != "permissions#4" {
		t.Errorf("the key is %q", k)
	}
}

func TestWithSharers(t *testing.T) {
	other := decide.Bit{Key: decide.BitKey{Property: "permissions", Bit: 1}, Row: true, On: true}
	got := decide.WithSharers([]decide.Bit{bit(true)}, []decide.Bit{bit(true), other}, []decide.Bit{bit(false)})
	if len(got) != 1 || got[0].On || !got[0].Row {
		t.Errorf("the opt-out of a sharer turns the owner's bit off and keeps its row: %+v", got)
	}
	if got := decide.WithSharers([]decide.Bit{bit(false)}, []decide.Bit{bit(true)}); got[0].On {
		t.Error("the opt-in of a sharer turned the owner's bit on")
	}
}
