package dataversesim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listing is a query on a set, made ready. It lives under the read lock.
type listing struct {
	filter filter
	view   view
	expand []expansion
	order  []ordering
	limit  int  // rows in this answer
	paged  bool // a next link may follow
	after  *cursor
	count  bool
}

// The longest address the platform reads, in a request and in a $batch
// (reference: dataverse-api 2.5).
const (
	maxURL        = 32768
	maxBatchedURL = 65536
)

// maxCount is where the platform stops counting.
const maxCount = 5000

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
	if f := refuseOptions(q, "$select", "$filter", "$orderby", "$top", "$count", "$skiptoken", "$expand"); f != nil {
		return nil, f
	}
	l, f := s.listing(r, t, q)
	if f != nil {
		return nil, f
	}
	rows, more, f := s.collect(t, l)
	if f != nil {
		return nil, f
	}
	body := s.openList(r, t, l.view, "")
	if l.count {
		n := min(s.total(t, l.filter), maxCount)
		body = append(strconv.AppendInt(append(body, `"@odata.count":`...), int64(n), 10), ',')
	}
	if r.prefs.notes.totals {
		n := -1
		if l.count {
			n = min(s.total(t, l.filter), maxCount)
		}
		body = append(body, `"@Microsoft.Dynamics.CRM.totalrecordcount":`+strconv.Itoa(n)+`,"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded":`+strconv.FormatBool(n == maxCount)+`,"@Microsoft.Dynamics.CRM.globalmetadataversion":"1",`...)
	}
	body = append(body, `"value":[`...)
	for i, found := range rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = s.appendExpanded(body, found, l.view, l.expand, "")
	}
	body = append(body, ']')
	if more {
		body = appendString(append(body, `,"@odata.nextLink":`...), r.nextLink(q, cursorAt(rows[len(rows)-1], l)))
	}
	return &response{status: http.StatusOK, body: append(body, '}'), contentType: jsonMinimal, header: r.pageHeaders(), rows: len(rows)}, nil
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

func (s *Sim) listing(r *request, t *table, q url.Values) (l listing, f *failure) {
	if f := r.tooLong(); f != nil {
		return l, f
	}
	if text := q.Get("$filter"); text != "" {
		var e *expression
		if e, f = parseFilter(text, q); f != nil {
			return l, f
		}
		l.filter, f = s.compile(t, e)
	} else {
		l.filter, f = s.compile(t, nil)
	}
	if f != nil {
		return l, f
	}
	if l.view, f = viewOf(t, q.Get("$select"), r.prefs.notes); f != nil {
		return l, f
	}
	if l.expand, f = s.expansions(t, q.Get("$expand"), r.prefs.notes); f != nil {
		return l, f
	}
	if l.order, f = orderBy(t, q.Get("$orderby")); f != nil {
		return l, f
	}
	l.count = q.Get("$count") == "true"
	l.limit, l.paged = r.prefs.pageSize, true
	if top := q.Get("$top"); top != "" {
		n, err := strconv.Atoi(top)
		if err != nil || n < 0 {
			return l, badSyntax("Invalid value '%s' for $top query option found.", top)
		}
		l.limit, l.paged = min(n, maxPageSize), false
	}
	if mark := q.Get("$skiptoken"); mark != "" {
		l.after, f = parseCursor(mark, t, l.order)
	}
	return l, f
}

// collect finds the rows of one page, and whether there are more.
func (s *Sim) collect(t *table, l listing) (rows []*row, more bool, f *failure) {
	want := l.limit + 1
	switch {
	case l.filter.known:
		rows = byIDs(t, l)
		slices.SortFunc(rows, l.compare)
	case len(l.order) > 0:
		rows = scan(t, l, len(t.order)+1)
		slices.SortFunc(rows, l.compare)
	default:
		rows = scan(t, l, want)
	}
	if len(rows) > l.limit {
		return rows[:l.limit], l.paged && l.limit > 0, nil
	}
	return rows, false, nil
}

func byIDs(t *table, l listing) []*row {
	seen := make(map[guid]struct{}, len(l.filter.ids))
	rows := make([]*row, 0, len(l.filter.ids))
	for _, id := range l.filter.ids {
		if _, twice := seen[id]; twice {
			continue
		}
		seen[id] = struct{}{}
		if r := t.find(id); r != nil && l.filter.match(r) && l.past(r) {
			rows = append(rows, r)
		}
	}
	return rows
}

// scan walks over the table in the order in which rows were made.
func scan(t *table, l listing, want int) []*row {
	from := 0
	if l.after != nil && len(l.order) == 0 {
		from = t.after(l.after.seq)
	}
	var rows []*row
	for _, at := range t.order[from:] {
		if at.row == nil || !l.filter.match(at.row) || !l.past(at.row) {
			continue
		}
		if rows = append(rows, at.row); len(rows) >= want {
			break
		}
	}
	return rows
}

// total counts the rows that match, on all pages.
func (s *Sim) total(t *table, f filter) int {
	if f.known {
		return len(byIDs(t, listing{filter: f}))
	}
	n := 0
	for _, at := range t.order {
		if at.row != nil && f.match(at.row) {
			n++
		}
	}
	return n
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
	if f := refuseOptions(q, "$filter"); f != nil {
		return nil, f
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	l, f := s.listing(r, t, q)
	if f != nil {
		return nil, f
	}
	n := min(s.total(t, l.filter), maxCount)
	return &response{status: http.StatusOK, body: strconv.AppendInt(nil, int64(n), 10), contentType: "text/plain"}, nil
}
