package spotlersim

import (
	"maps"
	"net/http"
	"slices"
)

// tags are the tags of an account and the scores of its contacts. Nothing is
// published of them but what they do; every call here is assumed (reference: G4).
type tags struct {
	known map[string]bool
	of    map[*contact]map[string]int64
}

func newTags() tags {
	return tags{known: map[string]bool{}, of: map[*contact]map[string]int64{}}
}

// tagOut is a tag, with the score it has on a contact.
type tagOut struct {
	Name  string `json:"name"`
	Score *int64 `json:"score,omitempty"`
}

type tagRequest struct {
	Name string `json:"name"`
}

type tagsRequest struct {
	Tags []string `json:"tags"`
}

// scoreRequest changes a score: SET, INCREASE or DECREASE.
type scoreRequest struct {
	Tag       string `json:"tag"`
	Operation string `json:"operation"`
	Score     *int64 `json:"score"`
}

func tagOperations() []operation {
	on := func(rules *Assumptions) bool { return rules.Tags }
	return []operation{
		{method: "GET", path: "tag/list", serve: (*call).tagList, later: true, guess: on, says: "The tags of the account", gives: []tagOut{}},
		{method: "POST", path: "tag", serve: (*call).postTag, later: true, guess: on, says: "Add a tag", takes: tagRequest{}, errors: []int{400}},
		{method: "GET", path: "contact/{externalId}/tags", serve: (*call).contactTags, later: true, guess: on,
			says: "The tags and scores of a contact", gives: []tagOut{}, errors: []int{404}},
		{method: "POST", path: "contact/{externalId}/tags", serve: (*call).tagContact, later: true, guess: on,
			says: "Give a contact tags", takes: tagsRequest{}, errors: []int{400, 404}},
		{method: "DELETE", path: "contact/{externalId}/tags", serve: (*call).untagContact, later: true, guess: on,
			says: "Take tags, and their scores, from a contact", takes: tagsRequest{}, errors: []int{400, 404}},
		{method: "PUT", path: "contact/{externalId}/score", serve: (*call).scoreContact, later: true, guess: on,
			says: "Set, increase or decrease a score", takes: scoreRequest{}, errors: []int{400, 404}},
	}
}

func (c *call) tagList() (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []tagOut{}
	for _, name := range slices.Sorted(maps.Keys(a.tags.known)) {
		out = append(out, tagOut{Name: name})
	}
	return out, nil
}

func (c *call) postTag() (any, *refusal) {
	var req tagRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case req.Name == "":
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Tag name is empty")
	case a.tags.known[req.Name]:
		return nil, refuse(http.StatusBadRequest, NameAlreadyInUse, "Tag name is already in use")
	}
	a.tags.known[req.Name] = true
	a.effect(c.sim.clock(), "tag_created", req.Name, nil)
	return noContent{}, nil
}

func (c *call) contactTags() (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	who := a.byID[c.key.field][c.args[0]]
	if who == nil {
		return nil, c.rules.notFound()
	}
	return a.tags.show(who), nil
}

func (t *tags) show(who *contact) []tagOut {
	out := []tagOut{}
	for _, name := range slices.Sorted(maps.Keys(t.of[who])) {
		score := t.of[who][name]
		out = append(out, tagOut{name, &score})
	}
	return out
}

// taggable reads a list of tags and finds the contact; it keeps the lock when
// it refuses nothing.
func (c *call) taggable() (*contact, []string, *refusal) {
	var req tagsRequest
	if no := c.read(&req); no != nil {
		return nil, nil, no
	}
	if len(req.Tags) == 0 || slices.Contains(req.Tags, "") {
		return nil, nil, refuse(http.StatusBadRequest, InvalidParams, "No tags given, or one is empty")
	}
	c.account.mu.Lock()
	who := c.account.byID[c.key.field][c.args[0]]
	if who == nil {
		c.account.mu.Unlock()
		return nil, nil, c.rules.notFound()
	}
	return who, req.Tags, nil
}

func (c *call) tagContact() (any, *refusal) {
	who, names, no := c.taggable()
	if no != nil {
		return nil, no
	}
	a := c.account
	defer a.mu.Unlock()
	for _, name := range names {
		if a.tags.give(who, name) {
			a.effect(c.sim.clock(), "tag_added", name, who)
		}
	}
	return noContent{}, nil
}

// give puts a tag on a contact, with score 0, and reports whether it is new there.
func (t *tags) give(who *contact, name string) bool {
	t.known[name] = true
	if t.of[who] == nil {
		t.of[who] = map[string]int64{}
	}
	_, has := t.of[who][name]
	if !has {
		t.of[who][name] = 0
	}
	return !has
}

func (c *call) untagContact() (any, *refusal) {
	who, names, no := c.taggable()
	if no != nil {
		return nil, no
	}
	a := c.account
	defer a.mu.Unlock()
	for _, name := range names {
		if _, has := a.tags.of[who][name]; has {
			delete(a.tags.of[who], name)
			a.effect(c.sim.clock(), "tag_removed", name, who)
		}
	}
	return noContent{}, nil
}

// scoreContact is PUT /contact/{externalId}/score. A tag that the contact, or
// the account, does not have yet is given first and starts at 0. Steps are
// positive; a score that is set may be negative.
func (c *call) scoreContact() (any, *refusal) {
	var req scoreRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	step := req.Operation == "INCREASE" || req.Operation == "DECREASE"
	switch {
	case req.Tag == "" || req.Score == nil || req.Operation != "SET" && !step:
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Give tag, score, and as operation SET, INCREASE or DECREASE")
	case step && *req.Score <= 0:
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Score must be positive to increase or decrease")
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	who := a.byID[c.key.field][c.args[0]]
	if who == nil {
		return nil, c.rules.notFound()
	}
	a.tags.give(who, req.Tag)
	switch req.Operation {
	case "SET":
		a.tags.of[who][req.Tag] = *req.Score
		a.effect(c.sim.clock(), "score_set", req.Tag, who)
	case "INCREASE":
		a.tags.of[who][req.Tag] += *req.Score
		a.effect(c.sim.clock(), "score_increased", req.Tag, who)
	default:
		a.tags.of[who][req.Tag] -= *req.Score
		a.effect(c.sim.clock(), "score_decreased", req.Tag, who)
	}
	return noContent{}, nil
}
