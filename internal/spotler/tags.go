package spotler

import (
	"context"

	connector "github.com/spotler-connector/connector"
)

// Tag is a name that a contact carries, with its score (G4, assumed). A tag without
// a score has the score 0.
type Tag struct {
	Name  string
	Score int64
}

// Tags lists the names of all tags of the account (G4, assumed).
func (c *Client) Tags(ctx context.Context) ([]string, error) {
	of := func(o *object) string { return o.mustText("name") }
	return read(ctx, c, call{op: "spotler.Tags", path: "tag.list"}, all("tags", decoder(c.dates, of)))
}

// CreateTag makes a tag that nobody carries yet; fault.Conflict when it is there
// (G4, assumed).
func (c *Client) CreateTag(ctx context.Context, name string) error {
	const op = "spotler.CreateTag"
	if name == "" {
		return wants(op, "a tag needs a name")
	}
	return c.send(ctx, call{op: op, path: "tag.post"}, map[string]any{"name": name})
}

// ContactTags lists the tags of a contact with their scores (G4, assumed).
func (c *Client) ContactTags(ctx context.Context, id connector.ExternalID) ([]Tag, error) {
	of := func(o *object) Tag { return Tag{o.mustText("name"), o.whole("score")} }
	return read(ctx, c, call{op: "spotler.ContactTags", path: "contact.tags", id: string(id)}, all("tags", decoder(c.dates, of)))
}

// AddTags gives tags to a contact; unknown ones are made (G4, assumed).
func (c *Client) AddTags(ctx context.Context, id connector.ExternalID, names []string) error {
	return c.tags(ctx, call{op: "spotler.AddTags", path: "contact.tags-add", id: string(id)}, names)
}

// RemoveTags takes tags from a contact, and their scores with them (G4, assumed).
func (c *Client) RemoveTags(ctx context.Context, id connector.ExternalID, names []string) error {
	return c.tags(ctx, call{op: "spotler.RemoveTags", path: "contact.tags-remove", id: string(id)}, names)
}

// tags refuses no tags at all: a body without names might mean every tag.
func (c *Client) tags(ctx context.Context, k call, names []string) error {
	if len(names) == 0 {
		return wants(k.op, "give at least one tag")
	}
	return c.send(ctx, k, map[string]any{"tags": names})
}
