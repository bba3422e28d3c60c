package schema

import connector "github.com/spotler-connector/connector"

// The standard tables, with the columns we read or map by default (reference:
// dataverse-api 5.1). A real organisation has many more; the sandbox accepts
// further columns through its control API.

var twoStates = []Option{{Value: 0, Label: "Active"}, {Value: 1, Label: "Inactive"}}

func person(extra ...Column) []Column {
	cols := []Column{
		{Name: "emailaddress1", Schema: "EMailAddress1", Label: "Email", Kind: String, Max: 100},
		{Name: "emailaddress2", Schema: "EMailAddress2", Label: "Email Address 2", Kind: String, Max: 100},
		{Name: "telephone1", Schema: "Telephone1", Label: "Business Phone", Kind: String, Max: 50},
		{Name: "address1_line1", Schema: "Address1_Line1", Label: "Street 1", Kind: String, Max: 250},
		{Name: "address1_line2", Schema: "Address1_Line2", Label: "Street 2", Kind: String, Max: 250},
		{Name: "address1_line3", Schema: "Address1_Line3", Label: "Street 3", Kind: String, Max: 250},
		{Name: "address1_postalcode", Schema: "Address1_PostalCode", Label: "ZIP/Postal Code", Kind: String, Max: 20},
		{Name: "address1_city", Schema: "Address1_City", Label: "City", Kind: String, Max: 80},
		{Name: "address1_country", Schema: "Address1_Country", Label: "Country/Region", Kind: String, Max: 80},
		{Name: "donotemail", Schema: "DoNotEMail", Label: "Do not allow Emails", Kind: Bool},
		{Name: "donotbulkemail", Schema: "DoNotBulkEMail", Label: "Do not allow Bulk Emails", Kind: Bool},
		{Name: "merged", Schema: "Merged", Label: "Merged", Kind: Bool},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
		{Name: "modifiedon", Schema: "ModifiedOn", Label: "Modified On", Kind: DateTime},
		{Name: "ownerid", Schema: "OwnerId", Label: "Owner", Kind: Owner},
		{Name: "dh_spotlerinfo", Schema: "dh_SpotlerInfo", Label: "Spotler Info", Kind: Lookup, Targets: []connector.Table{"dh_spotlerinfo"}},
		{Name: "dh_engagementscore", Schema: "dh_EngagementScore", Label: "Engagement Score", Kind: Int},
		{Name: "dh_engagementweightedscore", Schema: "dh_EngagementWeightedScore", Label: "Recent Engagement Score", Kind: Int},
	}
	return append(cols, extra...)
}

func contact() Table {
	return Table{Name: connector.Contact, Set: "contacts", Label: "Contact", Key: "contactid", Primary: "fullname", Columns: person(
		Column{Name: "contactid", Schema: "ContactId", Kind: PrimaryKey},
		Column{Name: "fullname", Schema: "FullName", Label: "Full Name", Kind: String, Max: 160},
		Column{Name: "firstname", Schema: "FirstName", Label: "First Name", Kind: String, Max: 50},
		Column{Name: "middlename", Schema: "MiddleName", Label: "Middle Name", Kind: String, Max: 50},
		Column{Name: "lastname", Schema: "LastName", Label: "Last Name", Kind: String, Max: 50},
		Column{Name: "salutation", Schema: "Salutation", Label: "Salutation", Kind: String, Max: 100},
		Column{Name: "jobtitle", Schema: "JobTitle", Label: "Job Title", Kind: String, Max: 100},
		Column{Name: "mobilephone", Schema: "MobilePhone", Label: "Mobile Phone", Kind: String, Max: 50},
		Column{Name: "birthdate", Schema: "BirthDate", Label: "Birthday", Kind: DateOnly},
		Column{Name: "gendercode", Schema: "GenderCode", Label: "Gender", Kind: Choice, Options: []Option{{Value: 1, Label: "Male"}, {Value: 2, Label: "Female"}}},
		Column{Name: "parentcustomerid", Schema: "ParentCustomerId", Label: "Company Name", Kind: Customer, Targets: []connector.Table{connector.Account, connector.Contact}},
		Column{Name: "masterid", Schema: "MasterId", Label: "Master ID", Kind: Lookup, Targets: []connector.Table{connector.Contact}},
		Column{Name: "statecode", Schema: "StateCode", Label: "Status", Kind: State, Options: twoStates},
		Column{Name: "statuscode", Schema: "StatusCode", Label: "Status Reason", Kind: Status, Options: []Option{{Value: 1, Label: "Active"}, {Value: 2, Label: "Inactive", State: 1}}},
	)}
}

func lead() Table {
	return Table{Name: connector.Lead, Set: "leads", Label: "Lead", Key: "leadid", Primary: "fullname", Columns: person(
		Column{Name: "leadid", Schema: "LeadId", Kind: PrimaryKey},
		Column{Name: "fullname", Schema: "FullName", Label: "Name", Kind: String, Max: 160},
		Column{Name: "subject", Schema: "Subject", Label: "Topic", Kind: String, Max: 300},
		Column{Name: "firstname", Schema: "FirstName", Label: "First Name", Kind: String, Max: 50},
		Column{Name: "middlename", Schema: "MiddleName", Label: "Middle Name", Kind: String, Max: 50},
		Column{Name: "lastname", Schema: "LastName", Label: "Last Name", Kind: String, Max: 50},
		Column{Name: "companyname", Schema: "CompanyName", Label: "Company Name", Kind: String, Max: 100},
		Column{Name: "jobtitle", Schema: "JobTitle", Label: "Job Title", Kind: String, Max: 100},
		Column{Name: "mobilephone", Schema: "MobilePhone", Label: "Mobile Phone", Kind: String, Max: 50},
		Column{Name: "parentcontactid", Schema: "ParentContactId", Label: "Parent Contact for lead", Kind: Lookup, Targets: []connector.Table{connector.Contact}},
		Column{Name: "masterid", Schema: "MasterId", Label: "Master ID", Kind: Lookup, Targets: []connector.Table{connector.Lead}},
		Column{Name: "statecode", Schema: "StateCode", Label: "Status", Kind: State, Options: []Option{{Value: 0, Label: "Open"}, {Value: 1, Label: "Qualified"}, {Value: 2, Label: "Disqualified"}}},
		Column{Name: "statuscode", Schema: "StatusCode", Label: "Status Reason", Kind: Status, Options: []Option{
			{Value: 1, Label: "New"}, {Value: 2, Label: "Contacted"}, {Value: 3, Label: "Qualified", State: 1},
			{Value: 4, Label: "Lost", State: 2}, {Value: 5, Label: "Cannot Contact", State: 2},
			{Value: 6, Label: "No Longer Interested", State: 2}, {Value: 7, Label: "Canceled", State: 2}}},
	)}
}

func account() Table {
	return Table{Name: connector.Account, Set: "accounts", Label: "Account", Key: "accountid", Primary: "name", Columns: person(
		Column{Name: "accountid", Schema: "AccountId", Kind: PrimaryKey},
		Column{Name: "name", Schema: "Name", Label: "Account Name", Kind: String, Max: 160},
		Column{Name: "accountnumber", Schema: "AccountNumber", Label: "Account Number", Kind: String, Max: 20},
		Column{Name: "websiteurl", Schema: "WebSiteURL", Label: "Website", Kind: String, Max: 200},
		Column{Name: "primarycontactid", Schema: "PrimaryContactId", Label: "Primary Contact", Kind: Lookup, Targets: []connector.Table{connector.Contact}},
		Column{Name: "masterid", Schema: "MasterId", Label: "Master ID", Kind: Lookup, Targets: []connector.Table{connector.Account}},
		Column{Name: "statecode", Schema: "StateCode", Label: "Status", Kind: State, Options: twoStates},
		Column{Name: "statuscode", Schema: "StatusCode", Label: "Status Reason", Kind: Status, Options: []Option{{Value: 1, Label: "Active"}, {Value: 2, Label: "Inactive", State: 1}}},
	)}
}

func list() Table {
	return Table{Name: connector.MarketingList, Set: "lists", Label: "Marketing List", Key: "listid", Primary: "listname", Columns: []Column{
		{Name: "listid", Schema: "ListId", Kind: PrimaryKey},
		{Name: "listname", Schema: "ListName", Label: "Name", Kind: String, Max: 128},
		{Name: "dh_spotlerinfo", Schema: "dh_SpotlerInfo", Label: "Spotler Info", Kind: Lookup, Targets: []connector.Table{"dh_spotlerinfo"}},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
		{Name: "modifiedon", Schema: "ModifiedOn", Label: "Modified On", Kind: DateTime},
		{Name: "statecode", Schema: "StateCode", Label: "Status", Kind: State, Options: twoStates},
		{Name: "statuscode", Schema: "StatusCode", Label: "Status Reason", Kind: Status, Options: []Option{{Value: 0, Label: "Active"}, {Value: 1, Label: "Inactive", State: 1}}},
	}}
}
