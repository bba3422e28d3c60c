package odata

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// maxExpand is how deep expansions nest.
const maxExpand = 10

// Expand reads a $expand about the rows of t: nav, nav($select=a;$filter=b eq 1).
// Trouble is a *query.Error.
func Expand(t query.Table, text string, aliases url.Values) ([]*query.Expand, error) {
	out, err := expands(t, text, aliases, 0)
	if err == nil {
		err = arranged(out, slices.ContainsFunc(out, func(x *query.Expand) bool { return len(x.Query.Expand) > 0 }))
	}
	return out, err
}

// arranged refuses an order and a number of rows where the platform knows none:
// behind lookups, and everywhere when expansions are nested (Microsoft Learn:
// "Join tables using OData").
func arranged(all []*query.Expand, nested bool) error {
	for _, x := range all {
		if (nested || !x.Way.Many) && (len(x.Query.Order) > 0 || x.Query.Fixed) {
			return malformed("Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.")
		}
		if err := arranged(x.Query.Expand, nested); err != nil {
			return err
		}
	}
	return nil
}

func expands(t query.Table, text string, aliases url.Values, depth int) (out []*query.Expand, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if depth > maxExpand {
		return nil, malformed("The $expand is nested too deeply.")
	}
	for _, item := range pieces(text, ',') {
		x, err := expand(t, strings.TrimSpace(item), aliases, depth)
		if err != nil {
			return nil, err
		}
		for _, other := range out {
			if other.Name == x.Name {
				return nil, malformed("The $expand names '%s' twice.", x.Name)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func expand(t query.Table, item string, aliases url.Values, depth int) (*query.Expand, error) {
	name, inner, nested := strings.Cut(item, "(")
	name = strings.TrimSpace(name)
	if nested {
		var ok bool
		if inner, ok = strings.CutSuffix(strings.TrimSpace(inner), ")"); !ok {
			return nil, malformed("The options of '%s' in the $expand have no end.", name)
		}
	}
	if strings.HasSuffix(name, "/$count") {
		return nil, query.Errorf(query.Unsupported, "$count in $expand is not simulated.")
	}
	name, reference := strings.CutSuffix(name, "/$ref")
	way, ok := t.Way(name)
	switch {
	case !ok:
		return nil, query.NoColumn(t, name)
	case reference && (way.Many || nested):
		return nil, malformed("Expand with $ref is only supported on lookup type navigation property.")
	}
	options := url.Values{}
	for alias, value := range aliases {
		if strings.HasPrefix(alias, "@") {
			options[alias] = value
		}
	}
	if err := nestedOptions(options, name, inner); err != nil {
		return nil, err
	}
	deeper := options.Get("$expand")
	options.Del("$expand")
	r, err := Parse(way.Target(), options)
	if err != nil {
		return nil, err
	}
	if r.Query.Expand, err = expands(way.Target(), deeper, aliases, depth+1); err != nil {
		return nil, err
	}
	return &query.Expand{Name: name, Way: way, Query: r.Query, Reference: reference, Written: address(inner, aliases)}, nil
}

// address writes the options of an expansion as those of an address.
func address(text string, aliases url.Values) string {
	var out []string
	for _, part := range pieces(text, ';') {
		if option, value, ok := strings.Cut(part, "="); ok {
			out = append(out, strings.TrimSpace(option)+"="+escaped(value))
		}
	}
	if strings.Contains(text, "@") {
		for _, alias := range slices.Sorted(maps.Keys(aliases)) {
			if strings.HasPrefix(alias, "@") {
				out = append(out, alias+"="+escaped(aliases.Get(alias)))
			}
		}
	}
	return strings.Join(out, "&")
}

func escaped(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }

// nestedOptions reads $select=a;$filter=b into options.
func nestedOptions(options url.Values, of, text string) error {
	for _, part := range pieces(text, ';') {
		if strings.TrimSpace(part) == "" {
			continue
		}
		option, value, _ := strings.Cut(part, "=")
		option = strings.TrimSpace(option)
		switch option {
		case "$select", "$filter", "$orderby", "$top", "$expand":
		case "$count", "$levels", "$skip", "$search":
			return malformed("The option %s in the $expand of '%s' is not supported.", option, of)
		default:
			return malformed("The $expand of '%s' has an option that is not known.", of)
		}
		if options.Has(option) {
			return malformed("The $expand of '%s' has the option %s twice.", of, option)
		}
		options.Set(option, value)
	}
	return nil
}
