package query

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Moment is a date and time in seconds since 1970, UTC.
type Moment int64

// Day is a date without a time: 1980-05-17.
type Day string

// GUID is the id of a row.
type GUID [16]byte

// MomentOf cuts t to whole seconds.
func MomentOf(t time.Time) Moment { return Moment(t.Unix()) }

// Time is the moment in UTC.
func (m Moment) Time() time.Time { return time.Unix(int64(m), 0).UTC() }

func (m Moment) String() string { return m.Time().Format("2006-01-02T15:04:05Z") }

func (g GUID) String() string {
	h := hex.EncodeToString(g[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// ParseGUID reads the 36-character form, in any case, with or without braces.
func ParseGUID(s string) (g GUID, ok bool) {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return GUID{}, false
	}
	_, err := hex.Decode(g[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:]))
	if err != nil {
		return GUID{}, false
	}
	return g, true
}

// ParseDay reads 2026-05-10.
func ParseDay(s string) (Day, bool) {
	_, err := time.Parse("2006-01-02", s)
	return Day(s), err == nil
}

// ParseMoment reads a day, or a day and a time with or without a zone; without
// one it is UTC.
func ParseMoment(s string) (Moment, bool) {
	for _, form := range []string{time.RFC3339, "2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02 15:04"} {
		if t, err := time.Parse(form, s); err == nil {
			return MomentOf(t), true
		}
	}
	return 0, false
}

// Parse reads a value of a column as FetchXML writes it, where everything is text.
func Parse(c Column, s string) (any, error) {
	var v any
	var ok bool
	trimmed := strings.TrimSpace(s)
	switch c.Holds() {
	case Text:
		return s, nil
	case Whole, Choices:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		v, ok = n, err == nil
	case Fraction:
		n, err := strconv.ParseFloat(trimmed, 64)
		v, ok = n, err == nil && n == n
	case Truth:
		v = trimmed == "1" || strings.EqualFold(trimmed, "true")
		ok = v == true || trimmed == "0" || strings.EqualFold(trimmed, "false")
	case Instant:
		v, ok = anyOf(ParseMoment(trimmed))
	case Date:
		if len(trimmed) > 10 {
			trimmed = trimmed[:10]
		}
		v, ok = anyOf(ParseDay(trimmed))
	case Identity:
		v, ok = anyOf(ParseGUID(trimmed))
	}
	if !ok {
		return nil, Errorf(Mistyped, "A value of the condition on '%s' is not of the column's type, %s.", c.Title(), c.Holds())
	}
	return v, nil
}

func anyOf[T any](v T, ok bool) (any, bool) { return v, ok }

func (t Type) String() string {
	return [...]string{"text", "a whole number", "a number", "true or false", "a date and time", "a date", "a GUID", "a list of choices"}[t]
}

// Compare orders two values of one column; ok is false when one is missing or
// they are of different types. Text ignores case, as the platform does.
func Compare(a, b any) (order int, ok bool) {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return compareFold(a, b), true
		}
	case int64:
		switch b := b.(type) {
		case int64:
			return cmp.Compare(a, b), true
		case float64:
			return cmp.Compare(float64(a), b), true
		}
	case float64:
		switch b := b.(type) {
		case float64:
			return cmp.Compare(a, b), true
		case int64:
			return cmp.Compare(a, float64(b)), true
		}
	case bool:
		if b, ok := b.(bool); ok {
			return truth(a) - truth(b), true
		}
	case Moment:
		if b, ok := b.(Moment); ok {
			return cmp.Compare(a, b), true
		}
	case Day:
		if b, ok := b.(Day); ok {
			return strings.Compare(string(a), string(b)), true
		}
	case GUID:
		if b, ok := b.(GUID); ok {
			return slices.Compare(a[:], b[:]), true
		}
	case []int64:
		if b, ok := b.([]int64); ok {
			return slices.Compare(a, b), true
		}
	}
	return 0, false
}

// compareAny orders values that may be missing; missing ones come first.
func compareAny(a, b any) int {
	if n, ok := Compare(a, b); ok {
		return n
	}
	return truth(a != nil) - truth(b != nil)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareFold compares without regard to case; plain ASCII needs no copies.
func compareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i], b[i]
		if x >= 0x80 || y >= 0x80 {
			return strings.Compare(strings.ToLower(a), strings.ToLower(b))
		}
		if x = lowered(x); x != lowered(y) {
			if hasWide(a[i:]) || hasWide(b[i:]) {
				return strings.Compare(strings.ToLower(a), strings.ToLower(b))
			}
			return cmp.Compare(x, lowered(y))
		}
	}
	return cmp.Compare(len(a), len(b))
}

func hasWide(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return true
		}
	}
	return false
}

func lowered(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Fold makes values comparable with ==, text without regard to case.
func Fold(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ToLower(v)
	case []int64:
		b := []byte{'#'}
		for _, n := range v {
			b = append(strconv.AppendInt(b, n, 10), ',')
		}
		return string(b)
	}
	return v
}
