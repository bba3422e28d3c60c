package spotler

import (
	"context"
	"iter"
	"time"

	connector "github.com/spotler-connector/connector"
)

// MailingHistory is one mailing that a contact got.
type MailingHistory struct {
	// Mailing is set in ContactMailings.
	Mailing Mailing
	// CampaignMailing and SubscriptionID, one run through the campaign, are set in
	// ContactCampaignMailings.
	CampaignMailing CampaignMailing
	SubscriptionID  int64
	Sent            time.Time
	Opened, Clicked bool
	Bounce          BounceType // empty when it did not come back
}

func decodeHistory(o *object) MailingHistory {
	return MailingHistory{Sent: o.time("sentDate"), Opened: o.flag("opened"), Clicked: o.flag("clicked"),
		Bounce: BounceType(o.word("bounce")), SubscriptionID: o.whole("campaignSubscriptionId")}
}

// ContactMailings walks the mailings a contact got, in pages of 50 (Mail+ API 5.1
// no. 11).
func (c *Client) ContactMailings(ctx context.Context, id connector.ExternalID) iter.Seq2[MailingHistory, error] {
	of := func(o *object) MailingHistory {
		h := decodeHistory(o)
		if h.Mailing = inner(o, "mailing", decodeMailing); h.Mailing.EncryptedID == "" {
			o.fail("mailing", "is missing")
		}
		return h
	}
	k := call{op: "spotler.ContactMailings", path: "contact.mailings", id: string(id)}
	return walk(ctx, c, list{call: k, items: "mailingHistories", fixed: historyPage}, of)
}

// ContactCampaignMailings walks the mailings of campaigns a contact got (Mail+ API
// 5.1 no. 12).
func (c *Client) ContactCampaignMailings(ctx context.Context, id connector.ExternalID) iter.Seq2[MailingHistory, error] {
	of := func(o *object) MailingHistory {
		h := decodeHistory(o)
		if h.CampaignMailing = inner(o, "campaignMailing", decodeCampaignMailing); h.CampaignMailing.EncryptedID == "" {
			o.fail("campaignMailing", "is missing")
		}
		return h
	}
	k := call{op: "spotler.ContactCampaignMailings", path: "contact.campaign-mailings", id: string(id)}
	return walk(ctx, c, list{call: k, items: "campaignMailingHistories", fixed: historyPage}, of)
}

// historyPage is the size of a page of these, which cannot be chosen (Mail+ API 3.4).
const historyPage = 50

// FormHistory is one form that a contact sent in, or began.
type FormHistory struct {
	Form      Form
	ResultID  int64
	Submitted time.Time
	Completed bool
}

// ContactForms walks the forms a contact sent in (Mail+ API 5.1 no. 13).
func (c *Client) ContactForms(ctx context.Context, id connector.ExternalID) iter.Seq2[FormHistory, error] {
	of := func(o *object) FormHistory {
		return FormHistory{inner(o, "form", decodeForm), o.mustWhole("formResultId"), o.time("submitDate"), o.flag("completed")}
	}
	return walk(ctx, c, list{call: call{op: "spotler.ContactForms", path: "contact.forms", id: string(id)}, items: "formHistories"}, of)
}
