package operations

import (
	"context"
	"errors"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// resolve reads a row that an event named without saying whose it is, and hands
// the request over to the right lane.
func (b *run) resolve(ctx context.Context, t store.Taken, row connector.Record) store.Settlement {
	res := result{quiet: true}
	var err error
	switch row.Table {
	case schema.SpotlerPermissionTable:
		res.follow, res.outcome, err = b.resolvePermission(ctx, t, row)
	case schema.SpotlerJobTable:
		res.follow, res.outcome, err = b.resolveJob(ctx, t, row)
	default:
		err = &fault.Error{Op: "operations.resolve", On: string(row.Table), Kind: fault.Broken, Err: errors.New("rows of this table are not resolved")}
	}
	if errors.Is(err, fault.NotFound) {
		res.outcome, err = connector.Skipped("The row is gone, so there is nothing to do."), nil
	}
	if err != nil {
		return b.failed(ctx, t, connector.Job{}, err)
	}
	t.Jobs = nil
	return b.settled(ctx, t, connector.Job{}, res)
}

func (b *run) resolvePermission(ctx context.Context, t store.Taken, row connector.Record) ([]store.Put, connector.Outcome, error) {
	r, err := b.env.CRM.Get(ctx, schema.SpotlerPermission(), row.ID, "dh_customer", "dh_lead")
	if err != nil {
		return nil, connector.Outcome{}, err
	}
	person, ok := r.Lookup("dh_customer")
	if !ok {
		if person, ok = r.Lookup("dh_lead"); ok {
			person.Table = connector.Lead
		}
	}
	if !ok {
		return nil, connector.Skipped("The permission belongs to nobody, so there is nobody to synchronise."), nil
	}
	if !person.Table.IsPerson() {
		return nil, connector.Skipped("The permission belongs to a row that is not synchronised."), nil
	}
	put := PutSync(b.env.Name, person, store.Consent, fmt.Sprintf("resolved/%d", t.ID), "resolved")
	return []store.Put{put}, connector.Done("The request was handed over to the person."), nil
}

func (b *run) resolveJob(ctx context.Context, t store.Taken, row connector.Record) ([]store.Put, connector.Outcome, error) {
	r, err := b.env.CRM.Get(ctx, schema.SpotlerJob(), row.ID, JobColumns()...)
	if err != nil {
		return nil, connector.Outcome{}, err
	}
	if _, ok := r.Int("statuscode"); !ok {
		return nil, connector.Outcome{}, noStatus(row.ID)
	}
	jr := ReadJobRow(r)
	if decide.Job(decide.JobRow{State: jr.State, Made: jr.Ours}) != decide.NewRequest {
		return nil, connector.Skipped("The job is not Queued, so nothing is done for it."), nil
	}
	put, err := PutJob(b.env.Name, jr.Job, fmt.Sprintf("%s/resolved/%d", row.ID, t.ID), "job")
	if err != nil {
		return nil, connector.Outcome{}, err
	}
	return []store.Put{put}, connector.Done("The request was handed over to its lane."), nil
}

// JobColumns are the columns of a Spotler Job row that make a request.
func JobColumns() []string {
	return []string{"dh_operation", "dh_customer", "dh_lead", "dh_list", "dh_automation", "dh_automationfields", "dh_automationcontactid",
		"dh_parametername", "dh_parametervalue", "dh_madebyconnector", "statecode", "statuscode", "createdon", "modifiedon"}
}

// ReadJobRow reads a Spotler Job row with JobColumns.
func ReadJobRow(r dataverse.Row) JobRow {
	operation, _ := r.Int("dh_operation")
	out := JobRow{Job: connector.Job{ID: r.ID, Operation: connector.Operation(operation), Name: r.String("dh_parametername"), Value: r.String("dh_parametervalue"),
		AutomationFields: r.String("dh_automationfields"), AutomationContactIDs: r.String("dh_automationcontactid")}}
	out.Ours, _ = r.Bool("dh_madebyconnector")
	out.Job.Customer, _ = r.Lookup("dh_customer")
	for column, into := range map[string]struct {
		record *connector.Record
		table  connector.Table
	}{
		"dh_lead":       {&out.Job.Lead, connector.Lead},
		"dh_list":       {&out.Job.List, connector.MarketingList},
		"dh_automation": {&out.Job.Automation, schema.SpotlerAutomationTable},
	} {
		if to, ok := r.Lookup(column); ok {
			to.Table = into.table
			*into.record = to
		}
	}
	status, _ := r.Int("statuscode")
	out.State = schema.JobState(status)
	return out
}

// openJobs returns the job rows of a command that still wait for it: a person may
// have ended or deleted a row meanwhile, and then the command must not run.
func (b *run) openJobs(ctx context.Context, t store.Taken) ([]connector.RecordID, error) {
	if spec, ok := t.Operation.Spec(); ok && spec.Coalesces {
		return t.Jobs, nil // repeating a sync is harmless
	}
	var open []connector.RecordID
	for _, id := range t.Jobs {
		r, err := b.env.CRM.Get(ctx, schema.SpotlerJob(), id, "statuscode")
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		status, ok := r.Int("statuscode")
		if !ok {
			return nil, noStatus(id)
		}
		if !schema.JobState(status).Final() || t.Source == "api" {
			open = append(open, id)
		}
	}
	return open, nil
}

// noStatus is the trouble of a job row that was read without its state: that is not
// the same as one that has ended.
func noStatus(job connector.RecordID) error {
	return &fault.Error{Op: "dataverse.Get", On: "dh_spotlerjob " + string(job), Kind: fault.Garbled, Says: "the job row came without its status; check the connector's rights on that column"}
}
