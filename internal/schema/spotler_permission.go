package schema

import connector "github.com/spotler-connector/connector"

// SpotlerPermissionTable is the table of subscriptions.
const SpotlerPermissionTable connector.Table = "dh_spotlerpermission"

// SpotlerPermission holds one subscription of one person (manual: "Tables",
// "Customizations": Customer or Lead, Name, Subscribed).
func SpotlerPermission() Table {
	return Table{Name: SpotlerPermissionTable, Set: "dh_spotlerpermissions", Label: "Spotler Permission", Key: "dh_spotlerpermissionid", Primary: "dh_name", Own: true, Columns: []Column{
		{Name: "dh_spotlerpermissionid", Schema: "dh_SpotlerPermissionId", Kind: PrimaryKey},
		{Name: "dh_name", Schema: "dh_Name", Label: "Name", Kind: String, Max: 200},
		{Name: "dh_customer", Schema: "dh_Customer", Label: "Customer", Kind: Customer, Targets: []connector.Table{connector.Account, connector.Contact}},
		{Name: "dh_lead", Schema: "dh_Lead", Label: "Lead", Kind: Lookup, Targets: []connector.Table{connector.Lead}},
		{Name: "dh_subscribed", Schema: "dh_Subscribed", Label: "Subscribed", Kind: Bool},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
		{Name: "modifiedon", Schema: "ModifiedOn", Label: "Modified On", Kind: DateTime},
		{Name: "statecode", Schema: "statecode", Label: "Status", Kind: State, Options: twoStates},
		{Name: "statuscode", Schema: "statuscode", Label: "Status Reason", Kind: Status, Options: []Option{{Value: 1, Label: "Active"}, {Value: 2, Label: "Inactive", State: 1}}},
	}}
}
