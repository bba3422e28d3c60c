package dataversesim

import (
	"net/url"
	"strings"
)

// expression is a parsed $filter. Which fields are used follows from op.
type expression struct {
	op          string // and or not; eq ne gt ge lt le; contains startswith endswith; call
	left, right *expression
	path        string // of a comparison or a text function
	value       literal
	other       string     // path on the right side of a comparison of two columns
	name        string     // of a call: the part after Microsoft.Dynamics.CRM.
	args        []argument // of a call
}

// literal is a value as it was written: its type follows from the column.
type literal struct {
	text   string
	quoted bool
}

// argument is one named parameter of a call.
type argument struct {
	name   string
	values []literal
}

func (e *expression) arg(name string) []literal {
	for _, a := range e.args {
		if a.name == name {
			return a.values
		}
	}
	return nil
}

// maxDepth bounds nesting, so that no filter can exhaust the stack.
const maxDepth = 100

type parser struct {
	lex     lexer
	tok     token
	aliases url.Values
	depth   int
}

// parseFilter reads a $filter; aliases holds the values of @parameters.
func parseFilter(text string, aliases url.Values) (*expression, *failure) {
	p := &parser{lex: lexer{text: text}, aliases: aliases}
	p.step()
	e, f := p.or()
	if f != nil {
		return nil, f
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected()
	}
	return e, nil
}

func (p *parser) step() { p.tok = p.lex.next() }

func (p *parser) unexpected() *failure {
	return badSyntax("Syntax error at position %d in the $filter expression.", p.lex.at)
}

func (p *parser) word(w string) bool { return p.tok.kind == tokWord && p.tok.text == w }

func (p *parser) symbol(s string) bool { return p.tok.kind == tokSymbol && p.tok.text == s }

func (p *parser) or() (*expression, *failure) { return p.chain("or", p.and) }

func (p *parser) and() (*expression, *failure) { return p.chain("and", p.unary) }

func (p *parser) chain(op string, part func() (*expression, *failure)) (*expression, *failure) {
	left, f := part()
	for f == nil && p.word(op) {
		p.step()
		var right *expression
		right, f = part()
		left = &expression{op: op, left: left, right: right}
	}
	return left, f
}

func (p *parser) unary() (*expression, *failure) {
	if p.depth++; p.depth > maxDepth {
		return nil, badSyntax("The $filter expression is nested too deeply.")
	}
	defer func() { p.depth-- }()
	switch {
	case p.word("not"):
		p.step()
		e, f := p.unary()
		return &expression{op: "not", left: e}, f
	case p.symbol("("):
		p.step()
		e, f := p.or()
		if f != nil {
			return nil, f
		}
		if !p.symbol(")") {
			return nil, p.unexpected()
		}
		p.step()
		return e, nil
	}
	return p.comparison()
}

func (p *parser) comparison() (*expression, *failure) {
	first := p.tok
	if first.kind != tokWord && first.kind != tokText {
		return nil, p.unexpected()
	}
	p.step()
	if first.kind == tokWord && p.symbol("(") {
		return p.call(first.text)
	}
	op := p.tok.text
	if p.tok.kind != tokWord || mirrored[op] == "" {
		return nil, p.unexpected()
	}
	p.step()
	second := p.tok
	if second.kind != tokWord && second.kind != tokText {
		return nil, p.unexpected()
	}
	p.step()
	switch {
	case !isPath(first):
		return &expression{op: mirrored[op], path: second.text, value: p.literal(first)}, nil
	case isPath(second):
		return &expression{op: op, path: first.text, other: second.text}, nil
	}
	return &expression{op: op, path: first.text, value: p.literal(second)}, nil
}

var mirrored = map[string]string{"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}

// isPath tells a column from a literal: literals start with a digit, a sign or
// an @, are quoted, or are one of three words. A GUID may start with a letter.
func isPath(t token) bool {
	if t.kind != tokWord || t.text == "null" || t.text == "true" || t.text == "false" {
		return false
	}
	c := t.text[0]
	if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '@' {
		return false
	}
	_, id := parseGUID(t.text)
	return !id
}

func (p *parser) literal(t token) literal {
	if t.kind == tokWord && strings.HasPrefix(t.text, "@") {
		return unquote(p.aliases.Get(t.text))
	}
	return literal{t.text, t.kind == tokText}
}

func unquote(s string) literal {
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return literal{strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true}
	}
	return literal{s, false}
}

const functionPrefix = "Microsoft.Dynamics.CRM."

func (p *parser) call(name string) (*expression, *failure) {
	p.step() // the parenthesis
	if dynamics, ok := strings.CutPrefix(name, functionPrefix); ok {
		return p.namedCall(dynamics)
	}
	if name != "contains" && name != "startswith" && name != "endswith" {
		return nil, badSyntax("An unknown function with name '%s' was found.", name)
	}
	path := p.tok
	p.step()
	if path.kind != tokWord || !p.symbol(",") {
		return nil, p.unexpected()
	}
	p.step()
	value := p.tok
	p.step()
	if value.kind != tokText && value.kind != tokWord || !p.symbol(")") {
		return nil, p.unexpected()
	}
	p.step()
	return &expression{op: name, path: path.text, value: p.literal(value)}, nil
}

// namedCall reads Name=value, Name=value ) with lists in brackets.
func (p *parser) namedCall(name string) (*expression, *failure) {
	e := &expression{op: "call", name: name}
	for !p.symbol(")") {
		arg := argument{name: p.tok.text}
		if p.tok.kind != tokWord {
			return nil, p.unexpected()
		}
		if p.step(); !p.symbol("=") {
			return nil, p.unexpected()
		}
		p.step()
		f := p.values(&arg)
		if f != nil {
			return nil, f
		}
		e.args = append(e.args, arg)
		if p.symbol(",") {
			p.step()
		} else if !p.symbol(")") {
			return nil, p.unexpected()
		}
	}
	p.step()
	return e, nil
}

func (p *parser) values(arg *argument) *failure {
	if p.tok.kind == tokWord && strings.HasPrefix(p.tok.text, "@") {
		alias := &parser{lex: lexer{text: p.aliases.Get(p.tok.text)}}
		p.step()
		alias.step()
		return alias.values(arg)
	}
	if !p.symbol("[") {
		if p.tok.kind != tokWord && p.tok.kind != tokText {
			return p.unexpected()
		}
		arg.values = append(arg.values, literal{p.tok.text, p.tok.kind == tokText})
		p.step()
		return nil
	}
	for p.step(); !p.symbol("]"); {
		if p.tok.kind != tokWord && p.tok.kind != tokText {
			return p.unexpected()
		}
		arg.values = append(arg.values, literal{p.tok.text, p.tok.kind == tokText})
		if p.step(); p.symbol(",") {
			p.step()
		}
	}
	p.step()
	return nil
}
