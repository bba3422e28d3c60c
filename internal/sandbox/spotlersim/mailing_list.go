package spotlersim

import (
	"net/http"
	"strconv"
)

// mailList is the last word of a list of a mailing, and its name in the answer.
type mailList string

// The lists.
const (
	listRecipients mailList = "recipients"
	listBounces    mailList = "bounces"
	listOpens      mailList = "opens"
	listClicks     mailList = "clicks"
)

// identifier is the object ContactIdentifier. The external id is absent for a
// contact that has none in the field of the key, and for one that is gone.
type identifier struct {
	ExternalID  string `json:"externalId,omitempty"`
	EncryptedID string `json:"encryptedId"`
}

func (c *call) identify(who *contact) identifier {
	out := identifier{EncryptedID: who.encrypted}
	if c.account.present(who) {
		out.ExternalID = who.ids[c.key.field]
	}
	return out
}

// mailEventOut is an element of any list of a mailing.
type mailEventOut struct {
	Contact    *identifier `json:"contactIdentifier,omitempty"`
	SendDate   string      `json:"sendDate,omitempty"`
	BounceDate string      `json:"bounceDate,omitempty"`
	OpenDate   string      `json:"openDate,omitempty"`
	ClickDate  string      `json:"clickDate,omitempty"`
	LinkID     *int32      `json:"linkId,omitempty"`
	Type       string      `json:"type,omitempty"` // of a bounce
	Run        *int32      `json:"campaignSubscriptionId,omitempty"`
}

// mailEvents answers the lists of both kinds of mailing (reference: sections
// 5.6 and 5.8). Those with a second argument are of one contact or one run, and
// name neither. Opens are loads of images only; every load is an element.
func (c *call) mailEvents(kind mailingKind, list mailList) (any, *refusal) {
	when, p := span{-1 << 63, 1<<63 - 1}, page{}
	var no *refusal
	if kind != bulkMailing { // the lists of bulk mailings do not know dates
		if when, no = c.span("fromDate", "toDate"); no != nil {
			return nil, no
		}
	}
	if p, no = c.page(false); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	m, no := c.mailing(kind)
	if no != nil {
		return nil, no
	}
	if m.sms && (list == listOpens || list == listClicks) {
		return nil, wrongMailing()
	}
	only, no := c.onlyOf(m)
	if no != nil {
		return nil, no
	}
	out := []mailEventOut{}
	for _, e := range m.list(list) {
		if p.done() {
			break
		}
		if when.has(e.at) && (only == nil || only(e.of)) && p.take() {
			out = append(out, c.mailEvent(list, e, only == nil))
		}
	}
	return c.wrapped(string(list), out, len(out), p), nil
}

func (m *mailing) list(name mailList) []mailEvent {
	switch name {
	case listRecipients:
		return m.recipients
	case listBounces:
		return m.bounces
	case listOpens:
		return m.opens
	default:
		return m.clicks
	}
}

// onlyOf reads the second argument: an external id, or in a campaign the number
// of a run. It returns nil when there is none.
func (c *call) onlyOf(m *mailing) (func(*delivery) bool, *refusal) {
	if len(c.args) < 2 {
		return nil, nil
	}
	unknown := refuse(http.StatusBadRequest, InvalidParams, "Invalid param: Contact not found")
	if m.kind == bulkMailing {
		who := c.account.byID[c.key.field][c.args[1]]
		if who == nil {
			return nil, unknown
		}
		return func(d *delivery) bool { return d.to == who }, nil
	}
	run, err := strconv.ParseInt(c.args[1], 10, 32)
	if err != nil || run < 1 || int32(run) > c.account.post.runs {
		return nil, unknown
	}
	return func(d *delivery) bool { return d.run == int32(run) }, nil
}

func (c *call) mailEvent(list mailList, e mailEvent, named bool) mailEventOut {
	var out mailEventOut
	campaign := e.of.of.kind != bulkMailing
	if named {
		who := c.identify(e.of.to)
		out.Contact = &who
		if campaign {
			out.Run = &e.of.run
		}
	}
	at := isoDate(e.at)
	switch list {
	case listRecipients:
		if campaign { // of a bulk mailing the list has no date
			out.SendDate = at
		}
	case listBounces:
		out.BounceDate, out.Type = at, bounceKind(e.hard)
	case listOpens:
		out.OpenDate = at
	case listClicks:
		out.ClickDate, out.LinkID = at, &e.link
	}
	return out
}

func bounceKind(hard bool) string {
	if hard {
		return "HARDBOUNCE"
	}
	return "SOFTBOUNCE"
}
