package mapping

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Received is one property of a Spotler contact as its column in Dataverse should
// have it (manual: "Syncing from Spotler to Dynamics 365").
type Received struct {
	Row       int
	Name      string // the Spotler property
	Column    string // the logical name of the column
	Direction connector.Direction
	Policy    Policy // "" leaves it to the environment
	// Present: the contact came with a value. On reading, Spotler leaves out what is
	// empty, so an absent property may have been emptied; see decide.ThreeWay.
	Present bool
	// Wire is the stable text of the Spotler side, the same as Field.Wire of an equal
	// value; "" is empty.
	Wire string
	// Value is what is written to the column; nil clears it.
	Value any
	// Canonical is the stable text of the CRM side once Value is written, the same as
	// Field.Canonical; "" is empty.
	Canonical string
	// Says is why the value does not fit the column; then Value means nothing.
	Says string
	Kind string // "date to dateonly", for a Problem
}

// Problem tells what Says means for a person; the value itself is not repeated, for
// it may be personal. ok is false when the value fits.
func (r Received) Problem() (p Problem, ok bool) {
	return Problem{Row: r.Row, Column: r.Column, Kind: r.Kind, Says: r.Says}, r.Says != ""
}

// boundBack is one column that is filled from Spotler.
type boundBack struct {
	row       int
	name      string
	direction connector.Direction
	policy    Policy
	column    schema.Column
	from      string // the Spotler type
	target    target
	mirror    boundField // what the column holds now, as Spotler would have it
}

// Mirror is what a row of table t holds now in the columns that are filled from
// Spotler, by property: the CRM side of a comparison. A column that cannot be read
// or converted is left out, and Outward tells why.
func (b *Bound) Mirror(t connector.Table, values map[string]any) map[string]Field {
	bt := b.tables[t]
	if bt == nil {
		return nil
	}
	r := Result{}
	if bt.email != nil {
		r.Email, r.EmailState = bt.address(values)
	}
	for i := range bt.back {
		bt.back[i].mirror.outward(values, &r)
	}
	out := make(map[string]Field, len(r.Fields))
	for _, f := range r.Fields {
		out[f.Name] = f
	}
	return out
}

// Inward converts the properties of a Spotler contact, as the API tells them, to
// the columns of rows of t: one Received for every row with <- or <->, in the order
// of the sheet. A property that cannot be read has Says and no Wire.
func (b *Bound) Inward(t connector.Table, properties map[string]any) []Received {
	bt := b.tables[t]
	if bt == nil {
		return nil
	}
	out := make([]Received, 0, len(bt.back))
	for i := range bt.back {
		out = append(out, bt.back[i].inward(properties))
	}
	return out
}

func (f *boundBack) inward(properties map[string]any) Received {
	out := Received{Row: f.row, Name: f.name, Column: f.column.Name, Direction: f.direction, Policy: f.policy,
		Kind: f.from + " to " + string(f.column.Kind)}
	raw, there := properties[f.name]
	if !there || raw == nil {
		return out
	}
	told, says := f.tell(raw)
	if says == "" && told.wire == "" {
		return out // an empty text, or a set with nothing on
	}
	out.Present = true
	if says != "" {
		out.Says = says
		return out
	}
	out.Wire = told.wire
	out.Value, out.Canonical, out.Says = f.fill(told)
	return out
}

// Defaults are the values that a new row of t gets from the sheet: its rows with
// $value: on the side of Spotler (manual: "New Subscribers", the Source column).
func (b *Bound) Defaults(t connector.Table) []Received {
	if bt := b.tables[t]; bt != nil {
		return slices.Clone(bt.defaults)
	}
	return nil
}

// InwardProperties are the properties that matter for rows of t when a contact comes
// from Spotler: those of <- and <-> rows, the permissions and the address.
func (b *Bound) InwardProperties(t connector.Table) map[string]bool {
	out := map[string]bool{emailProperty: true}
	if bt := b.tables[t]; bt != nil {
		for _, f := range bt.back {
			out[f.name] = true
		}
		for _, s := range bt.sets {
			out[s.property] = true
		}
	}
	return out
}

// told is one value as Spotler told it.
type told struct {
	wire    string // as the writer of the type would spell it
	text    string // what a person reads
	number  int64
	whole   bool // number counts
	at      time.Time
	hasTime bool
}

// tell reads a value of the Spotler type.
func (f *boundBack) tell(raw any) (told, string) {
	if f.from == typeSet {
		return f.tellSet(raw)
	}
	s, ok := plainText(raw)
	if !ok {
		return told{}, "Spotler sent another type of value than the field has"
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return told{}, ""
	}
	switch f.from {
	case typeInt:
		plain, ok := plainDecimal(s)
		n, err := strconv.ParseInt(plain, 10, 64)
		if !ok || err != nil {
			return told{}, saysNumber
		}
		return told{wire: plain, text: plain, number: n, whole: true}, ""
	case typeMoney:
		return f.tellMoney(s)
	case typeDate, typeBirthdate, typeDateTime:
		return f.tellTime(s)
	case typeEmail:
		e, state := connector.ReadEmail(s)
		if state != connector.EmailValid {
			return told{}, "this is not a valid e-mail address"
		}
		s = e.Address()
	}
	return told{wire: s, text: s}, ""
}

// plainText is a JSON text, number or yes/no as text.
func plainText(raw any) (string, bool) {
	switch v := raw.(type) {
	case string:
		return v, true
	case json.Number:
		return string(v), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return decimalText(raw)
}

func (f *boundBack) tellMoney(s string) (told, string) {
	plain, ok := plainDecimal(s)
	if !ok {
		return told{}, saysNumber
	}
	cents, err := strconv.ParseInt(plain, 10, 64)
	if f.target.scale == Units {
		if cents, ok = toCents(plain); !ok {
			return told{}, saysTooLarge
		}
	} else if err != nil {
		return told{}, saysNumber
	}
	amount, _ := plainDecimal(shiftCents(cents))
	return told{wire: strconv.FormatInt(cents, 10), text: amount}, ""
}

// shiftCents writes hundredths as a decimal.
func shiftCents(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	rest := strconv.FormatInt(cents%100, 10)
	if len(rest) == 1 {
		rest = "0" + rest
	}
	return sign + strconv.FormatInt(cents/100, 10) + "." + rest
}

// tellTime reads a day, a moment with or without an offset, or milliseconds since
// 1970: which of them Spotler sends is not established (reference: spotler-api 3.5).
// Seconds are not guessed at, or birthdays around 1970 would move. A moment without
// an offset is of the environment's zone.
func (f *boundBack) tellTime(s string) (told, string) {
	v, says := readTime(schema.DateTime, s)
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		v, says = value{at: time.UnixMilli(ms).UTC(), hasTime: true}, ""
	} else if says != "" {
		v, says = readLooseTime(s, f.target.zone)
	}
	if says != "" {
		return told{}, says
	}
	w := writeDayOrMoment(&f.target, f.from, v)
	return told{wire: w, text: w, at: v.at, hasTime: v.hasTime}, ""
}

// readLooseTime reads the spellings of a moment that RFC 3339 does not have.
func readLooseTime(s string, zone *time.Location) (value, string) {
	for _, layout := range []string{"2006-01-02T15:04:05.999Z0700", "2006-01-02T15:04:05.999", "2006-01-02 15:04:05"} {
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return value{at: at.UTC(), hasTime: true}, ""
		}
	}
	return value{}, saysDate
}

// writeDayOrMoment spells a time as the writer of the type does.
func writeDayOrMoment(t *target, kind string, v value) string {
	if kind != typeDateTime {
		return t.day(v)
	}
	at := v.at.In(t.zone)
	if !v.hasTime {
		y, m, d := v.at.Date()
		at = time.Date(y, m, d, 0, 0, 0, 0, t.zone)
	}
	return at.UTC().Format(time.RFC3339)
}

func (f *boundBack) tellSet(raw any) (told, string) {
	items, ok := raw.([]any)
	if !ok {
		return told{}, "Spotler sent another type of value than the field has"
	}
	on := map[int64]bool{}
	for _, item := range items {
		m, _ := item.(map[string]any)
		text, isNumber := plainText(m["bit"])
		bit, err := strconv.ParseInt(text, 10, 64)
		enabled, isBool := m["enabled"].(bool)
		if !isNumber || err != nil || !isBool {
			return told{}, "Spotler sent an option of the list that cannot be read"
		}
		on[bit] = enabled
	}
	var wire []byte
	var labels []string
	for _, e := range f.target.entries {
		if on[e.Bit] {
			wire = strconv.AppendInt(append(wire, ','), e.Bit, 10)
			labels = append(labels, strings.TrimSpace(e.Description))
		}
	}
	return told{wire: string(wire), text: strings.Join(labels, ";")}, ""
}
