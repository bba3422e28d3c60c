package spotler

import (
	"context"

	connector "github.com/spotler-connector/connector"
)

// Campaign is a campaign of the older module (Mail+ API section 5.5).
type Campaign struct {
	EncryptedID string
	Name        string
	Active      bool
	Triggers    []Trigger // the external ones only
}

// Trigger starts a campaign or an automation from outside.
type Trigger struct {
	ID   string // of a campaign the encrypted id, of an automation the trigger code (a UUID)
	Name string
	// Fields are those an automation takes; campaigns do not tell theirs.
	Fields []FieldKind
}

// FieldKind is a field that a trigger takes.
type FieldKind struct{ Name, Type string }

// The types of a Field. STRING is the default.
const (
	FieldString      = "STRING"
	FieldURL         = "URL"
	FieldProductList = "PRODUCTLIST"
)

// Field is a value for one run of a campaign or an automation; it is not kept in the
// contact (Mail+ API 5.5 no. 26 and G2). Names are case sensitive, without blanks.
type Field struct {
	Name   string   `json:"name"`
	Type   string   `json:"type,omitempty"`
	Value  string   `json:"value,omitempty"`  // of STRING and URL
	Values []string `json:"values,omitempty"` // of PRODUCTLIST: external ids of products
}

// Campaigns lists all campaigns (Mail+ API 5.5 no. 25).
func (c *Client) Campaigns(ctx context.Context) ([]Campaign, error) {
	trigger := func(o *object) Trigger { return Trigger{ID: o.mustText("encryptedId"), Name: o.text("name")} }
	of := func(o *object) Campaign {
		return Campaign{o.mustText("encryptedId"), o.text("name"), o.flag("active"), nested(o, "triggers", trigger)}
	}
	return read(ctx, c, call{op: "spotler.Campaigns", path: "campaign.list"}, all("campaigns", decoder(c.dates, of)))
}

// TriggerCampaign starts a campaign for a person by one of its triggers (Mail+ API
// 5.5 no. 26). fault.NotValid when it is not active, or the person is in it already.
func (c *Client) TriggerCampaign(ctx context.Context, trigger string, person connector.ExternalID, fields []Field) error {
	const op = "spotler.TriggerCampaign"
	if person == "" {
		return noExternalID(op)
	}
	body := struct {
		Person connector.ExternalID `json:"externalContactId"`
		Fields []Field              `json:"campaignFields,omitempty"`
	}{person, fields}
	return c.send(ctx, call{op: op, path: "campaign.trigger", id: trigger}, body)
}

// StopCampaign ends a campaign for a person (Mail+ API 5.5 no. 27).
func (c *Client) StopCampaign(ctx context.Context, campaign string, person connector.ExternalID) error {
	const op = "spotler.StopCampaign"
	if person == "" {
		return noExternalID(op)
	}
	return c.send(ctx, call{op: op, path: "campaign.stop", id: campaign}, map[string]any{"externalContactId": person})
}

// CampaignMailing is one mailing of a campaign.
type CampaignMailing struct {
	EncryptedID string
	Name        string
	Type        string // EMAIL, SMS or one we do not know
}

func decodeCampaignMailing(o *object) CampaignMailing {
	return CampaignMailing{o.mustText("encryptedId"), o.text("name"), o.word("type")}
}

// CampaignMailings lists the mailings of a campaign (Mail+ API 5.5 no. 28).
func (c *Client) CampaignMailings(ctx context.Context, campaign string) ([]CampaignMailing, error) {
	k := call{op: "spotler.CampaignMailings", path: "campaign.mailings", id: campaign}
	return read(ctx, c, k, all("campaignMailings", decoder(c.dates, decodeCampaignMailing)))
}
