package odata

import (
	"net/url"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// maxExpand is how deep expansions nest.
const maxExpand = 10

// Expand reads a $expand about the rows of t: nav, nav($select=a;$filter=b eq 1).
// Trouble is a *query.Error.
func Expand(t query.Table, text string, aliases url.Values) ([]*query.Expand, error) {
	return expands(t, text, aliases, 0)
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
	if strings.HasSuffix(name, "/$ref") || strings.HasSuffix(name, "/$count") {
		return nil, query.Errorf(query.Unsupported, "$ref and $count in $expand are not simulated.")
	}
	way, ok := t.Way(name)
	if !ok {
		return nil, query.NoColumn(t, name)
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
	if !way.Many && (r.Query.Where != nil || len(r.Query.Order) > 0 || r.Query.Fixed) {
		return nil, malformed("The navigation property '%s' leads to one row: $filter, $orderby and $top mean nothing in its $expand.", name)
	}
	return &query.Expand{Name: name, Way: way, Query: r.Query, Written: inner}, nil
}

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
