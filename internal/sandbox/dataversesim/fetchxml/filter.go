package fetchxml

import (
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// filter reads a filter with its conditions, filters and links.
func (r *reading) filter(e *element, p place) (query.Node, error) {
	if err := e.only("type", "isquickfindfields", "overridequickfindrecordlimitenabled", "overridequickfindrecordlimitdisabled", "hint"); err != nil {
		return nil, err
	}
	var parts []query.Node
	for _, c := range e.children {
		n, err := r.filterPart(c, p)
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
	}
	switch strings.ToLower(e.attrs["type"]) {
	case "", "and":
		return query.And(parts), nil
	case "or":
		return query.Or(parts), nil
	}
	return nil, bad("The type of a filter is and or or, not '%s'.", e.attrs["type"])
}

func (r *reading) filterPart(c *element, p place) (query.Node, error) {
	switch c.name {
	case "filter":
		return r.filter(c, p)
	case "condition":
		return r.condition(c, p)
	case "link-entity":
		return r.filterLink(c, p)
	}
	return nil, bad("The element '%s' has no place in a filter.", c.name)
}

// filterLink reads a link-entity in a filter. The filters that it has inside
// are read at once: they see only its own links.
func (r *reading) filterLink(c *element, p place) (query.Node, error) {
	if !slices.Contains([]string{"any", "not any", "all", "not all", "exists", "in"}, c.attrs["link-type"]) {
		return nil, bad("A link-entity in a filter has the link-type any, not any, all or not all.")
	}
	waiting := r.filters
	r.filters = nil
	defer func() { r.filters = waiting }()
	l, err := r.newLink(c, p)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(r.filters); i++ {
		if err := r.filters[i](); err != nil {
			return nil, err
		}
	}
	return query.Exists{Link: l}, nil
}

// condition reads one condition. Values stand in value or in value elements;
// valueof names a second column.
func (r *reading) condition(e *element, p place) (query.Node, error) {
	if err := e.only("attribute", "operator", "value", "valueof", "entityname", "column", "alias", "uiname", "uitype", "uihidden", "aggregate", "rowaggregate"); err != nil {
		return nil, err
	}
	if e.attrs["aggregate"] != "" || e.attrs["rowaggregate"] != "" {
		return nil, query.Errorf(query.Unsupported, "A condition on an aggregate is not simulated.")
	}
	name, err := e.need("attribute")
	if err != nil {
		return nil, err
	}
	op, err := e.need("operator")
	if err != nil {
		return nil, err
	}
	ref, err := r.refer(e.attrs["entityname"], name, p)
	if err != nil {
		return nil, err
	}
	if other, there := e.attrs["valueof"]; there {
		return r.comparison(ref, query.Op(op), other, p)
	}
	var values []string
	if v, there := e.attrs["value"]; there {
		values = append(values, v)
	}
	for _, c := range e.children {
		if c.name != "value" || len(c.children) > 0 {
			return nil, bad("The element '%s' has no place in a condition.", c.name)
		}
		values = append(values, c.text)
	}
	if least, most, known := query.Op(op).Takes(); known && most == 0 && len(values) > least {
		values = nil // forms write value="" for operators that take none
	}
	return query.Where(ref, query.Op(op), values...)
}

// refer finds a column of the place, or of the link that entityname names. A
// link's own columns are those of its place.
func (r *reading) refer(entity, name string, p place) (query.Ref, error) {
	t, link, err := r.named(entity, p)
	if err != nil {
		return query.Ref{}, err
	}
	c, err := column(t, name)
	if link == p.link {
		link = nil
	}
	return query.Ref{Link: link, Column: c}, err
}

// comparison reads valueof: a column, or alias.column.
func (r *reading) comparison(ref query.Ref, op query.Op, other string, p place) (query.Node, error) {
	entity, name, far := strings.Cut(other, ".")
	if !far {
		entity, name = "", other
	}
	to, err := r.refer(entity, name, p)
	if err != nil {
		return nil, err
	}
	if to.Column.Holds() != ref.Column.Holds() {
		return nil, query.Errorf(query.Mistyped, "The columns '%s' and '%s' are of different types.", ref.Column.Title(), to.Column.Title())
	}
	return query.Condition{Ref: ref, Op: op, Other: &to}, nil
}
