package spotlersim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// idsRequest is a list of contacts in a request; nil says that there was none.
type idsRequest struct {
	Contacts []text `json:"contacts"`
}

// missing is the body AudienceContactErrorResponse: contacts that nobody knows.
type missing struct {
	Type    ErrorType `json:"errorType"`
	Message string    `json:"message"`
	IDs     []string  `json:"externalContactIds"`
}

// answered is an answer with a status of its own and a body that is not the
// usual error.
type answered struct {
	status int
	body   any
}

// contacts finds everybody of a list of ids, and the ids that nobody has.
func (c *call) contacts(ids []text) (found []*contact, unknown []string) {
	for _, id := range ids {
		if who := c.account.byID[c.key.field][string(id)]; who != nil {
			found = append(found, who)
		} else {
			unknown = append(unknown, string(id))
		}
	}
	return found, unknown
}

func tooMany(ids []text) *refusal {
	if len(ids) > maxAudienceContacts {
		return refuse(http.StatusRequestEntityTooLarge, InvalidParams, "Too many contacts provided (max is 2500)")
	}
	return nil
}

// addToAudience is POST /audience/{externalId}/contact: all of them or, when
// one is unknown, none.
func (c *call) addToAudience() (any, *refusal) {
	var req idsRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	if no := tooMany(req.Contacts); no != nil {
		return nil, no
	}
	return c.ofAudience(func(a *account, l *dynamicList) (any, *refusal) {
		found, unknown := c.contacts(req.Contacts)
		if len(unknown) > 0 {
			return answered{http.StatusNotFound, missing{ContactNotFound, "One or more contacts could not be found", unknown}}, nil
		}
		now := c.sim.clock()
		for _, who := range found {
			if !l.members[who] {
				l.members[who] = true
				a.effect(now, "audience_added", l.id, who)
			}
		}
		l.added = a.stamp(now)
		l.touched = l.added
		return noContent{}, nil
	})
}

// removeFromAudience is DELETE /audience/{externalId}/contact. Without a body
// everybody is removed. Ids that nobody has are passed over.
func (c *call) removeFromAudience() (any, *refusal) {
	ids, everybody, no := c.removals()
	if no != nil {
		return nil, no
	}
	return c.ofAudience(func(a *account, l *dynamicList) (any, *refusal) {
		now := c.sim.clock()
		l.removed = a.stamp(now)
		l.touched = l.removed
		if everybody {
			clear(l.members)
			a.effect(now, "audience_emptied", l.id, nil)
			return noContent{}, nil
		}
		found, _ := c.contacts(ids)
		for _, who := range found {
			if l.members[who] {
				delete(l.members, who)
				a.effect(now, "audience_removed", l.id, who)
			}
		}
		return noContent{}, nil
	})
}

// removals reads whom a DELETE is about.
func (c *call) removals() (ids []text, everybody bool, no *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, maxBody))
	if err != nil {
		return nil, false, refuse(http.StatusBadRequest, InvalidParams, "The request body cannot be read")
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 || string(body) == "null" {
		return nil, true, nil
	}
	var req idsRequest
	if json.Unmarshal(body, &req) != nil {
		return nil, false, refuse(http.StatusBadRequest, InvalidParams, "The request body cannot be read")
	}
	if len(req.Contacts) == 0 {
		return nil, c.rules.EmptyDelete == "everybody", nil
	}
	return req.Contacts, false, tooMany(req.Contacts)
}
