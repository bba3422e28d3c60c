package dataversesim

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spotler-connector/connector/internal/schema"
)

// A stored value is nil, string, int64, float64, bool, moment, day or ref,
// by the kind of its column. Choices, states and statuses are int64.

// moment is a date and time in seconds since 1970, UTC: the platform keeps no fractions.
type moment int64

// day is a date without a time: 1980-05-17.
type day string

// ref points at a row of another table.
type ref struct {
	table *table
	id    guid
}

func momentOf(t time.Time) moment { return moment(t.Unix()) }

func (m moment) time() time.Time { return time.Unix(int64(m), 0).UTC() }

func (m moment) append(b []byte) []byte { return m.time().AppendFormat(b, "2006-01-02T15:04:05Z") }

// Kinds that our own schema does not need but the platform's tables do.
const (
	bigInt      schema.Kind = "bigint"
	version     schema.Kind = "version" // the row's version number, not stored
	unique      schema.Kind = "unique"  // a GUID that is not a lookup, stored as text
	double      schema.Kind = "double"
	multiSelect schema.Kind = "multichoice" // several values of a choice
	image       schema.Kind = "image"
	file        schema.Kind = "file"
)

// fromJSON turns a value of a request body into a stored value. Lookups are
// not set this way.
func (c *column) fromJSON(t *table, v any) (any, *failure) {
	if v == nil {
		return nil, nil
	}
	switch c.kind {
	case schema.String, schema.Memo, unique:
		s, ok := v.(string)
		if !ok {
			return nil, c.wrongType(t, "Edm.String")
		}
		return c.fromText(t, s)
	case schema.Int, bigInt, schema.Choice, schema.State, schema.Status:
		return c.fromWhole(t, v)
	case schema.Decimal, schema.Money, double:
		return c.fromFraction(t, v)
	case multiSelect:
		return c.fromPicks(t, v)
	case image:
		return c.fromImage(t, v)
	case file:
		return nil, c.refuseFile(t)
	case schema.Bool:
		b, ok := v.(bool)
		if !ok {
			return nil, c.wrongType(t, "Edm.Boolean")
		}
		return b, nil
	case schema.DateTime, schema.DateOnly:
		s, ok := v.(string)
		if !ok {
			return nil, c.wrongType(t, c.edm())
		}
		return c.fromDate(t, s)
	}
	return nil, badPayload(t, "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.")
}

func (c *column) fromText(t *table, s string) (any, *failure) {
	if c.max > 0 && len(s) > c.max && utf8.RuneCountInString(s) > c.max {
		return nil, fail(400, "0x80044331", "A validation error occurred. The length of the '%s' attribute of the '%s' entity exceeded the maximum allowed length of '%d'.", c.name, t.name, c.max)
	}
	if s == "" {
		return nil, nil // the platform keeps no empty text
	}
	return s, nil
}

func (c *column) fromWhole(t *table, v any) (any, *failure) {
	n, ok := v.(number)
	i, err := strconv.ParseInt(string(n), 10, 64)
	if !ok || err != nil {
		return nil, c.wrongType(t, "Edm.Int32")
	}
	if c.kind == schema.Int && (i > 1<<31-1 || i < -1<<31) {
		return nil, badPayload(t, "Cannot convert the literal '%d' to the expected type 'Edm.Int32'.", i)
	}
	if m := c.meta; c.kind == schema.Int && m.Top > m.Min && (float64(i) < m.Min || float64(i) > m.Top) {
		return nil, c.outside(t, "The value of '%s' on record of type '%s' is outside the valid range.", c.name, t.name)
	}
	if len(c.options) > 0 && !c.hasOption(i) {
		return nil, c.outside(t, "The value %d of '%s' on record of type '%s' is outside the valid range. Accepted Values: %s", i, c.name, t.name, c.accepted())
	}
	return i, nil
}

func (c *column) fromDate(t *table, s string) (any, *failure) {
	if c.kind == schema.DateOnly {
		if d, ok := parseDay(s); ok {
			return d, nil
		}
		return nil, badPayload(t, "Cannot convert the literal '%s' to the expected type 'Edm.Date'.", s)
	}
	m, ok := parseMoment(s)
	if c.isWallClock() {
		m, ok = parseWallClock(s)
	}
	if !ok {
		return nil, badPayload(t, "Cannot convert the literal '%s' to the expected type 'Edm.DateTimeOffset'.", s)
	}
	if m < firstMoment {
		return nil, fail(400, codeTooEarly, "DateTime is less than minumum value supported by CrmDateTime. Actual value: %s, Minimum value supported: 01/01/1753 00:00:00", m.time().Format("01/02/2006 15:04:05"))
	}
	return m, nil
}

// codeTooEarly is the code of a date before firstMoment, *assumed*.
const codeTooEarly = "0x80040239"

// firstMoment is the earliest that a DateTime column takes: MinSupportedValue.
var firstMoment = momentOf(time.Date(1753, 1, 1, 0, 0, 0, 0, time.UTC))

// parseWallClock reads a time that means the same hour everywhere: an offset
// from UTC is not applied (reference: dataverse-api 2.4, TimeZoneIndependent).
func parseWallClock(s string) (moment, bool) {
	if _, ok := parseDay(s); ok {
		return parseMoment(s)
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, false
	}
	_, offset := at.Zone()
	return momentOf(at) + moment(offset), true
}

func parseDay(s string) (day, bool) {
	if _, err := time.Parse("2006-01-02", s); err != nil {
		return "", false
	}
	return day(s), true
}

func parseMoment(s string) (moment, bool) {
	if d, ok := parseDay(s); ok {
		s = string(d) + "T00:00:00Z"
	}
	at, err := time.Parse(time.RFC3339, s)
	return momentOf(at), err == nil
}

func (c *column) wrongType(t *table, edm string) *failure {
	return badPayload(t, "Cannot convert a value to target type '%s' because of conflict between input format string/number and parameter 'IEEE754Compatible' false/true. Property: %s.", edm, c.name)
}

func (c *column) hasOption(v int64) bool {
	for _, o := range c.options {
		if int64(o.Value) == v {
			return true
		}
	}
	return false
}

func (c *column) accepted() string {
	var s []string
	for _, o := range c.options {
		s = append(s, strconv.Itoa(o.Value))
	}
	return strings.Join(s, ",")
}

func (c *column) edm() string {
	switch c.kind {
	case schema.Int, schema.Choice, schema.State, schema.Status:
		return "Edm.Int32"
	case bigInt, version:
		return "Edm.Int64"
	case schema.Decimal, schema.Money:
		return "Edm.Decimal"
	case double:
		return "Edm.Double"
	case image:
		return "Edm.Binary"
	case file:
		return "Edm.Guid"
	case schema.Bool:
		return "Edm.Boolean"
	case schema.DateOnly:
		return "Edm.Date"
	case schema.DateTime:
		return "Edm.DateTimeOffset"
	case schema.PrimaryKey, schema.Lookup, schema.Customer, schema.Owner:
		return "Edm.Guid"
	}
	return "Edm.String"
}

// appendValue adds a stored value as the Web API writes it.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	case moment:
		return append(v.append(append(b, '"')), '"')
	case day:
		return append(append(append(b, '"'), v...), '"')
	case picks:
		return append(append(append(b, '"'), v...), '"')
	case guid:
		return append(v.append(append(b, '"')), '"')
	case ref:
		return append(v.id.append(append(b, '"')), '"')
	}
	return append(b, "null"...)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func inOrder[T int | int64 | float64 | moment](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
