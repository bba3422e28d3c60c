package dataverse

import (
	"errors"
	"strings"
)

// maxDepth bounds the nesting of JSON we read, so that a hostile body cannot
// exhaust the stack.
const maxDepth = 200

var (
	errSyntax = errors.New("the text is not JSON")
	errDeep   = errors.New("the JSON is nested too deeply")
)

// scan walks over JSON without building it: most members of an execution context
// and most members of a page are never asked for, and encoding/json would decode
// them all. Every value passed over is checked as encoding/json would check it.
type scan struct {
	s     string
	i     int
	depth int
	nul   bool // an escaped NUL was passed over
}

// space passes over white space.
func (p *scan) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// peek returns the next byte that is not white space, or 0 at the end.
func (p *scan) peek() byte {
	p.space()
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

// take passes over c, which must be next.
func (p *scan) take(c byte) error {
	if p.peek() != c {
		return errSyntax
	}
	p.i++
	return nil
}

// end reports whether nothing but white space is left.
func (p *scan) end() bool { return p.peek() == 0 && p.i >= len(p.s) }

// value passes over one value and returns its text.
func (p *scan) value() (string, error) {
	c := p.peek()
	start := p.i
	var err error
	switch {
	case c == '"':
		_, _, err = p.text()
	case c == '{' || c == '[':
		err = p.nested(c)
	case c == '-' || c >= '0' && c <= '9':
		err = p.number()
	case c == 't':
		err = p.word("true")
	case c == 'f':
		err = p.word("false")
	case c == 'n':
		err = p.word("null")
	default:
		err = errSyntax
	}
	if err != nil {
		return "", err
	}
	return p.s[start:p.i], nil
}

func (p *scan) word(w string) error {
	if !strings.HasPrefix(p.s[p.i:], w) {
		return errSyntax
	}
	p.i += len(w)
	return nil
}

// nested passes over an object or an array.
func (p *scan) nested(open byte) error {
	if open == '{' {
		return p.object(func(string) error { _, err := p.value(); return err })
	}
	return p.array(func() error { _, err := p.value(); return err })
}

// object passes over an object and calls each for every member, standing in front
// of its value; each must pass over exactly that value.
func (p *scan) object(each func(key string) error) error {
	if err := p.take('{'); err != nil {
		return err
	}
	if p.depth++; p.depth > maxDepth {
		return errDeep
	}
	defer func() { p.depth-- }()
	if p.peek() == '}' {
		p.i++
		return nil
	}
	for {
		if p.peek() != '"' {
			return errSyntax
		}
		raw, plain, err := p.text()
		if err != nil {
			return err
		}
		if !plain {
			raw = unescape(raw)
		}
		if err := p.take(':'); err != nil {
			return err
		}
		if err := each(raw); err != nil {
			return err
		}
		if p.peek() == '}' {
			p.i++
			return nil
		}
		if err := p.take(','); err != nil {
			return err
		}
	}
}

// array passes over an array and calls each in front of every element.
func (p *scan) array(each func() error) error {
	if err := p.take('['); err != nil {
		return err
	}
	if p.depth++; p.depth > maxDepth {
		return errDeep
	}
	defer func() { p.depth-- }()
	if p.peek() == ']' {
		p.i++
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		if p.peek() == ']' {
			p.i++
			return nil
		}
		if err := p.take(','); err != nil {
			return err
		}
	}
}

// number passes over a number of the JSON grammar.
func (p *scan) number() error {
	digits := func() bool {
		start := p.i
		for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
			p.i++
		}
		return p.i > start
	}
	at := func(set string) bool {
		if p.i < len(p.s) && strings.IndexByte(set, p.s[p.i]) >= 0 {
			p.i++
			return true
		}
		return false
	}
	at("-")
	if !at("0") && !digits() {
		return errSyntax
	}
	if at(".") && !digits() {
		return errSyntax
	}
	if at("eE") {
		at("+-")
		if !digits() {
			return errSyntax
		}
	}
	return nil
}
