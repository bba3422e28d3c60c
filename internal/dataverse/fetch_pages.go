package dataverse

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spotler-connector/connector/internal/schema"
)

// FetchRows reads the rows of a FetchXML query over t, a page at a time, with paging
// cookies (section 2.5). f is not changed. An error ends the sequence.
func (c *Client) FetchRows(ctx context.Context, t schema.Table, f *Fetch) iter.Seq2[Row, error] {
	const op = "dataverse.FetchRows"
	on := string(t.Name)
	return func(yield func(Row, error) bool) {
		f, dec := f.Clone(), newReader(t)
		if f.Root().Get("top") == "" && f.Root().Get("count") == "" {
			f.Size(MaxPage)
		}
		last := ""
		for page := 1; ; page++ {
			a, err := c.get(ctx, fetchRequest(op, on, t, f))
			if err != nil {
				yield(Row{}, err)
				return
			}
			p, err := dec.page(a.Body)
			more, cookie, bad := fetchEnd(a.Body)
			if err != nil || bad != nil || len(p.removed) > 0 {
				yield(Row{}, garbled(op, on, a.Status, "a page of rows cannot be read"))
				return
			}
			for _, row := range p.rows {
				if !yield(row, nil) {
					return
				}
			}
			switch {
			case !more || f.Root().Get("top") != "":
				return
			case len(p.rows) == 0, cookie != "" && cookie == last:
				yield(Row{}, garbled(op, on, a.Status, "the next page is the same page"))
				return
			}
			last = cookie
			f.Root().Set("page", strconv.Itoa(page+1))
			f.Root().Set("paging-cookie", cookie)
		}
	}
}

// FetchGroups reads the lines of an aggregate query.
func (c *Client) FetchGroups(ctx context.Context, t schema.Table, f *Fetch) iter.Seq2[Group, error] {
	return c.groups(ctx, t, fetchPath(t, f))
}

func fetchPath(t schema.Table, f *Fetch) string { return t.Set + "?fetchXml=" + escape(f.String()) }

func fetchRequest(op, on string, t schema.Table, f *Fetch) Request {
	return Request{Op: op, On: on, Method: http.MethodGet, Path: fetchPath(t, f),
		Header: http.Header{"Prefer": {`odata.include-annotations="Microsoft.Dynamics.CRM.*,OData.Community.Display.V1.FormattedValue"`}}}
}

// fetchEnd reads whether there is another page, and the cookie that leads there.
func fetchEnd(body []byte) (more bool, cookie string, err error) {
	var d struct {
		More   bool   `json:"@Microsoft.Dynamics.CRM.morerecords"`
		Cookie string `json:"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"`
	}
	if err := json.Unmarshal(body, &d); err != nil || d.Cookie == "" {
		return d.More, "", err
	}
	cookie, err = readCookie(d.Cookie)
	return d.More, cookie, err
}

// readCookie takes the inner cookie out of the outer one, where it is written as a
// URL twice over.
func readCookie(text string) (string, error) {
	var outer Node
	if err := xml.Unmarshal([]byte(text), &outer); err != nil || outer.XMLName.Local != "cookie" {
		return "", errSyntax
	}
	inner := outer.Get("pagingcookie")
	for range 2 {
		var err error
		if inner, err = url.QueryUnescape(inner); err != nil {
			return "", errSyntax
		}
	}
	return inner, nil
}
