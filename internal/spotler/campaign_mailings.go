package spotler

import (
	"context"
	"iter"
	"strconv"
)

// CampaignMailingDetails is a mailing of a campaign with what it says (Mail+ API 5.6 no. 29).
type CampaignMailingDetails struct {
	CampaignMailing
	Message Message
	Links   []Link
}

func decodeCampaignMailingDetails(o *object) CampaignMailingDetails {
	return CampaignMailingDetails{decodeCampaignMailing(o), inner(o, "message", decodeMessage), nested(o, "links", decodeLink)}
}

// CampaignMailing reads one mailing of a campaign (Mail+ API 5.6 no. 29).
func (c *Client) CampaignMailing(ctx context.Context, mailing string) (CampaignMailingDetails, error) {
	return read(ctx, c, call{op: "spotler.CampaignMailing", path: "campaign-mailing.get", id: mailing}, decoder(c.dates, decodeCampaignMailingDetails))
}

// CampaignRecipients walks to whom the mailing went (Mail+ API 5.6 no. 30).
func (c *Client) CampaignRecipients(ctx context.Context, mailing string, when Between) iter.Seq2[Event, error] {
	return c.campaignEvents(ctx, call{op: "spotler.CampaignRecipients", path: "campaign-mailing.recipients", id: mailing}, "recipients", when)
}

// CampaignBounces walks what came back (Mail+ API 5.6 no. 31).
func (c *Client) CampaignBounces(ctx context.Context, mailing string, when Between) iter.Seq2[Event, error] {
	return c.campaignEvents(ctx, call{op: "spotler.CampaignBounces", path: "campaign-mailing.bounces", id: mailing}, "bounces", when)
}

// CampaignOpens walks the opens that loaded an image; for all opens, add the
// clicks (Mail+ API 5.6 no. 32).
func (c *Client) CampaignOpens(ctx context.Context, mailing string, when Between) iter.Seq2[Event, error] {
	return c.campaignEvents(ctx, call{op: "spotler.CampaignOpens", path: "campaign-mailing.opens", id: mailing}, "opens", when)
}

// CampaignOpensOf walks the opens of one run of a person through the campaign
// (Mail+ API 5.6 no. 33).
func (c *Client) CampaignOpensOf(ctx context.Context, mailing string, subscription int64, when Between) iter.Seq2[Event, error] {
	k := call{op: "spotler.CampaignOpensOf", path: "campaign-mailing.opens-of", id: mailing, of: strconv.FormatInt(subscription, 10)}
	return c.campaignEvents(ctx, k, "opens", when)
}

// CampaignClicks walks the clicks (Mail+ API 5.6 no. 34).
func (c *Client) CampaignClicks(ctx context.Context, mailing string, when Between) iter.Seq2[Event, error] {
	return c.campaignEvents(ctx, call{op: "spotler.CampaignClicks", path: "campaign-mailing.clicks", id: mailing}, "clicks", when)
}

// CampaignClicksOf walks the clicks of one run of a person through the campaign
// (Mail+ API 5.6 no. 35).
func (c *Client) CampaignClicksOf(ctx context.Context, mailing string, subscription int64, when Between) iter.Seq2[Event, error] {
	k := call{op: "spotler.CampaignClicksOf", path: "campaign-mailing.clicks-of", id: mailing, of: strconv.FormatInt(subscription, 10)}
	return c.campaignEvents(ctx, k, "clicks", when)
}

func (c *Client) campaignEvents(ctx context.Context, k call, items string, when Between) iter.Seq2[Event, error] {
	if when.wrong() {
		return failed[Event](k.op, "the period ends before it begins")
	}
	return walk(ctx, c, list{call: k, items: items, query: when.query("", c.dates, "fromDate", "toDate")}, c.event(items))
}
