package spotlersim

// mailingOperations are the rows of the API's table for mailings, their
// interactions, the histories of a contact and trend reports. Campaigns
// themselves are elsewhere.
func mailingOperations() []operation {
	out := []operation{
		{method: "GET", path: "contact/{externalId}/mailings", serve: func(c *call) (any, *refusal) { return c.mailingHistory(bulkMailing) }},
		{method: "GET", path: "contact/{externalId}/campaign-mailings", serve: func(c *call) (any, *refusal) { return c.mailingHistory(campaignMailing) }},
		{method: "GET", path: "mailing", serve: (*call).mailingsList},
		{method: "GET", path: "mailing/{encryptedMailingId}", serve: (*call).mailingDetails},
		{method: "GET", path: "mailing/{encryptedMailingId}/statistics", serve: (*call).mailingStatistics},
		{method: "GET", path: "campaign-mailing/{encryptedMailingId}", serve: func(c *call) (any, *refusal) { return c.campaignMailingDetails(campaignMailing) }},
		{method: "GET", path: "automation-mailing/{encryptedMailingId}", later: true, serve: func(c *call) (any, *refusal) { return c.campaignMailingDetails(automationMailing) }},
		{method: "GET", path: "trend-report", serve: (*call).trendReports},
	}
	for _, of := range []struct {
		path, one string
		kind      mailingKind
	}{{"mailing", "{externalId}", bulkMailing}, {"campaign-mailing", "{campaignSubscriptionId}", campaignMailing}} {
		for _, list := range []mailList{listRecipients, listBounces, listOpens, listClicks} {
			serve := func(c *call) (any, *refusal) { return c.mailEvents(of.kind, list) }
			path := of.path + "/{encryptedMailingId}/" + string(list)
			out = append(out, operation{method: "GET", path: path, serve: serve})
			if list == listOpens || list == listClicks {
				out = append(out, operation{method: "GET", path: path + "/" + of.one, serve: serve})
			}
		}
	}
	for _, name := range streamNames {
		serve := func(c *call) (any, *refusal) { return c.interactions(name) }
		out = append(out, operation{method: "GET", path: "mailing-interaction/" + string(name), serve: serve, later: name == streamUnsubscribed})
	}
	return out
}
