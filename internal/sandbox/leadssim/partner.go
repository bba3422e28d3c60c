package leadssim

import (
	"net/http"
	"strings"
)

// purl is a personal address (reference: section 9.2, L10).
type purl struct {
	Email    string `json:"emailAddress"`
	URL      string `json:"url"`
	Campaign string `json:"campaign"`
	Alert    bool   `json:"alert"`
}

// createPurl is POST …/purl/create. No body is declared: the answer's members
// are accepted as one, and what it has not is made up.
func (c *call) createPurl() (any, *refusal) {
	var p purl
	if no := c.read(&p); no != nil {
		return nil, no
	}
	if p.Email != "" && strings.Count(p.Email, "@") != 1 {
		return nil, invalid("purl.emailAddress", "The value is no e-mail address.")
	}
	if p.URL == "" {
		p.URL = "https://" + c.client.domains[0] + "/"
	}
	mark := "?"
	if strings.Contains(p.URL, "?") {
		mark = "&"
	}
	p.URL += mark + "gator_td=" + c.sim.secret()[:16]
	return p, nil
}

// createPartner is POST /signon/partner/create: another tracked web site.
func (c *call) createPartner() (any, *refusal) {
	var req struct {
		FirstName, LastName, Email, CompanyName, ContactNumber string
		Products                                               struct {
			GatorLeads *struct {
				Domain         string
				RegisterUpsell struct{ TrackingQueue bool }
			}
		}
	}
	if no := c.read(&req); no != nil {
		return nil, no
	}
	for field, value := range map[string]string{"firstName": req.FirstName, "lastName": req.LastName, "email": req.Email, "companyName": req.CompanyName} {
		if value == "" {
			return nil, invalid("model."+field, "The field "+field+" is required.")
		}
	}
	if req.Products.GatorLeads == nil || req.Products.GatorLeads.Domain == "" {
		return nil, invalid("model.products.gatorLeads.domain", "The field domain is required.")
	}
	added := c.sim.addClient(req.CompanyName, req.Products.GatorLeads.Domain, req.Products.GatorLeads.RegisterUpsell.TrackingQueue)
	return map[string]any{"gatorLeads": map[string]string{"clientId": added.id}, "status": http.StatusText(http.StatusOK)}, nil
}
