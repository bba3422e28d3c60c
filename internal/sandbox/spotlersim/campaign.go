package spotlersim

import (
	"net/http"
	"slices"
)

// campaign is a series of mails of the older kind.
type campaign struct {
	ref, name string
	active    bool
	noMessage bool              // it lacks a message, so it cannot run
	once      bool              // nobody goes through it twice
	selection []string          // external ids that may enter; nil is everybody
	triggers  []campaignTrigger // the external ones; others are not listed
	in        map[*contact]bool // who entered: true while going through it
}

type campaignTrigger struct {
	Ref  string `json:"encryptedId"`
	Name string `json:"name"`
}

// campaignOut is the object Campaign.
type campaignOut struct {
	Ref      string            `json:"encryptedId"`
	Name     string            `json:"name"`
	Active   bool              `json:"active"`
	Triggers []campaignTrigger `json:"triggers,omitempty"`
}

// campaignRequest starts a contact in a campaign.
type campaignRequest struct {
	ExternalContactID text         `json:"externalContactId"`
	Fields            []givenField `json:"campaignFields"`
}

// whoRequest names a contact.
type whoRequest struct {
	ExternalContactID text `json:"externalContactId"`
}

func campaignOperations() []operation {
	return []operation{
		{method: "GET", path: "campaign/list", serve: (*call).campaignList, says: "The campaigns with their external triggers", gives: []campaignOut{}},
		{method: "POST", path: "campaign/trigger/{encryptedTriggerId}", serve: (*call).triggerCampaign, says: "Start a contact in a campaign",
			takes: campaignRequest{}, errors: []int{400, 404}},
		{method: "POST", path: "campaign/{encryptedCampaignId}/stop", serve: (*call).stopCampaign, says: "Stop a campaign for a contact",
			takes: whoRequest{}, errors: []int{400, 404}},
		{method: "GET", path: "campaign/{encryptedCampaignId}/mailing", serve: (*call).campaignMailings, says: "The mailings of a campaign",
			gives: []campaignMailingOut{}, errors: []int{404}},
	}
}

func (c *campaign) show() campaignOut { return campaignOut{c.ref, c.name, c.active, c.triggers} }

func (c *call) campaignList() (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []campaignOut{}
	for _, x := range a.flows.campaigns {
		out = append(out, x.show())
	}
	return out, nil
}

func (f *flows) campaign(ref string) *campaign {
	if i := slices.IndexFunc(f.campaigns, func(c *campaign) bool { return c.ref == ref }); i >= 0 {
		return f.campaigns[i]
	}
	return nil
}

func (f *flows) triggered(ref string) *campaign {
	for _, c := range f.campaigns {
		if slices.ContainsFunc(c.triggers, func(t campaignTrigger) bool { return t.Ref == ref }) {
			return c
		}
	}
	return nil
}

func noSuchContact() *refusal {
	return refuse(http.StatusBadRequest, ContactNotFound, "Contact not found")
}

// triggerCampaign is POST /campaign/trigger/{encryptedTriggerId}. Who enters is
// sent every mailing of the campaign.
func (c *call) triggerCampaign() (any, *refusal) {
	var req campaignRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.flows.triggered(c.args[0])
	if x == nil {
		return nil, refuse(http.StatusNotFound, TriggerNotFound, "Trigger not found")
	}
	who := a.byID[c.key.field][string(req.ExternalContactID)]
	if who == nil {
		return nil, noSuchContact()
	}
	if no := a.checkFields(req.Fields); no != nil {
		return nil, no
	}
	if says := x.bars(who, string(req.ExternalContactID)); says != "" {
		return nil, refuse(http.StatusBadRequest, InvalidState, says)
	}
	x.in[who] = true
	now := c.sim.clock()
	a.effect(now, "campaign_started", x.ref, who)
	for _, m := range a.post.mailings {
		if m.kind == campaignMailing && m.campaign == x.ref && who.reachable(m.sms) {
			c.sim.send(a, m, who, moment{now, now}, a.life.rates)
		}
	}
	return noContent{}, nil
}

// bars says why a contact cannot enter, or nothing.
func (c *campaign) bars(who *contact, id string) string {
	running, entered := c.in[who]
	switch {
	case !c.active:
		return "Campaign is inactive"
	case c.noMessage:
		return "Campaign is missing a message"
	case running:
		return "Contact is already active in campaign"
	case entered && c.once:
		return "Contact is already in campaign"
	case c.selection != nil && !slices.Contains(c.selection, id):
		return "Contact is not in selection"
	}
	return ""
}

func noCampaign() *refusal {
	return refuse(http.StatusNotFound, CampaignNotFound, "Campaign not found")
}

func (c *call) stopCampaign() (any, *refusal) {
	var req whoRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.flows.campaign(c.args[0])
	if x == nil {
		return nil, noCampaign()
	}
	who := a.byID[c.key.field][string(req.ExternalContactID)]
	if who == nil {
		return nil, noSuchContact()
	}
	running, entered := x.in[who]
	switch {
	case !entered:
		return nil, refuse(http.StatusBadRequest, InvalidState, "Campaign is not triggered for this contact")
	case !running:
		return nil, refuse(http.StatusBadRequest, InvalidState, "Campaign is already finished for this contact")
	}
	x.in[who] = false
	a.effect(c.sim.clock(), "campaign_stopped", x.ref, who)
	return noContent{}, nil
}

func (c *call) campaignMailings() (any, *refusal) {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.flows.campaign(c.args[0]) == nil {
		return nil, noCampaign()
	}
	return a.mailingsOf(c.args[0]), nil
}
