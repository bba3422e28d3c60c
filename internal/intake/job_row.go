package intake

import (
	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
)

// JobColumns are the columns that the image after a change of a Spotler Job must
// hold, so that the job can be taken in without reading its row.
func JobColumns() []string {
	return []string{"dh_operation", "dh_customer", "dh_lead", "dh_list", "dh_automation", "dh_automationfields", "dh_automationcontactid",
		"dh_parametername", "dh_parametervalue", "dh_madebyconnector", "statuscode"}
}

// readJob reads a Spotler Job row out of an event. A value that makes no sense
// stays as it is or becomes empty, so that the job fails with the reason when it
// runs.
func readJob(id connector.RecordID, a attributes) operations.JobRow {
	operation, _ := a.Int("dh_operation")
	status, _ := a.Int("statuscode")
	row := operations.JobRow{State: schema.JobState(status), Job: connector.Job{ID: id, Operation: connector.Operation(operation),
		Name: a.String("dh_parametername"), Value: a.String("dh_parametervalue"),
		AutomationFields: a.String("dh_automationfields"), AutomationContactIDs: a.String("dh_automationcontactid")}}
	row.Job.Customer, _ = a.Lookup("dh_customer")
	row.Job.Lead, _ = a.Lookup("dh_lead")
	row.Job.List, _ = a.Lookup("dh_list")
	row.Job.Automation, _ = a.Lookup("dh_automation")
	row.Ours, _ = a.Bool("dh_madebyconnector")
	return row
}
