package dataverse

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	connector "github.com/spotler-connector/connector"
)

// Identity is who we are to Dataverse (section 2.8).
type Identity struct {
	UserID, BusinessUnitID, OrganizationID connector.RecordID
	// Parallelism is the number of requests at once that Dataverse recommends
	// (x-ms-dop-hint, section 3), 0 when it says nothing.
	Parallelism int
}

// WhoAmI asks who the token belongs to. Without an organisation and a user in the
// answer it is Garbled.
func (c *Client) WhoAmI(ctx context.Context) (Identity, error) {
	r := Request{Op: "dataverse.WhoAmI", Method: http.MethodGet, Path: "WhoAmI"}
	a, err := c.Send(ctx, r)
	if err != nil {
		return Identity{}, err
	}
	var said struct{ UserId, BusinessUnitId, OrganizationId string }
	if err := json.Unmarshal(a.Body, &said); err != nil {
		return Identity{}, garbled(r.Op, "", a.Status, "the answer cannot be read")
	}
	var who Identity
	for _, m := range []struct {
		to   *connector.RecordID
		from string
	}{{&who.UserID, said.UserId}, {&who.BusinessUnitID, said.BusinessUnitId}, {&who.OrganizationID, said.OrganizationId}} {
		if *m.to, err = recordID(m.from); err != nil {
			return Identity{}, garbled(r.Op, "", a.Status, "an id in the answer is not a GUID")
		}
	}
	if who.UserID == "" || who.OrganizationID == "" {
		return Identity{}, garbled(r.Op, "", a.Status, "the answer does not tell the user and the organisation")
	}
	if n, err := strconv.Atoi(a.Header.Get("x-ms-dop-hint")); err == nil && n > 0 {
		who.Parallelism = n
	}
	return who, nil
}
