package dataversesim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// The longest address the platform reads, in a request and in a $batch
// (reference: dataverse-api 2.5).
const (
	maxURL        = 32768
	maxBatchedURL = 65536
)

// listOptions are the query options of a set.
var listOptions = []string{"$select", "$filter", "$orderby", "$top", "$count", "$skiptoken", "$expand", "$apply"}

// list answers GET of a set.
func (s *Sim) list(r *request, t *table) (*response, *failure) {
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	if q.Get("$deltatoken") != "" || r.prefs.trackChanges {
		return s.listChanges(r, t, q)
	}
	if f := r.tooLong(); f != nil {
		return nil, f
	}
	defer s.reading(r)()
	if text, asked, f := s.savedFetch(q); asked || f != nil {
		if f != nil {
			return nil, f
		}
		return s.fetch(r, t, text)
	}
	return s.queryRows(r, t, q, nil)
}

// queryRows answers the query options of a set, or of the part of it that among
// lets through. The caller holds the read lock.
func (s *Sim) queryRows(r *request, t *table, options url.Values, among query.Node) (*response, *failure) {
	if f := refuseOptions(options, listOptions...); f != nil {
		return nil, f
	}
	q, f := s.ask(r, t, options, among)
	if f != nil {
		return nil, f
	}
	page, err := q.plan.Run()
	if err != nil {
		return nil, refusedQuery(err)
	}
	body := slices.Grow(s.openList(r, t, q.view, ""), 256+len(page.Rows)*q.view.usualSize())
	if q.query.Count {
		body = append(strconv.AppendInt(append(body, `"@odata.count":`...), int64(page.Total), 10), ',')
	}
	if r.prefs.notes.totals {
		n := -1
		if q.query.Count {
			n = page.Total
		}
		body = append(body, `"@Microsoft.Dynamics.CRM.totalrecordcount":`+strconv.Itoa(n)+`,"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded":`+strconv.FormatBool(page.Exceeded)+`,"@Microsoft.Dynamics.CRM.globalmetadataversion":"1",`...)
	}
	body = append(body, `"value":[`...)
	if q.query.Aggregated() {
		body = s.appendLines(body, page.Lines, r.prefs.notes)
	} else {
		body = s.appendPage(body, q, page)
	}
	body = append(body, ']')
	if page.More {
		body = appendString(append(body, `,"@odata.nextLink":`...), r.nextLink(options, q.next(page)))
	}
	if err := q.plan.Trouble(); err != nil {
		return nil, refusedQuery(err)
	}
	return &response{status: http.StatusOK, body: append(body, '}'), contentType: jsonMinimal, header: r.pageHeaders(), rows: len(page.Rows) + len(page.Lines)}, nil
}

func (r *request) pageHeaders() []field {
	if r.prefs.pageSize < maxPageSize {
		return []field{{"Preference-Applied", "odata.maxpagesize=" + strconv.Itoa(r.prefs.pageSize)}}
	}
	return nil
}

func (s *Sim) openList(r *request, t *table, v view, suffix string) []byte {
	b := appendString([]byte(`{"@odata.context":`), r.context(t, v, suffix))
	return append(b, ',')
}

// refuseOptions turns down query options that this request cannot have.
func refuseOptions(q url.Values, known ...string) *failure {
	for name := range q {
		if !strings.HasPrefix(name, "$") {
			if name == "fetchXml" || name == "savedQuery" || name == "userQuery" {
				return notSimulated("The query option " + name)
			}
			continue
		}
		if name == "$skip" {
			return badSyntax("Skip Clause is not supported in CRM")
		}
		if !slices.Contains(known, name) {
			if name == "$apply" || name == "$search" {
				return notSimulated("The query option " + name)
			}
			return badSyntax("The query parameter %s is not supported.", name)
		}
	}
	return nil
}

// tooLong refuses an address that the platform would not read.
func (r *request) tooLong() *failure {
	if len(r.raw) > maxBatchedURL || len(r.raw) > maxURL && !r.batched {
		return fail(http.StatusRequestURITooLong, "0x0", "The request URL is too long.")
	}
	return nil
}

// countOnly answers GET set/$count.
func (s *Sim) countOnly(r *request, t *table) (*response, *failure) {
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	if mark := q.Get("$deltatoken"); mark != "" {
		return s.countChanges(t, mark)
	}
	defer s.reading(r)()
	return s.counted(r, t, q, nil)
}

// counted counts the rows of a set, or of the part of it that among lets
// through. The caller holds the read lock.
func (s *Sim) counted(r *request, t *table, options url.Values, among query.Node) (*response, *failure) {
	if f := refuseOptions(options, "$filter"); f != nil {
		return nil, f
	}
	q, f := s.ask(r, t, options, among)
	if f != nil {
		return nil, f
	}
	n, err := q.plan.Count()
	if err != nil {
		return nil, refusedQuery(err)
	}
	return &response{status: http.StatusOK, body: strconv.AppendInt(nil, int64(min(n, query.MaxCount)), 10), contentType: "text/plain"}, nil
}

// nextLink is the address of the page behind mark: this request's options with
// another $skiptoken.
func (r *request) nextLink(q url.Values, mark string) string {
	return r.base + r.path + "?" + options(q, "$skiptoken", mark)
}

// options writes the query of q in a fixed order, with name set to value.
func options(q url.Values, name, value string) string {
	names := make([]string, 0, len(q))
	for n := range q {
		if n != "$skiptoken" && n != "$deltatoken" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, n := range names {
		b.WriteString(n + "=" + escaped(q.Get(n)) + "&")
	}
	b.WriteString(name + "=" + escaped(value))
	return b.String()
}

// escaped escapes a value of an address, blanks as the platform does.
func escaped(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }
