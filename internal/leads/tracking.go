package leads

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// PageView is one page that somebody looked at (TrackedLink, Leads API 9.3).
type PageView struct {
	ID           string // a GUID; a batch that was not marked comes again, so know it by this
	LeadID       string
	Title, URL   string
	Categories   []string
	PageType     string
	Visited      time.Time // UTC
	Score        int64     // points of this page
	Referer      string
	Browser      string
	Campaign     string
	Source       string
	Medium       string
	Term         string
	ContactID    string
	EmailAddress string
	PersonID     int64
	// What Spotler Leads knows of the CRM, when it does.
	CRMPersonID, CRMType, CRMAccountID string
	Custom                             [3]string
}

func decodePageView(o *object) PageView {
	return PageView{ID: o.must("linkId"), LeadID: o.text("leadId"), Title: o.text("title"), URL: o.text("url"), Categories: o.texts("categories"),
		PageType: o.text("pageType"), Visited: o.time("visited"), Score: o.whole("pageScore"), Referer: o.text("refererUrl"), Browser: o.text("webBrowser"),
		Campaign: o.text("campaign"), Source: o.text("source"), Medium: o.text("medium"), Term: o.text("term"), ContactID: o.text("contactId"),
		EmailAddress: o.text("emailAddress"), PersonID: o.whole("personId"), CRMPersonID: o.text("crmPersonId"), CRMType: o.text("crmType"),
		CRMAccountID: o.text("crmAccountId"), Custom: [3]string{o.text("custom1"), o.text("custom2"), o.text("custom3")}}
}

// Batch is some page views of the tracking queue. Mark it when they are kept.
type Batch struct {
	ProcessID string // empty when the queue is
	Views     []PageView
}

// noProcess is how .NET writes no GUID.
const noProcess = "00000000-0000-0000-0000-000000000000"

// TrackedLinks reads a batch of the tracking queue, at most take page views (L11).
// Until it is marked it is delivered again. The queue must be switched on for the client.
func (c *Client) TrackedLinks(ctx context.Context, take int) (Batch, error) {
	const op = "leads.TrackedLinks"
	if take < 1 {
		return Batch{}, wants(op, "ask for at least one page view")
	}
	of := func(o *object) Batch {
		b := Batch{o.text("processId"), nested(o, "trackedLinks", decodePageView)}
		if b.ProcessID == noProcess {
			b.ProcessID = ""
		}
		if _, told := o.fields["trackedlinks"]; !told && b.ProcessID != "" || len(b.Views) > 0 && b.ProcessID == "" {
			o.fail("processId", "and trackedLinks do not belong together")
		}
		return b
	}
	return read(ctx, c, call{op: op, verb: http.MethodGet, path: c.ofClient("trackedlinks", strconv.Itoa(take))}, decoder(of))
}

// MarkProcessed takes a batch off the queue; done is what Spotler Leads says (L12).
// The vendor made this a GET, so nothing on the way may repeat or prefetch it: it is
// harmless twice.
func (c *Client) MarkProcessed(ctx context.Context, processID string) (done bool, err error) {
	return read(ctx, c, call{op: "leads.MarkProcessed", verb: http.MethodGet, path: c.ofClient("trackedlinks", "markprocessed", processID)}, decodeBool)
}

func decodeBool(body []byte) (bool, error) {
	switch text(body) {
	case "true", "True":
		return true, nil
	case "false", "False":
		return false, nil
	}
	return false, errNoBool
}
