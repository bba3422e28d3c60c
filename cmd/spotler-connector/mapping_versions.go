package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
)

type mappingVersionsCommand struct{ aboutSheet }

// Run shows the versions, newest first.
func (c *mappingVersionsCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	all, err := read[openapi.MappingVersions](succeed(d.api.ListMappings(ctx, d.env)))
	if err != nil {
		return err
	}
	return d.print(all, func(p *printer) { showVersions(p, all) })
}

func showVersions(p *printer, all openapi.MappingVersions) {
	rows := make([][]string, len(all.Versions))
	for i, v := range all.Versions {
		use := "-"
		switch v.Version {
		case all.InUse:
			use = "in use"
		case value(all.Canary):
			use = fmt.Sprintf("canary, %g%% of the records", value(all.Share))
		}
		rows[i] = []string{v.Version, p.moment(v.KeptAt), p.moment(value(v.UsedAt)), strconv.Itoa(v.Rows), use, v.Source}
	}
	p.table([]string{"VERSION", "KEPT", "USED", "ROWS", "", "FROM"}, rows, nil)
}

type mappingDiffCommand struct {
	From string `arg:"" optional:"" help:"A version, or a file with a mapping (.yaml or .xlsx); without it, the one in use."`
	To   string `arg:"" optional:"" help:"The other one; without it, the canary, or else the newest version."`
	aboutSheet
}

// mappingDiff is what mapping diff prints as JSON.
type mappingDiff struct {
	From    string           `json:"from"`
	To      string           `json:"to"`
	Changes []mappingChanged `json:"changes"`
}

type mappingChanged struct {
	Kind    mapping.ChangeKind   `json:"kind"`
	Spotler string               `json:"spotler"`
	Before  int                  `json:"before,omitempty"`
	After   int                  `json:"after,omitempty"`
	Cells   []mapping.CellChange `json:"cells,omitempty"`
	line    string
}

// Run compares two mappings row by row. With one argument it is what the argument
// changes about the mapping in use.
func (c *mappingDiffCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	from, to := c.From, c.To
	if from != "" && to == "" {
		from, to = inUse, from
	}
	if to == "" {
		if to, err = d.newest(ctx); err != nil {
			return err
		}
	}
	before, fromName, err := d.sheet(ctx, first(from, inUse))
	if err != nil {
		return err
	}
	after, toName, err := d.sheet(ctx, to)
	if err != nil {
		return err
	}
	out := mappingDiff{From: fromName, To: toName, Changes: []mappingChanged{}}
	for _, x := range mapping.Diff(before, after) {
		out.Changes = append(out.Changes, mappingChanged{x.Kind, x.Spotler, x.Before, x.After, x.CellChanges, x.String()})
	}
	return d.print(out, func(p *printer) {
		if len(out.Changes) == 0 {
			p.line("%s and %s have the same rows.", printable(out.From), printable(out.To))
		}
		for _, x := range out.Changes {
			p.line("%s", printable(x.line))
		}
	})
}

// newest is the canary, or else the version that was kept last.
func (d bureau) newest(ctx context.Context) (string, error) {
	all, err := read[openapi.MappingVersions](succeed(d.api.ListMappings(ctx, d.env)))
	if err != nil {
		return "", err
	}
	if c := value(all.Canary); c != "" {
		return c, nil
	}
	if len(all.Versions) == 0 {
		return inUse, nil
	}
	return all.Versions[0].Version, nil
}

// sheet reads what SHEET names, with a name to show.
func (d bureau) sheet(ctx context.Context, name string) (*mapping.Sheet, string, error) {
	if name != inUse && !versionForm.MatchString(name) {
		s, err := readSheet(name)
		return s, name, err
	}
	got, err := read[openapi.Mapping](succeed(d.api.GetMapping(ctx, d.env, name)))
	if err != nil {
		return nil, "", err
	}
	s, err := mapping.Parse([]byte(got.Yaml))
	return s, got.Version, err
}

type mappingApplyCommand struct {
	Sheet  string `arg:"" optional:"" help:"A version, or a file with a mapping (.yaml or .xlsx); without it, the canary's."`
	Canary string `xor:"whom" placeholder:"SHARE" help:"Only for this share of the records, such as 1%: always the same ones, until apply --all or rollback."`
	All    bool   `xor:"whom" help:"For all records; this is what happens without --canary."`
	Load   bool   `help:"Also ask for every row of every table, so that what is in Spotler follows at once."`
	aboutSheet
}

// Run keeps the mapping when it is a file, and puts it to use.
func (c *mappingApplyCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	use := openapi.MappingUse{}
	if c.Canary != "" {
		share, err := percent(c.Canary)
		if err != nil {
			return err
		}
		use.Share = &share
	}
	if use.Version, err = d.version(ctx, c.Sheet); err != nil {
		return err
	}
	return d.use(ctx, use, c.Load)
}

// version is the version that SHEET names; a file becomes one.
func (d bureau) version(ctx context.Context, name string) (string, error) {
	choice, err := chosenSheet(name)
	if err != nil {
		return "", err
	}
	if choice.Yaml != nil {
		kept, err := read[openapi.MappingCheck](succeed(d.api.KeepMapping(ctx, d.env, openapi.NewMapping{Yaml: *choice.Yaml})))
		return kept.Version, err
	}
	if name != "" {
		return name, nil
	}
	all, err := read[openapi.MappingVersions](succeed(d.api.ListMappings(ctx, d.env)))
	if err == nil && value(all.Canary) == "" {
		err = plainly(fault.NotValid, "there is no canary: name the version or the file to apply")
	}
	return value(all.Canary), err
}

// use puts a version to use and says so.
func (d bureau) use(ctx context.Context, use openapi.MappingUse, load bool) error {
	all, err := read[openapi.MappingVersions](succeed(d.api.UseMapping(ctx, d.env, use)))
	if err != nil {
		return err
	}
	if load {
		if err := d.loadAll(ctx); err != nil {
			return err
		}
	}
	return d.print(all, func(p *printer) {
		switch {
		case value(all.Canary) != "":
			p.line("Version %s is tried with %g%% of the records; the others stay with %s.", printable(value(all.Canary)), value(all.Share), printable(all.InUse))
			p.line("Then: spotler-connector mapping apply --all, or mapping rollback %s", printable(all.InUse))
		case load:
			p.line("Version %s is in use for all records, and every row was asked for.", printable(all.InUse))
		default:
			p.line("Version %s is in use for all records. Rows follow as they change; load TABLE brings all of them over.", printable(all.InUse))
		}
	})
}

// loadAll asks for every row of every synchronised table.
func (d bureau) loadAll(ctx context.Context) error {
	list, err := read[openapi.EnvironmentList](succeed(d.api.ListEnvironments(ctx)))
	if err != nil {
		return err
	}
	for _, e := range list.Environments {
		if e.Name != d.env {
			continue
		}
		for _, t := range e.Tables {
			if _, err := read[openapi.Job](succeed(d.api.LoadTable(ctx, d.env, &openapi.LoadTableParams{IdempotencyKey: requestKey("")}, openapi.NewLoad{Table: openapi.NewLoadTable(t)}))); err != nil {
				return err
			}
		}
	}
	return nil
}

type mappingRollbackCommand struct {
	Version string `arg:"" help:"The version to go back to; in-use only ends a canary."`
	aboutSheet
}

// Run puts a kept version to use for all.
func (c *mappingRollbackCommand) Run(ctx context.Context, s streams) error {
	if c.Version != inUse && !versionForm.MatchString(c.Version) {
		return plainly(fault.NotValid, "name a version that is kept: see mapping versions")
	}
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	return d.use(ctx, openapi.MappingUse{Version: c.Version}, false)
}
