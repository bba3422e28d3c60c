package spotler

import (
	"context"
	"errors"
	"net/http"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// Anonymize erases the person for good (Mail+ API 5.1 no. 6 and G6). status is
// what Spotler answered, 0 when it did not. 200, 204, 410 and 404 all mean that
// the person is gone, and give no error; a 404 that does not come from Spotler's
// API, or that speaks of something else than a contact, is not believed.
func (c *Client) Anonymize(ctx context.Context, id connector.ExternalID) (status int, err error) {
	a, err := c.do(ctx, call{op: "spotler.Anonymize", path: "contact.anonymize", id: string(id)})
	if err == nil && !c.words.gone[a.status] {
		return a.status, garbled("spotler.Anonymize", a.status, errNotGone)
	}
	f := fault.As(err)
	if f == nil || f.Kind != fault.NotFound {
		return a.status, err
	}
	if c.words.gone[a.status] && a.status != http.StatusNotFound {
		return a.status, nil
	}
	// "Not there" counts for a contact only; older answers say so with a 400.
	switch f.Code {
	case codeContactNotFound, codeResourceNotFound, "":
		if c.words.gone[http.StatusNotFound] {
			return a.status, nil
		}
	}
	return a.status, err
}

var errNotGone = errors.New("the status is not one that means gone")
