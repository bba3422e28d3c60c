package main

import (
	"context"
	"time"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// dryPatience is how long a dry run may take.
const dryPatience = time.Hour

type mappingDryRunCommand struct {
	Sheet string `arg:"" optional:"" help:"A version, or a file with a mapping (.yaml or .xlsx); without it, the one in use."`
	aboutSheet
}

// Run counts, which may take minutes with many people.
func (c *mappingDryRunCommand) Run(ctx context.Context, s streams) error {
	choice, err := chosenSheet(c.Sheet)
	if err != nil {
		return err
	}
	cl, err := c.connectFor(s, dryPatience)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	counted, err := read[openapi.MappingDryRun](succeed(cl.api.DryRunMapping(ctx, env, choice)))
	if err != nil {
		return err
	}
	return cl.print(counted, func(p *printer) { showDryRun(p, counted) })
}

func showDryRun(p *printer, run openapi.MappingDryRun) {
	p.line("Version %s, %s in %.1f seconds; nothing was written.", printable(run.Version), counted(run.Rows, "row"), run.Seconds)
	rows := make([][]string, len(run.Tables))
	for i, t := range run.Tables {
		rows[i] = []string{t.Table, grouped(t.Rows), grouped(t.Creates), grouped(t.Changes), grouped(t.Unchanged), grouped(t.Erases), grouped(t.KeptOut), grouped(t.Failed)}
	}
	p.line("")
	p.table([]string{"TABLE", "ROWS", "NEW", "CHANGED", "SAME", "TAKEN OUT", "KEPT OUT", "UNDECIDED"}, rows, nil)
	for _, t := range run.Tables {
		showDryFields(p, t)
		showDryReasons(p, t)
	}
}

func showDryFields(p *printer, t openapi.MappingDryRunTable) {
	if len(t.Fields) == 0 {
		return
	}
	rows := make([][]string, len(t.Fields))
	for i, f := range t.Fields {
		rows[i] = []string{f.Field, grouped(f.Sets), grouped(f.Changes), grouped(f.Clears), ""}
		if len(f.Samples) > 0 {
			rows[i][4] = f.Samples[0].Becomes
		}
	}
	p.line("")
	p.table([]string{"FIELD OF A " + t.Table, "SET", "CHANGED", "CLEARED", "SUCH AS"}, rows, nil)
}

func showDryReasons(p *printer, t openapi.MappingDryRunTable) {
	if len(t.Reasons) == 0 {
		return
	}
	p.line("")
	p.line("Of table %s:", printable(t.Table))
	for _, r := range t.Reasons {
		p.line("  %s %s", grouped(r.Count), printable(r.About))
		p.sentence(6, r.Says)
		if len(r.Samples) > 0 {
			p.line("      such as %s", printable(r.Samples[0]))
		}
	}
}
