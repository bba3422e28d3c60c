package spotler

import (
	"context"

	"github.com/spotler-connector/connector/internal/fault"
)

// Subscribe adds a person who may have no external id (Mail+ API 5.2 no. 14).
// Somebody with a known address is merged, not doubled (inferred). Spotler gives
// no id back: the contact comes with the next Updates.
func (c *Client) Subscribe(ctx context.Context, p Contact) error {
	const op = "spotler.Subscribe"
	if len(p.Properties) == 0 {
		return wants(op, "a subscription needs at least the property with the e-mail address")
	}
	body, err := c.dates.appendContact(nil, p)
	if err != nil {
		return unwritable(op, err)
	}
	if p.ExternalID == "" {
		// An empty id is an id to a server that does not look twice.
		const empty = `{"externalId":"",`
		if string(body[:len(empty)]) != empty {
			return &fault.Error{Op: op, Kind: fault.Broken, Says: "a contact without an id is written in another way than expected"}
		}
		body = append([]byte{'{'}, body[len(empty):]...)
	}
	_, err = c.do(ctx, call{op: op, path: "subscription.subscribe", body: body, secret: personal(p)})
	return err
}
