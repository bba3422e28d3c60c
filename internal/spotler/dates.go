package spotler

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Dates reads and writes Spotler's times (Mail+ API section 3.5). The zero value
// takes times without an offset as UTC; a Client uses the zone of its Config.
type Dates struct{ Zone *time.Location }

// ErrNotADate says that something is not a time, without repeating it.
var ErrNotADate = errors.New("the value is not a date or time")

// Format writes t with seconds and an explicit offset, in the zone of d; in UTC
// where the offset is not in whole minutes, as long ago.
func (d Dates) Format(t time.Time) string {
	t = t.In(d.zone())
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC()
	}
	return t.Format(time.RFC3339)
}

func (d Dates) zone() *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

// Value reads a property value: text, or a number that counts from 1970.
func (d Dates) Value(v any) (time.Time, error) {
	switch v := v.(type) {
	case string:
		return d.Parse(v)
	case json.Number:
		return d.Parse(string(v))
	case int64:
		return epoch(v)
	case int:
		return epoch(int64(v))
	case float64:
		if math.Abs(v) > 1e18 || math.IsNaN(v) {
			return time.Time{}, ErrNotADate
		}
		return epoch(int64(v))
	case time.Time:
		return v, nil
	}
	return time.Time{}, ErrNotADate
}

// layouts are tried in this order, on a text whose blank between date and time
// became a T. Fractions of a second fit each that has seconds.
var layouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07",
	"2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04",
	"2006-01-02", "2006-01-02Z07:00",
}

// Parse reads ISO 8601 with or without offset (+0100 or +01:00), with or without
// fractions, a bare date (midnight), yyyyMMddHHmmss, and counts since 1970: a
// number above 1e11 is milliseconds, else seconds. It never panics.
func (d Dates) Parse(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if len(s) < 1 || len(s) > 64 {
		return time.Time{}, ErrNotADate
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return inRange(t)
	}
	if t, ok, err := d.parseDigits(s); ok {
		return t, err
	}
	if i := strings.IndexByte(s, '['); i > 0 && s[len(s)-1] == ']' {
		s = s[:i] // the name of a zone after its offset, as Java prints it
	}
	s = strings.ToUpper(s)
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	s = strings.ReplaceAll(s, " ", "")
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, d.zone()); err == nil {
			return inRange(t)
		}
	}
	return time.Time{}, ErrNotADate
}

// parseDigits reads a text that is a number; ok is false when it is none.
func (d Dates) parseDigits(s string) (t time.Time, ok bool, err error) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || strings.Trim(digits, "0123456789.eE+") != "" {
		return time.Time{}, false, nil
	}
	switch len(s) {
	case 14:
		if t, err := time.ParseInLocation("20060102150405", s, d.zone()); err == nil {
			t, err = inRange(t)
			return t, true, err
		}
	case 8:
		if t, err := time.ParseInLocation("20060102", s, d.zone()); err == nil {
			t, err = inRange(t)
			return t, true, err
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		t, err := epoch(n)
		return t, true, err
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, false, nil
	}
	t, err = d.Value(f)
	return t, true, err
}

func epoch(n int64) (time.Time, error) {
	if n > 1e11 || n < -1e11 {
		return inRange(time.UnixMilli(n).UTC())
	}
	return inRange(time.Unix(n, 0).UTC())
}

// inRange refuses years that cannot be written again.
func inRange(t time.Time) (time.Time, error) {
	if y := t.UTC().Year(); y < 1 || y > 9998 {
		return time.Time{}, ErrNotADate
	}
	return t, nil
}

// raw reads a JSON value that should be a time. null, absence and what cannot be
// read are the zero time: these fields inform, nothing is decided by them alone.
func (d Dates) raw(v json.RawMessage) time.Time {
	t, err := d.Parse(text(v))
	if err != nil {
		return time.Time{}
	}
	return t
}

// text is the text of a JSON string, number or boolean, or "" for anything else.
func text(v json.RawMessage) string {
	if len(v) == 0 {
		return ""
	}
	switch v[0] {
	case '"':
		var s string
		if json.Unmarshal(v, &s) != nil {
			return ""
		}
		return s
	case 'n', '{', '[':
		return ""
	}
	return string(v)
}
