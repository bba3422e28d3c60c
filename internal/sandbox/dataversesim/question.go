package dataversesim

import (
	"errors"
	"net/http"
	"net/url"

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
	// more is where the rows past the first page are: behind the address of the row above.
	above string
	below []branch
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
	sized(q, r.prefs.pageSize)
	if f := s.mayQuery(q); f != nil {
		return nil, f
	}
	plan, err := query.Compile(q, s.asker())
	if err != nil {
		return nil, refusedQuery(err)
	}
	out := &question{query: q, plan: plan, view: fetched(t, q, r.prefs.notes).view}
	out.view.selected = read.Selected
	out.branches = branches(r, t, plan.Expands)
	return out, nil
}

// sized bounds the pages of a query and of its expansions. With $top there is
// no next page (reference: dataverse-api 2.5).
func sized(q *query.Query, size int) {
	if q.Size = min(q.Size, maxPageSize); !q.Fixed {
		q.Size = size
	}
	for _, x := range q.Expand {
		sized(x.Query, maxPageSize)
	}
}

func branches(r *request, above *table, follows []*query.Follow) (out []branch) {
	for _, f := range follows {
		t := f.Expand.Query.Table.(queried).t
		b := branch{follow: f, key: append(appendString(nil, f.Expand.Name), ':'), view: fetched(t, f.Expand.Query, r.prefs.notes).view, above: r.base + above.set}
		b.below = branches(r, t, f.Expands())
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
