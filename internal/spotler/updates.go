package spotler

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"
)

// BounceType is how hard a message bounced.
type BounceType string

// The bounce types (Mail+ API section 4.5). Others are kept as they come.
const (
	HardBounce BounceType = "HARDBOUNCE"
	SoftBounce BounceType = "SOFTBOUNCE"
)

// Bounce is a message that came back.
type Bounce struct {
	Date      time.Time // zero when it could not be read
	Type      BounceType
	Contact   Contact
	MailingID string // Spotler's own reference of the mailing, may be empty
}

// Updates walks the contacts that anybody, we included, changed from from until
// to (Mail+ API 5.1 no. 8). Whether the bounds and the order are exact is not
// established (G18): use closed, overlapping windows and expect repeats. A
// contact that cannot be read comes with its error and the walk goes on; any
// other error ends it. The walk makes requests as it goes and keeps one page.
func (c *Client) Updates(ctx context.Context, from, to time.Time) iter.Seq2[Contact, error] {
	const op = "spotler.Updates"
	if !from.Before(to) {
		return failed[Contact](op, "the window ends before it begins")
	}
	return pages(ctx, c, list{call: call{op: op, path: "contact.updates"}, items: "contacts", query: c.window(from, to)}, c.decodeContact)
}

// Bounces walks the bounces from from until to (Mail+ API 5.1 no. 9), with the
// same promises as Updates.
func (c *Client) Bounces(ctx context.Context, from, to time.Time) iter.Seq2[Bounce, error] {
	const op = "spotler.Bounces"
	if !from.Before(to) {
		return failed[Bounce](op, "the window ends before it begins")
	}
	return pages(ctx, c, list{call: call{op: op, path: "contact.bounces"}, items: "bounces", query: c.window(from, to)}, c.decodeBounce)
}

// Search walks the contacts whose property has that value (Mail+ API 5.1 no. 10
// and G12). None is an empty walk, not an error.
func (c *Client) Search(ctx context.Context, property, value string) iter.Seq2[Contact, error] {
	const op = "spotler.Search"
	if property == "" || value == "" {
		return failed[Contact](op, "a search needs a property and a value")
	}
	text := strings.NewReplacer("{property}", property, "{value}", value).Replace(c.words.query)
	k := call{op: op, path: "contact.search", secret: func(s string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(value))
	}}
	return pages(ctx, c, list{call: k, items: "contacts", query: query("").add("MPSearchQuery", text)}, c.decodeContact)
}

func (c *Client) window(from, to time.Time) query {
	return query("").add("fromDate", c.dates.Format(from)).add("toDate", c.dates.Format(to))
}

func (c *Client) decodeBounce(body []byte) (Bounce, error) {
	var w struct {
		Date    json.RawMessage `json:"date"`
		Type    json.RawMessage `json:"type"`
		Contact json.RawMessage `json:"contact"`
		Mailing json.RawMessage `json:"encryptedActId"`
	}
	if len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &w) != nil {
		return Bounce{}, errNoBounce
	}
	b := Bounce{Date: c.dates.raw(w.Date), Type: BounceType(code(text(w.Type))), MailingID: text(w.Mailing)}
	if b.Type == "" {
		return b, errNoBounce
	}
	var err error
	b.Contact, err = c.decodeContact(w.Contact)
	return b, err
}

var errNoBounce = errors.New("the item is not a bounce")
