package dataverse

import (
	"context"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// Fields is the body of a write: logical names and values. Lookups are set with
// Bind, because their keys are navigation names (section 2.4).
type Fields map[string]any

// Bind points the lookup column of t at to; the zero Record empties it. It fails
// with NotValid when the column is no lookup or cannot point at that table.
func (f Fields) Bind(t schema.Table, column string, to connector.Record) error {
	const op = "dataverse.Bind"
	on := string(t.Name) + "." + column
	col, ok := t.Column(column)
	if !ok || !isLookup(t, column) {
		return &fault.Error{Op: op, On: on, Kind: fault.NotValid, Says: "the column is not a lookup"}
	}
	if to.IsZero() {
		target := connector.Table("")
		if len(col.Targets) > 0 {
			target = col.Targets[0]
		}
		f[col.Navigation(target)+"@odata.bind"] = nil
		return nil
	}
	set := setOf(col, to.Table)
	if set == "" {
		return &fault.Error{Op: op, On: on, Kind: fault.NotValid, Says: "the lookup cannot point at a row of table " + string(to.Table)}
	}
	f[col.Navigation(to.Table)+"@odata.bind"] = "/" + set + "(" + string(to.ID) + ")"
	return nil
}

// setOf is the entity set of a target that col allows, or "".
func setOf(col schema.Column, target connector.Table) string {
	if col.Kind == schema.Owner {
		switch target {
		case "systemuser":
			return "systemusers"
		case "team":
			return "teams"
		}
	}
	for _, t := range col.Targets {
		if t == target {
			return schema.SetOf(t)
		}
	}
	return ""
}

func rowPath(t schema.Table, id connector.RecordID) string { return t.Set + "(" + string(id) + ")" }

func rowName(t schema.Table, id connector.RecordID) string { return string(t.Name) + " " + string(id) }

// Get reads one row with the columns given by logical name (none: every column),
// their formatted values and the tables of their lookups. NotFound means that
// Dataverse said so with its own code (section 2.9), never a wrong path.
func (c *Client) Get(ctx context.Context, t schema.Table, id connector.RecordID, columns ...string) (Row, error) {
	columns = c.there(t, columns)
	r := Request{Op: "dataverse.Get", On: rowName(t, id), Method: http.MethodGet, Path: rowPath(t, id),
		Header: http.Header{"Prefer": {annotations(t, columns, true)}}}
	if err := named(r.Op, t, id); err != nil {
		return Row{}, err
	}
	if s := properties(t, columns); s != "" {
		r.Path += "?$select=" + escape(s)
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return Row{}, err
	}
	row, err := newReader(t).single(a.Body)
	if err != nil || row.ID != id {
		return Row{}, garbled(r.Op, r.On, a.Status, "the row cannot be read")
	}
	return row, nil
}

// Create makes a row and returns its id. When fields carry the key, a repeated
// create answers Conflict instead of making a second row (section 3).
func (c *Client) Create(ctx context.Context, t schema.Table, fields Fields) (connector.RecordID, error) {
	return c.create(ctx, t, fields, nil)
}

func (c *Client) create(ctx context.Context, t schema.Table, fields Fields, header http.Header) (connector.RecordID, error) {
	own, _ := fields[t.Key].(string)
	if id, ok := fields[t.Key].(connector.RecordID); ok {
		own = string(id)
	}
	r := Request{Op: "dataverse.Create", On: string(t.Name), Method: http.MethodPost, Path: t.Set, Header: header, Body: fields}
	if own != "" {
		r.On += " " + own
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return "", err
	}
	if id := entityID(a.Header); id != "" {
		return id, nil
	}
	if id, err := recordID(own); err == nil && id != "" {
		return id, nil
	}
	return "", garbled(r.Op, r.On, a.Status, "the row was made, but the answer does not tell its id")
}

// entityID reads the GUID in OData-EntityId: https://…/contacts(<guid>).
func entityID(h http.Header) connector.RecordID {
	link := h.Get("OData-EntityId")
	if link == "" {
		link = h.Get("Location")
	}
	open := strings.LastIndexByte(link, '(')
	if open < 0 {
		return ""
	}
	inner, _, _ := strings.Cut(link[open+1:], ")")
	id, err := recordID(inner)
	if err != nil {
		return ""
	}
	return id
}

// Update changes an existing row. version 0 means whichever version there is;
// another version fails with Conflict when the row has changed since. It never
// creates a row: a row that is gone is NotFound.
func (c *Client) Update(ctx context.Context, t schema.Table, id connector.RecordID, fields Fields, version int64) error {
	match := "*"
	if version != 0 {
		match = etag(version)
	}
	return c.write(ctx, t, id, Request{Op: "dataverse.Update", Method: http.MethodPatch, Header: http.Header{"If-Match": {match}}, Body: fields})
}

// Upsert changes the row with that id, or creates it under that id.
func (c *Client) Upsert(ctx context.Context, t schema.Table, id connector.RecordID, fields Fields) error {
	return c.write(ctx, t, id, Request{Op: "dataverse.Upsert", Method: http.MethodPatch, Body: fields})
}

// Delete removes the row. A row that is gone already is NotFound.
func (c *Client) Delete(ctx context.Context, t schema.Table, id connector.RecordID) error {
	return c.write(ctx, t, id, Request{Op: "dataverse.Delete", Method: http.MethodDelete})
}

func (c *Client) write(ctx context.Context, t schema.Table, id connector.RecordID, r Request) error {
	if err := named(r.Op, t, id); err != nil {
		return err
	}
	r.On, r.Path = rowName(t, id), rowPath(t, id)
	_, err := c.Send(ctx, r)
	return err
}

// named refuses a request that would address a whole table or anything but a row.
func named(op string, t schema.Table, id connector.RecordID) error {
	if t.Set == "" || !plainGUID(string(id)) || id == connector.NilRecordID {
		return &fault.Error{Op: op, On: string(t.Name), Kind: fault.NotValid, Says: "the request names no row"}
	}
	return nil
}
