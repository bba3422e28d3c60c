package spotler

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// MaxAudienceContacts is how many ids one change of an audience takes (Mail+ API
// section 3.4).
const MaxAudienceContacts = 2500

// maxAudienceText bounds the id and the name of an audience, in characters.
const maxAudienceText = 255

// Audience is a dynamic list that Spotler shows read-only (Mail+ API section 5.3).
// It needs the licence Automation or eCommerce: without it every call is
// fault.Denied.
type Audience struct {
	ExternalID  string // 1 to 255 characters, unique
	Name        string // 1 to 255 characters, unique
	Description string
	// Read only; zero when Spotler does not tell.
	Created, Changed, LastAdded, LastRemoved, LastSync time.Time
}

type wireAudience struct {
	ExternalID  string `json:"externalId"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

func decodeAudience(o *object) Audience {
	return Audience{ExternalID: o.mustText("externalId"), Name: o.text("name"), Description: o.text("description"),
		Created: o.time("createDate"), Changed: o.time("changeDate"), LastAdded: o.time("lastContactAddedAt"),
		LastRemoved: o.time("lastContactRemovedAt"), LastSync: o.time("lastSyncDate")}
}

func (a Audience) wire(op string) (wireAudience, error) {
	for _, s := range []string{a.ExternalID, a.Name} {
		if n := utf8.RuneCountInString(s); n < 1 || n > maxAudienceText {
			return wireAudience{}, wants(op, "an audience needs an id and a name of 1 to 255 characters")
		}
	}
	return wireAudience{a.ExternalID, a.Name, a.Description}, nil
}

// CreateAudience makes an audience and returns it as Spotler keeps it (Mail+ API
// 5.3 no. 15). fault.Conflict or fault.NotValid when its id or name is taken.
func (c *Client) CreateAudience(ctx context.Context, a Audience) (Audience, error) {
	const op = "spotler.CreateAudience"
	body, err := a.wire(op)
	if err != nil {
		return Audience{}, err
	}
	return ask(ctx, c, call{op: op, path: "audience.post"}, body, decoder(c.dates, decodeAudience))
}

// Audience reads one audience (Mail+ API 5.3 no. 16). There is no call that lists
// all of them.
func (c *Client) Audience(ctx context.Context, id string) (Audience, error) {
	return read(ctx, c, call{op: "spotler.Audience", path: "audience.get", id: id}, decoder(c.dates, decodeAudience))
}

// UpdateAudience changes the name and the description (Mail+ API 5.3 no. 17).
func (c *Client) UpdateAudience(ctx context.Context, a Audience) (Audience, error) {
	const op = "spotler.UpdateAudience"
	body, err := a.wire(op)
	if err != nil {
		return Audience{}, err
	}
	return ask(ctx, c, call{op: op, path: "audience.put", id: a.ExternalID}, body, decoder(c.dates, decodeAudience))
}

// DeleteAudience removes the audience, not its people (Mail+ API 5.3 no. 18);
// fault.NotValid while something uses it.
func (c *Client) DeleteAudience(ctx context.Context, id string) error {
	return c.send(ctx, call{op: "spotler.DeleteAudience", path: "audience.delete", id: id}, nil)
}

// AddToAudience adds 1 to MaxAudienceContacts people (Mail+ API 5.3 no. 19). With
// fault.NotFound and the code CONTACT_NOT_FOUND, unknown holds the ids that Spotler
// does not have; nobody was added then (inferred): write or drop those, and repeat.
func (c *Client) AddToAudience(ctx context.Context, audience string, ids []connector.ExternalID) (unknown []connector.ExternalID, err error) {
	return c.members(ctx, call{op: "spotler.AddToAudience", path: "audience.add", id: audience}, ids)
}

// RemoveFromAudience takes 1 to MaxAudienceContacts people out (Mail+ API 5.3 no.
// 20). The same request without ids would empty the audience, so an empty list
// is refused here and no request is made. unknown is as for AddToAudience.
func (c *Client) RemoveFromAudience(ctx context.Context, audience string, ids []connector.ExternalID) (unknown []connector.ExternalID, err error) {
	return c.members(ctx, call{op: "spotler.RemoveFromAudience", path: "audience.remove", id: audience}, ids)
}

// EmptyAudience takes everybody out of an audience (Mail+ API 5.3 no. 20 without a
// body). name must be the audience's name as Spotler has it now: it is read first
// and compared, so that this cannot happen to a list nobody meant.
func (c *Client) EmptyAudience(ctx context.Context, audience, name string) error {
	const op = "spotler.EmptyAudience"
	a, err := c.Audience(ctx, audience)
	if err != nil {
		return withOp(err, op)
	}
	if name == "" || a.Name != name {
		return wants(op, "the name does not belong to that audience, so it is not emptied")
	}
	return c.send(ctx, call{op: op, path: "audience.remove", id: audience}, nil)
}

func (c *Client) members(ctx context.Context, k call, ids []connector.ExternalID) ([]connector.ExternalID, error) {
	if len(ids) == 0 || len(ids) > MaxAudienceContacts {
		return nil, wants(k.op, fmt.Sprintf("give 1 to %d ids of contacts; %d were given", MaxAudienceContacts, len(ids)))
	}
	for _, id := range ids {
		if id == "" {
			return nil, noExternalID(k.op)
		}
	}
	if err := k.put(map[string]any{"contacts": ids}); err != nil {
		return nil, err
	}
	a, err := c.do(ctx, k)
	f := fault.As(err)
	if f == nil || f.Kind != fault.NotFound {
		return nil, err
	}
	var wire struct {
		IDs []json.RawMessage `json:"externalContactIds"`
	}
	_ = json.Unmarshal(a.body, &wire) // without it we know less, which the error says already
	var unknown []connector.ExternalID
	for _, raw := range wire.IDs {
		if id := text(raw); id != "" {
			unknown = append(unknown, connector.ExternalID(id))
		}
	}
	return unknown, err
}
