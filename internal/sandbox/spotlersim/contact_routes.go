package spotlersim

// contactOperations are the rows of the API's table for contacts and for
// subscribing; the histories of mailings are with the mailings.
func contactOperations() []operation {
	return []operation{
		{method: "GET", path: "contact/properties/list", serve: (*call).propertiesList, says: "The properties of contacts", gives: []Property{}},
		{method: "GET", path: "contact/updates/list", serve: (*call).updatesList, says: "Contacts that changed in a period",
			query: windowQuery, gives: pageOf{"contacts", outgoing{}}, errors: []int{400}},
		{method: "GET", path: "contact/bounces/list", serve: (*call).bouncesList, says: "Bounces in a period",
			query: windowQuery, gives: pageOf{"bounces", bounceOut{}}, errors: []int{400}},
		{method: "GET", path: "contact/search", serve: (*call).search, says: "Contacts with a value in a property",
			query: []string{"MPSearchQuery!", "pageSize!", "after"}, gives: pageOf{"contacts", outgoing{}}, errors: []int{400}},
		{method: "POST", path: "contact/list", serve: (*call).postContacts, says: "Add or update up to 100 contacts",
			takes: contactsRequest{}, gives: []contactResult{}, errors: []int{400}},
		{method: "POST", path: "contact", serve: (*call).postContact, says: "Add or update a contact", takes: contactRequest{}, errors: []int{400}},
		{method: "PUT", path: "contact/anonymize/{externalId}", serve: (*call).anonymize, says: "Anonymise a contact", errors: []int{404, 410}},
		{method: "PUT", path: "contact/inactivate/{externalId}", serve: (*call).inactivate, later: true, says: "Make a contact inactive", errors: []int{404}},
		{method: "GET", path: "contact/{externalId}", serve: (*call).getContact, says: "One contact", gives: outgoing{}, errors: []int{404}},
		{method: "PUT", path: "contact/{externalId}", serve: (*call).putContact, says: "Update a contact", takes: contactRequest{}, errors: []int{400, 404}},
		{method: "GET", path: "contact/{externalId}/forms", serve: (*call).formHistory, says: "The forms that a contact filled in",
			query: pageQuery, gives: pageOf{"formHistories", formHistoryOut{}}, errors: []int{404}},
		{method: "POST", path: "subscription/subscribe", serve: (*call).subscribeContact, says: "Subscribe somebody who need not have a key",
			takes: incoming{}, errors: []int{400}},
	}
}
