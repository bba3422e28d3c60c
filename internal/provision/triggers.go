package provision

import (
	"context"
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// Trigger is one step as it is in Dataverse (manual: "Configure Contact Sync", where it
// is a workflow).
type Trigger struct {
	Table   connector.Table
	Message string // Create, Update or Delete
	Name    string
	Found   bool
	Enabled bool
	Columns []string // whose change is told; empty is every one
	Missing []string // wanted and not told
	step    dataverse.Step
	want    wanted
}

// Fixed reports whether the steps of a table cannot be switched off: an opt-out must
// always arrive.
func Fixed(t connector.Table) bool { return t == schema.SpotlerPermissionTable }

// Triggers lists the steps that s wants, as they are now. It changes nothing; of s only
// Name and Tables count.
func Triggers(ctx context.Context, crm CRM, s Spec) ([]Trigger, error) {
	var out []Trigger
	for _, want := range steps(s) {
		t := Trigger{Table: want.spec.Table, Message: want.spec.Message, Name: want.spec.Name, want: want}
		var err error
		if t.step, t.Found, err = crm.FindStep(ctx, t.Name); err != nil {
			return nil, err
		}
		t.Enabled, t.Columns = t.Found && !t.step.Disabled, t.step.Columns
		t.Missing = missing(t)
		out = append(out, t)
	}
	return out, nil
}

func missing(t Trigger) []string {
	if !t.Found {
		return slices.Clone(t.want.spec.Columns)
	}
	var out []string
	for _, c := range t.want.spec.Columns {
		if len(t.Columns) > 0 && !slices.Contains(t.Columns, c) {
			out = append(out, c)
		}
	}
	return out
}

// TriggerChange says what to change about the steps of a table.
type TriggerChange struct {
	Enabled    *bool    // nil leaves them as they are
	Columns    []string // nil leaves the Update step's columns as they are; the states are always among them
	AddMissing bool     // adds what s wants
}

// ChangeTriggers changes the steps of one table. Steps that Dataverse does not have are
// NotFound: they are made when the connector starts with ensure.
func ChangeTriggers(ctx context.Context, crm CRM, s Spec, table connector.Table, c TriggerChange) error {
	refuse := func(kind fault.Kind, says string) error {
		return &fault.Error{Op: "provision.ChangeTriggers", On: string(table), Kind: kind, Says: says}
	}
	if Fixed(table) && c.Enabled != nil && !*c.Enabled {
		return refuse(fault.NotValid, "the steps of Spotler Permissions cannot be switched off: an opt-out would no longer reach Spotler")
	}
	all, err := Triggers(ctx, crm, s)
	if err != nil {
		return err
	}
	mine := slices.DeleteFunc(all, func(t Trigger) bool { return t.Table != table })
	if len(mine) == 0 {
		return refuse(fault.NotFound, "we listen to no events of this table; use contact, lead, account, dh_spotlerpermission or dh_spotlerjob")
	}
	columns := c.Columns != nil || c.AddMissing
	if columns && !slices.Contains(personTables(s), table) {
		return refuse(fault.NotValid, "the columns of this table are ours to choose; only those of contact, lead and account may be set")
	}
	for _, t := range mine {
		if !t.Found {
			return refuse(fault.NotFound, "Dataverse does not have the step "+t.Name+": start the connector with ensure on")
		}
		if err := t.change(ctx, crm, c); err != nil {
			return err
		}
	}
	return nil
}

func personTables(s Spec) []connector.Table {
	var out []connector.Table
	for _, t := range s.Tables {
		out = append(out, t.Name)
	}
	return out
}

// change writes one step when something differs.
func (t Trigger) change(ctx context.Context, crm CRM, c TriggerChange) error {
	spec := t.want.spec
	spec.Endpoint, spec.Columns, spec.Disabled = t.step.Endpoint, t.step.Columns, t.step.Disabled
	if c.Enabled != nil {
		spec.Disabled = !*c.Enabled
	}
	if t.Message == "Update" {
		if c.Columns != nil {
			spec.Columns = watched(c.Columns)
		}
		if c.AddMissing && len(spec.Columns) > 0 {
			spec.Columns = watched(append(slices.Clone(spec.Columns), t.want.spec.Columns...))
		}
	}
	if spec.Disabled == t.step.Disabled && sameColumns(spec.Columns, t.step.Columns) {
		return nil
	}
	return crm.UpdateStep(ctx, t.step.ID, spec)
}
