package decide

import (
	"strconv"

	connector "github.com/spotler-connector/connector"
)

// BitKey names one bit of one set property in Spotler.
type BitKey struct {
	Property string
	Bit      int64
}

// String is the key of the bit in a Shadow: "permissions#4".
func (k BitKey) String() string { return k.Property + "#" + strconv.FormatInt(k.Bit, 10) }

// Bit is one permission that a person has a row for. A person without rows has
// no Bits, which is not the same as bits that are off.
type Bit struct {
	Key       BitKey
	Name      string
	Row       bool // the value of the row in Dataverse, which only a Correction changes
	On        bool // the effective value: what Spotler should hold
	Direction connector.Direction
}

// Effective sets On of every bit: the row counts only while Do Not Bulk Email is
// off (manual: "Do Not Email", the note on Bulk Email). The rows keep their value.
func Effective(bits []Bit, doNotBulkEmail bool) []Bit {
	out := make([]Bit, len(bits))
	for i, b := range bits {
		b.On = b.Row && !doNotBulkEmail
		out[i] = b
	}
	return out
}

// WithSharers turns off every bit of the owner of an address that another record
// with that address has turned off: opt-outs of the sharers apply to the owner.
// A sharer's opt-in, or a permission only a sharer has, changes nothing.
func WithSharers(owner []Bit, sharers ...[]Bit) []Bit {
	off := map[BitKey]bool{}
	for _, bits := range sharers {
		for _, b := range bits {
			off[b.Key] = off[b.Key] || !b.On
		}
	}
	out := make([]Bit, len(owner))
	for i, b := range owner {
		b.On = b.On && !off[b.Key]
		out[i] = b
	}
	return out
}

// Position is what is known of a bit on one side.
type Position int8

// The positions. Unknown means that the two sides never agreed on the bit.
const (
	Unknown Position = iota
	Off
	On
)

// PositionOf is the position of a bit whose value is known.
func PositionOf(on bool) Position {
	if on {
		return On
	}
	return Off
}

// BitSides is where a bit stood on both sides when they last agreed. CRM is the
// effective value, not that of the row.
type BitSides struct{ CRM, Spotler Position }

// BitShadow is the shadow of the bits of one person.
type BitShadow map[BitKey]BitSides

// Current is the state of one person in Spotler, read in this run.
type Current struct {
	Read bool // false: nobody looked, so nothing may be turned on
	// Exists: the contact was found. One that does not exist cannot have opted
	// out; one that exists with a bit missing counts as off.
	Exists bool
	On     map[BitKey]bool
	// MayBeOurs: an earlier write of ours may have been done, so that a bit which is off
	// proves no opt-out of the person.
	MayBeOurs bool
}

// Correction sets a row in Dataverse to No because the person opted out in Spotler.
type Correction struct{ Bit Bit }

// Consents says what to do with the bits of one person.
type Consents struct {
	Send        []Bit
	Corrections []Correction
	Held        []Bit     // not sent: turned on without a look at Spotler, or an opt-out that the direction keeps from the CRM
	Next        BitShadow // entries to store once the write, or the correction, was accepted
}

// NeedsSpotlerState reports whether the person must be read from Spotler before
// Bits may decide: when a bit is to be turned on, or when it is turned off although
// its row says Yes, for that would hide an opt-out that nobody polled yet.
func NeedsSpotlerState(want []Bit, shadow BitShadow) bool {
	for _, b := range want {
		if b.Direction.Outward() && moved(b, shadow) && (b.On || hides(b, shadow)) {
			return true
		}
	}
	return false
}

// hides reports whether turning b off in Spotler would hide that the person did so:
// the row says Yes, and as far as anybody knows it is on.
func hides(b Bit, shadow BitShadow) bool {
	return !b.On && b.Row && b.Direction.Inward() && shadow[b.Key].Spotler == On
}

// moved reports whether the effective CRM value differs from the shadow's.
func moved(b Bit, shadow BitShadow) bool { return shadow[b.Key].CRM != PositionOf(b.On) }

// Bits compares three values of every bit: what the CRM wants, where both sides
// last agreed (the shadow), and what Spotler has now.
//
//	CRM value equals the shadow         nothing is sent; what moved in Spotler comes in by the poll
//	CRM moved to off                    sent, always: an opt-out needs nobody's leave
//	CRM moved to on, Spotler is on      nothing to send; the shadow is brought up to date
//	CRM moved to on, no contact yet     sent: there is nobody who can have opted out
//	CRM moved to on, Spotler is off:
//	    the shadow has Spotler off      sent: Spotler did not move, the CRM really changed
//	    the shadow has Spotler on       an opt-out we had not polled: it wins, the row becomes No
//	    nothing in the shadow           nobody knows who is right: the opt-out wins, the row becomes No
//	CRM moved to on, Spotler not read   held: look first (NeedsSpotlerState)
//
// Do Not Bulk Email turns the effective value off and so leads to no correction,
// unless the person had turned the bit off before we did: then the row becomes No.
// When it is lifted, the shadow has Spotler off by our own doing and the rows count
// again. A "->" bit is never corrected in the CRM, and the
// opt-out in Spotler still wins. (Design: house, "Rules that hold everywhere".)
func Bits(want []Bit, shadow BitShadow, current Current) Consents {
	c := Consents{Next: BitShadow{}}
	for _, b := range want {
		if !b.Direction.Outward() || !moved(b, shadow) {
			continue
		}
		agreed := BitSides{CRM: PositionOf(b.On), Spotler: PositionOf(b.On)}
		switch {
		case !b.On:
			c.Send = append(c.Send, b)
			c.Next[b.Key] = agreed
			if hides(b, shadow) && current.Read && current.Exists && !current.On[b.Key] && !current.MayBeOurs {
				c.Corrections = append(c.Corrections, Correction{b})
			}
		case !current.Read:
			c.Held = append(c.Held, b)
		case current.Exists && current.On[b.Key]:
			c.Next[b.Key] = agreed
		case !current.Exists || shadow[b.Key].Spotler == Off:
			c.Send = append(c.Send, b)
			c.Next[b.Key] = agreed
		case b.Direction.Inward():
			c.Corrections = append(c.Corrections, Correction{b})
			c.Next[b.Key] = BitSides{CRM: Off, Spotler: Off}
		default:
			c.Held = append(c.Held, b)
		}
	}
	return c
}

// AfterCreate is the shadow of a contact that we made in Spotler just now and
// that was not there before: every bit that was not sent is off there. Without
// it, permission rows that are added in the CRM a moment later would look like
// an opt-out. keys are all bits that the mapping knows.
func AfterCreate(keys []BitKey, sent BitShadow) BitShadow {
	next := BitShadow{}
	for _, k := range keys {
		next[k] = BitSides{CRM: Unknown, Spotler: Off}
	}
	for k, v := range sent {
		next[k] = v
	}
	return next
}

// words are what is hashed for a position; Unknown is the empty side.
func (p Position) word() string {
	switch p {
	case On:
		return "on"
	case Off:
		return "off"
	}
	return ""
}

// Entries returns s as entries of the shadow of the person.
func (s BitShadow) Entries(hash Hash) Shadow {
	out := make(Shadow, len(s))
	for k, v := range s {
		name := k.String()
		out[name] = Sides{CRM: hashed(hash, name, v.CRM.word()), Spotler: hashed(hash, name, v.Spotler.word())}
	}
	return out
}

// BitShadowOf reads the shadow of the bits called keys back from the entries. A
// hash that is neither on nor off, such as one made with another key, is Unknown.
func BitShadowOf(shadow Shadow, keys []BitKey, hash Hash) BitShadow {
	out := make(BitShadow, len(keys))
	for _, k := range keys {
		name := k.String()
		sides, known := shadow[name]
		if !known {
			continue
		}
		position := func(h string) Position {
			switch h {
			case "":
				return Unknown
			case hash(name, On.word()):
				return On
			case hash(name, Off.word()):
				return Off
			}
			return Unknown
		}
		out[k] = BitSides{CRM: position(sides.CRM), Spotler: position(sides.Spotler)}
	}
	return out
}
