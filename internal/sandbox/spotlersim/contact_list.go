package spotlersim

import "net/http"

// maxContacts is how many contacts one POST /contact/list may hold.
const maxContacts = 100

// contactsRequest is the body of POST /contact/list.
type contactsRequest struct {
	Update   bool        `json:"update"`
	Purge    bool        `json:"purge"`
	Contacts []*incoming `json:"contacts"`
}

// contactResult tells how one contact of a list fared.
type contactResult struct {
	ExternalID string  `json:"externalId"`
	Code       Code    `json:"code"`
	Message    *string `json:"message"` // null when the code is OK
}

// postContacts is POST /contact/list. The whole call fails when it holds too
// many contacts or one without externalId; else each contact fares by itself,
// and the answer has one element for each, in order.
func (c *call) postContacts() (any, *refusal) {
	var req contactsRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	if len(req.Contacts) > maxContacts {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Too many contacts provided (max is 100)")
	}
	for _, in := range req.Contacts {
		if in == nil || in.ExternalID == "" {
			return nil, refuse(http.StatusBadRequest, InvalidParams, "Contact without externalId found")
		}
	}
	a := c.account
	schema := a.schema.Load()
	drafts := make([]*draft, len(req.Contacts))
	wrongs := make([]*problem, len(req.Contacts))
	for i, in := range req.Contacts {
		drafts[i], wrongs[i] = in.check(schema, c.rules)
	}
	out := make([]contactResult, 0, len(drafts))
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, d := range drafts {
		if result, told := c.listed(d, wrongs[i], flags{req.Update, req.Purge}); told {
			out = append(out, result)
		}
	}
	return out, nil
}

// listed writes one contact of a list. told is false when a test asked for the
// element to be left out of the answer.
func (c *call) listed(d *draft, wrong *problem, f flags) (result contactResult, told bool) {
	a := c.account
	told = true
	if fault := a.items[d.id]; fault != nil {
		fault.spend(a, d.id)
		told = fault.Code != omit
		if told {
			wrong = &problem{code: Code(fault.Code), message: "Injected"}
		} else if !fault.Commit {
			wrong = &problem{code: CodeError}
		}
	}
	if wrong == nil {
		wrong = a.rejected(d)
	}
	code := CodeOK
	if wrong == nil {
		code, wrong = c.upsert(d, f)
	}
	c.note(d, code, wrong)
	result = contactResult{ExternalID: d.id, Code: code}
	switch {
	case wrong != nil:
		result.Code, result.Message = wrong.code, &wrong.message
	case code != CodeOK:
		says := "Contact has no active channel"
		result.Message = &says
	}
	return result, told
}

// omit is the code of an itemFault that leaves the contact out of the answer.
const omit = "omit"

// itemFault lets one contact of a list fail.
type itemFault struct {
	ExternalID string `json:"external_id"`
	Code       string `json:"code"`             // a Code, or omit
	Commit     bool   `json:"commit,omitempty"` // with omit: write the contact all the same
	Times      int    `json:"times,omitempty"`  // 0 until it is removed
}

func (f *itemFault) spend(a *account, id string) {
	if f.Times == 0 {
		return
	}
	if f.Times--; f.Times == 0 {
		delete(a.items, id)
	}
}

// rejection is a value that Spotler refuses for a reason of its own.
type rejection struct {
	Property string `json:"property"`
	Value    string `json:"value"`
}

// rejected returns the problem of the first value in d that is to be refused.
func (a *account) rejected(d *draft) *problem {
	for _, r := range a.rejects {
		for _, ch := range d.changes {
			if ch.property.Name == r.Property && scalarOf(ch.value) == r.Value {
				return badProperty(r.Property)
			}
		}
	}
	return nil
}
