package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/provision"
)

// triggerDesk shows and changes our steps in Dataverse.
type triggerDesk struct{ h *house }

var _ api.Triggers = triggerDesk{}

// triggerCursor is the position that holds the columns which somebody chose, by table:
// they stand until the next choice, also over a restart.
const triggerCursor = "trigger columns"

// chosenColumns are the columns that somebody chose, by table.
func (e *environment) chosenColumns(ctx context.Context) (map[connector.Table][]string, error) {
	out := map[connector.Table][]string{}
	text, err := e.house.store.Cursor(ctx, e.settings.Name, triggerCursor)
	if err != nil || text == "" {
		return out, err
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("the chosen columns of environment %s: %w", e.settings.Name, err)
	}
	return out, nil
}

// wantedTriggers is what the mapping and the rules need to hear.
func (e *environment) wantedTriggers(bound *mapping.Bound) provision.Spec {
	spec := provision.Spec{Name: endpointName, Knows: e.knows}
	for _, t := range e.synced() {
		if bound.Synchronises(t) {
			spec.Tables = append(spec.Tables, provision.Table{Name: t, Columns: operations.Columns(bound, t)})
		}
	}
	return spec
}

// triggers are the steps as they are, compared with what a mapping needs.
func (e *environment) triggers(ctx context.Context, bound *mapping.Bound) ([]provision.Trigger, error) {
	return provision.Triggers(ctx, e.crm, e.wantedTriggers(bound))
}

// List shows the steps of every table.
func (d triggerDesk) List(ctx context.Context, name connector.Environment) (openapi.TriggerList, error) {
	out := openapi.TriggerList{Triggers: []openapi.Trigger{}}
	e, err := mappingDesk(d).env(name)
	if err != nil {
		return out, err
	}
	working, err := e.on()
	if err != nil {
		return out, err
	}
	all, err := e.triggers(ctx, working.Mapping)
	for _, t := range all {
		out.Triggers = append(out.Triggers, openapi.Trigger{Table: string(t.Table), Message: t.Message, Name: t.Name, Found: t.Found, Enabled: t.Enabled,
			Columns: append([]string{}, t.Columns...), Missing: append([]string{}, t.Missing...), Fixed: provision.Fixed(t.Table)})
	}
	return out, err
}

// Change changes the steps of one table and shows all.
func (d triggerDesk) Change(ctx context.Context, name connector.Environment, table connector.Table, change openapi.TriggerChange) (openapi.TriggerList, error) {
	e, err := mappingDesk(d).env(name)
	if err != nil {
		return openapi.TriggerList{}, err
	}
	working, err := e.on()
	if err != nil {
		return openapi.TriggerList{}, err
	}
	want := provision.TriggerChange{Enabled: change.Enabled, AddMissing: value(change.AddMissing)}
	if change.Columns != nil {
		want.Columns = append([]string{}, *change.Columns...)
	}
	if err := e.checkColumns(working, table, want.Columns); err != nil {
		return openapi.TriggerList{}, err
	}
	if err := provision.ChangeTriggers(ctx, e.crm, e.wantedTriggers(working.Mapping), table, want); err != nil {
		return openapi.TriggerList{}, err
	}
	now, err := d.List(ctx, name)
	if err != nil || want.Columns == nil && !want.AddMissing {
		return now, err
	}
	return now, e.rememberColumns(ctx, table, now)
}

// checkColumns refuses columns that the table has not.
func (e *environment) checkColumns(working *operations.Environment, table connector.Table, columns []string) error {
	for _, c := range columns {
		if _, there := working.Tables[table].Column(c); !there {
			return plainly(fault.NotValid, "the table "+string(table)+" has no column "+c+": write its logical name, as in mapping fields")
		}
	}
	return nil
}

// rememberColumns notes the columns of the Update step, so that a restart keeps them.
func (e *environment) rememberColumns(ctx context.Context, table connector.Table, now openapi.TriggerList) error {
	chosen, err := e.chosenColumns(ctx)
	if err != nil {
		return err
	}
	for _, t := range now.Triggers {
		if t.Table == string(table) && t.Message == "Update" {
			chosen[table] = slices.Clone(t.Columns)
		}
	}
	text, err := json.Marshal(chosen)
	if err != nil {
		return err
	}
	return e.house.store.SetCursor(ctx, e.settings.Name, triggerCursor, string(text))
}
