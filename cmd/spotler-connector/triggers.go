package main

import (
	"context"
	"strings"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// triggersCommand works on the steps by which Dataverse tells us of changes (manual:
// "Configure Contact Sync", where they are workflows).
type triggersCommand struct {
	List       triggersListCommand    `cmd:"" help:"Show the steps and the columns they listen to; exit 1 when a column is missing."`
	Enable     triggersEnableCommand  `cmd:"" help:"Switch the steps of a table on."`
	Disable    triggersDisableCommand `cmd:"" help:"Switch the steps of a table off; its changes are then found by change tracking only."`
	Set        triggersSetCommand     `cmd:"" help:"Say which columns of a table are listened to."`
	AddMissing triggersMissingCommand `cmd:"" help:"Add the columns that the mapping and the rules need."`
}

type triggersListCommand struct{ aboutSheet }

// Run shows the steps.
func (c *triggersListCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	list, err := read[openapi.TriggerList](succeed(d.api.ListTriggers(ctx, d.env)))
	if err != nil {
		return err
	}
	if err := d.print(list, func(p *printer) { showTriggers(p, list) }); err != nil {
		return err
	}
	for _, t := range list.Triggers {
		if len(t.Missing) > 0 || !t.Found {
			return exitError{code: exitFailed}
		}
	}
	return nil
}

func showTriggers(p *printer, list openapi.TriggerList) {
	rows := make([][]string, len(list.Triggers))
	for i, t := range list.Triggers {
		state := "off"
		switch {
		case !t.Found:
			state = "not there"
		case t.Fixed:
			state = "on, always"
		case t.Enabled:
			state = "on"
		}
		if t.Fixed && !t.Enabled && t.Found {
			state = "off, and must be on: run triggers enable " + t.Table
		}
		rows[i] = []string{t.Table, t.Message, state}
	}
	p.table([]string{"TABLE", "EVENT", ""}, rows, func(i int) {
		t := list.Triggers[i]
		if t.Message != "Update" {
			return
		}
		if len(t.Columns) > 0 {
			p.sentence(4, strings.Join(t.Columns, " "))
		} else if t.Found {
			p.line("    every column")
		}
		if len(t.Missing) > 0 {
			p.sentence(4, "Missing: "+strings.Join(t.Missing, " "))
			p.line("    Run: spotler-connector triggers add-missing")
		}
	})
}

// triggerTable is the table of a command.
type triggerTable struct {
	Table string `arg:"" help:"Logical name of the table: contact, lead, account, dh_spotlerpermission or dh_spotlerjob."`
	aboutSheet
}

// change changes the steps of the table and shows all.
func (c triggerTable) change(ctx context.Context, s streams, change openapi.TriggerChange) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	list, err := read[openapi.TriggerList](succeed(d.api.ChangeTriggers(ctx, d.env, c.Table, change)))
	if err != nil {
		return err
	}
	return d.print(list, func(p *printer) { showTriggers(p, list) })
}

type triggersEnableCommand struct{ triggerTable }

// Run switches steps on.
func (c *triggersEnableCommand) Run(ctx context.Context, s streams) error {
	on := true
	return c.change(ctx, s, openapi.TriggerChange{Enabled: &on})
}

type triggersDisableCommand struct{ triggerTable }

// Run switches steps off; those of permissions are refused.
func (c *triggersDisableCommand) Run(ctx context.Context, s streams) error {
	off := false
	return c.change(ctx, s, openapi.TriggerChange{Enabled: &off})
}

type triggersSetCommand struct {
	triggerTable
	Columns []string `arg:"" help:"Logical names; the states are always among them."`
}

// Run sets the columns of the Update step, also for later starts.
func (c *triggersSetCommand) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, openapi.TriggerChange{Columns: &c.Columns})
}

type triggersMissingCommand struct{ aboutSheet }

// Run adds what is missing, table by table.
func (c *triggersMissingCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	list, err := read[openapi.TriggerList](succeed(d.api.ListTriggers(ctx, d.env)))
	if err != nil {
		return err
	}
	add := true
	for _, t := range list.Triggers {
		if len(t.Missing) == 0 || !t.Found {
			continue
		}
		if list, err = read[openapi.TriggerList](succeed(d.api.ChangeTriggers(ctx, d.env, t.Table, openapi.TriggerChange{AddMissing: &add}))); err != nil {
			return err
		}
	}
	return d.print(list, func(p *printer) { showTriggers(p, list) })
}
