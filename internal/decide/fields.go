package decide

import (
	"slices"

	connector "github.com/spotler-connector/connector"
)

// Sides holds the keyed hashes of one field as both systems last had it; "" is
// an empty value.
type Sides struct{ CRM, Spotler string }

// Shadow is what was last written or seen for one person, per Spotler field
// and per BitKey.String. No entry means that the field was never agreed on.
type Shadow map[string]Sides

// Hash makes the keyed hash of a value of a field. It is only called with text
// that is not empty.
type Hash func(field, canonical string) string

// Field is one mapped value on its way to Spotler.
type Field struct {
	Name      string
	Value     any    // the wire value; nil when the CRM has none
	Canonical string // stable text of the CRM side; "" when the CRM has no value
	Wire      string // stable text of the Spotler side; "" when Value is nil
	Direction connector.Direction
}

// Sending says what to do with the fields of one person.
type Sending struct {
	Send []Field // in the order of the sheet; a nil Value clears the property
	// Repeat names two-way fields that did not change. A purging write clears
	// what it does not mention, so it must repeat their current Spotler value.
	Repeat []string
	// Refreshed names two-way fields that Spotler already has as the CRM now
	// has them: nothing is sent, the shadow is brought up to date.
	Refreshed []string
	// Moved names two-way fields that are sent, or cleared by purging: what Spotler holds now must be compared
	// before they travel, or a change there that nobody polled yet is overwritten.
	Moved []string
	// Next holds the shadow entries to store once Spotler accepted the write.
	Next Shadow
}

// Fields decides which fields to send. A "->" field is always sent; when it is
// empty it is cleared if the shadow says that it had a value, else left out. A
// "<->" field is sent only when its CRM value differs from the shadow; it is named in
// Moved too. With purge an
// empty field is left out, because the write clears what it does not mention
// (manual: "Purging existing properties").
func Fields(fields []Field, shadow Shadow, purge bool, hash Hash) Sending {
	s := Sending{Send: make([]Field, 0, len(fields)), Next: Shadow{}}
	for _, f := range fields {
		if !f.Direction.Outward() {
			continue
		}
		now := Sides{CRM: hashed(hash, f.Name, f.Canonical), Spotler: hashed(hash, f.Name, f.Wire)}
		was, known := shadow[f.Name]
		if f.Direction == connector.BothWays {
			switch {
			case now.CRM == was.CRM:
				if purge {
					s.Repeat = append(s.Repeat, f.Name)
				}
				continue
			case known && now.Spotler == was.Spotler:
				s.Refreshed = append(s.Refreshed, f.Name)
				s.Next[f.Name] = now
				if purge {
					s.Repeat = append(s.Repeat, f.Name)
				}
				continue
			}
		}
		s.add(f, now, was, purge)
	}
	return s
}

func (s *Sending) add(f Field, now, was Sides, purge bool) {
	empty := f.Value == nil
	if empty && was.Spotler == "" && was.CRM == "" {
		return
	}
	s.Next[f.Name] = now
	if f.Direction == connector.BothWays {
		s.Moved = append(s.Moved, f.Name)
	}
	if empty && purge {
		return
	}
	s.Send = append(s.Send, f)
}

// Withhold takes a field out of what is sent: it stays as it is in Spotler, and what
// was agreed on stays as it was. A purging write must repeat it.
func (s *Sending) Withhold(name string, purge bool) {
	s.Send = slices.DeleteFunc(s.Send, func(f Field) bool { return f.Name == name })
	delete(s.Next, name)
	if purge && !slices.Contains(s.Repeat, name) {
		s.Repeat = append(s.Repeat, name)
	}
}

func hashed(hash Hash, field, canonical string) string {
	if canonical == "" {
		return ""
	}
	return hash(field, canonical)
}
