package leadssim

import (
	"slices"
	"strings"
)

// queue holds the views that were not marked as processed. A batch that is not
// marked is delivered again: nothing is lost, and some comes twice.
type queue struct {
	enabled bool
	waiting []*view
	open    string             // the batch that was delivered last and not marked
	batches map[string][]*view // everything that may still be marked
	marked  int
}

// trackedLink is the object TrackedLink: a page view.
type trackedLink struct {
	ID         string   `json:"linkId"`
	Title      string   `json:"title"`
	URL        string   `json:"url"`
	Categories []string `json:"categories"`
	Visited    *string  `json:"visited"`
	PageType   string   `json:"pageType"`
	LeadID     string   `json:"leadId"`
	Referer    string   `json:"refererUrl"`
	Browser    string   `json:"webBrowser"`
	Campaign   string   `json:"campaign"`
	Score      int64    `json:"pageScore"`
	Source     string   `json:"source"`
	Medium     string   `json:"medium"`
	Term       string   `json:"term"`
	ContactID  *string  `json:"contactId"`
	CRMPerson  string   `json:"crmPersonId"`
	CRMType    string   `json:"crmType"`
	CRMAccount string   `json:"crmAccountId"`
	Email      string   `json:"emailAddress"`
	PersonID   int64    `json:"personId"`
	Custom1    string   `json:"custom1"`
	Custom2    string   `json:"custom2"`
	Custom3    string   `json:"custom3"`
}

// batch is the answer of a read of the queue.
type batch struct {
	Process *string       `json:"processId"`
	Links   []trackedLink `json:"trackedLinks"`
}

const zeroGUID = "00000000-0000-0000-0000-000000000000"

// trackedLinks is GET …/trackedlinks/{take}: the oldest views of the queue.
func (c *call) trackedLinks() (any, *refusal) {
	take, no := c.number("take", 1)
	if no != nil {
		return nil, no
	}
	q, rules := &c.client.queue, c.sim.assume
	if !q.enabled && rules.QueueOff == "400" {
		return nil, invalid("clientId", "The tracking queue is not enabled for this client.")
	}
	out := batch{Links: []trackedLink{}}
	views := q.waiting[:min(take, len(q.waiting))]
	if again := q.batches[q.open]; rules.Redelivery == "same" && len(again) > 0 {
		views = again
	} else if len(views) > 0 {
		q.open = c.sim.guid()
		q.batches[q.open] = slices.Clone(views)
	}
	if len(views) > 0 {
		id := q.open
		out.Process = &id
	} else if rules.EmptyProcess == "zero" {
		id := zeroGUID
		out.Process = &id
	}
	for _, v := range views {
		out.Links = append(out.Links, v.show())
	}
	return out, nil
}

// markProcessed is GET …/trackedlinks/markprocessed/{processId}: true when the
// batch is there, false when it is unknown or was marked before.
func (c *call) markProcessed() (any, *refusal) {
	q := &c.client.queue
	id := strings.ToLower(c.args["processId"])
	views, known := q.batches[id]
	if !known {
		return false, nil
	}
	gone := make(map[*view]bool, len(views))
	for _, v := range views {
		gone[v] = true
	}
	before := len(q.waiting)
	q.waiting = slices.DeleteFunc(q.waiting, func(v *view) bool { return gone[v] })
	q.marked += before - len(q.waiting)
	delete(q.batches, id)
	if q.open == id {
		q.open = ""
	}
	return true, nil
}

// add puts a view at the end, if the client has the queue.
func (q *queue) add(v *view) {
	if q.enabled {
		q.waiting = append(q.waiting, v)
	}
}

func (v *view) show() trackedLink {
	out := trackedLink{
		ID: v.id, Title: v.page.Title, URL: v.page.URL, Categories: v.page.Categories, Visited: dateOut(v.at), PageType: v.page.Type,
		LeadID: v.of.id, Referer: v.referer, Browser: v.browser, Campaign: v.campaign, Score: v.page.Score, Source: v.source, Medium: v.medium,
		Term: v.term, CRMAccount: v.of.account, Custom1: v.custom[0], Custom2: v.custom[1], Custom3: v.custom[2],
	}
	if p := v.of.person; p != nil {
		out.ContactID, out.CRMPerson, out.CRMType, out.Email, out.PersonID = &p.contactID, p.CRMPerson, p.CRMType, p.Email, p.id
	}
	if out.Categories == nil {
		out.Categories = []string{}
	}
	return out
}
