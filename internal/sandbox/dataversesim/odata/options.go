package odata

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// Request is a question to one entity set.
type Request struct {
	Query *query.Query
	// Selected is $select as it was written, for @odata.context; nothing is everything.
	Selected []string
}

// Parse reads the query options of an address about the rows of t. Names that
// do not start with $ or @ are not looked at. Query.Size is only set, and
// Query.Fixed true, when there is a $top. Trouble is a *query.Error.
func Parse(t query.Table, options url.Values) (*Request, error) {
	for name, values := range options {
		if strings.HasPrefix(name, "$") && len(values) > 1 {
			return nil, malformed("Query option '%s' was specified more than once, but it must be specified at most once.", name)
		}
	}
	r := &Request{Query: &query.Query{Table: t, Page: 1}}
	q := r.Query
	q.Whole = true
	var err error
	if text := options.Get("$filter"); text != "" {
		if q.Where, err = Filter(text, t, options); err != nil {
			return nil, err
		}
	}
	if text := options.Get("$apply"); text != "" {
		if err := apart(q, text, options); err != nil {
			return nil, err
		}
	}
	if err := r.selects(options.Get("$select")); err != nil {
		return nil, err
	}
	if q.Expand, err = Expand(t, options.Get("$expand"), options); err != nil {
		return nil, err
	}
	if q.Order, err = orders(q, options.Get("$orderby"), options); err != nil {
		return nil, err
	}
	if err := numbers(q, options); err != nil {
		return nil, err
	}
	return r, mark(q, options)
}

// numbers reads $top and $count.
func numbers(q *query.Query, options url.Values) error {
	switch options.Get("$count") {
	case "", "false":
	case "true":
		q.Count = true
	default:
		return malformed("Invalid value for $count query option found: it is true or false.")
	}
	top, there := options["$top"]
	if !there {
		return nil
	}
	n, err := strconv.Atoi(top[0])
	if err != nil || n < 0 {
		return malformed("Invalid value for $top query option found: it is a number that is not negative.")
	}
	q.Size, q.Fixed = n, true
	return nil
}

// mark reads where the page before ended.
func mark(q *query.Query, options url.Values) error {
	text := options.Get("$skiptoken")
	if text == "" {
		return nil
	}
	page, cookie, err := query.OpenSkipToken(text)
	if err != nil {
		return err
	}
	if q.Page = page; q.Aggregated() {
		return nil // lines of aggregates are counted
	}
	if q.After, err = query.ParseCookie(q, cookie); err != nil {
		return malformed("The $skiptoken is malformed.")
	}
	return nil
}

func (r *Request) selects(text string) error {
	text = strings.TrimSpace(text)
	if text == "" || text == "*" {
		return nil
	}
	if r.Query.Aggregated() {
		return query.Errorf(query.Unsupported, "$select after $apply is not simulated.")
	}
	r.Query.Whole = false
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		c, ok := r.Query.Table.Property(part)
		if !ok {
			return query.NoColumn(r.Query.Table, part)
		}
		if slices.Contains(r.Selected, part) {
			continue
		}
		r.Selected = append(r.Selected, part)
		r.Query.Select = append(r.Query.Select, query.Selected{Ref: query.Ref{Column: c}})
	}
	return nil
}

// orders reads $orderby: columns, also behind lookups, or the aliases of $apply.
func orders(q *query.Query, text string, aliases url.Values) (out []query.Order, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := newParser("$orderby", text, q.Table, aliases)
	for {
		var o query.Order
		if o.Ref, err = p.ref(); err != nil && !q.Aggregated() {
			return nil, err
		}
		if q.Aggregated() {
			if o.Alias, err = grouped(q, o.Ref, err); err != nil {
				return nil, err
			}
			o.Ref = query.Ref{}
		}
		if o.Down = p.word("desc"); o.Down || p.word("asc") {
			p.step()
		}
		out = append(out, o)
		if !p.take(",") {
			return out, p.finish()
		}
	}
}

// grouped finds the column of groupby that an order names. By what was added up
// there is no order (Microsoft Learn: "Aggregate data by using OData").
func grouped(q *query.Query, r query.Ref, unknown error) (string, error) {
	for _, g := range q.Groups {
		if unknown == nil && g.Column == r.Column && slices.Equal(g.Hops, r.Hops) {
			return g.Alias, nil
		}
	}
	return "", malformed("The query node SingleValueOpenPropertyAccess is not supported.")
}
