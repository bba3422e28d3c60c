package dataverse

import (
	"context"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

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
