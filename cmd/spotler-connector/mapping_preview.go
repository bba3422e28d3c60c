package main

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
)

// Preview works a mapping out for one record. Without a version or a sheet it is the one
// that the record works with, be it the canary's.
func (d mappingDesk) Preview(ctx context.Context, name connector.Environment, of openapi.MappingPreviewRequest) (openapi.MappingPreview, error) {
	e, err := d.env(name)
	if err != nil {
		return openapi.MappingPreview{}, err
	}
	record, err := connector.ParseRecord(of.Record)
	if err != nil {
		return openapi.MappingPreview{}, plainly(fault.NotValid, "write the record as contact/<guid>, lead/<guid> or account/<guid>")
	}
	working, err := e.on()
	if err != nil {
		return openapi.MappingPreview{}, err
	}
	out := openapi.MappingPreview{Record: record.String(), Lines: []openapi.MappingPreviewLine{}}
	side := working.For(record)
	if of.Version == nil && of.Yaml == nil {
		use := e.sheetUse.Load()
		out.Version = use.Version
		if side != working {
			out.Version, out.Canary = use.Canary, some(true)
		}
	} else {
		bound, version, err := e.boundTo(ctx, value(of.Version), value(of.Yaml))
		if err != nil {
			return out, err
		}
		out.Version, side = version, working.Reading(bound)
	}
	seen, err := e.house.runner.Preview(ctx, side, record)
	if err != nil {
		return out, err
	}
	out.Address, out.Excluded, out.InSpotler = string(seen.Address), some(seen.Excluded), seen.InSpotler
	for _, l := range seen.Lines {
		out.Lines = append(out.Lines, openapi.MappingPreviewLine{Row: l.Row, Spotler: l.Spotler, Cell: l.Cell, Direction: string(l.Direction), Source: l.Source, Converted: l.Converted,
			InSpotler: some(l.InSpotler), Back: some(l.Back), State: string(l.State), Says: some(l.Says)})
	}
	return out, nil
}

// on is the environment at work; Busy while it is off.
func (e *environment) on() (*operations.Environment, error) {
	working := e.started.Load()
	if working == nil {
		return nil, &fault.Error{Op: "mapping", On: string(e.settings.Name), Kind: fault.Busy, Says: "the environment is off: " + e.house.off(e.settings.Name)}
	}
	return working, nil
}

// boundTo joins a version or a sheet to both schemas as they are now. What does not fit
// is held back, as it would be at work.
func (e *environment) boundTo(ctx context.Context, version, text string) (*mapping.Bound, string, error) {
	c, err := e.choose(ctx, version, text)
	if err != nil {
		return nil, "", err
	}
	now, err := e.schemas(ctx, c.sheet)
	if err != nil {
		return nil, "", err
	}
	bound, err := c.sheet.Bind(now.list(), now.fields(), mapping.In(e.settings.Zone), mapping.HoldBack())
	if err != nil {
		return nil, "", sheetFault(err)
	}
	return bound, c.version, nil
}
