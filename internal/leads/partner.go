package leads

import (
	"context"
	"net/http"
)

// PartnerAccount is an account that a partner makes for a customer (L17).
type PartnerAccount struct {
	FirstName     string          `json:"firstName"`
	LastName      string          `json:"lastName"`
	Email         string          `json:"email"`
	CompanyName   string          `json:"companyName"`
	ContactNumber string          `json:"contactNumber,omitempty"`
	SendEmail     bool            `json:"sendEmail"`
	Activate      bool            `json:"activate"`
	Products      PartnerProducts `json:"products"`
}

// PartnerProducts are the products of a new account: here Spotler Leads alone.
type PartnerProducts struct {
	Leads PartnerLeads `json:"gatorLeads"`
}

// PartnerLeads is the web site that is watched, and whether its visits come by the
// tracking queue.
type PartnerLeads struct {
	Domain string `json:"domain"`
	Upsell struct {
		TrackingQueue bool `json:"trackingQueue"`
	} `json:"registerUpsell"`
}

// CreatePartnerAccount makes an account with a Spotler Leads client (L17), for partners:
// it signs in as the OAuth client itself, whose scope must be SsoPartnerApi. What it
// answers is not declared, so nothing is read from it. It is never repeated by itself
// except after a token that ran out.
func (c *Client) CreatePartnerAccount(ctx context.Context, a PartnerAccount) error {
	const op = "leads.CreatePartnerAccount"
	for _, field := range []struct{ name, value string }{{"first name", a.FirstName}, {"last name", a.LastName}, {"e-mail address", a.Email}, {"company name", a.CompanyName}, {"domain", a.Products.Leads.Domain}} {
		if field.value == "" {
			return wants(op, "the "+field.name+" of the new account is missing")
		}
	}
	_, err := c.do(ctx, call{op: op, verb: http.MethodPost, path: "signon/partner/create", body: a, partner: true})
	return err
}
