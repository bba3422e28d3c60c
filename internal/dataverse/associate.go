package dataverse

import (
	"context"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// RowRef names a row of any table, standard or not.
type RowRef struct {
	Table schema.Table
	ID    connector.RecordID
}

// Associate joins two rows through a collection navigation property (section 2.3).
// Joining them twice changes nothing.
func (c *Client) Associate(ctx context.Context, from RowRef, navigation string, to RowRef) error {
	r, err := refRequest("dataverse.Associate", from, navigation, to)
	if err != nil {
		return err
	}
	r.Method, r.Path = http.MethodPost, rowPath(from.Table, from.ID)+"/"+navigation+"/$ref"
	r.Body = map[string]string{"@odata.id": c.base.String() + rowPath(to.Table, to.ID)}
	_, err = c.Send(ctx, r)
	return err
}

// Disassociate parts two rows again.
func (c *Client) Disassociate(ctx context.Context, from RowRef, navigation string, to RowRef) error {
	r, err := refRequest("dataverse.Disassociate", from, navigation, to)
	if err != nil {
		return err
	}
	r.Method, r.Path = http.MethodDelete, rowPath(from.Table, from.ID)+"/"+navigation+"("+string(to.ID)+")/$ref"
	_, err = c.Send(ctx, r)
	return err
}

func refRequest(op string, from RowRef, navigation string, to RowRef) (Request, error) {
	for _, r := range []RowRef{from, to} {
		if err := named(op, r.Table, r.ID); err != nil {
			return Request{}, err
		}
	}
	if !plainIdentifier(navigation) {
		return Request{}, notValid(op, string(from.Table.Name), "the navigation property has no plain name")
	}
	return Request{Op: op, On: rowName(from.Table, from.ID)}, nil
}
