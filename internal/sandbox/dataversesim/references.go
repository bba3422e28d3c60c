package dataversesim

import (
	"net/http"
	"net/url"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// referenceTo is the address of a row as a member @odata.id.
func (r *request) referenceTo(b []byte, t *table, id guid) []byte {
	return append(appendString(append(b, `"@odata.id":`...), r.base+t.set+"("+id.String()+")"), '}')
}

// readReference answers GET …/$ref behind a lookup: the address of the row. The
// caller holds the read lock.
func (s *Sim) readReference(r *request, from *row, way query.Way) (*response, *failure) {
	far := way.Target().(queried).t
	if f := s.permitted(far, http.MethodGet); f != nil {
		return nil, f
	}
	to, _ := from.Value(way.Hops[0].From).(query.GUID)
	if far.find(guid(to)) == nil {
		return &response{status: noContent}, nil
	}
	b := append(appendString([]byte(`{"@odata.context":`), r.base+"$metadata#$ref"), ',')
	return &response{status: http.StatusOK, contentType: jsonMinimal, body: r.referenceTo(b, far, guid(to))}, nil
}

// readReferences answers GET …/$ref behind a collection: the addresses of its rows.
// The caller holds the read lock.
func (s *Sim) readReferences(r *request, far *table, options url.Values, among query.Node) (*response, *failure) {
	if f := refuseOptions(options, "$filter", "$orderby", "$top", "$skiptoken"); f != nil {
		return nil, f
	}
	q, f := s.ask(r, far, options, among)
	if f != nil {
		return nil, f
	}
	page, err := q.plan.Run()
	if err != nil {
		return nil, refusedQuery(err)
	}
	b := append(appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Collection($ref)"), `,"value":[`...)
	for i, found := range page.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.referenceTo(append(b, '{'), far, found[0].(*row).id)
	}
	b = append(b, ']')
	if page.More {
		b = appendString(append(b, `,"@odata.nextLink":`...), r.nextLink(options, q.next(page)))
	}
	return &response{status: http.StatusOK, contentType: jsonMinimal, body: append(b, '}'), header: r.pageHeaders(), rows: len(page.Rows)}, nil
}
