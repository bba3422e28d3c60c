package odata

import (
	"net/url"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// Filter reads a $filter about the rows of t; aliases holds the values of
// @parameters. Trouble is a *query.Error.
func Filter(text string, t query.Table, aliases url.Values) (query.Node, error) {
	p := newParser("$filter", text, t, aliases)
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	return n, p.finish()
}

func (p *parser) or() (query.Node, error) {
	parts, err := p.chain("or", p.and)
	if len(parts) == 1 {
		return parts[0], err
	}
	return query.Or(parts), err
}

func (p *parser) and() (query.Node, error) {
	parts, err := p.chain("and", p.unary)
	if len(parts) == 1 {
		return parts[0], err
	}
	return query.And(parts), err
}

func (p *parser) chain(between string, part func() (query.Node, error)) (out []query.Node, err error) {
	for {
		n, err := part()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if !p.take(between) {
			return out, nil
		}
	}
}

func (p *parser) unary() (query.Node, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("not"):
		n, err := p.unary()
		return query.Not{Node: n}, err
	case p.take("("):
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		return n, p.expect(")")
	}
	return p.comparison()
}

// comparisons are the operators, with those that say the same from the other side.
var comparisons = map[string]struct{ op, mirrored query.Op }{
	"eq": {query.Equal, query.Equal}, "ne": {query.Unequal, query.Unequal}, "gt": {query.Above, query.Below},
	"ge": {query.AtLeast, query.AtMost}, "lt": {query.Below, query.Above}, "le": {query.AtMost, query.AtLeast},
}

func (p *parser) comparison() (query.Node, error) {
	if p.tok.isLiteral() {
		l, err := p.literal()
		if err != nil {
			return nil, err
		}
		op, err := p.operator()
		if err != nil {
			return nil, err
		}
		r, err := p.ref()
		if err != nil {
			return nil, err
		}
		return compare(r, comparisons[op].mirrored, l)
	}
	if call, called, err := p.call(); called {
		return call, err
	}
	left, err := p.path()
	if err != nil {
		return nil, err
	}
	if left.column == nil {
		return p.lambda(left)
	}
	op, err := p.operator()
	if err != nil {
		return nil, err
	}
	r := query.Ref{Hops: left.hops, Column: left.column}
	if p.tok.isLiteral() {
		l, err := p.literal()
		if err != nil {
			return nil, err
		}
		return compare(r, comparisons[op].op, l)
	}
	other, err := p.ref()
	if err != nil {
		return nil, err
	}
	if other.Column.Holds() != r.Column.Holds() {
		return nil, query.Errorf(query.Mistyped, "A binary operator with incompatible types was detected. The columns '%s' and '%s' are of different types.", r.Column.Title(), other.Column.Title())
	}
	return query.Condition{Ref: r, Op: comparisons[op].op, Other: &other}, nil
}

func (p *parser) operator() (string, error) {
	op := p.tok.text
	if _, known := comparisons[op]; p.tok.kind != name || !known {
		return "", p.unexpected()
	}
	p.step()
	return op, nil
}

func compare(r query.Ref, op query.Op, l literal) (query.Node, error) {
	if !l.null() {
		v, err := l.value(r.Column)
		return query.Condition{Ref: r, Op: op, Values: []any{v}}, err
	}
	switch op {
	case query.Equal:
		return query.Condition{Ref: r, Op: query.IsNull}, nil
	case query.Unequal:
		return query.Condition{Ref: r, Op: query.NotNull}, nil
	}
	return nil, malformed("null can only be compared with eq and ne.")
}

// lambda reads any() and any(o:o/prop eq 1), and all(…), which holds when no
// row of the collection speaks against it.
func (p *parser) lambda(at path) (query.Node, error) {
	all := p.word("all")
	p.step()
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if p.take(")") {
		if all {
			return nil, malformed("The function all needs a condition.")
		}
		return exists(at, nil), nil
	}
	if p.tok.kind != name {
		return nil, p.unexpected()
	}
	table, self := p.table, p.self
	defer func() { p.table, p.self = table, self }()
	p.table, p.self = at.many.Target(), p.tok.text
	p.step()
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	inner, err := p.or()
	if err != nil {
		return nil, err
	}
	if all {
		return query.Not{Node: exists(at, query.Not{Node: inner})}, p.expect(")")
	}
	return exists(at, inner), p.expect(")")
}

// exists asks whether there is a row in a collection that passes.
func exists(at path, inner query.Node) query.Node {
	hops := at.many.Hops
	for i := len(hops) - 1; i >= 0; i-- {
		inner = query.Exists{Link: &query.Link{Hop: hops[i], Kind: query.Exist, Where: inner}}
	}
	return inner
}
