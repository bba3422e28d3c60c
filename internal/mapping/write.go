package mapping

import (
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// The property types of Spotler (reference: spotler-api 4.2).
const (
	typeString    = "string"
	typeEmail     = "email"
	typeMobile    = "mobNr"
	typePostcode  = "postcode"
	typeGender    = "gender"
	typeInt       = "int"
	typeMoney     = "money"
	typeDate      = "date"
	typeBirthdate = "birthdate"
	typeDateTime  = "dateTime"
	typeSet       = "set"
)

// writer turns a value into what Spotler takes. It returns the wire value and
// its stable text; nil without a fault is "no value". note says why a value that
// is right in itself is not sent, fault why it cannot be converted.
type writer func(w *target, v value) written

type written struct {
	wire      any
	canonical string
	note      string
	fault     string
}

// target is the Spotler side of one row.
type target struct {
	kind    schema.Kind // of the column it is filled from
	column  string
	zone    *time.Location
	scale   Scale
	entries []Entry
}

var (
	textual  = []schema.Kind{schema.String, schema.Memo, schema.PrimaryKey}
	labelled = []schema.Kind{schema.Choice, schema.State, schema.Status}
	linked   = []schema.Kind{schema.Lookup, schema.Customer, schema.Owner}
	numeric  = []schema.Kind{schema.Int, schema.Decimal, schema.Money}
	dated    = []schema.Kind{schema.DateOnly, schema.DateTime}
	boolean  = []schema.Kind{schema.Bool}
)

// conversions is the one table of what converts to what (manual: "Datatype
// Conversions", whose picture we do not have; claim C-595).
var conversions = map[string]struct {
	write writer
	from  [][]schema.Kind
}{
	typeString:    {writeString, [][]schema.Kind{textual, labelled, linked, numeric, dated, boolean}},
	typeEmail:     {writeEmail, [][]schema.Kind{textual}},
	typeMobile:    {writeMobile, [][]schema.Kind{textual}},
	typePostcode:  {writePostcode, [][]schema.Kind{textual}},
	typeGender:    {writeGender, [][]schema.Kind{textual, labelled}},
	typeInt:       {writeInt, [][]schema.Kind{textual, labelled, numeric, boolean}},
	typeMoney:     {writeMoney, [][]schema.Kind{textual, numeric}},
	typeDate:      {writeDay, [][]schema.Kind{textual, dated}},
	typeBirthdate: {writeDay, [][]schema.Kind{textual, dated}},
	typeDateTime:  {writeMoment, [][]schema.Kind{textual, dated}},
	typeSet:       {writeSet, [][]schema.Kind{textual, labelled}},
}

func same(s string) written { return written{wire: s, canonical: s} }

func writeString(w *target, v value) written {
	switch w.kind {
	case schema.Choice, schema.State, schema.Status:
		if v.text == "" {
			return written{fault: saysNoLabel}
		}
	case schema.Lookup, schema.Customer, schema.Owner:
		if v.text == "" {
			return written{fault: saysNoName}
		}
	case schema.DateTime, schema.DateOnly:
		if v.hasTime && w.kind == schema.DateOnly {
			return same(w.day(v))
		}
		if v.hasTime {
			return same(v.at.In(w.zone).Format(time.RFC3339))
		}
	}
	return same(v.text)
}

func writeEmail(_ *target, v value) written {
	e, state := connector.ReadEmail(v.text)
	if state != connector.EmailValid {
		return written{fault: "this is not a valid e-mail address"}
	}
	return same(e.Address())
}

// writeMobile takes digits with the usual separators. What Spotler accepts is not
// documented (reference: spotler-api G14).
func writeMobile(_ *target, v value) written {
	digits := 0
	for i, c := range v.text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '+' && i == 0, c == ' ', c == '(', c == ')', c == '-':
		default:
			return written{fault: "this is not a telephone number"}
		}
	}
	if digits < 6 || len(v.text) > 20 {
		return written{fault: "this is not a telephone number"}
	}
	return same(v.text)
}

// writePostcode sends Dutch postcodes only; Spotler takes no others in this type
// (reference: spotler-api 4.2). Another country's is no value here, not a fault.
func writePostcode(_ *target, v value) written {
	s := strings.ToUpper(strings.ReplaceAll(v.text, " ", ""))
	dutch := len(s) == 6 && s[0] != '0' && allDigits(s[:4]) && upper(s[4]) && upper(s[5])
	if !dutch {
		return written{note: "not sent: Spotler takes only Dutch postcodes in this field; map foreign ones to a text field"}
	}
	return same(v.text)
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

var genderWords = map[string]string{
	"m": "M", "male": "M", "man": "M", "mannelijk": "M", "männlich": "M", "homme": "M", "masculin": "M",
	"f": "F", "female": "F", "woman": "F", "v": "F", "vrouw": "F", "vrouwelijk": "F", "weiblich": "F", "femme": "F", "féminin": "F",
}

// writeGender reads the words; the numbers 1 and 2 count only in the standard
// column, whose labels may be in any language.
func writeGender(w *target, v value) written {
	if word, ok := genderWords[strings.ToLower(v.text)]; ok {
		return same(word)
	}
	if w.column == "gendercode" && w.kind == schema.Choice {
		switch v.number {
		case 1:
			return same("M")
		case 2:
			return same("F")
		}
	}
	return written{note: "not sent: Spotler knows only M and F in this field"}
}

func writeInt(w *target, v value) written {
	switch w.kind {
	case schema.Int, schema.Bool, schema.Choice, schema.State, schema.Status:
		return written{wire: v.number, canonical: strconv.FormatInt(v.number, 10)}
	}
	plain, ok := plainDecimal(v.text)
	if !ok {
		return written{fault: saysNumber}
	}
	n, err := strconv.ParseInt(plain, 10, 64)
	if err != nil {
		return written{fault: "this is not a whole number"}
	}
	return written{wire: n, canonical: plain}
}

func writeMoney(w *target, v value) written {
	plain, ok := plainDecimal(v.text)
	if !ok {
		return written{fault: saysNumber}
	}
	cents, ok := toCents(plain)
	if !ok {
		return written{fault: saysTooLarge}
	}
	canonical := strconv.FormatInt(cents, 10)
	if w.scale != Units {
		return written{wire: cents, canonical: canonical}
	}
	return written{wire: float64(cents) / 100, canonical: canonical}
}

// toCents rounds a plain decimal to hundredths, half away from zero.
func toCents(plain string) (int64, bool) {
	unsigned, negative := strings.CutPrefix(plain, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := (fraction + "000")[:3]
	n, err := strconv.ParseInt(whole+digits[:2], 10, 64)
	if err != nil || n >= 1<<53 {
		return 0, false
	}
	if digits[2] >= '5' {
		n++
	}
	if negative {
		n = -n
	}
	return n, true
}

// day is the day of v: a moment falls on the day of the environment's zone.
func (w *target) day(v value) string {
	if v.hasTime {
		return v.at.In(w.zone).Format(time.DateOnly)
	}
	return v.at.Format(time.DateOnly)
}

func writeDay(w *target, v value) written {
	v, says := w.dated(v)
	if says != "" {
		return written{fault: says}
	}
	return same(w.day(v))
}

func writeMoment(w *target, v value) written {
	v, says := w.dated(v)
	if says != "" {
		return written{fault: says}
	}
	at := v.at.In(w.zone)
	if !v.hasTime {
		y, m, d := v.at.Date()
		at = time.Date(y, m, d, 0, 0, 0, 0, w.zone)
	}
	return written{wire: at.Format(time.RFC3339), canonical: at.UTC().Format(time.RFC3339)}
}

// dated reads a date out of a text column; other values are dates already.
func (w *target) dated(v value) (value, string) {
	switch w.kind {
	case schema.DateOnly, schema.DateTime:
		return v, ""
	}
	return readTime(schema.DateTime, v.text)
}

// SetBit is one element of a set on the wire.
type SetBit struct {
	Bit     int64 `json:"bit"`
	Enabled bool  `json:"enabled"`
}

// writeSet turns on the entries whose description is the label, or one of the
// texts between semicolons, and turns the others off.
func writeSet(w *target, v value) written {
	wanted := filterValues(v.text)
	if len(wanted) == 0 {
		return written{fault: saysNoLabel}
	}
	bits := make([]SetBit, 0, len(w.entries))
	var canonical []byte
	found := 0
	for _, e := range w.entries {
		on := false
		for _, label := range wanted {
			if strings.EqualFold(label, strings.TrimSpace(e.Description)) {
				on = true
				found++
			}
		}
		if on {
			canonical = strconv.AppendInt(append(canonical, ','), e.Bit, 10)
		}
		bits = append(bits, SetBit{Bit: e.Bit, Enabled: on})
	}
	if found < len(wanted) {
		return written{fault: "Spotler has no entry of that name in this list"}
	}
	return written{wire: bits, canonical: string(canonical)}
}
