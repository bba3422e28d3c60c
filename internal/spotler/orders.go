package spotler

import (
	"context"
	"strconv"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Order is what a person bought (Mail+ API section 5.12; licence eCommerce). All
// of it is required.
type Order struct {
	ExternalID string
	Person     connector.ExternalID
	Date       time.Time
	ValueCents int64    // the total in cents
	Products   []string // external ids of products that Spotler has
}

func (c *Client) writeOrder(ctx context.Context, k call, o Order, update bool) error {
	if o.ExternalID == "" || o.Person == "" || o.Date.IsZero() || len(o.Products) == 0 {
		return wants(k.op, "an order needs an id, a contact, a date and at least one product")
	}
	return c.send(ctx, k, map[string]any{"update": update, "order": map[string]any{
		"externalId": o.ExternalID, "externalContactId": o.Person, "date": c.dates.Format(o.Date),
		"value": strconv.FormatInt(o.ValueCents, 10), "externalProductIds": o.Products,
	}})
}

// PostOrder adds an order; with update an existing one is changed (Mail+ API 5.12
// no. 57). fault.NotFound tells by its code that the contact or a product is unknown.
func (c *Client) PostOrder(ctx context.Context, o Order, update bool) error {
	return c.writeOrder(ctx, call{op: "spotler.PostOrder", path: "order.post"}, o, update)
}

// PutOrder changes the order with the id of o (Mail+ API 5.12 no. 58).
func (c *Client) PutOrder(ctx context.Context, o Order) error {
	return c.writeOrder(ctx, call{op: "spotler.PutOrder", path: "order.put", id: o.ExternalID}, o, true)
}

// DeleteOrder removes an order (Mail+ API 5.12 no. 59); fault.NotFound when absent.
func (c *Client) DeleteOrder(ctx context.Context, id string) error {
	return c.send(ctx, call{op: "spotler.DeleteOrder", path: "order.delete", id: id}, nil)
}
