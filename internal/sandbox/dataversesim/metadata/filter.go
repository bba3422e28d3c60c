package metadata

import (
	"fmt"
	"strconv"
	"strings"
)

// Filter is a parsed $filter over definitions: comparisons of properties and
// paths with values, joined by and, or, not and brackets.
type Filter struct{ root node }

type node interface {
	match(d *Document) (bool, error)
}

// Match tells whether d passes; a nil filter passes all.
func (f *Filter) Match(d *Document) (bool, error) {
	if f == nil {
		return true, nil
	}
	return f.root.match(d)
}

type both struct{ a, b node }
type either struct{ a, b node }
type negated struct{ a node }

func (n both) match(d *Document) (bool, error) {
	if ok, err := n.a.match(d); !ok || err != nil {
		return false, err
	}
	return n.b.match(d)
}

func (n either) match(d *Document) (bool, error) {
	if ok, err := n.a.match(d); ok || err != nil {
		return ok, err
	}
	return n.b.match(d)
}

func (n negated) match(d *Document) (bool, error) {
	ok, err := n.a.match(d)
	return !ok && err == nil, err
}

// comparison compares what a path leads to with a literal: nil, bool, float64 or string.
type comparison struct {
	path []string
	op   string
	want any
}

func (n comparison) match(d *Document) (bool, error) {
	got, err := follow(d, n.path)
	if err != nil {
		return false, err
	}
	order, ok := compare(got, n.want)
	switch n.op {
	case "eq":
		return ok && order == 0, nil
	case "ne":
		return !ok || order != 0, nil
	case "gt":
		return ok && order > 0, nil
	case "ge":
		return ok && order >= 0, nil
	case "lt":
		return ok && order < 0, nil
	}
	return ok && order <= 0, nil
}

// follow reads DisplayName/UserLocalizedLabel/Label.
func follow(d *Document, path []string) (any, error) {
	for i, name := range path {
		if d == nil {
			return nil, nil
		}
		v, ok := d.get(name)
		if !ok {
			return nil, UnknownProperty{name, d.Type}
		}
		if i == len(path)-1 {
			return v, nil
		}
		next, isDocument := v.(*Document)
		if !isDocument {
			return nil, UnknownProperty{path[i+1], name}
		}
		d = next
	}
	return nil, nil
}

func compare(got, want any) (int, bool) {
	switch want := want.(type) {
	case nil:
		return 0, got == nil
	case bool:
		b, ok := got.(bool)
		return number(b) - number(want), ok
	case float64:
		switch got := got.(type) {
		case int:
			return sign(float64(got) - want), true
		case float64:
			return sign(got - want), true
		}
	case string:
		if s, ok := got.(string); ok {
			return strings.Compare(strings.ToLower(s), strings.ToLower(want)), true
		}
	}
	return 0, false
}

func sign(f float64) int {
	switch {
	case f < 0:
		return -1
	case f > 0:
		return 1
	}
	return 0
}

// ParseFilter reads a $filter.
func ParseFilter(text string) (*Filter, error) {
	p := &filterParser{tokens: lexFilter(text)}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, fmt.Errorf("the filter goes on with %q where it should end", p.tokens[p.at])
	}
	return &Filter{root}, nil
}

type filterParser struct {
	tokens []string
	at     int
}

func (p *filterParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *filterParser) next() string {
	t := p.peek()
	p.at++
	return t
}

func (p *filterParser) or(depth int) (node, error) {
	a, err := p.and(depth)
	for err == nil && p.peek() == "or" {
		p.at++
		var b node
		b, err = p.and(depth)
		a = either{a, b}
	}
	return a, err
}

func (p *filterParser) and(depth int) (node, error) {
	a, err := p.unary(depth)
	for err == nil && p.peek() == "and" {
		p.at++
		var b node
		b, err = p.unary(depth)
		a = both{a, b}
	}
	return a, err
}

func (p *filterParser) unary(depth int) (node, error) {
	if depth > 100 {
		return nil, fmt.Errorf("the filter is nested too deep")
	}
	switch p.peek() {
	case "not":
		p.at++
		a, err := p.unary(depth + 1)
		return negated{a}, err
	case "(":
		p.at++
		a, err := p.or(depth + 1)
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("the filter has a bracket without its end")
		}
		return a, err
	}
	return p.comparison()
}

func (p *filterParser) comparison() (node, error) {
	path, op, value := p.next(), p.next(), p.next()
	switch op {
	case "eq", "ne", "gt", "ge", "lt", "le":
	default:
		return nil, fmt.Errorf("the filter needs a comparison: %q is none", strings.TrimSpace(path+" "+op))
	}
	want, err := literal(value)
	if err != nil {
		return nil, err
	}
	return comparison{strings.Split(path, "/"), op, want}, nil
}

// literal reads a value: text in quotes, perhaps behind the name of its
// enumeration, a number, a GUID, true, false or null.
func literal(s string) (any, error) {
	switch s {
	case "null":
		return nil, nil
	case "true", "false":
		return s == "true", nil
	}
	if at := strings.IndexByte(s, '\''); at >= 0 && strings.HasSuffix(s, "'") && len(s) > at+1 {
		if at > 0 && !strings.HasPrefix(s, "Microsoft.Dynamics.CRM.") {
			return nil, fmt.Errorf("the type %q is not known", s[:at])
		}
		inner := s[at+1 : len(s)-1]
		if strings.Contains(strings.ReplaceAll(inner, "''", ""), "'") {
			return nil, fmt.Errorf("%q is not a value: quotes in it are doubled", s)
		}
		return strings.ReplaceAll(inner, "''", "'"), nil
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f, nil
	}
	if len(s) == 36 && strings.Count(s, "-") == 4 && strings.Trim(s, "-0123456789abcdefABCDEF") == "" {
		return s, nil
	}
	return nil, fmt.Errorf("%q is not a value", s)
}

// lexFilter cuts a filter at blanks and brackets outside quotes.
func lexFilter(s string) []string {
	var out []string
	start, quoted := -1, false
	flush := func(end int) {
		if start >= 0 {
			out = append(out, s[start:end])
			start = -1
		}
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'':
			quoted = !quoted
			if start < 0 {
				start = i
			}
		case quoted:
		case c == ' ':
			flush(i)
		case c == '(' || c == ')':
			flush(i)
			out = append(out, string(c))
		default:
			if start < 0 {
				start = i
			}
		}
	}
	flush(len(s))
	return out
}
