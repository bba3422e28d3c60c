package odata

import (
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// texts are the functions of OData that the platform knows.
var texts = map[string]query.Op{"contains": query.ContainsText, "startswith": query.BeginsWith, "endswith": query.EndsWith}

const functions = "Microsoft.Dynamics.CRM."

// dynamics are the query functions whose name is not that of their FetchXML
// operator with the hyphens left out (Learn: "Web API Query Function Reference").
var dynamics = map[string]query.Op{
	"AboveOrEqual": "eq-or-above", "UnderOrEqual": "eq-or-under", "DoesNotContainValues": "not-contain-values",
	"EqualBusinessId": "eq-businessid", "NotEqualBusinessId": "ne-businessid", "EqualUserId": "eq-userid", "NotEqualUserId": "ne-userid",
	"EqualUserTeams": "eq-userteams", "EqualUserOrUserTeams": "eq-useroruserteams", "Last7Days": "last-seven-days", "Next7Days": "next-seven-days",
	"OlderThanXMinutes": "olderthan-x-minutes", "OlderThanXHours": "olderthan-x-hours", "OlderThanXDays": "olderthan-x-days",
	"OlderThanXWeeks": "olderthan-x-weeks", "OlderThanXMonths": "olderthan-x-months", "OlderThanXYears": "olderthan-x-years",
}

// operatorOf finds the operator that a query function means: LastXDays is last-x-days.
func operatorOf(function string) query.Op {
	if op, ok := dynamics[function]; ok {
		return op
	}
	var b strings.Builder
	for i, c := range function {
		if c >= 'A' && c <= 'Z' && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	op := query.Op(strings.ToLower(b.String()))
	if slices.Contains(fetchOnly, op) {
		return ""
	}
	return op
}

// fetchOnly are operators of FetchXML that are no query functions.
var fetchOnly = []query.Op{"eq", "ne", "neq", "gt", "ge", "lt", "le", "null", "not-null", "like", "not-like", "begins-with", "not-begin-with", "ends-with", "not-end-with", "contains", "not-contain"}

// call reads a function; called is false when there is none here.
func (p *parser) call() (n query.Node, called bool, err error) {
	if p.tok.kind != name {
		return nil, false, nil
	}
	start, tok := p.lex, p.tok
	p.step()
	if !p.sign("(") {
		p.lex, p.tok = start, tok
		return nil, false, nil
	}
	p.step()
	if function, ok := strings.CutPrefix(tok.text, functions); ok {
		n, err = p.function(function)
		return n, true, err
	}
	op, ok := texts[tok.text]
	if !ok {
		return nil, true, malformed("An unknown function with name '%s' was found.", tok.text)
	}
	n, err = p.textual(tok.text, op)
	return n, true, err
}

// textual reads the arguments of contains and its kin.
func (p *parser) textual(function string, op query.Op) (query.Node, error) {
	r, err := p.ref()
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	l, err := p.literal()
	if err != nil {
		return nil, err
	}
	if r.Column.Holds() != query.Text || l.kind != quoted {
		return nil, query.Errorf(query.Mistyped, "No function signature for the function with name '%s' matches the specified arguments.", function)
	}
	return query.Condition{Ref: r, Op: op, Values: []any{l.text}}, p.expect(")")
}

// function reads Name=value, Name=value ) with lists in brackets. The column
// stands in PropertyName; what else there is are values, in their order.
func (p *parser) function(function string) (query.Node, error) {
	var about query.Column
	var values []literal
	for !p.take(")") {
		argument := p.tok.text
		if p.tok.kind != name {
			return nil, p.unexpected()
		}
		p.step()
		if err := p.expect("="); err != nil {
			return nil, err
		}
		given, err := p.literals()
		if err != nil {
			return nil, err
		}
		switch argument {
		case "PropertyName":
			about = p.about(given)
		case "PropertyValue", "PropertyValue1", "PropertyValue2":
			if len(given) != 1 {
				return nil, malformed("The argument '%s' of '%s' is one value.", argument, function)
			}
			values = append(values, given...)
		case "PropertyValues":
			for _, l := range given {
				if l.kind != quoted {
					return nil, malformed("The PropertyValues of '%s' are strings: quote them.", function)
				}
			}
			values = append(values, given...)
		default:
			return nil, malformed("The function '%s' has no argument '%s'.", function, argument)
		}
		if !p.take(",") && !p.sign(")") {
			return nil, p.unexpected()
		}
	}
	if about == nil {
		return nil, malformed("The function '%s' needs the name of a column of '%s' as PropertyName.", function, p.table.Title())
	}
	return apply(function, about, values)
}

// about is the column that a query function is about. The platform's examples give
// the logical name; the name with underscores is accepted for lookups.
func (p *parser) about(given []literal) query.Column {
	if len(given) != 1 || given[0].kind != quoted {
		return nil
	}
	if c, ok := p.table.Column(given[0].text); ok {
		return c
	}
	c, _ := p.table.Property(given[0].text)
	return c
}

func apply(function string, about query.Column, values []literal) (query.Node, error) {
	written := make([]string, 0, len(values))
	for _, l := range values {
		written = append(written, l.text)
	}
	r := query.Ref{Column: about}
	switch function {
	case "NotOn":
		n, err := query.Where(r, "on", written...)
		return query.Not{Node: n}, err
	case "Contains": // full-text search in the platform; the same rows here (*assumed*)
		n, err := query.Where(r, query.ContainsText, written...)
		return n, err
	}
	op := operatorOf(function)
	if _, _, known := op.Takes(); !known {
		return nil, query.Errorf(query.Unsupported, "The query function %s is not simulated.", function)
	}
	n, err := query.Where(r, op, written...)
	return n, err
}
