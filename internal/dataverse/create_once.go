package dataverse

import (
	"context"

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

// isDuplicate reports whether err says that a row with that key is there already.
func isDuplicate(err error) bool {
	f := fault.As(err)
	return f != nil && f.Kind == fault.Conflict && f.Code == codeDuplicate
}
