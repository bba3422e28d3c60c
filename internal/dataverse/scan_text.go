package dataverse

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text passes over a string and returns what stands between its quotes. plain
// says that this is the value itself; otherwise unescape makes the value of it.
func (p *scan) text() (raw string, plain bool, err error) {
	p.i++
	start := p.i
	plain = true
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			raw = p.s[start:p.i]
			p.i++
			return raw, plain, nil
		case c == '\\':
			plain = false
			if err := p.escape(); err != nil {
				return "", false, err
			}
		case c < ' ':
			return "", false, errSyntax
		case c < utf8.RuneSelf:
			p.i++
		default:
			r, n := utf8.DecodeRuneInString(p.s[p.i:])
			plain = plain && (r != utf8.RuneError || n > 1)
			p.i += n
		}
	}
	return "", false, errSyntax
}

// escape passes over one backslash sequence.
func (p *scan) escape() error {
	if p.i+1 >= len(p.s) {
		return errSyntax
	}
	switch p.s[p.i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		p.i += 2
		return nil
	case 'u':
		r := hex4(p.s[p.i+2:])
		if r < 0 {
			return errSyntax
		}
		p.nul = p.nul || r == 0
		p.i += 6
		return nil
	}
	return errSyntax
}

// hex4 reads four hex digits, or returns -1.
func hex4(s string) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape returns the value of a string that text has passed over. Half a
// surrogate pair and invalid UTF-8 become U+FFFD, as in encoding/json.
func unescape(raw string) string {
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			r, n := utf8.DecodeRuneInString(raw[i:])
			b.WriteRune(r)
			i += n
			continue
		}
		c := raw[i+1]
		i += 2
		if c != 'u' {
			b.WriteByte(plainEscape(c))
			continue
		}
		r := hex4(raw[i:])
		i += 4
		if utf16.IsSurrogate(r) {
			pair := utf8.RuneError
			if strings.HasPrefix(raw[i:], `\u`) {
				pair = utf16.DecodeRune(r, hex4(raw[i+2:]))
			}
			if r = pair; r != utf8.RuneError {
				i += 6
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// str passes over a string and returns its value.
func (p *scan) str() (string, error) {
	if p.peek() != '"' {
		return "", errSyntax
	}
	raw, plain, err := p.text()
	if err != nil || plain {
		return raw, err
	}
	return unescape(raw), nil
}
