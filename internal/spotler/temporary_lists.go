package spotler

import (
	"context"
	"time"

	connector "github.com/spotler-connector/connector"
)

// TemporaryList is a static list (Mail+ API section 5.4).
type TemporaryList struct {
	ExternalID string // empty for lists that were made in Spotler
	Name       string
	Created    time.Time
	Type       string // IMPORT, RESPONSE, API, SPLIT or one we do not know
}

// TemporaryLists lists all of them (Mail+ API 5.4 no. 21).
func (c *Client) TemporaryLists(ctx context.Context) ([]TemporaryList, error) {
	of := func(o *object) TemporaryList {
		return TemporaryList{o.text("externalTemporaryListId"), o.mustText("name"), o.time("createdAt"), o.word("type")}
	}
	return read(ctx, c, call{op: "spotler.TemporaryLists", path: "templist.list"}, all("temporaryLists", decoder(c.dates, of)))
}

// CreateTemporaryList makes a list with these people, who may be none (Mail+ API
// 5.4 no. 22). When one of them is not known, no list is made.
func (c *Client) CreateTemporaryList(ctx context.Context, id, name string, people []connector.ExternalID) error {
	const op = "spotler.CreateTemporaryList"
	if id == "" || name == "" {
		return wants(op, "a temporary list needs an id and a name")
	}
	body := struct {
		ID       string                 `json:"externalTemporaryListId"`
		Name     string                 `json:"name"`
		Contacts []connector.ExternalID `json:"contacts,omitempty"`
	}{id, name, people}
	return c.send(ctx, call{op: op, path: "templist.post"}, body)
}

// AddToTemporaryList adds people (Mail+ API 5.4 no. 23). Spotler has no call that
// takes one out again.
func (c *Client) AddToTemporaryList(ctx context.Context, id string, people []connector.ExternalID) error {
	const op = "spotler.AddToTemporaryList"
	if len(people) == 0 {
		return wants(op, "give at least one contact to add")
	}
	return c.send(ctx, call{op: op, path: "templist.add", id: id}, map[string]any{"contacts": people})
}

// DeleteTemporaryList removes the list, not its people (Mail+ API 5.4 no. 24);
// fault.NotValid while it is in use.
func (c *Client) DeleteTemporaryList(ctx context.Context, id string) error {
	return c.send(ctx, call{op: "spotler.DeleteTemporaryList", path: "templist.delete", id: id}, nil)
}
