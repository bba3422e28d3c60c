package dataversesim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// usualTokenLife is how long the platform keeps changes when the organisation
// does not say (reference: dataverse-api 2.6).
const usualTokenLife = 7 * 24 * time.Hour

// remember writes a committed change into the log of its table. The log is
// thinned to the last line per row when it has grown well past the table.
func (t *table) remember(c *change) {
	if !t.tracked {
		return
	}
	v := c.gone
	if c.after != nil {
		v = c.after.version
	}
	t.log = append(t.log, logged{v, rowID(c.before, c.after)})
	if len(t.log) > 4096 && len(t.log) > 4*(len(t.rows)+1) {
		t.thin()
	}
}

func (t *table) thin() {
	latest := t.latest(t.log)
	t.log = t.log[:0]
	for id, v := range latest {
		t.log = append(t.log, logged{v, id})
	}
	slices.SortFunc(t.log, func(a, b logged) int { return inOrder(a.version, b.version) })
}

func (t *table) latest(lines []logged) map[guid]int64 {
	last := make(map[guid]int64, len(lines))
	for _, l := range lines {
		last[l.id] = l.version
	}
	return last
}

// touched is a row that changed, or, without a row, one that is gone.
type touched struct {
	logged
	row *row
}

// since lists the rows that were last touched after version, in that order:
// those that are there, and those that are gone.
func (t *table) since(version int64) (changed, gone []touched) {
	at, _ := slices.BinarySearchFunc(t.log, version+1, func(l logged, v int64) int { return inOrder(l.version, v) })
	lines := t.log[at:]
	last := t.latest(lines)
	for _, l := range lines {
		if last[l.id] != l.version {
			continue
		}
		if r := t.find(l.id); r != nil {
			changed = append(changed, touched{l, r})
		} else {
			gone = append(gone, touched{l, nil})
		}
	}
	return changed, gone
}

// deltaToken is <version>!<time>, as the platform writes it.
func deltaToken(version int64, at moment) string {
	return fmt.Sprintf("%d!%s", version, at.time().Format("01/02/2006 15:04:05"))
}

// parseDeltaToken reads a token, and refuses one that is malformed, older than
// the platform keeps changes, or expired by the control API.
func (s *Sim) parseDeltaToken(mark string) (int64, *failure) {
	number, when, ok := strings.Cut(mark, "!")
	version, err := strconv.ParseInt(number, 10, 64)
	at, errTime := time.Parse("01/02/2006 15:04:05", when)
	if !ok || err != nil || errTime != nil {
		return 0, badArgument("The delta token is malformed.")
	}
	if version < s.expiredBelow || s.cfg.Now().Sub(at) > s.tokenLife() {
		return 0, fail(http.StatusGone, "0x80044352", "The supplied delta token has expired. Perform a full sync.")
	}
	return version, nil
}

// tokenLife is how long a delta token holds: the organisation's
// expirechangetrackingindays. The caller holds a lock.
func (s *Sim) tokenLife() time.Duration {
	t := s.tables["organization"]
	for _, at := range t.order {
		if days, ok := t.val(at.row, "expirechangetrackingindays").(int64); ok && days >= 0 {
			return time.Duration(days) * 24 * time.Hour
		}
	}
	return usualTokenLife
}

// listChanges answers a query that tracks changes: the whole table with a delta
// link, or what came after a delta token (reference: dataverse-api 2.6).
func (s *Sim) listChanges(r *request, t *table, q url.Values) (*response, *failure) {
	for _, name := range []string{"$filter", "$orderby", "$expand", "$top"} {
		if q.Has(name) {
			return nil, badSyntax("The \"%s\" query parameter isn't supported when Change Tracking is enabled.", name)
		}
	}
	if f := refuseOptions(q, "$select", "$skiptoken", "$deltatoken", "$count"); f != nil {
		return nil, f
	}
	if !t.tracked {
		return nil, badArgument("Change tracking is not enabled for the entity '%s'.", t.name)
	}
	if f := s.may(t, rightReadAll); f != nil {
		return nil, f
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, f := viewOf(t, q.Get("$select"), r.prefs.notes)
	if f != nil {
		return nil, f
	}
	if mark := q.Get("$deltatoken"); mark != "" {
		return s.delta(r, t, v, q)
	}
	return s.wholeTable(r, t, v, q)
}

// wholeTable pages through the table. The delta link of the last page starts
// at the version the first page saw, so that nothing falls between the pages.
func (s *Sim) wholeTable(r *request, t *table, v view, q url.Values) (*response, *failure) {
	first, seq := deltaToken(s.version, momentOf(s.cfg.Now())), int64(0)
	if mark := q.Get("$skiptoken"); mark != "" {
		number, started, ok := strings.Cut(mark, "~")
		n, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			return nil, badSyntax("The $skiptoken is malformed.")
		}
		if _, f := s.parseDeltaToken(started); f != nil {
			return nil, f
		}
		first, seq = started, n
	}
	rows := t.past(seq, r.prefs.pageSize+1)
	more := len(rows) > r.prefs.pageSize
	rows = rows[:min(len(rows), r.prefs.pageSize)]
	body := append(s.openList(r, t, v, ""), `"value":[`...)
	body = s.appendRows(body, rows, v)
	if more {
		mark := strconv.FormatInt(rows[len(rows)-1].seq, 10) + "~" + first
		return r.tracked(body, "@odata.nextLink", r.nextLink(q, mark)).with(len(rows)), nil
	}
	return r.tracked(body, "@odata.deltaLink", r.base+r.path+"?"+options(q, "$deltatoken", first)).with(len(rows)), nil
}

// deltaPage says how far a delta was read: changes and deletes are each read in
// the order of their last touch, so a row that moves between two pages is seen again, never lost.
type deltaPage struct {
	changed, gone int64
	until         string // token of the delta link at the end
}

func (s *Sim) parseDeltaPage(q url.Values) (deltaPage, *failure) {
	since, f := s.parseDeltaToken(q.Get("$deltatoken"))
	p := deltaPage{since, since, deltaToken(s.version, momentOf(s.cfg.Now()))}
	mark := q.Get("$skiptoken")
	if f != nil || mark == "" {
		return p, f
	}
	parts := strings.SplitN(mark, "~", 3)
	if len(parts) != 3 {
		return p, badSyntax("The $skiptoken is malformed.")
	}
	changed, errChanged := strconv.ParseInt(parts[0], 10, 64)
	gone, errGone := strconv.ParseInt(parts[1], 10, 64)
	if errChanged != nil || errGone != nil {
		return p, badSyntax("The $skiptoken is malformed.")
	}
	return deltaPage{changed, gone, parts[2]}, nil
}

// delta answers what changed since a token: changed rows first, deletes last.
func (s *Sim) delta(r *request, t *table, v view, q url.Values) (*response, *failure) {
	page, f := s.parseDeltaPage(q)
	if f != nil {
		return nil, f
	}
	changed, _ := t.since(page.changed)
	_, gone := t.since(page.gone)
	entries := append(changed, gone...)
	more := len(entries) > r.prefs.pageSize
	if more {
		entries = entries[:r.prefs.pageSize]
	}
	body := append(s.openList(r, t, v, "/$delta"), `"value":[`...)
	for i, e := range entries {
		if i > 0 {
			body = append(body, ',')
		}
		if e.row != nil {
			body, page.changed = s.appendRow(body, e.row, v, ""), e.version
			continue
		}
		body = appendString(append(body, `{"@odata.context":`...), r.base+"$metadata#"+t.set+"/$deletedEntity")
		body = append(e.id.append(append(body, `,"id":"`...)), `","reason":"deleted"}`...)
		page.gone = e.version
	}
	if more {
		mark := fmt.Sprintf("%d~%d~%s", page.changed, page.gone, page.until)
		next := r.base + r.path + "?" + options(q, "$skiptoken", mark) + "&$deltatoken=" + url.QueryEscape(q.Get("$deltatoken"))
		return r.tracked(body, "@odata.nextLink", next).with(len(entries)), nil
	}
	return r.tracked(body, "@odata.deltaLink", r.base+r.path+"?"+options(q, "$deltatoken", page.until)).with(len(entries)), nil
}

func (s *Sim) appendRows(b []byte, rows []*row, v view) []byte {
	for i, found := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.appendRow(b, found, v, "")
	}
	return b
}

func (r *request) tracked(body []byte, link, address string) *response {
	body = append(append(body, `],"`+link...), `":`...)
	resp := &response{status: http.StatusOK, body: append(appendString(body, address), '}'), contentType: jsonMinimal}
	resp.set("Preference-Applied", "odata.track-changes")
	return resp
}

// countChanges answers GET set/$count?$deltatoken=….
func (s *Sim) countChanges(t *table, mark string) (*response, *failure) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	since, f := s.parseDeltaToken(mark)
	if f != nil {
		return nil, f
	}
	changed, gone := t.since(since)
	return &response{status: http.StatusOK, body: strconv.AppendInt(nil, int64(len(changed)+len(gone)), 10), contentType: "text/plain"}, nil
}
