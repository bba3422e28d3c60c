package operations

import (
	"context"
	"errors"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// RefreshSource is the source of a refresh that nobody asked for.
const RefreshSource = "clock"

// PutRefresh is the request to mirror automations that the clock makes at its slot.
func PutRefresh(env connector.Environment, slot time.Time) store.Put {
	return store.Put{Environment: env, Lane: refreshLane(env), Operation: connector.RefreshAutomations, Class: store.Backfill, Source: RefreshSource, Key: "automations/" + slot.UTC().Format(time.RFC3339)}
}

// refreshLane is where all refreshes of an environment run, one after another.
func refreshLane(env connector.Environment) store.Lane {
	return store.EnvironmentLane(env, "automations")
}

// refreshAutomations is Refresh Automations (480000004; manual: "Spotler Jobs",
// "Trigger Automations"): the table Spotler Automation shows what can be started.
// Repeating it is harmless: only rows that differ are written.
type refreshAutomations struct{}

func (refreshAutomations) run(ctx context.Context, b *run, t store.Taken, _ connector.Job) result {
	there, listed, err := b.flows(ctx)
	if err != nil {
		return result{err: err}
	}
	rows, err := b.automationRows(ctx)
	if err != nil {
		return result{err: err}
	}
	m := mirror(there, rows, listed)
	if err := b.writeAutomations(ctx, m.writes); err != nil {
		return result{err: err}
	}
	quiet := t.Source == RefreshSource && len(t.Jobs) == 0
	return result{outcome: connector.Done(m.says(listed)), quiet: quiet}
}

// flows are the automations and campaigns that Spotler lists, by trigger. listed is
// false when this account does not list its automations: then nothing is known of
// them, which is not the same as that there are none.
func (b *run) flows(ctx context.Context) (all []automationRow, listed bool, err error) {
	campaigns, err := b.env.Mail.Campaigns(ctx)
	if err != nil {
		return nil, false, err
	}
	automations, err := b.env.Mail.Automations(ctx)
	listed = !errors.Is(err, fault.NotFound)
	if err != nil && listed {
		return nil, false, err
	}
	b.works(ctx, store.GateSpotler)
	for _, a := range automations {
		for _, t := range a.Triggers {
			all = append(all, automationRow{name: flowName("🚀", a.Name, t.Name), trigger: t.ID, flow: a.ID, active: a.Active, template: automationTemplate(t.Fields)})
		}
	}
	for _, c := range campaigns {
		for _, t := range c.Triggers {
			all = append(all, automationRow{name: flowName("📢", c.Name, t.Name), trigger: t.ID, flow: c.EncryptedID, campaign: true, active: c.Active})
		}
	}
	return all, listed, nil
}

// flowName is what a list of automations shows (manual: "Start Automation"): the mark
// of its kind, its name, and the label of the trigger.
func flowName(mark, name, label string) string {
	switch {
	case name == "" || name == label:
		name = label
	case label != "":
		name += ": " + label
	}
	return clipText(mark+" "+name, 200)
}

// automationRows reads the whole table.
func (b *run) automationRows(ctx context.Context) ([]automationRow, error) {
	answers, err := b.read(ctx, []dataverse.Query{{Table: schema.SpotlerAutomation(), Select: automationColumns, OrderBy: "createdon asc"}})
	if err != nil {
		return nil, err
	}
	b.works(ctx, store.GateDataverse)
	rows := make([]automationRow, 0, len(answers[0]))
	for _, r := range answers[0] {
		if !r.Has("statecode") || !r.Has("dh_triggercode") {
			return nil, &fault.Error{Op: "dataverse.Rows", On: string(schema.SpotlerAutomationTable), Kind: fault.Garbled, Says: "a row came without its status or its trigger code; check the connector's rights on those columns"}
		}
		rows = append(rows, readAutomationRow(r))
	}
	return rows, nil
}

// automationsAtOnce is how many rows one $batch writes.
const automationsAtOnce = 100

func (b *run) writeAutomations(ctx context.Context, writes []automationWrite) error {
	table := schema.SpotlerAutomation()
	for start := 0; start < len(writes); start += automationsAtOnce {
		part := writes[start:min(start+automationsAtOnce, len(writes))]
		requests := make([]dataverse.BatchRequest, len(part))
		for i, w := range part {
			body, err := w.fields.JSON()
			if err != nil {
				return err
			}
			if w.create {
				requests[i] = b.env.CRM.UpsertRequest(table, b.env.rowID("automation/"+w.row.key()), body)
			} else {
				requests[i] = b.env.CRM.UpdateRequest(table, w.row.id, body)
			}
		}
		responses, err := b.env.CRM.Batch(ctx, requests, true)
		if err != nil {
			return err
		}
		for _, r := range responses {
			if r.Err != nil && !errors.Is(r.Err, fault.NotFound) { // a row that is gone meanwhile needs no change
				return fmt.Errorf("write Spotler Automation: %w", r.Err)
			}
		}
	}
	return nil
}
