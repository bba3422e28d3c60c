package schema

import connector "github.com/spotler-connector/connector"

// SpotlerAutomationTable mirrors automations and campaigns of Spotler.
const SpotlerAutomationTable connector.Table = "dh_spotlerautomation"

func spotlerAutomation() Table {
	return Table{Name: SpotlerAutomationTable, Set: "dh_spotlerautomations", Label: "Spotler Automation", Key: "dh_spotlerautomationid", Primary: "dh_name", Own: true, Columns: []Column{
		{Name: "dh_spotlerautomationid", Schema: "dh_SpotlerAutomationId", Kind: PrimaryKey},
		{Name: "dh_name", Schema: "dh_Name", Label: "Name", Kind: String, Max: 200},
		{Name: "dh_triggercode", Schema: "dh_TriggerCode", Label: "Trigger Code", Kind: String, Max: 200},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
		{Name: "modifiedon", Schema: "ModifiedOn", Label: "Modified On", Kind: DateTime},
		{Name: "statecode", Schema: "statecode", Label: "Status", Kind: State, Options: twoStates},
		{Name: "statuscode", Schema: "statuscode", Label: "Status Reason", Kind: Status, Options: []Option{{Value: 1, Label: "Active"}, {Value: 2, Label: "Inactive", State: 1}}},
	}}
}
