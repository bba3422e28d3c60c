package dataversesim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// appendPage adds the rows of a page with what their expansions show.
func (s *Sim) appendPage(b []byte, q *question, page *query.Page) []byte {
	for i, found := range page.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.appendTree(b, found[0].(*row), q.view, q.branches, "")
	}
	return b
}

// appendTree adds a row with what its expansions show.
func (s *Sim) appendTree(b []byte, r *row, v view, below []branch, context string) []byte {
	b = s.appendRow(b, r, v, context)
	if len(below) == 0 {
		return b
	}
	b = b[:len(b)-1]
	for _, x := range below {
		b = append(append(b, ','), x.key...)
		if x.follow.Expand.Way.Many {
			b = s.appendMany(b, r, x, x.follow.Page(r))
			continue
		}
		far, ok := x.follow.One(r).(*row)
		if !ok {
			b = append(b, "null"...)
			continue
		}
		if x.follow.Expand.Reference {
			b = append(appendString(append(b, `{"@odata.id":`...), x.base+x.view.table.set+"("+far.id.String()+")"), '}')
			continue
		}
		b = s.appendTree(b, far, x.view, x.below, "")
	}
	return append(b, '}')
}

// appendMany adds the rows of a collection, and a link: to the same rows, or, when
// expansions are nested, to those of the next page, if there is one (Microsoft
// Learn: "Join tables using OData").
func (s *Sim) appendMany(b []byte, above *row, x branch, page *query.Page) []byte {
	b = append(b, '[')
	for i, found := range page.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.appendTree(b, found[0].(*row), x.view, x.below, "")
	}
	b = append(b, ']')
	link := x.above + "(" + above.id.String() + ")/" + x.follow.Expand.Name
	options := x.follow.Expand.Written
	switch {
	case !x.nested: // leads to the same rows, and is always there
	case page.More && options != "":
		options += "&$skiptoken=" + escaped(skipToken(x.follow.Expand.Query, page))
	case page.More:
		options = "$skiptoken=" + escaped(skipToken(x.follow.Expand.Query, page))
	default:
		return b
	}
	if options != "" {
		link += "?" + options
	}
	return appendString(append(appendString(append(b, ','), x.follow.Expand.Name+"@odata.nextLink"), ':'), x.base+link)
}

// navigate finds the navigation property that a path below a row names, and
// what stands behind it.
func (s *Sim) navigate(r *request, t *table, rest string) (way query.Way, tail string, ok bool) {
	defer s.reading(r)()
	name, tail, _ := strings.Cut(rest, "/")
	way, ok = queried{s, t}.Way(name)
	return way, tail, ok && (tail == "" || tail == "$ref" || way.Many && tail == "$count")
}

// follow answers GET of a navigation property: the row behind a lookup, or the
// rows of a collection with the query options of a set.
func (s *Sim) follow(r *request, t *table, id guid, way query.Way, tail string) (*response, *failure) {
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	defer s.reading(r)()
	from := t.find(id)
	if from == nil {
		return nil, missingRow(t, id)
	}
	far := way.Target().(queried).t
	switch {
	case tail == "$count":
		return s.counted(r, far, q, along(way, id))
	case tail == "$ref" && way.Many:
		return s.readReferences(r, far, q, along(way, id))
	case tail == "$ref":
		return s.readReference(r, from, way)
	case way.Many:
		return s.queryRows(r, far, q, along(way, id))
	}
	return s.followLookup(r, from, way, q)
}

// along is the filter that leaves the rows to which a way leads from one row.
func along(way query.Way, id guid) query.Node {
	hops := way.Hops
	var n query.Node = query.Condition{Ref: query.Ref{Column: hops[0].To}, Op: query.Equal, Values: []any{query.GUID(id)}}
	for i := 1; i < len(hops); i++ {
		back := query.Hop{From: hops[i].To, Table: hops[i-1].Table, To: hops[i].From}
		n = query.Exists{Link: &query.Link{Hop: back, Kind: query.Exist, Where: n}}
	}
	return n
}

func (s *Sim) followLookup(r *request, from *row, way query.Way, options url.Values) (*response, *failure) {
	if f := refuseOptions(options, "$select", "$expand"); f != nil {
		return nil, f
	}
	hop := way.Hops[0]
	far := hop.Table.(queried).t
	q, f := s.ask(r, far, options, nil)
	if f != nil {
		return nil, f
	}
	to, _ := from.Value(hop.From).(query.GUID)
	found := far.find(guid(to))
	if found == nil {
		return &response{status: noContent}, nil
	}
	body := s.appendTree(nil, found, q.view, q.branches, r.context(far, q.view, "/$entity"))
	if err := q.plan.Trouble(); err != nil {
		return nil, refusedQuery(err)
	}
	return &response{status: http.StatusOK, contentType: jsonMinimal, body: body}, nil
}
