package dataverse

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// ErrTokenExpired says that a change token is older than Dataverse keeps changes
// (7 days by default, section 2.6): read everything again from FirstToken.
var ErrTokenExpired = errors.New("the change token has expired")

// Change is one row that was made, changed or deleted.
type Change struct {
	ID      connector.RecordID
	Row     Row // without values when Deleted, or when Dataverse names the row only
	Deleted bool
}

// Changes is one pull of the changes of a table (section 2.6).
type Changes struct {
	c       *Client
	table   schema.Table
	columns []string
	labels  bool
	from    string
	token   string
}

// Changes asks what changed in t since token, with the columns given by logical
// name; an empty token means every row. Nothing is sent before All is ranged over.
func (c *Client) Changes(t schema.Table, columns []string, token string) *Changes {
	return &Changes{c: c, table: t, columns: c.there(t, columns), from: token}
}

// WithLabels asks for formatted values too: the labels of choices and the names of
// linked rows.
func (f *Changes) WithLabels() *Changes { f.labels = true; return f }

// FirstToken passes over every row of t and returns the token from which Changes
// tells what happens next. It asks for the key only and decodes no row.
func (c *Client) FirstToken(ctx context.Context, t schema.Table) (string, error) {
	f := c.Changes(t, []string{t.Key}, "")
	dec := newReader(t)
	dec.linksOnly = true
	err := f.run(ctx, dec, func(page) bool { return true })
	return f.token, err
}

// Token is where the next pull starts. It is "" until All has ended without an
// error, so a pull that broke off is pulled again.
func (f *Changes) Token() string { return f.token }

// All reads the changes, page by page, changed rows first and deletions last. An
// error ends it; errors.Is(err, ErrTokenExpired) asks for a full read.
func (f *Changes) All(ctx context.Context) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		err := f.run(ctx, newReader(f.table), func(p page) bool { return emit(p, yield) })
		if err != nil {
			yield(Change{}, err)
		}
	}
}

// run reads page after page until the delta link, or until each wants no more.
func (f *Changes) run(ctx context.Context, dec *reader, each func(page) bool) error {
	const op = "dataverse.Changes"
	on := string(f.table.Name)
	f.token = ""
	path := f.path()
	header := http.Header{"Prefer": {"odata.track-changes,odata.maxpagesize=" + strconv.Itoa(MaxPage)}}
	if a := annotations(f.table, f.columns, f.labels); a != "" {
		header["Prefer"][0] += "," + a
	}
	steps := trail{}
	for {
		a, err := f.c.Send(ctx, Request{Op: op, On: on, Method: http.MethodGet, Path: path, Header: header})
		if err != nil {
			return err
		}
		p, err := dec.page(a.Body)
		if err != nil {
			return garbled(op, on, a.Status, "a page of changes cannot be read")
		}
		if !each(p) {
			return nil
		}
		if p.next == "" {
			f.token, err = f.c.deltaToken(op, on, p.delta)
			return err
		}
		if path, err = steps.next(f.c, op, on, path, p.next); err != nil {
			return err
		}
	}
}

// path is the first request of the pull.
func (f *Changes) path() string {
	if strings.Contains(f.from, "?") { // a whole delta link, see AssumedToken
		return f.from
	}
	path := Query{Table: f.table, Select: f.columns}.path()
	if f.from == "" {
		return path
	}
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return path + sep + deltaParameter + url.QueryEscape(f.from)
}

const deltaParameter = "$deltatoken="

// deltaToken takes the token out of a delta link.
func (c *Client) deltaToken(op, on, link string) (string, error) {
	if link == "" {
		return "", &fault.Error{Op: op, On: on, Kind: fault.Denied, Says: "Dataverse does not track changes of this table; switch on Track changes in its properties"}
	}
	path, err := c.rebase(op, on, link)
	if err != nil {
		return "", err
	}
	if c.assumed.text[AssumedToken] == "link" {
		return path, nil
	}
	_, query, _ := strings.Cut(path, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, _ = url.QueryUnescape(name); name+"=" != deltaParameter {
			continue
		}
		if value, err := url.QueryUnescape(value); err == nil && value != "" {
			return value, nil
		}
	}
	return "", garbled(op, on, 0, "the delta link holds no token")
}

// emit yields one page and reports whether the caller wants more.
func emit(p page, yield func(Change, error) bool) bool {
	for _, row := range p.rows {
		if !yield(Change{ID: row.ID, Row: row}, nil) {
			return false
		}
	}
	for _, r := range p.removed {
		if !yield(Change{ID: r.id, Row: Row{ID: r.id}, Deleted: r.deleted}, nil) {
			return false
		}
	}
	return true
}

// CountChanges tells how many changes wait behind token, without reading them
// (section 2.6). errors.Is(err, ErrTokenExpired) asks for a full read.
func (c *Client) CountChanges(ctx context.Context, t schema.Table, token string) (int, error) {
	r := Request{Op: "dataverse.CountChanges", On: string(t.Name), Method: http.MethodGet, Path: t.Set + "/$count?" + deltaParameter + url.QueryEscape(token)}
	if token == "" || strings.Contains(token, "?") {
		return 0, notValid(r.Op, r.On, "there is no change token to count from")
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(string(a.Body), "\ufeff")))
	if err != nil || n < 0 {
		return 0, garbled(r.Op, r.On, a.Status, "the answer is not a number")
	}
	return n, nil
}
