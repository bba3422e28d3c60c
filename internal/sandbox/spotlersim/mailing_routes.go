package spotlersim

// mailingOperations are the rows of the API's table for mailings, their
// interactions, the histories of a contact and trend reports. Campaigns
// themselves are elsewhere.
func mailingOperations() []operation {
	out := []operation{
		{method: "GET", path: "contact/{externalId}/mailings", serve: func(c *call) (any, *refusal) { return c.mailingHistory(bulkMailing) },
			says: "The mailings that a contact was sent", query: []string{"after"}, gives: pageOf{"mailingHistories", historyOut{}}, errors: []int{404}},
		{method: "GET", path: "contact/{externalId}/campaign-mailings", serve: func(c *call) (any, *refusal) { return c.mailingHistory(campaignMailing) },
			says: "The campaign mailings that a contact was sent", query: []string{"after"}, gives: pageOf{"campaignMailingHistories", historyOut{}}, errors: []int{404}},
		{method: "GET", path: "mailing", serve: (*call).mailingsList, says: "The mailings of a period",
			query: []string{"fromDate!", "toDate!"}, gives: []mailingOut{}, errors: []int{400}},
		{method: "GET", path: "mailing/{encryptedMailingId}", serve: (*call).mailingDetails, says: "One mailing", gives: mailingOut{}, errors: []int{400, 404}},
		{method: "GET", path: "mailing/{encryptedMailingId}/statistics", serve: (*call).mailingStatistics, says: "What came of a mailing, in numbers",
			gives: mailingStats{}, errors: []int{400, 404}},
		{method: "GET", path: "campaign-mailing/{encryptedMailingId}", serve: func(c *call) (any, *refusal) { return c.campaignMailingDetails(campaignMailing) },
			says: "One campaign mailing", gives: campaignMailingOut{}, errors: []int{400, 404}},
		{method: "GET", path: "automation-mailing/{encryptedMailingId}", later: true, serve: func(c *call) (any, *refusal) { return c.campaignMailingDetails(automationMailing) },
			says: "One mailing of an automation", gives: campaignMailingOut{}, errors: []int{400, 404}},
		{method: "GET", path: "trend-report", serve: (*call).trendReports, says: "The trend reports",
			query: []string{"enabled", "after", "pageSize"}, gives: pageOf{"trendReports", trendReport{}}, errors: []int{400}},
	}
	for _, of := range []struct {
		path, one string
		kind      mailingKind
		query     []string
	}{
		{"mailing", "{externalId}", bulkMailing, pageQuery},
		{"campaign-mailing", "{campaignSubscriptionId}", campaignMailing, []string{"fromDate", "toDate", "after", "pageSize"}},
	} {
		for _, list := range []mailList{listRecipients, listBounces, listOpens, listClicks} {
			serve := func(c *call) (any, *refusal) { return c.mailEvents(of.kind, list) }
			path := of.path + "/{encryptedMailingId}/" + string(list)
			row := operation{method: "GET", path: path, serve: serve, says: "The " + string(list) + " of a mailing",
				query: of.query, gives: pageOf{string(list), mailEventOut{}}, errors: []int{400, 404}}
			out = append(out, row)
			if list == listOpens || list == listClicks {
				row.path += "/" + of.one
				out = append(out, row)
			}
		}
	}
	for _, name := range streamNames {
		serve := func(c *call) (any, *refusal) { return c.interactions(name) }
		out = append(out, operation{method: "GET", path: "mailing-interaction/" + string(name), serve: serve,
			later: name == streamUnsubscribed, guess: streamGuess(name), says: "The stream of what was " + string(name),
			query: []string{"fromDate", "toDate", "fromChangeDate", "toChangeDate", "trendReportIds", "after", "pageSize"},
			gives: pageOf{"interactions", interactionOut{}}, errors: []int{400}})
	}
	return out
}

// streamGuess is the switch of a stream that is assumed.
func streamGuess(name streamName) func(*Assumptions) bool {
	if name != streamUnsubscribed {
		return nil
	}
	return func(rules *Assumptions) bool { return rules.UnsubscribedStream }
}
