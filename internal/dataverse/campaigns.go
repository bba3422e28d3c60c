package dataverse

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

var campaignTable = schema.Table{Name: "campaign", Set: "campaigns", Key: "campaignid", Primary: "name"}

// LinkCampaignList joins a marketing list to a campaign (section 5.2).
func (c *Client) LinkCampaignList(ctx context.Context, campaign, list connector.RecordID) error {
	return c.Associate(ctx, RowRef{campaignTable, campaign}, "campaignlist_association", RowRef{listTable, list})
}

// UnlinkCampaignList parts a marketing list from a campaign.
func (c *Client) UnlinkCampaignList(ctx context.Context, campaign, list connector.RecordID) error {
	return c.Disassociate(ctx, RowRef{campaignTable, campaign}, "campaignlist_association", RowRef{listTable, list})
}

// Campaign is a campaign (section 5.2).
type Campaign struct {
	ID            connector.RecordID
	Name, Code    string
	State, Status int
}

// ReadCampaign reads a campaign.
func (c *Client) ReadCampaign(ctx context.Context, id connector.RecordID) (Campaign, error) {
	row, err := c.Get(ctx, campaignTable, id, "name", "codename", "statecode", "statuscode")
	if err != nil {
		return Campaign{}, err
	}
	k := Campaign{ID: id, Name: row.String("name"), Code: row.String("codename")}
	k.State, _ = row.Int("statecode")
	k.Status, _ = row.Int("statuscode")
	return k, nil
}
