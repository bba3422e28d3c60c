package dataverse

import (
	"context"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// codeDuplicate says that a row with that key is there (section 2.9).
const codeDuplicate = "0x80040237"

// CreateOnce makes a row under a key that the caller made, and repeats the POST once
// when its answer was lost: then "it is there already" means that the first one
// arrived (section 3). A first "it is there already" stays a Conflict. Without a key
// it is NotValid, because repeating it could make a second row.
func (c *Client) CreateOnce(ctx context.Context, t schema.Table, id connector.RecordID, fields Fields) error {
	if err := named("dataverse.CreateOnce", t, id); err != nil {
		return err
	}
	own := Fields{}
	for k, v := range fields {
		own[k] = v
	}
	own[t.Key] = id
	_, err := c.Create(ctx, t, own)
	if k := fault.Of(err); k != fault.Uncertain && k != fault.Garbled || ctx.Err() != nil {
		return err
	}
	_, again := c.Create(ctx, t, own)
	if f := fault.As(again); f != nil && f.Kind == fault.Conflict && f.Code == codeDuplicate {
		return nil
	}
	if fault.Of(again) == fault.Unreachable {
		return err // the second never left, so the first is still in doubt
	}
	return again
}

// Associate joins two rows through a collection navigation property (section 2.3).
// Joining them twice changes nothing.
func (c *Client) Associate(ctx context.Context, t schema.Table, id connector.RecordID, navigation string, other schema.Table, otherID connector.RecordID) error {
	r, err := c.refRequest("dataverse.Associate", t, id, navigation, other, otherID)
	if err != nil {
		return err
	}
	r.Method, r.Path = http.MethodPost, rowPath(t, id)+"/"+navigation+"/$ref"
	r.Body = map[string]string{"@odata.id": c.base.String() + rowPath(other, otherID)}
	_, err = c.Send(ctx, r)
	return err
}

// Disassociate parts two rows again.
func (c *Client) Disassociate(ctx context.Context, t schema.Table, id connector.RecordID, navigation string, other schema.Table, otherID connector.RecordID) error {
	r, err := c.refRequest("dataverse.Disassociate", t, id, navigation, other, otherID)
	if err != nil {
		return err
	}
	r.Method, r.Path = http.MethodDelete, rowPath(t, id)+"/"+navigation+"("+string(otherID)+")/$ref"
	_, err = c.Send(ctx, r)
	return err
}

func (c *Client) refRequest(op string, t schema.Table, id connector.RecordID, navigation string, other schema.Table, otherID connector.RecordID) (Request, error) {
	if err := named(op, t, id); err != nil {
		return Request{}, err
	}
	if err := named(op, other, otherID); err != nil {
		return Request{}, err
	}
	if !plainIdentifier(navigation) {
		return Request{}, notValid(op, string(t.Name), "the navigation property has no plain name")
	}
	return Request{Op: op, On: rowName(t, id)}, nil
}
