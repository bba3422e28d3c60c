package spotler

import (
	"context"
	"strconv"
	"time"
)

// The types of a Conversion. The vendor prints the second with a blank before it,
// which is a slip (Mail+ API section 12).
const (
	CartCreated   = "CREATE_SHOPPINGCART"
	CartConverted = "CONVERT_SHOPPINGCART"
)

// Conversion tells Spotler what a visit from a mailing led to (Mail+ API 5.13 no. 60).
type Conversion struct {
	MailplusID string // the value of mpid in the address of the visit
	Type       string // CartCreated or CartConverted
	ValueCents *int64 // cents; nil sends none
	Date       time.Time
	Products   []string // external ids
}

// PostConversion tells Spotler of a conversion (Mail+ API 5.13 no. 60).
func (c *Client) PostConversion(ctx context.Context, v Conversion) error {
	const op = "spotler.PostConversion"
	if v.MailplusID == "" || v.Type == "" || v.Date.IsZero() {
		return wants(op, "a conversion needs the mpid of the visit, a type and a date")
	}
	body := map[string]any{"mailplusId": v.MailplusID, "type": v.Type, "interactionDate": c.dates.Format(v.Date)}
	if v.ValueCents != nil {
		body["value"] = strconv.FormatInt(*v.ValueCents, 10)
	}
	if len(v.Products) > 0 {
		body["products"] = v.Products
	}
	return c.send(ctx, call{op: op, path: "conversion.post"}, body)
}
