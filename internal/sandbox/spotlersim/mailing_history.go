package spotlersim

// historyPageSize is fixed for the histories of a contact (reference: section 3.4).
const historyPageSize = 50

// historyOut is an element of the two mailing histories of a contact.
type historyOut struct {
	Mailing  *mailingOut         `json:"mailing,omitempty"`
	Campaign *campaignMailingOut `json:"campaignMailing,omitempty"`
	Run      int32               `json:"campaignSubscriptionId,omitempty"`
	SentDate string              `json:"sentDate"`
	Opened   bool                `json:"opened"`
	Clicked  bool                `json:"clicked"`
	Bounce   string              `json:"bounce,omitempty"`
}

// mailingHistory is GET /contact/{externalId}/mailings, and with the kind
// campaign GET /contact/{externalId}/campaign-mailings: what the contact was sent.
func (c *call) mailingHistory(kind mailingKind) (any, *refusal) {
	p, no := c.page(false)
	if no != nil {
		return nil, no
	}
	p.size = historyPageSize
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	who := a.byID[c.key.field][c.args[0]]
	if who == nil {
		return nil, c.rules.notFound()
	}
	out := []historyOut{}
	for _, d := range a.post.received[who] {
		if d.of.kind == kind && p.take() {
			out = append(out, d.history())
		}
	}
	name := "mailingHistories"
	if kind == campaignMailing {
		name = "campaignMailingHistories"
	}
	return c.wrapped(name, out, len(out), p), nil
}

func (d *delivery) history() historyOut {
	out := historyOut{SentDate: isoDate(d.sent.at), Opened: d.opened != nil || d.clicked, Clicked: d.clicked, Run: d.run}
	if d.bounced != nil {
		out.Bounce = bounceKind(d.bounced.hard)
	}
	if d.of.kind == bulkMailing {
		m := d.of.show()
		out.Mailing = &m
	} else {
		m := d.of.showCampaign()
		out.Campaign = &m
	}
	return out
}
