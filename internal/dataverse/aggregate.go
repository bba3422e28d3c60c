package dataverse

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// Group is one line of an aggregate: its names and values; a number is a json.Number.
type Group map[string]any

// Aggregate runs $apply over a table (section 2.5):
// "groupby((statuscode),aggregate($count as count))". Dataverse adds up at most
// 50,000 rows and refuses more.
func (c *Client) Aggregate(ctx context.Context, t schema.Table, apply string) iter.Seq2[Group, error] {
	return c.groups(ctx, t, t.Set+"?$apply="+escape(apply))
}

func (c *Client) groups(ctx context.Context, t schema.Table, path string) iter.Seq2[Group, error] {
	const op = "dataverse.Aggregate"
	on := string(t.Name)
	return func(yield func(Group, error) bool) {
		for steps := (trail{}); path != ""; {
			a, err := c.get(ctx, Request{Op: op, On: on, Method: http.MethodGet, Path: path})
			if err != nil {
				yield(nil, err)
				return
			}
			list, next, err := parseGroups(a.Body)
			if err != nil {
				yield(nil, garbled(op, on, a.Status, "the totals cannot be read"))
				return
			}
			for _, g := range list {
				if !yield(g, nil) {
					return
				}
			}
			if path, err = steps.next(c, op, on, path, next); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

func parseGroups(body []byte) ([]Group, string, error) {
	var d struct {
		Value *[]Group
		Next  string `json:"@odata.nextLink"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&d); err != nil {
		return nil, "", err
	}
	if d.Value == nil {
		return nil, "", errSyntax
	}
	return *d.Value, d.Next, nil
}

// Count tells how many rows match filter. Dataverse counts to 5,000; capped says
// that there are more.
func (c *Client) Count(ctx context.Context, t schema.Table, filter string) (n int, capped bool, err error) {
	path := Query{Table: t, Select: []string{t.Key}, Filter: filter, Top: 1}.path() + "&$count=true"
	r := Request{Op: "dataverse.Count", On: string(t.Name), Method: http.MethodGet, Path: path,
		Header: http.Header{"Prefer": {`odata.include-annotations="Microsoft.Dynamics.CRM.*"`}}}
	said, err := Call[struct {
		Count    *int `json:"@odata.count"`
		Exceeded bool `json:"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"`
	}](ctx, c, r)
	if err != nil {
		return 0, false, err
	}
	if said.Count == nil || *said.Count < 0 {
		return 0, false, garbled(r.Op, r.On, 0, "the answer holds no count")
	}
	return *said.Count, said.Exceeded, nil
}

// TotalRecordCount reads the number of rows of whole tables from the daily snapshot
// that Dataverse keeps (section 2.8). The shape of the answer is *assumed*.
func (c *Client) TotalRecordCount(ctx context.Context, tables ...connector.Table) (map[connector.Table]int64, error) {
	names := make([]string, len(tables))
	for i, t := range tables {
		if !plainIdentifier(string(t)) {
			return nil, notValid("dataverse.TotalRecordCount", "", "a table name is not a logical name")
		}
		names[i] = "'" + string(t) + "'"
	}
	r := Request{Op: "dataverse.TotalRecordCount", Method: http.MethodGet,
		Path: "RetrieveTotalRecordCount(EntityNames=" + escape("["+strings.Join(names, ",")+"]") + ")"}
	said, err := Call[struct {
		EntityRecordCountCollection *struct {
			Keys   []connector.Table
			Values []int64
		}
	}](ctx, c, r)
	if err != nil {
		return nil, err
	}
	got := said.EntityRecordCountCollection
	if got == nil || len(got.Keys) != len(got.Values) {
		return nil, garbled(r.Op, "", 0, "the counts cannot be read")
	}
	out := map[connector.Table]int64{}
	for i, k := range got.Keys {
		out[k] = got.Values[i]
	}
	return out, nil
}

// get sends a read; one whose URL is too long travels in a batch, which takes twice
// as much (section 2.5).
func (c *Client) get(ctx context.Context, r Request) (Answer, error) {
	if len(c.base.String())+len(r.Path) <= maxURL {
		return c.Send(ctx, r)
	}
	answers, err := c.Batch(ctx, []BatchRequest{{Method: http.MethodGet, Path: r.Path, Header: r.Header}}, false)
	if err != nil {
		return Answer{}, err
	}
	a := answers[0]
	return Answer{Status: a.Status, Header: a.Header, Body: a.Body}, a.Err
}

func notValid(op, on, says string) error {
	return &fault.Error{Op: op, On: on, Kind: fault.NotValid, Says: says}
}
