package mapping

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/schema"
)

// value is one value of a row after reading: typed, and with a stable text. The
// zero value is "no value".
type value struct {
	canonical string    // stable text of the CRM side; "" when empty
	text      string    // what a person reads: the label of a choice, the name of a lookup
	number    int64     // of a choice, a whole number or a yes/no column
	at        time.Time // of a date or a time
	hasTime   bool      // at is a moment, not a day
}

// formatted is the annotation under which Dataverse tells what a person reads
// (reference: dataverse-api 2.4).
const formatted = "@OData.Community.Display.V1.FormattedValue"

// reader says how one column is read.
type reader struct {
	kind   schema.Kind
	key    string // the key in the JSON of the row, as $select names it
	label  string // the key of the formatted value; "" when it is not needed
	labels map[int64]string
	via    string // the navigation behind which the row with the column stands
	answer string // the cell under which the rows with the column stand
}

func newReader(c schema.Column) reader {
	r := reader{kind: c.Kind, key: selectName(c)}
	switch c.Kind {
	case schema.Choice, schema.State, schema.Status, schema.Lookup, schema.Customer, schema.Owner, anyKind:
		r.label = r.key + formatted
	}
	if len(c.Options) > 0 {
		r.labels = make(map[int64]string, len(c.Options))
		for _, o := range c.Options {
			r.labels[int64(o.Value)] = o.Label
		}
	}
	return r
}

// selectName is the name of a column in $select and in the answer.
func selectName(c schema.Column) string {
	switch c.Kind {
	case schema.Lookup, schema.Customer, schema.Owner:
		return "_" + c.Name + "_value"
	}
	return c.Name
}

// The ways in which a value cannot be read. None repeats the value.
const (
	saysUnread   = "the column was not in the answer of Dynamics 365; check the connector's rights on it"
	saysType     = "Dynamics 365 sent another type of value than the column has"
	saysNumber   = "this is not a number"
	saysDate     = "this is not a date"
	saysNoLabel  = "the choice has no label; refresh the list of columns"
	saysNoName   = "Dynamics 365 did not send the name of the linked row"
	saysTooLarge = "the number is too large"
)

// read returns the value of the column in a row, or says why it cannot.
func (r *reader) read(row map[string]any) (v value, says string) {
	row, says = r.within(row)
	if says != "" || row == nil {
		return value{}, says
	}
	raw, present := row[r.key]
	if !present {
		return value{}, saysUnread
	}
	if raw == nil {
		return value{}, ""
	}
	switch r.kind {
	case anyKind:
		return r.readAny(raw, row)
	case schema.String, schema.Memo, schema.PrimaryKey:
		s, ok := raw.(string)
		if !ok {
			return value{}, saysType
		}
		s = strings.TrimSpace(s)
		return value{canonical: s, text: s}, ""
	case schema.Int, schema.Decimal, schema.Money:
		return readNumber(r.kind, raw)
	case schema.Bool:
		b, ok := raw.(bool)
		if !ok {
			return value{}, saysType
		}
		v.canonical = strconv.FormatBool(b)
		v.text = v.canonical
		if b {
			v.number = 1
		}
		return v, ""
	case schema.DateOnly, schema.DateTime:
		return readTime(r.kind, raw)
	case schema.Choice, schema.State, schema.Status:
		return r.readChoice(raw, row)
	case schema.Lookup, schema.Customer, schema.Owner:
		return r.readLookup(raw, row)
	}
	return value{}, saysType
}

// readAny reads a column whose kind is not known, as text.
func (r *reader) readAny(raw any, row map[string]any) (value, string) {
	text, ok := plainText(raw)
	if !ok {
		return value{}, saysType
	}
	text = strings.TrimSpace(text)
	v := value{canonical: text, text: text}
	if label, _ := row[r.label].(string); label != "" && text != "" {
		v.text = strings.TrimSpace(label)
	}
	return v, ""
}

func readNumber(kind schema.Kind, raw any) (value, string) {
	plain, ok := decimalText(raw)
	if !ok {
		return value{}, saysType
	}
	v := value{canonical: plain, text: plain}
	if kind == schema.Int {
		n, err := strconv.ParseInt(plain, 10, 64)
		if err != nil {
			return value{}, saysNumber
		}
		v.number = n
	}
	return v, ""
}

// readTime reads a day or a moment. A DateOnly column of an old organisation
// carries a moment (reference: dataverse-api 2.4), which the writer turns into
// the day of the environment's zone.
func readTime(kind schema.Kind, raw any) (value, string) {
	s, ok := raw.(string)
	if !ok {
		return value{}, saysType
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return value{canonical: s, text: s, at: day, hasTime: false}, ""
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return value{}, saysDate
	}
	at = at.UTC()
	canonical := at.Format(time.RFC3339Nano)
	return value{canonical: canonical, text: canonical, at: at, hasTime: true}, ""
}

func (r *reader) readChoice(raw any, row map[string]any) (value, string) {
	plain, ok := decimalText(raw)
	if !ok {
		return value{}, saysType
	}
	n, err := strconv.ParseInt(plain, 10, 64)
	if err != nil {
		return value{}, saysType
	}
	label, _ := row[r.label].(string)
	if label == "" {
		label = r.labels[n]
	}
	return value{canonical: plain, text: label, number: n}, ""
}

func (r *reader) readLookup(raw any, row map[string]any) (value, string) {
	id, ok := raw.(string)
	if !ok {
		return value{}, saysType
	}
	if id == "" {
		return value{}, ""
	}
	name, _ := row[r.label].(string)
	return value{canonical: strings.ToLower(id), text: strings.TrimSpace(name)}, ""
}

// decimalText is the shortest plain decimal text of a JSON number: "12.5" for
// 12.500, "0" for -0.00. False for anything that is not a number.
func decimalText(raw any) (string, bool) {
	switch n := raw.(type) {
	case json.Number:
		return plainDecimal(string(n))
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return "", false
		}
		return plainDecimal(strconv.FormatFloat(n, 'f', -1, 64))
	case int:
		return strconv.Itoa(n), true
	case int64:
		return strconv.FormatInt(n, 10), true
	}
	return "", false
}

// plainDecimal normalises decimal text; an exponent goes through a float64.
func plainDecimal(s string) (string, bool) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsInf(f, 0) || math.Abs(f) > 1e18 {
			return "", false
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	sign := ""
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = "-"
		}
		s = s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if len(s) > 64 || whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return "", false
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		return sign + whole + "." + fraction, true
	}
	if whole == "0" {
		return "0", true
	}
	return sign + whole, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
