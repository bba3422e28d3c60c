package odata

import (
	"net/url"
	"slices"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// apart reads a $apply: filter(…)/groupby((a,b),aggregate(…)), in parts, into q. A
// $filter beside it narrows what is added up (*assumed*).
func apart(q *query.Query, text string, aliases url.Values) error {
	p := newParser("$apply", text, q.Table, aliases)
	for {
		if q.Aggregated() {
			return query.Errorf(query.Unsupported, "A transformation after the aggregate of $apply is not simulated.")
		}
		if err := p.transformation(q); err != nil {
			return err
		}
		if !p.take("/") {
			break
		}
	}
	if err := p.finish(); err != nil {
		return err
	}
	if !q.Aggregated() {
		return malformed("The $apply needs groupby or aggregate.")
	}
	return nil
}

func (p *parser) transformation(q *query.Query) error {
	what := p.tok.text
	if p.tok.kind != name {
		return p.unexpected()
	}
	p.step()
	if err := p.expect("("); err != nil {
		return err
	}
	switch what {
	case "filter":
		n, err := p.or()
		if err != nil {
			return err
		}
		if q.Where != nil {
			n = query.And{q.Where, n}
		}
		q.Where = n
		return p.expect(")")
	case "aggregate":
		return p.sums(q)
	case "groupby":
		return p.groups(q)
	}
	return query.Errorf(query.Unsupported, "The transformation '%s' of $apply is not simulated.", what)
}

// groups reads groupby((a,b),aggregate(…)) behind its first parenthesis.
func (p *parser) groups(q *query.Query) error {
	if err := p.expect("("); err != nil {
		return err
	}
	for {
		g, err := p.group()
		if err != nil {
			return err
		}
		if q.Groups = append(q.Groups, g); !p.take(",") {
			break
		}
	}
	if err := p.expect(")"); err != nil {
		return err
	}
	if p.take(",") {
		if !p.take("aggregate") {
			return p.unexpected()
		}
		if err := p.expect("("); err != nil {
			return err
		}
		if err := p.sums(q); err != nil {
			return err
		}
	}
	return p.expect(")")
}

// group reads one column of groupby. Behind a lookup its values are called after
// their table, contact_fullname; dates cannot be grouped by (Microsoft Learn:
// "Aggregate data by using OData").
func (p *parser) group() (g query.Group, err error) {
	g.Alias = p.tok.text
	if g.Ref, err = p.ref(); err != nil {
		return g, err
	}
	if n := len(g.Hops); n > 0 {
		g.Alias = g.Hops[n-1].Table.Title() + "_" + g.Column.Title()
	}
	if kind := g.Column.Holds(); kind == query.Instant || kind == query.Date {
		return g, malformed("The column '%s' holds dates, by which groupby cannot put rows together.", g.Column.Title())
	}
	return g, nil
}

// methods are the aggregates by their names in OData.
var methods = map[string]query.Sum{
	"sum": {Do: query.Add}, "average": {Do: query.Mean}, "min": {Do: query.Least}, "max": {Do: query.Most},
	"countdistinct": {Do: query.CountColumn, Distinct: true},
}

// sums reads the inside of aggregate( and its end.
func (p *parser) sums(q *query.Query) error {
	for {
		s, err := p.sum()
		if err != nil {
			return err
		}
		taken := slices.ContainsFunc(q.Sums, func(o query.Sum) bool { return o.Alias == s.Alias }) || slices.ContainsFunc(q.Groups, func(g query.Group) bool { return g.Alias == s.Alias })
		if taken {
			return malformed("The alias '%s' is used twice in the $apply.", s.Alias)
		}
		if q.Sums = append(q.Sums, s); !p.take(",") {
			return p.expect(")")
		}
	}
}

// sum reads $count as n, or amount with sum as total.
func (p *parser) sum() (s query.Sum, err error) {
	if p.take("$count") {
		s.Do = query.CountRows
	} else {
		r, err := p.ref()
		if err != nil {
			return s, err
		}
		if !p.take("with") {
			return s, p.unexpected()
		}
		var known bool
		if s, known = methods[p.tok.text]; !known {
			return s, malformed("The aggregate '%s' in the $apply is not known.", p.tok.text)
		}
		p.step()
		s.Ref = r
	}
	if !p.take("as") || p.tok.kind != name {
		return s, p.unexpected()
	}
	s.Alias = p.tok.text
	p.step()
	return s, nil
}
