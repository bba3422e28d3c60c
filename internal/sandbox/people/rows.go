package people

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"

	connector "github.com/spotler-connector/connector"
)

// row is a row of Dataverse as its Web API answers it.
type row map[string]any

// text is a column as text; null and absent are empty.
func (r row) text(column string) string {
	switch v := r[column].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (r row) yes(column string) bool { v, _ := r[column].(bool); return v }

// all reads every row of a table over the Web API, page by page.
func (w *World) all(ctx context.Context, table connector.Table, columns []string) ([]row, error) {
	path := schema.SetOf(table) + "?$select=" + strings.Join(columns, ",")
	var out []row
	for path != "" {
		a, _, err := w.dataverse(ctx, http.MethodGet, path, "", nil)
		if err != nil {
			return nil, err
		}
		if a.status != http.StatusOK {
			return nil, trouble("people.rows", a)
		}
		var page struct {
			Value []row  `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		d := json.NewDecoder(bytes.NewReader(a.body))
		d.UseNumber()
		if err := d.Decode(&page); err != nil {
			return nil, &fault.Error{Op: "people.rows", On: string(table), Kind: fault.Garbled, Status: a.status, Err: err}
		}
		out = append(out, page.Value...)
		if path, err = nextPath(table, page.Next); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// nextPath keeps only the query of a next link: we go on asking where we began.
func nextPath(table connector.Table, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	u, err := url.Parse(link)
	if err != nil || u.RawQuery == "" {
		return "", &fault.Error{Op: "people.rows", On: string(table), Kind: fault.Garbled, Says: "the next link is not an address"}
	}
	return schema.SetOf(table) + "?" + u.RawQuery, nil
}
