package spotlersim

// campaignMailingOut is the object CampaignMailing, and with its last members
// CampaignMailingDetails (reference: section 5.6).
type campaignMailingOut struct {
	Ref     string        `json:"encryptedId"`
	Name    string        `json:"name"`
	Type    string        `json:"type"` // EMAIL or SMS
	Message *message      `json:"message,omitempty"`
	Links   []mailingLink `json:"links,omitempty"`
}

func (m *mailing) showCampaign() campaignMailingOut {
	return campaignMailingOut{Ref: m.ref, Name: m.name, Type: m.medium()}
}

// mailingsOf lists the mailings of a campaign, or of no campaign when id is "".
func (a *account) mailingsOf(campaign string) []campaignMailingOut {
	out := []campaignMailingOut{}
	for _, m := range a.post.mailings {
		if m.kind == campaignMailing && m.campaign == campaign {
			out = append(out, m.showCampaign())
		}
	}
	return out
}

// campaignMailingDetails is GET /campaign-mailing/{encryptedMailingId}; with the
// kind automation it is the assumed GET /automation-mailing/{encryptedMailingId}.
func (c *call) campaignMailingDetails(kind mailingKind) (any, *refusal) {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	m, no := c.mailing(kind)
	if no != nil {
		return nil, no
	}
	out := m.showCampaign()
	said := m.message
	out.Message, out.Links = &said, m.links
	return out, nil
}
