package spotlersim

import (
	"net/http"
	"unicode/utf8"
)

// The bounds of audiences (reference: section 3.4).
const (
	maxAudienceContacts = 2500 // ids in one call
	maxAudienceText     = 255  // characters of a name or an id
)

// Licence is what an account has bought (reference: section 1).
type Licence string

// The licences. Audiences need more than LicenceProfessional.
const (
	LicenceProfessional Licence = "professional"
	LicenceAutomation   Licence = "automation"
	LicenceECommerce    Licence = "ecommerce"
)

func (l Licence) valid() bool {
	return l == LicenceProfessional || l == LicenceAutomation || l == LicenceECommerce
}

// dynamicList is an audience: a list that the API keeps and people only read.
type dynamicList struct {
	id, name, description                     string
	created, changed, added, removed, touched int64 // epoch milliseconds, 0 for never
	inUse                                     bool
	members                                   map[*contact]bool
}

// audienceOut is the object Audience. Its dates are read-only.
type audienceOut struct {
	ExternalID  string `json:"externalId"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Created     any    `json:"createDate,omitempty"`
	Changed     any    `json:"changeDate,omitempty"`
	Added       any    `json:"lastContactAddedAt,omitempty"`
	Removed     any    `json:"lastContactRemovedAt,omitempty"`
	Synced      any    `json:"lastSyncDate,omitempty"`
}

// audienceRequest is an Audience in a request.
type audienceRequest struct {
	ExternalID  text `json:"externalId"`
	Name        text `json:"name"`
	Description text `json:"description"`
}

func audienceOperations() []operation {
	return []operation{
		{method: "POST", path: "audience", serve: licensed((*call).postAudience), says: "Add an audience",
			takes: audienceRequest{}, gives: audienceOut{}, errors: []int{403, 417}},
		{method: "GET", path: "audience/{externalId}", serve: licensed((*call).getAudience), says: "One audience", gives: audienceOut{}, errors: []int{403, 404}},
		{method: "PUT", path: "audience/{externalId}", serve: licensed((*call).putAudience), says: "Update an audience",
			takes: audienceRequest{}, gives: audienceOut{}, errors: []int{400, 403, 404, 417}},
		{method: "DELETE", path: "audience/{externalId}", serve: licensed((*call).deleteAudience), says: "Delete an audience", errors: []int{403, 404, 417}},
		{method: "POST", path: "audience/{externalId}/contact", serve: licensed((*call).addToAudience), says: "Add up to 2500 contacts to an audience",
			takes: idsRequest{}, errors: []int{403, 404, 413}},
		{method: "DELETE", path: "audience/{externalId}/contact", serve: licensed((*call).removeFromAudience),
			says: "Remove up to 2500 contacts from an audience; without a body, everybody", takes: idsRequest{}, errors: []int{403, 404, 413}},
	}
}

// licensed serves only accounts that have bought audiences.
func licensed(serve func(*call) (any, *refusal)) func(*call) (any, *refusal) {
	return func(c *call) (any, *refusal) {
		a := c.account
		a.mu.Lock()
		bought := a.licence != LicenceProfessional
		a.mu.Unlock()
		if !bought {
			drain(c.Request)
			return nil, refuse(http.StatusForbidden, NotAuthorized, "Audiences are not part of the licence of this account")
		}
		return serve(c)
	}
}

func (c *call) showAudience(l *dynamicList) audienceOut {
	when := func(at int64) any {
		if at == 0 {
			return nil
		}
		return c.date(at)
	}
	return audienceOut{l.id, l.name, l.description, when(l.created), when(l.changed), when(l.added), when(l.removed), when(l.touched)}
}

func expectation(kind ErrorType, message string) *refusal {
	return refuse(http.StatusExpectationFailed, kind, message)
}

// named checks the name of an audience; self is the one that may have it.
func (l *lists) named(name string, self *dynamicList) *refusal {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return expectation(InvalidParams, "Audience name cannot be empty")
	case n > maxAudienceText:
		return expectation(InvalidParams, "Audience name is too long (max is 255)")
	}
	for _, other := range l.audiences {
		if other != self && other.name == name {
			return expectation(NameAlreadyInUse, "Audience name is not unique")
		}
	}
	return nil
}

func (c *call) postAudience() (any, *refusal) {
	var req audienceRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	id := string(req.ExternalID)
	switch n := utf8.RuneCountInString(id); {
	case n == 0:
		return nil, expectation(InvalidParams, "Audience id cannot be empty")
	case n > maxAudienceText:
		return nil, expectation(InvalidParams, "Audience id is too long (max is 255)")
	case a.lists.audience(id) != nil:
		return nil, expectation(IDNotUnique, "Audience id is not unique")
	}
	if no := a.lists.named(string(req.Name), nil); no != nil {
		return nil, no
	}
	if most := c.rules.MaxLists; most > 0 && len(a.lists.audiences) >= most {
		return nil, expectation(InvalidState, "Maximum of audiences exceeded")
	}
	at := a.stamp(c.sim.clock())
	l := &dynamicList{id: id, name: string(req.Name), description: string(req.Description), created: at, changed: at, members: map[*contact]bool{}}
	a.lists.audiences = append(a.lists.audiences, l)
	a.effect(c.sim.clock(), "audience_created", id, nil)
	return c.showAudience(l), nil
}

// ofAudience runs do with the audience of the path, under the lock.
func (c *call) ofAudience(do func(*account, *dynamicList) (any, *refusal)) (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lists.audience(c.args[0])
	if l == nil {
		return nil, refuse(http.StatusNotFound, ResourceNotFound, "Audience not found")
	}
	return do(a, l)
}

func (c *call) getAudience() (any, *refusal) {
	return c.ofAudience(func(_ *account, l *dynamicList) (any, *refusal) { return c.showAudience(l), nil })
}

func (c *call) putAudience() (any, *refusal) {
	var req audienceRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	return c.ofAudience(func(a *account, l *dynamicList) (any, *refusal) {
		if string(req.ExternalID) != l.id {
			return nil, refuse(http.StatusBadRequest, InvalidParams, "Path id doesn't match audience id")
		}
		if no := a.lists.named(string(req.Name), l); no != nil {
			return nil, no
		}
		l.name, l.description, l.changed = string(req.Name), string(req.Description), a.stamp(c.sim.clock())
		a.effect(c.sim.clock(), "audience_updated", l.id, nil)
		return c.showAudience(l), nil
	})
}

func (c *call) deleteAudience() (any, *refusal) {
	drain(c.Request)
	return c.ofAudience(func(a *account, l *dynamicList) (any, *refusal) {
		if l.inUse {
			return nil, expectation(InvalidState, "Cannot delete audience, as it's in use")
		}
		a.lists.dropAudience(l)
		a.effect(c.sim.clock(), "audience_deleted", l.id, nil)
		return noContent{}, nil
	})
}
