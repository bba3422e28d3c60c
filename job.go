package connector

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// JobState is the word Dynamics shows for a Spotler Job (manual: "Troubleshooting").
type JobState string

// The states of a Spotler Job. It goes Queued → In Progress → Completed or Failed.
const (
	Queued     JobState = "Queued"
	InProgress JobState = "In Progress"
	Completed  JobState = "Completed"
	Failed     JobState = "Failed"
)

// Final reports whether a job in state s has ended.
func (s JobState) Final() bool { return s == Completed || s == Failed }

// Job is one Spotler Job: a command to the connector. The row in Dataverse is
// the product's data; ID is empty when no row asked for the work.
type Job struct {
	ID        RecordID
	Operation Operation
	Customer  Record // contact or account
	Lead      Record
	List      Record
	Name      string // dh_parametername: a tag, a score, a list or a field
	Value     string // dh_parametervalue
	// Automation is the row in Spotler Automation; AutomationContactIDs are runs.
	Automation           Record
	AutomationFields     string
	AutomationContactIDs string
}

// Subject is the person the job is about: the customer or the lead.
func (j Job) Subject() Record {
	if !j.Customer.IsZero() {
		return j.Customer
	}
	return j.Lead
}

// Check returns what makes j impossible to run, in one plain sentence, or nil.
func (j Job) Check() error {
	spec, ok := j.Operation.Spec()
	if !ok || j.Operation == FromSpotler {
		return fmt.Errorf("operation %d does not exist: choose one of %d to %d", int(j.Operation), int(SyncList), int(ClearContactField))
	}
	if !j.Customer.IsZero() && !j.Lead.IsZero() {
		return fmt.Errorf("%s: both a Customer and a Lead are set; a job is for one person, so clear one of them", spec.Label)
	}
	if spec.Needs&NeedsCustomer != 0 && j.Subject().IsZero() {
		return fmt.Errorf("%s: no Customer or Lead is set; select the person the job is for", spec.Label)
	}
	if s := j.Subject(); !s.IsZero() && !s.Table.IsPerson() {
		return fmt.Errorf("%s: a %s cannot be synchronised; select a contact, lead or account", spec.Label, s.Table)
	}
	if spec.Needs&NeedsName != 0 && strings.TrimSpace(j.Name) == "" {
		return fmt.Errorf("%s: Parameter Name is empty", spec.Label)
	}
	if spec.Needs&NeedsValue != 0 && strings.TrimSpace(j.Value) == "" {
		return fmt.Errorf("%s: Parameter Value is empty", spec.Label)
	}
	if spec.Needs&NeedsList != 0 && j.List.IsZero() {
		return fmt.Errorf("%s: no Marketing List is set", spec.Label)
	}
	if spec.Needs&NeedsAutomation != 0 && j.Automation.IsZero() && j.AutomationContactIDs == "" {
		return errors.New(spec.Label + ": no Automation is set")
	}
	return nil
}

// LogValue is how a job appears in every log line: never its parameters, which
// may be personal.
func (j Job) LogValue() slog.Value {
	return slog.GroupValue(slog.String("job", string(j.ID)), slog.String("operation", j.Operation.String()),
		slog.String("subject", j.Subject().String()))
}
