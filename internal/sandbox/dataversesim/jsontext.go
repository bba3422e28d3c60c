package dataversesim

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// member is one member of a JSON object; order is kept because the platform
// writes attributes in the order of the request.
type member struct {
	key   string
	value any
}

// number is a JSON number as it was written.
type number string

// object is a JSON object in the order of its members.
type object []member

func (o object) get(key string) (any, bool) {
	for _, m := range o {
		if m.key == key {
			return m.value, true
		}
	}
	return nil, false
}

func (o object) text(key string) string {
	v, _ := o.get(key)
	s, _ := v.(string)
	return s
}

var errNotAnObject = errors.New("the body is not a JSON object")

// parseObject reads a JSON object. Values are nil, bool, string, number,
// []any and object.
func parseObject(b []byte) (object, error) {
	v, err := parseJSON(b)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, errNotAnObject
	}
	return o, nil
}

// parseJSON reads any JSON text.
func parseJSON(b []byte) (any, error) {
	if !json.Valid(b) {
		return nil, errors.New("the body is not JSON")
	}
	s := scanner{text: b}
	return s.value(), nil
}

// scanner walks over text that is known to be valid JSON.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) space() byte {
	for {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
}

func (s *scanner) value() any {
	switch s.space() {
	case '{':
		return s.object()
	case '[':
		return s.array()
	case '"':
		return s.string()
	case 't':
		s.at += 4
		return true
	case 'f':
		s.at += 5
		return false
	case 'n':
		s.at += 4
		return nil
	}
	start := s.at
	for s.at < len(s.text) && strings.IndexByte("+-.eE0123456789", s.text[s.at]) >= 0 {
		s.at++
	}
	return number(s.text[start:s.at])
}

func (s *scanner) object() object {
	o := object{}
	s.at++
	for {
		switch s.space() {
		case '}':
			s.at++
			return o
		case ',':
			s.at++
			continue
		}
		key := s.string()
		s.space()
		s.at++ // the colon
		o = append(o, member{key, s.value()})
	}
}

func (s *scanner) array() []any {
	a := []any{}
	s.at++
	for {
		switch s.space() {
		case ']':
			s.at++
			return a
		case ',':
			s.at++
			continue
		}
		a = append(a, s.value())
	}
}

func (s *scanner) string() string {
	start := s.at
	plain := true
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if c := s.text[s.at]; c == '\\' {
			plain = false
			s.at++
		} else if c >= utf8.RuneSelf {
			plain = false
		}
	}
	s.at++
	if plain {
		return string(s.text[start+1 : s.at-1])
	}
	var out string
	_ = json.Unmarshal(s.text[start:s.at], &out) // valid by json.Valid
	return out
}

const hexDigits = "0123456789abcdef"

// appendString adds s as a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}
