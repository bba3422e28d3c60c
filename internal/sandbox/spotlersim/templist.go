package spotlersim

import "net/http"

// temporaryList is a list for one mailing.
type temporaryList struct {
	id, name string
	kind     string // one of temporaryKinds
	created  int64
	inUse    bool
	members  map[*contact]bool
}

// temporaryKinds is the complete enumeration of the type of a temporary list.
var temporaryKinds = []string{"API", "IMPORT", "RESPONSE", "SPLIT"}

// temporaryOut is the object TemporaryList.
type temporaryOut struct {
	ExternalID string `json:"externalTemporaryListId,omitempty"`
	Name       string `json:"name"`
	Created    any    `json:"createdAt"`
	Type       string `json:"type"`
}

// temporaryRequest is a new temporary list with its first contacts.
type temporaryRequest struct {
	ExternalID text   `json:"externalTemporaryListId"`
	Name       text   `json:"name"`
	Contacts   []text `json:"contacts"`
}

func temporaryListOperations() []operation {
	return []operation{
		{method: "GET", path: "templist", serve: (*call).temporaryLists, says: "The temporary lists", gives: []temporaryOut{}},
		{method: "POST", path: "templist", serve: (*call).postTemporaryList, says: "Add a temporary list", takes: temporaryRequest{}, errors: []int{400}},
		{method: "POST", path: "templist/{externalTemporaryListId}", serve: (*call).addToTemporaryList, says: "Add contacts to a temporary list",
			takes: idsRequest{}, errors: []int{400, 404}},
		{method: "DELETE", path: "templist/{externalTemporaryListId}", serve: (*call).deleteTemporaryList, says: "Delete a temporary list", errors: []int{400, 404}},
	}
}

func (c *call) temporaryLists() (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []temporaryOut{}
	for _, l := range a.lists.temporary {
		out = append(out, temporaryOut{l.id, l.name, c.date(l.created), l.kind})
	}
	return out, nil
}

// postTemporaryList is POST /templist: when one contact is unknown, there is no
// list either.
func (c *call) postTemporaryList() (any, *refusal) {
	var req temporaryRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if req.ExternalID == "" || req.Name == "" {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Give externalTemporaryListId and name")
	}
	if a.lists.templist(string(req.ExternalID)) != nil {
		return nil, refuse(http.StatusBadRequest, IDNotUnique, "A temporary list with this id exists already")
	}
	for _, l := range a.lists.temporary {
		if l.name == string(req.Name) {
			return nil, refuse(http.StatusBadRequest, NameAlreadyInUse, "A temporary list with this name exists already")
		}
	}
	if most := c.rules.MaxLists; most > 0 && len(a.lists.temporary) >= most {
		return nil, refuse(http.StatusBadRequest, InvalidState, "Too many temporary lists")
	}
	found, unknown := c.contacts(req.Contacts)
	if len(unknown) > 0 {
		return nil, refuse(http.StatusBadRequest, ContactNotFound, "No templist created, one or more contacts could not be found")
	}
	now := c.sim.clock()
	l := &temporaryList{id: string(req.ExternalID), name: string(req.Name), kind: "API", created: a.stamp(now), members: map[*contact]bool{}}
	a.lists.temporary = append(a.lists.temporary, l)
	a.effect(now, "templist_created", l.id, nil)
	c.fill(l, found)
	return noContent{}, nil
}

func (c *call) fill(l *temporaryList, found []*contact) {
	for _, who := range found {
		if !l.members[who] {
			l.members[who] = true
			c.account.effect(c.sim.clock(), "templist_added", l.id, who)
		}
	}
}

func noTemporaryList() *refusal {
	return refuse(http.StatusNotFound, ResourceNotFound, "Temporary list not found")
}

func (c *call) addToTemporaryList() (any, *refusal) {
	var req idsRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lists.templist(c.args[0])
	if l == nil {
		return nil, noTemporaryList()
	}
	found, unknown := c.contacts(req.Contacts)
	if len(unknown) > 0 {
		return nil, refuse(http.StatusBadRequest, ContactNotFound, "One or more contacts could not be found")
	}
	c.fill(l, found)
	return noContent{}, nil
}

func (c *call) deleteTemporaryList() (any, *refusal) {
	drain(c.Request)
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lists.templist(c.args[0])
	switch {
	case l == nil:
		return nil, noTemporaryList()
	case l.inUse:
		return nil, refuse(http.StatusBadRequest, InvalidState, "Temporary list in use")
	}
	a.lists.dropTemporary(l)
	a.effect(c.sim.clock(), "templist_deleted", l.id, nil)
	return noContent{}, nil
}
