package schema

import connector "github.com/spotler-connector/connector"

// Engage is what we take iFunds Engage 365 to look like (manual: "iFunds Engage
// 365"). The manual names no table and no column of it, so every name of
// AssumedEngage is *assumed*; an organisation that has it gives the right ones.
type Engage struct {
	// Subscription has one row per person and periodiek.
	Subscription Table
	Periodiek    string // its column that names the periodiek: a text, or a lookup
	Subscribed   string // its yes/no column
	// Entry is the Membership Entry, which a new subscriber may become.
	Entry Table
}

// AssumedEngage returns the profile with the names that we assume.
func AssumedEngage() Engage {
	return Engage{
		Subscription: Table{Name: "ifunds_periodiekabonnement", Set: "ifunds_periodiekabonnementen", Label: "Periodiek", Key: "ifunds_periodiekabonnementid", Primary: "ifunds_name", Columns: []Column{
			{Name: "ifunds_periodiekabonnementid", Kind: PrimaryKey},
			{Name: "ifunds_name", Label: "Name", Kind: String, Max: 100},
			{Name: "ifunds_periodiekid", Schema: "ifunds_PeriodiekId", Label: "Periodiek", Kind: Lookup, Targets: []connector.Table{"ifunds_periodiek"}},
			{Name: "ifunds_aangemeld", Label: "Subscribed", Kind: Bool},
			{Name: "ifunds_contactid", Schema: "ifunds_ContactId", Label: "Contact", Kind: Lookup, Targets: []connector.Table{connector.Contact}},
		}},
		Periodiek: "ifunds_periodiekid", Subscribed: "ifunds_aangemeld",
		Entry: Table{Name: "ifunds_membershipentry", Set: "ifunds_membershipentries", Label: "Membership Entry", Key: "ifunds_membershipentryid", Primary: "ifunds_name", Columns: []Column{
			{Name: "ifunds_membershipentryid", Kind: PrimaryKey},
			{Name: "ifunds_name", Label: "Name", Kind: String, Max: 100},
			{Name: "ifunds_firstname", Label: "First Name", Kind: String, Max: 100},
			{Name: "ifunds_middlename", Label: "Middle Name", Kind: String, Max: 100},
			{Name: "ifunds_lastname", Label: "Last Name", Kind: String, Max: 100},
			{Name: "ifunds_email", Label: "Email", Kind: String, Max: 100},
		}},
	}
}
