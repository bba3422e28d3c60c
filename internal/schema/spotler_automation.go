package schema

import connector "github.com/spotler-connector/connector"

// SpotlerAutomationTable mirrors automations and campaigns of Spotler.
const SpotlerAutomationTable connector.Table = "dh_spotlerautomation"

// The kinds of a Spotler Automation, as Dataverse stores them.
const (
	FlowAutomation = 480000000
	FlowCampaign   = 480000001
)

// SpotlerAutomation is the table of what can be started (manual: "Tables", "Trigger
// Automations"): a row for every external trigger. The manual names the table and the
// trigger code; the other columns are ours.
func SpotlerAutomation() Table {
	return Table{Name: SpotlerAutomationTable, Set: "dh_spotlerautomations", Label: "Spotler Automation", Key: "dh_spotlerautomationid", Primary: "dh_name", Own: true, Columns: []Column{
		{Name: "dh_spotlerautomationid", Schema: "dh_SpotlerAutomationId", Kind: PrimaryKey},
		{Name: "dh_name", Schema: "dh_Name", Label: "Name", Kind: String, Max: 200},
		{Name: "dh_triggercode", Schema: "dh_TriggerCode", Label: "Trigger Code", Kind: String, Max: 200},
		{Name: "dh_automationid", Schema: "dh_AutomationId", Label: "Id in Spotler", Kind: String, Max: 200},
		{Name: "dh_type", Schema: "dh_Type", Label: "Type", Kind: Choice, Options: []Option{{Value: FlowAutomation, Label: "Automation"}, {Value: FlowCampaign, Label: "Campaign"}}},
		{Name: "dh_automationfields", Schema: "dh_AutomationFields", Label: "Automation Fields", Kind: Memo, Max: 100000},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
		{Name: "modifiedon", Schema: "ModifiedOn", Label: "Modified On", Kind: DateTime},
		{Name: "statecode", Schema: "statecode", Label: "Status", Kind: State, Options: twoStates},
		{Name: "statuscode", Schema: "statuscode", Label: "Status Reason", Kind: Status, Options: []Option{{Value: 1, Label: "Active"}, {Value: 2, Label: "Inactive", State: 1}}},
	}}
}
