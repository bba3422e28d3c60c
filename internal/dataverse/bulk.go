package dataverse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// BulkKind is what a bulk message does to its rows (section 2.8).
type BulkKind string

// The bulk messages.
const (
	BulkCreate BulkKind = "CreateMultiple"
	BulkUpdate BulkKind = "UpdateMultiple"
	BulkUpsert BulkKind = "UpsertMultiple"
)

// BulkRow is one row of a bulk message.
type BulkRow struct {
	// ID is the key; a create without one is not repeated safely.
	ID connector.RecordID
	// AlternateKey addresses an upsert without ID: dh_externalid='A1'.
	AlternateKey string
	Fields       Fields
}

// BulkResult is what became of one row.
type BulkResult struct {
	ID  connector.RecordID
	Err error
}

// Bulk writes rows of one table with one message, which Dataverse does as a whole or
// not at all. When it refuses the whole, the rows are sent one by one, so that the
// good ones arrive and each bad one has its own error, named by its row. A table
// that has no such message is remembered. The error is for the case that nothing is
// known of any row; when it is Uncertain, all of them may have been written.
func (c *Client) Bulk(ctx context.Context, kind BulkKind, t schema.Table, rows []BulkRow) ([]BulkResult, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	if err := checkBulk(kind, t, rows); err != nil {
		return nil, err
	}
	missing := string(kind) + " " + string(t.Name)
	if _, known := c.shared.noBulk.Load(missing); known {
		return c.singly(ctx, kind, t, rows)
	}
	results, err := c.together(ctx, kind, t, rows)
	switch fault.Of(err) {
	case fault.NotValid, fault.NotFound, fault.Conflict, fault.Denied:
	default:
		return results, err
	}
	if f := fault.As(err); f.Status == http.StatusUnauthorized || f.Code == codeNotMember {
		return nil, err // the single rows would all be refused too
	} else if c.assumed.has(AssumedNoBulk, f.Code) || f.Status == http.StatusNotImplemented {
		c.shared.noBulk.Store(missing, true)
	}
	return c.singly(ctx, kind, t, rows)
}

func checkBulk(kind BulkKind, t schema.Table, rows []BulkRow) error {
	op := "dataverse." + string(kind)
	if kind != BulkCreate && kind != BulkUpdate && kind != BulkUpsert {
		return notValid("dataverse.Bulk", string(t.Name), "there is no such bulk message")
	}
	for i, r := range rows {
		on := fmt.Sprintf("%s row %d", t.Name, i+1)
		switch {
		case r.ID != "" && !plainGUID(string(r.ID)):
			return notValid(op, on, "the key of the row is not a GUID")
		case kind == BulkUpdate && r.ID == "", kind == BulkUpsert && r.ID == "" && r.AlternateKey == "":
			return notValid(op, on, "the row has no key")
		case strings.ContainsAny(r.AlternateKey, "()/?#&%\r\n "):
			return notValid(op, on, "the alternate key must be escaped")
		}
	}
	return nil
}

// together sends the rows as one message.
func (c *Client) together(ctx context.Context, kind BulkKind, t schema.Table, rows []BulkRow) ([]BulkResult, error) {
	targets := make([]Fields, len(rows))
	results := make([]BulkResult, len(rows))
	for i, r := range rows {
		f := Fields{"@odata.type": "Microsoft.Dynamics.CRM." + string(t.Name)}
		maps.Copy(f, r.Fields)
		delete(f, t.Key)
		switch {
		case kind == BulkUpsert: // a key column in the body would be refused
			f["@odata.id"] = t.Set + "(" + r.key() + ")"
		case r.ID != "":
			f[t.Key] = r.ID
		}
		targets[i], results[i].ID = f, r.ID
	}
	req := Request{Op: "dataverse." + string(kind), On: fmt.Sprintf("%s, %d rows", t.Name, len(rows)), Method: http.MethodPost,
		Path: t.Set + "/Microsoft.Dynamics.CRM." + string(kind), Body: map[string]any{"Targets": targets}}
	a, err := c.Send(ctx, req)
	if err != nil || kind != BulkCreate {
		return keep(results, err)
	}
	var said struct{ Ids []string }
	if err := json.Unmarshal(a.Body, &said); err != nil || len(said.Ids) != len(rows) {
		return nil, garbled(req.Op, req.On, a.Status, "the rows were made, but the answer does not tell their ids")
	}
	for i, s := range said.Ids {
		id, err := recordID(s)
		if err != nil || id == "" || rows[i].ID != "" && rows[i].ID != id {
			return nil, garbled(req.Op, req.On, a.Status, "the rows were made, but the answer tells other ids")
		}
		results[i].ID = id
	}
	return results, nil
}

func keep(results []BulkResult, err error) ([]BulkResult, error) {
	if err != nil {
		return nil, err
	}
	return results, nil
}

// key addresses the row.
func (r BulkRow) key() string {
	if r.ID != "" {
		return string(r.ID)
	}
	return r.AlternateKey
}

// singly sends each row as a request of its own, in batches.
func (c *Client) singly(ctx context.Context, kind BulkKind, t schema.Table, rows []BulkRow) ([]BulkResult, error) {
	results := make([]BulkResult, 0, len(rows))
	for chunk := range slices.Chunk(rows, MaxBatch) {
		requests := make([]BatchRequest, len(chunk))
		for i, r := range chunk {
			req, err := c.single(kind, t, r)
			if err != nil {
				return nil, err
			}
			requests[i] = req
		}
		answers, err := c.Batch(ctx, requests, true)
		for i, r := range chunk {
			if err != nil {
				results = append(results, BulkResult{r.ID, err})
				continue
			}
			results = append(results, bulkResult(kind, t, r, answers[i], len(results)+1))
		}
	}
	return results, nil
}

func (c *Client) single(kind BulkKind, t schema.Table, r BulkRow) (BatchRequest, error) {
	fields := Fields{}
	maps.Copy(fields, r.Fields)
	delete(fields, t.Key)
	if kind == BulkCreate && r.ID != "" {
		fields[t.Key] = r.ID
	}
	body, err := fields.JSON()
	switch {
	case err != nil:
		return BatchRequest{}, err
	case kind == BulkCreate:
		return c.CreateRequest(t, body), nil
	}
	req := BatchRequest{Method: http.MethodPatch, Path: t.Set + "(" + r.key() + ")", Body: body}
	if kind == BulkUpdate {
		req.Header = http.Header{"If-Match": {"*"}}
	}
	return req, nil
}

// bulkResult reads the answer to one row; its error names the row.
func bulkResult(kind BulkKind, t schema.Table, r BulkRow, a BatchResponse, number int) BulkResult {
	out := BulkResult{r.ID, a.Err}
	if id := entityID(a.Header); out.ID == "" && id != "" {
		out.ID = id
	}
	if f := fault.As(a.Err); f != nil {
		named := *f
		named.Op, named.On = "dataverse."+string(kind), rowName(t, r.ID)
		if r.ID == "" {
			named.On = fmt.Sprintf("%s row %d", t.Name, number)
		}
		out.Err = &named
	}
	return out
}
