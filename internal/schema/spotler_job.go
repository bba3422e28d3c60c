package schema

import connector "github.com/spotler-connector/connector"

// The states of a Spotler Job as Dataverse stores them. The manual gives the
// words, not the numbers; these are ours.
const (
	JobQueued     = 1         // statecode 0
	JobInProgress = 480000001 // statecode 0
	JobCompleted  = 2         // statecode 1
	JobFailed     = 480000002 // statecode 1
)

// JobStatus translates a state of a job to its statecode and statuscode.
func JobStatus(s connector.JobState) (statecode, statuscode int) {
	switch s {
	case connector.InProgress:
		return 0, JobInProgress
	case connector.Completed:
		return 1, JobCompleted
	case connector.Failed:
		return 1, JobFailed
	}
	return 0, JobQueued
}

// SpotlerJobTable is the table of Spotler Jobs (manual: "Tables", "Spotler Jobs").
const SpotlerJobTable connector.Table = "dh_spotlerjob"

// SpotlerJob is the table of Spotler Jobs.
func SpotlerJob() Table {
	ops := make([]Option, 0, len(connector.Operations))
	for _, s := range connector.Operations {
		ops = append(ops, Option{Value: int(s.Operation), Label: s.Label})
	}
	return Table{Name: SpotlerJobTable, Set: "dh_spotlerjobs", Label: "Spotler Job", Key: "dh_spotlerjobid", Primary: "dh_name", Own: true, Columns: []Column{
		{Name: "dh_spotlerjobid", Schema: "dh_SpotlerJobId", Kind: PrimaryKey},
		{Name: "dh_name", Schema: "dh_Name", Label: "Name", Kind: String, Max: 200},
		{Name: "dh_operation", Schema: "dh_Operation", Label: "Operation", Kind: Choice, Options: ops},
		{Name: "dh_customer", Schema: "dh_Customer", Label: "Customer", Kind: Customer, Targets: []connector.Table{connector.Account, connector.Contact}},
		{Name: "dh_lead", Schema: "dh_Lead", Label: "Lead", Kind: Lookup, Targets: []connector.Table{connector.Lead}},
		{Name: "dh_list", Schema: "dh_List", Label: "Marketing List", Kind: Lookup, Targets: []connector.Table{connector.MarketingList}},
		{Name: "dh_automation", Schema: "dh_Automation", Label: "Automation", Kind: Lookup, Targets: []connector.Table{"dh_spotlerautomation"}},
		{Name: "dh_automationfields", Schema: "dh_AutomationFields", Label: "Automation Fields", Kind: Memo, Max: 100000},
		{Name: "dh_automationcontactid", Schema: "dh_AutomationContactId", Label: "AutomationContactId", Kind: String, Max: 2000},
		{Name: "dh_parametername", Schema: "dh_ParameterName", Label: "Parameter Name", Kind: String, Max: 200},
		{Name: "dh_parametervalue", Schema: "dh_ParameterValue", Label: "Parameter Value", Kind: Memo, Max: 4000},
		{Name: "dh_resultcode", Schema: "dh_ResultCode", Label: "Result Code", Kind: String, Max: 100},
		{Name: "dh_resultmessage", Schema: "dh_ResultMessage", Label: "Result Message", Kind: Memo, Max: 4000},
		{Name: "dh_httpstatus", Schema: "dh_HttpStatus", Label: "HTTP Status", Kind: Int},
		{Name: "dh_madebyconnector", Schema: "dh_MadeByConnector", Label: "Made by the connector", Kind: Bool},
		{Name: "dh_startedon", Schema: "dh_StartedOn", Label: "Started On", Kind: DateTime},
		{Name: "dh_completedon", Schema: "dh_CompletedOn", Label: "Completed On", Kind: DateTime},
		{Name: "createdon", Schema: "CreatedOn", Label: "Created On", Kind: DateTime},
		{Name: "modifiedon", Schema: "ModifiedOn", Label: "Modified On", Kind: DateTime},
		{Name: "statecode", Schema: "statecode", Label: "Status", Kind: State, Options: twoStates},
		{Name: "statuscode", Schema: "statuscode", Label: "Status Reason", Kind: Status, Options: []Option{
			{Value: JobQueued, Label: "Queued"}, {Value: JobInProgress, Label: "In Progress"},
			{Value: JobCompleted, Label: "Completed", State: 1}, {Value: JobFailed, Label: "Failed", State: 1}}},
	}}
}

// JobState translates a statuscode to the state of a job. A number we do not know
// is not Queued: it starts nothing.
func JobState(statuscode int) connector.JobState {
	switch statuscode {
	case JobQueued:
		return connector.Queued
	case JobInProgress:
		return connector.InProgress
	case JobCompleted:
		return connector.Completed
	}
	return connector.Failed
}
