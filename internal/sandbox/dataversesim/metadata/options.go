package metadata

import (
	"fmt"
	"slices"
	"strings"
)

// Options are the query options that the metadata service has: no $orderby, no
// $top, no paging (Microsoft Learn: "Query table definitions using the Web API").
type Options struct {
	Select []string
	Filter *Filter
	Expand []Expand
}

// Expand is one navigation property of $expand with its own options.
type Expand struct {
	Name    string
	Options Options
}

// ParseOptions reads the values of $select, $filter and $expand; empty is absent.
func ParseOptions(selects, filter, expand string) (o Options, err error) {
	for name := range strings.SplitSeq(selects, ",") {
		if name = strings.TrimSpace(name); name != "" {
			o.Select = append(o.Select, name)
		}
	}
	if filter != "" {
		if o.Filter, err = ParseFilter(filter); err != nil {
			return o, err
		}
	}
	o.Expand, err = parseExpand(expand, 0)
	return o, err
}

// maxDepth bounds nesting, which the platform does as well.
const maxDepth = 10

func parseExpand(text string, depth int) ([]Expand, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the $expand is nested deeper than %d", maxDepth)
	}
	var out []Expand
	for _, item := range splitTop(text, ',') {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, inner, nested := strings.Cut(item, "(")
		e := Expand{Name: strings.TrimSpace(name)}
		if nested {
			inner, closed := strings.CutSuffix(inner, ")")
			if !closed {
				return nil, fmt.Errorf("the $expand has a bracket without its end")
			}
			var err error
			if e.Options, err = parseNested(inner, depth+1); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func parseNested(text string, depth int) (o Options, err error) {
	var expand string
	for _, part := range splitTop(text, ';') {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.TrimSpace(name) {
		case "$select":
			for one := range strings.SplitSeq(value, ",") {
				o.Select = append(o.Select, strings.TrimSpace(one))
			}
		case "$filter":
			if o.Filter, err = ParseFilter(value); err != nil {
				return o, err
			}
		case "$expand":
			expand = value
		case "":
		default:
			return o, fmt.Errorf("the option %q is not known inside $expand", name)
		}
	}
	o.Expand, err = parseExpand(expand, depth)
	return o, err
}

// splitTop cuts at sep outside brackets and quotes.
func splitTop(s string, sep byte) []string {
	var out []string
	depth, start, quoted := 0, 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == sep && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// UnknownProperty is a name in a query that the type does not have.
type UnknownProperty struct{ Name, Type string }

func (u UnknownProperty) Error() string {
	return "Could not find a property named '" + u.Name + "' on type 'Microsoft.Dynamics.CRM." + u.Type + "'."
}

// Apply filters documents and shows of each what was asked for; kind is their
// common type, for errors.
func (o Options) Apply(docs []*Document, kind string) ([]*Document, error) {
	out := []*Document{}
	for _, d := range docs {
		ok, err := o.Filter.Match(d)
		if err != nil {
			return nil, err
		}
		shown, err := o.Show(d, kind)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, shown)
		}
	}
	return out, nil
}

// Show is d as it was asked for: MetadataId is always there, navigation
// properties only when they are expanded.
func (o Options) Show(d *Document, kind string) (*Document, error) {
	out := &Document{Type: d.Type, Typed: d.Typed, members: d.members}
	if len(o.Select) > 0 {
		out.members = nil
		for _, name := range o.Select {
			v, ok := d.get(name)
			if !ok {
				return nil, UnknownProperty{name, kind}
			}
			out.add(name, v)
		}
		if v, ok := d.get("MetadataId"); ok && !slices.Contains(o.Select, "MetadataId") {
			out.add("MetadataId", v)
		}
	}
	out.members = slices.Clip(out.members)
	for _, e := range o.Expand {
		v, ok := d.Below(e.Name)
		if !ok {
			return nil, UnknownProperty{e.Name, kind}
		}
		shown, err := e.Options.show(v, e.Name)
		if err != nil {
			return nil, err
		}
		out.add(e.Name, shown)
	}
	return out, nil
}

// show applies the options of an expansion to what it leads to.
func (o Options) show(v any, name string) (any, error) {
	switch v := v.(type) {
	case *Document:
		if v == nil {
			return nil, nil
		}
		return o.Show(v, v.Type)
	case []*Document:
		return o.Apply(v, strings.TrimSuffix(name, "s"))
	}
	return nil, nil
}

// Context is how @odata.context tells what was selected: (LogicalName,OptionSet(Options)).
func (o Options) Context() string {
	parts := slices.Clone(o.Select)
	for _, e := range o.Expand {
		parts = append(parts, e.Name+brackets(e.Options.Context()))
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ",") + ")"
}

func brackets(inner string) string {
	if inner == "" {
		return "()"
	}
	return inner
}
