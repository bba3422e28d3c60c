package spotler

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// send makes a request whose answer holds nothing but its success.
func (c *Client) send(ctx context.Context, k call, body any) error {
	if err := k.put(body); err != nil {
		return err
	}
	_, err := c.do(ctx, k)
	return err
}

// put makes v the body of k; nil is none.
func (k *call) put(v any) error {
	if v == nil {
		return nil
	}
	body, err := json.Marshal(v)
	if err != nil {
		return &fault.Error{Op: k.op, Kind: fault.NotValid, Says: "the request cannot be written as JSON"}
	}
	k.body = body
	return nil
}

// ask makes a request with a body and decodes its answer.
func ask[T any](ctx context.Context, c *Client, k call, body any, decode func([]byte) (T, error)) (T, error) {
	if err := k.put(body); err != nil {
		var none T
		return none, err
	}
	return read(ctx, c, k, decode)
}

// walk walks a paged list of objects.
func walk[T any](ctx context.Context, c *Client, l list, of func(*object) T) iter.Seq2[T, error] {
	return pages(ctx, c, l, decoder(c.dates, of))
}

// wants is the error for an argument that is missing or out of bounds.
func wants(op, says string) error {
	return &fault.Error{Op: op, Kind: fault.NotValid, Says: says}
}

// Between is a period in time. A zero end is open.
type Between struct{ From, To time.Time }

// query adds the bounds that are set, under these names.
func (b Between) query(q query, d Dates, from, to string) query {
	if !b.From.IsZero() {
		q = q.add(from, d.Format(b.From))
	}
	if !b.To.IsZero() {
		q = q.add(to, d.Format(b.To))
	}
	return q
}

// wrong reports a period that ends before it begins.
func (b Between) wrong() bool { return !b.From.IsZero() && !b.To.IsZero() && !b.From.Before(b.To) }

// Person is how Spotler names a contact in its lists (ContactIdentifier, Mail+ API 5.6).
type Person struct {
	ExternalID  connector.ExternalID // empty for a contact that was made in Spotler
	EncryptedID string               // Spotler's own reference
}

func (c *Client) person(o *object) Person {
	return Person{connector.ExternalID(o.text("externalId")), o.text("encryptedId")}
}
