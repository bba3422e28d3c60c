package dataversesim

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/odata"
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// question is a query about the rows of a table, made ready to be answered. It
// lives under the read lock.
type question struct {
	query    *query.Query
	plan     *query.Plan
	view     view
	branches []branch
}

// branch is what an expansion shows: a row, or rows, within a row.
type branch struct {
	follow *query.Follow
	key    []byte // "name":
	view   view
	base   string // address of the Web API
	above  string // set of the row above
	nested bool   // somewhere in the query an expansion is within another
	below  []branch
}

// ask makes the query options about the rows of t ready; among narrows them.
func (s *Sim) ask(r *request, t *table, options url.Values, among query.Node) (*question, *failure) {
	if f := r.tooLong(); f != nil {
		return nil, f
	}
	read, err := odata.Parse(queried{s, t}, options)
	if err != nil {
		return nil, refusedQuery(err)
	}
	q := read.Query
	switch {
	case among != nil && q.Where != nil:
		q.Where = query.And{among, q.Where}
	case among != nil:
		q.Where = among
	}
	nested := isNested(q)
	sized(q, r.prefs.pageSize)
	sizeExpansions(q, r.prefs.pageSize, nested)
	if f := s.mayQuery(q); f != nil {
		return nil, f
	}
	plan, err := query.Compile(q, s.asker())
	if err != nil {
		return nil, refusedQuery(err)
	}
	out := &question{query: q, plan: plan, view: fetched(t, q, r.prefs.notes).view}
	out.view.refer(q)
	out.view.selected = contextOf(q)
	out.branches = branches(r, t, plan.Expands, nested)
	return out, nil
}

// sized bounds the pages of a query. With $top there is no next page (reference:
// dataverse-api 2.5).
func sized(q *query.Query, size int) {
	if q.Size = min(q.Size, maxPageSize); !q.Fixed {
		q.Size = size
	}
}

// sizeExpansions bounds the pages of expansions. The wish for a page size is only
// for them when expansions are nested (Microsoft Learn: "Join tables using OData").
func sizeExpansions(q *query.Query, wish int, nested bool) {
	for _, x := range q.Expand {
		if nested {
			sized(x.Query, wish)
		} else {
			sized(x.Query, maxPageSize)
		}
		sizeExpansions(x.Query, wish, nested)
	}
}

func isNested(q *query.Query) bool {
	return slices.ContainsFunc(q.Expand, func(x *query.Expand) bool { return len(x.Query.Expand) > 0 })
}

// contextOf is how @odata.context tells what was asked for: what was selected, then
// what was expanded.
func contextOf(q *query.Query) (out []string) {
	for _, sel := range q.Select {
		out = append(out, sel.Column.(*column).wire)
	}
	for _, x := range q.Expand {
		if x.Reference {
			out = append(out, x.Name, x.Name+"/$ref()")
			continue
		}
		out = append(out, x.Name+"("+strings.Join(contextOf(x.Query), ",")+")")
	}
	return out
}

// refer adds the lookups whose rows are only named by their addresses.
func (v *view) refer(q *query.Query) {
	for _, x := range q.Expand {
		if x.Reference {
			v.add(x.Way.Hops[0].From)
		}
	}
}

// add shows a lookup that the view has not yet.
func (v *view) add(c query.Column) {
	col, ok := c.(*column)
	if to, only := c.(pointer); only {
		col, ok = to.column, true
	}
	if ok && col.isLookup() && !slices.Contains(v.columns, col) {
		v.columns = append(v.columns, col)
	}
}

func branches(r *request, above *table, follows []*query.Follow, nested bool) (out []branch) {
	for _, f := range follows {
		x := f.Expand
		t := x.Query.Table.(queried).t
		b := branch{follow: f, key: append(appendString(nil, x.Name), ':'), view: fetched(t, x.Query, r.prefs.notes).view, base: r.base, above: above.set, nested: nested}
		b.view.refer(x.Query)
		// Only rows of a plain collection have an etag, and the lookup by which they are in it.
		if b.view.bare = nested || !x.Way.Many; !b.view.bare && len(x.Way.Hops) == 1 {
			b.view.add(x.Way.Hops[0].To)
		}
		b.below = branches(r, t, f.Expands(), nested)
		out = append(out, b)
	}
	return out
}

// next is the $skiptoken of the page behind this one.
func (q *question) next(page *query.Page) string { return skipToken(q.query, page) }

func skipToken(q *query.Query, page *query.Page) string {
	inner := ""
	if len(page.Rows) > 0 {
		inner = query.Cookie(q, page)
	}
	return query.SkipToken(q.Page+1, inner)
}

// refusedQuery is trouble with an OData query as the platform tells it
// (reference: dataverse-api 2.9).
func refusedQuery(err error) *failure {
	var e *query.Error
	if !errors.As(err, &e) {
		return badSyntax("%s", err)
	}
	switch e.Kind {
	case query.Unknown:
		return fail(http.StatusBadRequest, "0x80048d0b", "Could not find a property named '%s' on type 'Microsoft.Dynamics.CRM.%s'.", e.Name, e.Table)
	case query.Unsupported:
		return fail(http.StatusNotImplemented, "0x80060888", "%s", e.Text)
	case query.TooManyToSum:
		return fail(http.StatusBadRequest, codeTooManyToSum, "%s", e.Text)
	}
	return badSyntax("%s", e.Text)
}
