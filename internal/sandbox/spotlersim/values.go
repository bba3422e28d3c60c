package spotlersim

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// bits are the options of a set that are on.
type bits uint64

// setChange is what a write does to a set: the options it names, and which of
// those go on. Options it does not name stay as they are.
type setChange struct{ named, on uint64 }

// cleared is the value of a property that a write empties.
type cleared struct{}

// errValue says that a value does not fit the type of its property.
var errValue = errors.New("the value does not fit the property")

var (
	dutchPostcode = regexp.MustCompile(`^[1-9][0-9]{3} ?[A-Za-z]{2}$`)
	mobileNumber  = regexp.MustCompile(`^\+?[0-9 ()-]{6,20}$`)
)

// parse turns the JSON of one property into what is stored: text, int64, a
// setChange, or cleared. It fails with errValue.
func (p *Property) parse(raw []byte, rules *Assumptions) (any, error) {
	if string(raw) == "null" {
		return cleared{}, nil
	}
	if p.Type == TypeSet {
		return p.parseSet(raw)
	}
	text, err := scalarText(raw)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return cleared{}, nil
	}
	switch p.Type {
	case TypeInt, TypeMoney:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || p.Type == TypeInt && (n > 1<<31-1 || n < -1<<31) {
			return nil, errValue
		}
		return n, nil
	case TypeBirthdate, TypeDate:
		return parseDay(text)
	case TypeDateTime:
		at, err := parseTime(text)
		if err != nil {
			return nil, errValue
		}
		return at.Format(isoLayout), nil
	}
	if !p.fits(text, rules) {
		return nil, errValue
	}
	return text, nil
}

// fits checks the kinds of text.
func (p *Property) fits(text string, rules *Assumptions) bool {
	switch p.Type {
	case TypeEmail:
		return plausibleAddress(text)
	case TypeGender:
		return text == "M" || text == "F"
	case TypePostcode:
		return rules.ForeignPostcodes || dutchPostcode.MatchString(text)
	case TypeMobile:
		return mobileNumber.MatchString(text)
	default:
		return true
	}
}

func (p *Property) parseSet(raw []byte) (any, error) {
	var elements []struct {
		Bit     *int64 `json:"bit"`
		Enabled *bool  `json:"enabled"`
	}
	if json.Unmarshal(raw, &elements) != nil {
		return nil, errValue
	}
	var change setChange
	for _, e := range elements {
		if e.Bit == nil || e.Enabled == nil || !p.hasBit(*e.Bit) {
			return nil, errValue
		}
		change.named |= uint64(*e.Bit)
		change.on &^= uint64(*e.Bit)
		if *e.Enabled {
			change.on |= uint64(*e.Bit)
		}
	}
	return change, nil
}

// hasBit reports whether bit is exactly one of the set's options.
func (p *Property) hasBit(bit int64) bool {
	return bit > 0 && bit&(bit-1) == 0 && uint64(bit)&p.known != 0
}

// scalarText reads a JSON text, number or truth as text: the server converts
// between scalars. Arrays and objects are no scalars.
func scalarText(raw []byte) (string, error) {
	if len(raw) == 0 {
		return "", errValue
	}
	switch raw[0] {
	case '{', '[':
		return "", errValue
	case '"':
		return unquote(raw)
	}
	return string(raw), nil
}

func unquote(raw []byte) (string, error) {
	if len(raw) >= 2 {
		inner := raw[1 : len(raw)-1]
		if plain(inner) && utf8.Valid(inner) {
			return string(inner), nil
		}
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", errValue
	}
	return s, nil
}

func plain(b []byte) bool {
	for _, c := range b {
		if c == '\\' || c == '"' || c < ' ' {
			return false
		}
	}
	return true
}

// parseDay reads yyyy-MM-dd, alone or at the start of a date-time.
func parseDay(text string) (any, error) {
	day := text
	if len(text) > 10 {
		if _, err := parseTime(text); err != nil {
			return nil, errValue
		}
		day = text[:10]
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return nil, errValue
	}
	return day, nil
}

// plausibleAddress is the check of an e-mail address: one @, a local part and a
// domain with a dot, nothing a mail server would refuse outright.
func plausibleAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 || strings.IndexByte(s, '@') != at {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || r == utf8.RuneError || strings.ContainsRune(`,;:<>()[]\"`, r) {
			return false
		}
	}
	local, domain := s[:at], s[at+1:]
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return false
	}
	labels := strings.Split(domain, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return len(labels) > 1
}
