package main

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/store"
)

// mappingDesk shows and changes the mappings of a running connector. It works for an
// environment that is off as well, because a mapping may be what keeps it off.
type mappingDesk struct{ h *house }

var _ api.Mappings = mappingDesk{}

// inUse stands for the version in use.
const inUse = "in-use"

func (d mappingDesk) env(name connector.Environment) (*environment, error) {
	for _, e := range d.h.envs {
		if e.settings.Name == name {
			return e, nil
		}
	}
	return nil, &fault.Error{Op: "mapping", On: string(name), Kind: fault.NotFound, Says: "this process does not run the environment"}
}

// choice is a sheet that somebody named.
type choice struct {
	sheet   *mapping.Sheet
	version string
	used    bool // it is the one in use
}

// choose finds the sheet that a request is about: text, a kept version, or the one in
// use.
func (e *environment) choose(ctx context.Context, version, text string) (choice, error) {
	now, err := e.sheets(ctx)
	if err != nil {
		return choice{}, err
	}
	switch {
	case text != "" && version != "":
		return choice{}, plainly(fault.NotValid, "give a version or a sheet, not both")
	case text != "":
		sheet, err := mapping.Parse([]byte(text))
		if err != nil {
			return choice{}, sheetFault(err)
		}
		id, err := sheet.Version()
		return choice{sheet, string(id), string(id) == now.use.Version}, err
	case version == "" || version == inUse || version == now.use.Version:
		return choice{now.inUse, now.use.Version, true}, nil
	}
	kept, err := e.house.store.Sheets(ctx, e.settings.Name)
	if err != nil {
		return choice{}, err
	}
	sheet, err := e.keptSheet(kept, version)
	return choice{sheet, version, false}, err
}

// sheetFault is what is wrong with a sheet as an answer tells it: one line per fault.
func sheetFault(err error) error {
	var refused mapping.Refusals
	if errors.As(err, &refused) {
		return &fault.Error{Op: "mapping", Kind: fault.NotValid, Says: "the mapping has faults; correct every line:\n" + refused.Error(), Err: err}
	}
	return err
}

// Versions lists what is kept.
func (d mappingDesk) Versions(ctx context.Context, name connector.Environment) (openapi.MappingVersions, error) {
	e, err := d.env(name)
	if err != nil {
		return openapi.MappingVersions{}, err
	}
	use, err := e.house.store.UsedSheet(ctx, name)
	if err != nil {
		return openapi.MappingVersions{}, err
	}
	kept, err := e.house.store.Sheets(ctx, name)
	if err != nil {
		return openapi.MappingVersions{}, err
	}
	out := openapi.MappingVersions{InUse: use.Version, Canary: some(use.Canary), Since: some(use.Since), Versions: []openapi.MappingVersionInfo{}}
	if use.Canary != "" {
		out.Share = some(float32(use.Share) / 100)
	}
	for _, k := range kept {
		info := openapi.MappingVersionInfo{Version: k.Version, Source: k.Source, KeptAt: k.KeptAt.UTC(), UsedAt: some(k.UsedAt)}
		if sheet, err := mapping.Parse([]byte(k.Text)); err == nil {
			info.Rows = len(sheet.Rows)
		}
		out.Versions = append(out.Versions, info)
	}
	return out, nil
}

// Sheet answers with the YAML of a version.
func (d mappingDesk) Sheet(ctx context.Context, name connector.Environment, version string) (openapi.Mapping, error) {
	e, err := d.env(name)
	if err != nil {
		return openapi.Mapping{}, err
	}
	c, err := e.choose(ctx, version, "")
	if err != nil {
		return openapi.Mapping{}, err
	}
	text, err := c.sheet.YAML()
	return openapi.Mapping{Version: c.version, Yaml: string(text)}, err
}

// Keep stores a version and says what both schemas have against it.
func (d mappingDesk) Keep(ctx context.Context, name connector.Environment, sheet openapi.NewMapping) (openapi.MappingCheck, error) {
	e, err := d.env(name)
	if err != nil {
		return openapi.MappingCheck{}, err
	}
	c, err := e.choose(ctx, "", first(sheet.Yaml, " "))
	if err != nil {
		return openapi.MappingCheck{}, err
	}
	if err := e.keep(ctx, c.sheet, first(value(sheet.Source), "api")); err != nil {
		return openapi.MappingCheck{}, err
	}
	return e.check(ctx, c)
}

// Check compares a sheet with both schemas.
func (d mappingDesk) Check(ctx context.Context, name connector.Environment, of openapi.MappingChoice) (openapi.MappingCheck, error) {
	e, err := d.env(name)
	if err != nil {
		return openapi.MappingCheck{}, err
	}
	c, err := e.choose(ctx, value(of.Version), value(of.Yaml))
	if err != nil {
		return openapi.MappingCheck{}, err
	}
	return e.check(ctx, c)
}

// check compares a sheet with both schemas and with the steps in Dataverse.
func (e *environment) check(ctx context.Context, c choice) (openapi.MappingCheck, error) {
	out := openapi.MappingCheck{Version: c.version, Findings: []openapi.MappingFinding{}}
	now, err := e.schemas(ctx, c.sheet)
	if err != nil {
		return out, err
	}
	before, err := e.known(ctx)
	if err != nil {
		return out, err
	}
	for _, f := range c.sheet.Check(now.list(), now.fields(), mapping.In(e.settings.Zone), mapping.Since(before)) {
		if f.Row == 0 && f.Severity == mapping.Warns && !e.settings.PurgeExistingProperties {
			continue // a field in no row stays as it is
		}
		out.Findings = append(out.Findings, openapi.MappingFinding{Severity: openapi.MappingFindingSeverity(f.Severity), Row: some(f.Row), Cell: some(f.Cell), Value: some(f.Value), Says: f.Says})
	}
	bound, err := c.sheet.Bind(now.list(), now.fields(), mapping.In(e.settings.Zone), mapping.HoldBack())
	if err != nil {
		return out, nil //nolint:nilerr // the findings say it already
	}
	triggers, err := e.triggers(ctx, bound)
	if err != nil {
		out.Findings = append(out.Findings, warning("the steps in Dataverse could not be read, so nobody knows whether they listen to every column: "+reasonOff(err)))
		return out, nil //nolint:nilerr // said as a finding
	}
	for _, t := range triggers {
		if t.Found && t.Enabled && len(t.Missing) > 0 {
			out.Findings = append(out.Findings, warning("the step "+t.Name+" does not listen to "+strings.Join(t.Missing, ", ")+"; a change of these is found by change tracking only, later: run triggers add-missing"))
		}
	}
	return out, nil
}

func warning(says string) openapi.MappingFinding {
	return openapi.MappingFinding{Severity: openapi.MappingFindingSeverity(mapping.Warns), Says: says}
}

// hundredths are a percentage in hundredths of a percent.
func hundredths(percent float32) int { return int(math.Round(float64(percent) * 100)) }

// Use puts a kept version to use, and has the environment start anew with it.
func (d mappingDesk) Use(ctx context.Context, name connector.Environment, want openapi.MappingUse) (openapi.MappingVersions, error) {
	e, err := d.env(name)
	if err != nil {
		return openapi.MappingVersions{}, err
	}
	c, err := e.choose(ctx, want.Version, "")
	if err != nil {
		return openapi.MappingVersions{}, err
	}
	now, err := e.schemas(ctx, c.sheet)
	if err != nil {
		return openapi.MappingVersions{}, err
	}
	if _, err := c.sheet.Bind(now.list(), now.fields(), mapping.In(e.settings.Zone)); err != nil {
		return openapi.MappingVersions{}, sheetFault(err)
	}
	if err := e.putToUse(ctx, c, want.Share); err != nil {
		return openapi.MappingVersions{}, err
	}
	e.startAnew()
	if err := e.worksWithSheet(ctx); err != nil {
		return openapi.MappingVersions{}, err
	}
	return d.Versions(ctx, name)
}

// sheetPatience is how long somebody who puts a mapping to use waits until it works.
const sheetPatience = 30 * time.Second

// worksWithSheet waits until the environment works with what is in use, and until the
// other nodes of a shared database have looked too: what is asked for afterwards, such
// as a load, finds the new mapping everywhere.
func (e *environment) worksWithSheet(ctx context.Context) error {
	use, err := e.house.store.UsedSheet(ctx, e.settings.Name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sheetPatience)
	defer cancel()
	others := time.Duration(0)
	if e.house.store.Name() == "postgres" {
		others = sheetLook + time.Second
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for began := time.Now(); ; {
		if have := e.sheetUse.Load(); have != nil && sameUse(use, *have) && time.Since(began) >= others {
			return nil
		}
		select {
		case <-ctx.Done():
			return &fault.Error{Op: "mapping.Use", Kind: fault.Busy, Says: "the mapping was put to use, but the environment does not work with it yet: look at status, and ask for a load once it is on", Err: ctx.Err()}
		case <-look.C:
		}
	}
}

// putToUse notes which versions are in use from now on. A version that is put to use for
// all is taken to fit what the schemas are now.
func (e *environment) putToUse(ctx context.Context, c choice, share *float32) error {
	use, err := e.house.store.UsedSheet(ctx, e.settings.Name)
	if err != nil {
		return err
	}
	part := hundredths(value(share))
	if share != nil && part < 10_000 {
		if c.used {
			return plainly(fault.NotValid, "this version is in use for all already: a canary needs another one")
		}
		use.Canary, use.Share = c.version, part
	} else {
		if err := e.house.store.SetCursor(ctx, e.settings.Name, schemaCursor, ""); err != nil {
			return err
		}
		use = store.SheetUse{Version: c.version, File: use.File}
	}
	use.Since = e.house.now()
	return e.house.store.UseSheet(ctx, e.settings.Name, use)
}

// Fields lists what a mapping may name.
func (d mappingDesk) Fields(ctx context.Context, name connector.Environment) (openapi.MappingFields, error) {
	out := openapi.MappingFields{Tables: []openapi.MappingTable{}, Fields: []openapi.MappingField{}}
	e, err := d.env(name)
	if err != nil {
		return out, err
	}
	now, err := e.schemas(ctx)
	if err != nil {
		return out, err
	}
	for _, t := range e.synced() {
		table := openapi.MappingTable{Table: string(t), Columns: []openapi.MappingField{}}
		for _, c := range now.tables[t].Columns {
			table.Columns = append(table.Columns, openapi.MappingField{Name: c.Name, Label: some(c.Label), Type: string(c.Kind)})
		}
		out.Tables = append(out.Tables, table)
	}
	for _, p := range now.properties {
		out.Fields = append(out.Fields, openapi.MappingField{Name: p.Name, Label: some(p.Description), Type: string(p.Type)})
	}
	return out, nil
}
