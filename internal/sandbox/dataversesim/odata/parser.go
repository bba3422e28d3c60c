package odata

import (
	"net/url"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// maxDepth bounds nesting, so that no expression can exhaust the stack.
const maxDepth = 100

// parser reads one expression about the rows of one table.
type parser struct {
	option  string // for messages: $filter
	lex     lexer
	tok     token
	table   query.Table
	self    string // the variable of a lambda; "" outside of one
	aliases url.Values
	depth   int
}

func newParser(option, text string, t query.Table, aliases url.Values) *parser {
	p := &parser{option: option, lex: lexer{text: text}, table: t, aliases: aliases}
	p.step()
	return p
}

func malformed(format string, args ...any) error {
	return query.Errorf(query.Malformed, format, args...)
}

func (p *parser) step() { p.tok = p.lex.next() }

func (p *parser) unexpected() error {
	return malformed("Syntax error at position %d in the %s expression.", p.tok.at, p.option)
}

func (p *parser) word(w string) bool { return p.tok.kind == name && p.tok.text == w }

func (p *parser) sign(s string) bool { return p.tok.kind == sign && p.tok.text == s }

// expect takes a sign that must come now.
func (p *parser) expect(s string) error {
	if !p.sign(s) {
		return p.unexpected()
	}
	p.step()
	return nil
}

// take takes a word or sign if it comes now.
func (p *parser) take(s string) bool {
	if !p.word(s) && !p.sign(s) {
		return false
	}
	p.step()
	return true
}

// finish refuses what stands behind the expression.
func (p *parser) finish() error {
	if p.tok.kind != end {
		return p.unexpected()
	}
	return nil
}

// deeper counts a level of nesting; the caller gives it back.
func (p *parser) deeper() error {
	if p.depth++; p.depth > maxDepth {
		return malformed("The %s expression is nested too deeply.", p.option)
	}
	return nil
}

// path is a way through navigation properties with what stands at its end: a
// column, or any or all.
type path struct {
	hops   []query.Hop
	column query.Column // nil before any and all
	many   query.Way    // the collection that any and all are about
}

// path reads a path. Names of variables stand in front of paths in a lambda.
func (p *parser) path() (out path, err error) {
	if p.tok.kind != name {
		return out, p.unexpected()
	}
	if p.self != "" {
		if p.tok.text != p.self {
			return out, malformed("The name '%s' in the %s expression is not that of the lambda's variable, '%s'.", p.tok.text, p.option, p.self)
		}
		p.step()
		if err := p.expect("/"); err != nil {
			return out, err
		}
	}
	at := p.table
	for {
		if p.tok.kind != name {
			return out, p.unexpected()
		}
		step := p.tok.text
		p.step()
		if !p.sign("/") {
			c, ok := at.Property(step)
			if !ok {
				return out, query.NoColumn(at, step)
			}
			out.column = c
			return out, nil
		}
		p.step()
		way, ok := at.Way(step)
		if !ok {
			return out, query.NoColumn(at, step)
		}
		if way.Many {
			if len(out.hops) > 0 { // Microsoft Learn: "Filter rows using OData", lambda operators
				return out, malformed("The collection '%s' is behind a lookup: conditions on it are not supported.", step)
			}
			if !p.word("any") && !p.word("all") {
				return out, malformed("The navigation property '%s' is a collection; only any and all can follow it.", step)
			}
			out.many = way
			return out, nil
		}
		if out.hops = append(out.hops, way.Hops...); len(out.hops) > 10 {
			return out, malformed("A path in the %s expression is too long.", p.option)
		}
		at = way.Target()
	}
}

// ref is the path to a column.
func (p *parser) ref() (query.Ref, error) {
	at, err := p.path()
	if err == nil && at.column == nil {
		err = p.unexpected()
	}
	return query.Ref{Hops: at.hops, Column: at.column}, err
}

// literal is a value as it was written; its type follows from the column.
type literal struct {
	text string
	kind kind
}

func (l literal) null() bool { return l.kind == name && l.text == "null" }

// isLiteral says whether the token is a value and not a path.
func (t token) isLiteral() bool {
	switch t.kind {
	case number, quoted, guid, instant:
		return true
	case name:
		return t.text == "null" || t.text == "true" || t.text == "false" || t.text[0] == '@'
	}
	return false
}

// literal reads a value, or a parameter that stands for one.
func (p *parser) literal() (literal, error) {
	if !p.tok.isLiteral() {
		return literal{}, p.unexpected()
	}
	t := p.tok
	p.step()
	if t.kind != name || t.text[0] != '@' {
		return literal{t.text, t.kind}, nil
	}
	sub, err := p.parameter(t.text)
	if err != nil {
		return literal{}, err
	}
	l, err := sub.literal()
	if err == nil {
		err = sub.finish()
	}
	return l, err
}

// parameter opens the value of a parameter alias, which cannot name another.
func (p *parser) parameter(alias string) (*parser, error) {
	if p.aliases == nil || !p.aliases.Has(alias) {
		return nil, malformed("The parameter alias '%s' in the %s expression has no value.", alias, p.option)
	}
	return newParser(alias, p.aliases.Get(alias), p.table, nil), nil
}

// literals reads [a,b], one value, or a parameter that stands for either.
func (p *parser) literals() (out []literal, err error) {
	if p.tok.kind == name && strings.HasPrefix(p.tok.text, "@") {
		sub, err := p.parameter(p.tok.text)
		if err != nil {
			return nil, err
		}
		p.step()
		if out, err = sub.literals(); err == nil {
			err = sub.finish()
		}
		return out, err
	}
	if !p.take("[") {
		l, err := p.literal()
		return []literal{l}, err
	}
	for !p.take("]") {
		l, err := p.literal()
		if err != nil {
			return nil, err
		}
		if out = append(out, l); !p.take(",") && !p.sign("]") {
			return nil, p.unexpected()
		}
	}
	return out, nil
}

// value types a literal by its column: text is quoted, numbers and truths are
// not, and a quoted GUID or date is tolerated (reference: dataverse-api 2.5).
func (l literal) value(c query.Column) (any, error) {
	fits := true
	switch c.Holds() {
	case query.Text:
		fits = l.kind == quoted
	case query.Whole, query.Fraction:
		fits = l.kind == number
	case query.Truth:
		fits = l.kind == name
	case query.Choices:
		return nil, malformed("The column '%s' holds several choices: use ContainValues.", c.Title())
	}
	if fits {
		if v, err := query.Parse(c, l.text); err == nil {
			return v, nil
		}
	}
	return nil, query.Errorf(query.Mistyped, "A binary operator with incompatible types was detected. The column '%s' holds %s.", c.Title(), c.Holds())
}
