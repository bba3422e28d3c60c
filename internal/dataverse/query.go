package dataverse

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// MaxPage is the largest page of a query, in rows (section 2.2).
const MaxPage = 5000

// Query asks for rows of one table (section 2.5).
type Query struct {
	Table schema.Table
	// Select lists the columns by logical name; lookups are translated. The key
	// always comes along. Empty means every column.
	Select []string
	Filter string // built with Eq, In, And, LessThan; empty is every row
	// Expand brings linked rows along; Row.Expanded and Row.ExpandedMany read them.
	Expand  []Expand
	OrderBy string // "createdon asc"
	// Top ends the answer after so many rows; 0 is no end. It turns paging off.
	Top int
	// PageSize is the number of rows per request, at most MaxPage; 0 is MaxPage.
	PageSize int
	// Annotations asks for formatted values and the tables of lookups. Without it
	// only the latter come, and only when a lookup is selected.
	Annotations bool
}

// Rows reads the rows of q, a page at a time, as the caller consumes them. An
// error ends the sequence; it is the last pair and its row is empty.
func (c *Client) Rows(ctx context.Context, q Query) iter.Seq2[Row, error] {
	q.Select = c.there(q.Table, q.Select)
	return c.pages(ctx, q, q.path())
}

// RowsFrom goes on behind a page that DecodeRows returned with the link next. It
// refuses a link to another host.
func (c *Client) RowsFrom(ctx context.Context, q Query, next string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		path, err := c.rebase("dataverse.Rows", string(q.Table.Name), next)
		if err != nil {
			yield(Row{}, err)
			return
		}
		c.pages(ctx, q, path)(yield)
	}
}

// Page reads one page of q, and returns the link to the next, "" after the last. next is
// the link that the page before returned, or "" for the first. For work that keeps its
// place between pages.
func (c *Client) Page(ctx context.Context, q Query, next string) (rows []Row, more string, err error) {
	const op = "dataverse.Page"
	q.Select = c.there(q.Table, q.Select)
	on, path := string(q.Table.Name), q.path()
	if next != "" {
		if path, err = c.rebase(op, on, next); err != nil {
			return nil, "", err
		}
	}
	a, err := c.Send(ctx, Request{Op: op, On: on, Method: http.MethodGet, Path: path, Header: q.header()})
	if err != nil {
		return nil, "", err
	}
	p, err := newReader(q.Table).page(a.Body)
	if err != nil || len(p.removed) > 0 {
		return nil, "", garbled(op, on, a.Status, "a page of rows cannot be read")
	}
	if p.next != "" && p.next == next {
		return nil, "", garbled(op, on, a.Status, "a page of rows leads to itself")
	}
	return p.rows, p.next, nil
}

func (c *Client) pages(ctx context.Context, q Query, path string) iter.Seq2[Row, error] {
	const op = "dataverse.Rows"
	on := string(q.Table.Name)
	return func(yield func(Row, error) bool) {
		dec, steps := newReader(q.Table), trail{}
		for path != "" {
			a, err := c.Send(ctx, Request{Op: op, On: on, Method: http.MethodGet, Path: path, Header: q.header()})
			if err != nil {
				yield(Row{}, err)
				return
			}
			p, err := dec.page(a.Body)
			if err != nil || len(p.removed) > 0 {
				yield(Row{}, garbled(op, on, a.Status, "a page of rows cannot be read"))
				return
			}
			for _, row := range p.rows {
				if !yield(row, nil) {
					return
				}
			}
			if path, err = steps.next(c, op, on, path, p.next); err != nil {
				yield(Row{}, err)
				return
			}
		}
	}
}

// rebase returns the path of a link relative to our own base. The link is opaque,
// but its host must be ours: the token goes there. The "api" form of our host
// counts as ours (section 2).
func (c *Client) rebase(op, on, link string) (string, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", garbled(op, on, 0, "a link in the answer is not a URL")
	}
	if u.Host != "" && (u.User != nil || c.plainHost(u.Host) != c.plainHost(c.base.Host)) {
		return "", &fault.Error{Op: op, On: on, Kind: fault.Garbled, Says: "the answer links to another host; it is not followed"}
	}
	path, ok := strings.CutPrefix(u.EscapedPath(), c.base.EscapedPath())
	if !ok || path == "" {
		return "", garbled(op, on, 0, "a link in the answer leads outside the Web API")
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return path, nil
}

// plainHost folds org.api.crm4.dynamics.com and org.crm4.dynamics.com together, in
// every cloud.
func (c *Client) plainHost(host string) string {
	host = strings.ToLower(host)
	org, rest, ok := strings.Cut(host, ".")
	if !ok || c.assumed.cloud(host) == "" {
		return host
	}
	return org + "." + strings.TrimPrefix(rest, "api.")
}

// path writes q as a path with its query.
func (q Query) path() string {
	var b strings.Builder
	b.WriteString(q.Table.Set)
	sep := byte('?')
	add := func(name, value string) {
		if value == "" {
			return
		}
		b.WriteByte(sep)
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(escape(value))
		sep = '&'
	}
	add("$select", properties(q.Table, q.Select))
	add("$filter", q.Filter)
	add("$orderby", q.OrderBy)
	add("$expand", expansions(q.Expand))
	if q.Top > 0 {
		add("$top", strconv.Itoa(q.Top))
	}
	return b.String()
}

// header returns the preferences of q, which every page must repeat.
func (q Query) header() http.Header {
	var prefer []string
	if q.Top == 0 {
		size := q.PageSize
		if size <= 0 || size > MaxPage {
			size = MaxPage
		}
		prefer = append(prefer, "odata.maxpagesize="+strconv.Itoa(size))
	}
	if a := annotations(q.Table, q.Select, q.Annotations); a != "" {
		prefer = append(prefer, a)
	}
	if len(prefer) == 0 {
		return nil
	}
	return http.Header{"Prefer": {strings.Join(prefer, ",")}}
}

// annotations is the preference for what comes along with the columns.
func annotations(t schema.Table, columns []string, all bool) string {
	if all {
		return `odata.include-annotations="` + formattedValue[1:] + `,` + lookupTable[1:] + `"`
	}
	for _, name := range columns {
		if isLookup(t, name) {
			return `odata.include-annotations="` + lookupTable[1:] + `"`
		}
	}
	if len(columns) == 0 {
		return `odata.include-annotations="` + lookupTable[1:] + `"`
	}
	return ""
}

// properties writes columns as $select wants them.
func properties(t schema.Table, columns []string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = Property(t, c)
	}
	return strings.Join(names, ",")
}

// Property is the name of a column in $select and $filter: the logical name, or
// _name_value for a lookup (section 2.4). A column the table does not list keeps
// its name.
func Property(t schema.Table, column string) string {
	if isLookup(t, column) {
		return lookupProperty(column)
	}
	return column
}

func isLookup(t schema.Table, column string) bool {
	col, ok := t.Column(column)
	return ok && (col.Kind == schema.Lookup || col.Kind == schema.Customer || col.Kind == schema.Owner)
}

// Eq is the filter "property equals value". A value is a string, a number, a
// bool, a time, a connector.RecordID, or nil for an empty column.
func Eq(property string, value any) string { return property + " eq " + literal(value) }

// LessThan is the filter "property is below value".
func LessThan(property string, value any) string { return property + " lt " + literal(value) }

// In is the filter "property is one of values", as Dataverse's own function,
// which keeps a URL of hundreds of GUIDs short. No values match no row.
func In[T ~string](property string, values ...T) string {
	if len(values) == 0 {
		return And(property+" eq null", property+" ne null")
	}
	var b strings.Builder
	b.WriteString("Microsoft.Dynamics.CRM.In(PropertyName='" + property + "',PropertyValues=[")
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(string(v)))
	}
	b.WriteString("])")
	return b.String()
}

// And joins filters; empty ones are left out.
func And(filters ...string) string {
	var parts []string
	for _, f := range filters {
		if f != "" {
			parts = append(parts, "("+f+")")
		}
	}
	if len(parts) == 1 {
		return strings.TrimSuffix(strings.TrimPrefix(parts[0], "("), ")")
	}
	return strings.Join(parts, " and ")
}

func literal(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return quote(v)
	case connector.RecordID:
		return string(v) // a GUID stands without quotes
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.999Z")
	case bool, int, int32, int64, float64:
		return fmt.Sprint(v)
	}
	return quote(fmt.Sprint(value))
}

// quote writes a string literal; a quote inside is doubled.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// escape percent-encodes a query value, and leaves what RFC 3986 lets stand in a
// query and OData uses much, so that long lists stay short.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~'(),:@$!*/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
