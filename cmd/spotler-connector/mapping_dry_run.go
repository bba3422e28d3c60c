package main

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/operations"
)

// DryRun counts what a mapping would do to everybody. There is one at a time in an
// environment, because each reads the whole base.
func (d mappingDesk) DryRun(ctx context.Context, name connector.Environment, of openapi.MappingChoice) (openapi.MappingDryRun, error) {
	e, err := d.env(name)
	if err != nil {
		return openapi.MappingDryRun{}, err
	}
	working, err := e.on()
	if err != nil {
		return openapi.MappingDryRun{}, err
	}
	if !e.dryRun.TryLock() {
		return openapi.MappingDryRun{}, &fault.Error{Op: "mapping.DryRun", Kind: fault.Conflict, Says: "a dry run of this environment is at work already; wait until it has ended"}
	}
	defer e.dryRun.Unlock()
	bound, version, err := e.boundTo(ctx, value(of.Version), value(of.Yaml))
	if err != nil {
		return openapi.MappingDryRun{}, err
	}
	began := e.house.now()
	tables, err := e.house.runner.DryRun(ctx, working.Reading(bound), e.synced())
	if err != nil {
		return openapi.MappingDryRun{}, err
	}
	out := openapi.MappingDryRun{Version: version, Seconds: float32(e.house.now().Sub(began).Seconds()), Tables: []openapi.MappingDryRunTable{}}
	for _, t := range tables {
		out.Rows += t.Rows
		out.Tables = append(out.Tables, shownDryTable(t))
	}
	return out, nil
}

func shownDryTable(t operations.DryTable) openapi.MappingDryRunTable {
	out := openapi.MappingDryRunTable{Table: string(t.Table), Rows: t.Rows, Creates: t.Creates, Changes: t.Changes, Unchanged: t.Unchanged, Erases: t.Erases,
		KeptOut: t.KeptOut, Failed: t.Failed, Fields: []openapi.MappingDryRunField{}, Reasons: []openapi.MappingDryRunReason{}}
	for _, f := range t.Fields {
		field := openapi.MappingDryRunField{Field: f.Name, Sets: f.Sets, Changes: f.Changes, Clears: f.Clears, Samples: []openapi.MappingDryRunSample{}}
		for _, s := range f.Samples {
			field.Samples = append(field.Samples, openapi.MappingDryRunSample{Record: s.Record.String(), Becomes: s.Value})
		}
		out.Fields = append(out.Fields, field)
	}
	for _, r := range t.Reasons {
		reason := openapi.MappingDryRunReason{About: r.About, Says: r.Says, Count: r.Count, Samples: []openapi.Record{}}
		for _, s := range r.Samples {
			reason.Samples = append(reason.Samples, s.String())
		}
		out.Reasons = append(out.Reasons, reason)
	}
	return out
}
