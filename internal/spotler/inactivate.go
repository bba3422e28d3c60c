package spotler

import (
	"context"

	connector "github.com/spotler-connector/connector"
)

// Inactivate stops all mail to the person; Spotler cannot undo it (Mail+ API 5.1
// no. 7 and G19, assumed). status is what Spotler answered, 0 when it did not;
// fault.NotFound when there is no such contact.
func (c *Client) Inactivate(ctx context.Context, id connector.ExternalID) (status int, err error) {
	a, err := c.do(ctx, call{op: "spotler.Inactivate", path: "contact.inactivate", id: string(id)})
	return a.status, err
}
