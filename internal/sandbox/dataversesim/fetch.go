package dataversesim

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/fetchxml"
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// savedFetch is the FetchXML that an address asks for: in fetchXml itself, or in
// the view that savedQuery or userQuery names (reference: dataverse-api 2.5).
func (s *Sim) savedFetch(q url.Values) (text string, asked bool, f *failure) {
	if q.Has("fetchXml") {
		return q.Get("fetchXml"), true, nil
	}
	for option, name := range map[string]string{"savedQuery": "savedquery", "userQuery": "userquery"} {
		if !q.Has(option) {
			continue
		}
		t := s.tables[name]
		if t == nil {
			return "", true, notSimulated("The query option " + option)
		}
		id, ok := parseGUID(q.Get(option))
		if !ok {
			return "", true, badSyntax("The value of %s is not a GUID.", option)
		}
		view := t.find(id)
		if view == nil {
			return "", true, missingRow(t, id)
		}
		text, _ := t.val(view, "fetchxml").(string)
		return text, true, nil
	}
	return "", false, nil
}

// fetch answers a FetchXML query about the rows of t. The caller holds the read lock.
func (s *Sim) fetch(r *request, t *table, text string) (*response, *failure) {
	asked, err := fetchxml.Parse(text, func(name string) (query.Table, bool) {
		of := s.tables[name]
		return queried{s, of}, of != nil
	})
	if err != nil {
		return nil, queryFailure(err)
	}
	q := asked.Query
	if of := q.Table.(queried).t; of != t {
		return nil, badArgument("The FetchXML is about '%s'; the address is that of '%s'.", of.name, t.name)
	}
	if f := s.mayQuery(q); f != nil {
		return nil, f
	}
	plan, err := query.Compile(q, s.asker())
	if err != nil {
		return nil, queryFailure(err)
	}
	page, err := plan.Run()
	if err != nil {
		return nil, queryFailure(err)
	}
	body := s.fetchHead(r, t, q, page)
	if q.Aggregated() {
		body = s.appendLines(body, page.Lines, r.prefs.notes)
	} else {
		show := fetched(t, q, r.prefs.notes)
		show.view.sparse = true
		body = s.appendFetched(body, plan, show, page)
	}
	return &response{status: http.StatusOK, body: append(body, "]}"...), contentType: jsonMinimal, rows: max(1, len(page.Rows)+len(page.Lines))}, nil
}

// fetchHead opens the answer, up to its first row.
func (s *Sim) fetchHead(r *request, t *table, q *query.Query, page *query.Page) []byte {
	body := s.openList(r, t, fetched(t, q, r.prefs.notes).view, "")
	if q.Count || r.prefs.notes.totals {
		n := -1
		if q.Count {
			n = page.Total
		}
		body = append(body, `"@Microsoft.Dynamics.CRM.totalrecordcount":`+strconv.Itoa(n)+`,"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded":`+strconv.FormatBool(page.Exceeded)+`,`...)
	}
	if page.More {
		inner := ""
		if len(page.Rows) > 0 {
			inner = query.Cookie(q, page)
		}
		body = append(body, `"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie":`...)
		body = append(appendString(body, query.Envelope(q.Page+1, inner)), ',')
	}
	return append(body, `"@Microsoft.Dynamics.CRM.morerecords":`+strconv.FormatBool(page.More)+`,"value":[`...)
}

// shown is what the rows of an answer show: a view of the table, and values
// under names of their own.
type shown struct {
	view    view
	aliased []aliased
}

// aliased is a value under a name of its own; nth is its place in the query.
type aliased struct {
	col *column
	nth int
}

// fetched is what a FetchXML query shows. The primary key is always there,
// except in a distinct answer that does not ask for it.
func fetched(t *table, q *query.Query, notes annotations) shown {
	out := shown{view: view{table: t, notes: notes}}
	if q.Aggregated() {
		return out
	}
	if q.Whole {
		out.view, _ = viewOf(t, "", notes)
	}
	key := t.shape.byName[t.key]
	hasKey := q.Whole || q.Distinct
	for i, sel := range q.Select {
		c := sel.Column.(*column)
		if sel.Alias != "" {
			out.aliased = append(out.aliased, aliased{c.renamed(sel.Alias), i})
			continue
		}
		hasKey = hasKey || c == key
		if !q.Whole {
			out.view.columns = append(out.view.columns, c)
			out.view.selected = append(out.view.selected, c.wire)
		}
	}
	if !hasKey {
		out.view.columns = append(out.view.columns, key)
		out.view.selected = append(out.view.selected, key.wire)
	}
	out.view.columns = t.visible(out.view.columns)
	return out
}

// renamed is the column under another name on the wire.
func (c *column) renamed(alias string) *column {
	out := *c
	out.wire = alias
	out.key = append(appendString(nil, alias), ':')
	return &out
}

// appendFetched adds the rows of a page. Values behind a link that leads
// nowhere, and aliased values that are missing, are left out.
func (s *Sim) appendFetched(b []byte, plan *query.Plan, show shown, page *query.Page) []byte {
	for i, found := range page.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.appendRow(b, found[0].(*row), show.view, "")
		if len(show.aliased) == 0 {
			continue
		}
		b = b[:len(b)-1]
		for _, a := range show.aliased {
			of, _ := plan.Shown(found, a.nth).(*row)
			if of == nil {
				continue
			}
			if val := of.get(a.col); val != nil {
				b = s.appendAliased(append(b, ','), a.col, val, show.view.notes)
			}
		}
		b = append(b, '}')
	}
	return b
}

func (s *Sim) appendAliased(b []byte, c *column, val any, notes annotations) []byte {
	b = appendValue(append(b, c.key...), val)
	if notes.any() {
		b = s.appendNotes(b, c, val, notes)
	}
	return b
}

// appendLines adds the lines of an aggregate. What is missing is left out.
func (s *Sim) appendLines(b []byte, lines []query.Line, notes annotations) []byte {
	for i, line := range lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		first := true
		for _, cell := range line {
			if cell.Value == nil {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = s.appendCell(b, cell, notes)
		}
		b = append(b, '}')
	}
	return b
}

// appendCell adds one value of a line. A value that stands in a row is shown
// with its annotations, a computed one with its formatted value.
func (s *Sim) appendCell(b []byte, cell query.Cell, notes annotations) []byte {
	if cell.Row != nil {
		c := cell.Column.(*column).renamed(cell.Alias)
		return s.appendAliased(b, c, cell.Row.(*row).get(c), notes)
	}
	val := stored(cell.Value)
	b = appendValue(append(appendString(b, cell.Alias), ':'), val)
	if !notes.formatted {
		return b
	}
	c := &column{}
	if of, ok := cell.Column.(*column); ok && cell.Kept {
		c = of
	}
	if text := s.formatted(c, val); text != "" {
		b = append(appendString(append(b, ','), cell.Alias+"@OData.Community.Display.V1.FormattedValue"), ':')
		b = appendString(b, text)
	}
	return b
}
