package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/mapping/workbook"
)

// mappingCommand looks after the mapping of an environment (manual: "Mapping").
type mappingCommand struct {
	Check    mappingCheckCommand    `cmd:"" help:"Compare the mapping with the columns and fields of both sides as they are now; exit 1 when something must be mended."`
	Preview  mappingPreviewCommand  `cmd:"" help:"Show what every row of the mapping does for one record. Nothing is written."`
	DryRun   mappingDryRunCommand   `cmd:"" help:"Count what a mapping would do to everybody. Nothing is written."`
	Versions mappingVersionsCommand `cmd:"" help:"Show the versions that are kept."`
	Diff     mappingDiffCommand     `cmd:"" help:"Show what differs between two mappings."`
	Apply    mappingApplyCommand    `cmd:"" help:"Put a mapping to use, for all records or for a share of them first."`
	Rollback mappingRollbackCommand `cmd:"" help:"Go back to a version that is kept, and end a canary."`
	Export   mappingExportCommand   `cmd:"" help:"Write a version to a file: YAML for version control, or an Excel workbook."`
	Import   mappingImportCommand   `cmd:"" help:"Keep the mapping of a file as a version, without using it."`
}

// aboutSheet are the flags of commands that are about a mapping.
type aboutSheet struct {
	connection
	chosen
}

// bureau is a client with the environment that a command is about.
type bureau struct {
	*client
	env string
}

func (a aboutSheet) desk(ctx context.Context, s streams) (bureau, error) {
	cl, err := a.connect(s)
	if err != nil {
		return bureau{}, err
	}
	env, err := cl.environment(ctx, a.Env)
	return bureau{cl, env}, err
}

var versionForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

// chosenSheet is what SHEET names: nothing, a version, or the text of a file.
func chosenSheet(name string) (openapi.MappingChoice, error) {
	if name == "" || name == inUse || versionForm.MatchString(name) {
		return openapi.MappingChoice{Version: some(name)}, nil
	}
	sheet, err := readSheet(name)
	if err != nil {
		return openapi.MappingChoice{}, err
	}
	text, err := sheet.YAML()
	return openapi.MappingChoice{Yaml: some(string(text))}, err
}

// longestSheet is more than a mapping can have.
const longestSheet = 8 << 20

// readSheet reads a mapping from a file.
func readSheet(path string) (*mapping.Sheet, error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, plainly(fault.NotFound, "there is no version and no file "+path+": see mapping versions, or correct the name")
	case err != nil:
		return nil, plainly(fault.Denied, "the file "+path+" cannot be read: check its rights")
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, longestSheet+1))
	if err != nil {
		return nil, plainly(fault.NotValid, "the file "+path+" cannot be read to its end")
	}
	if len(text) > longestSheet {
		return nil, plainly(fault.NotValid, "the file "+path+" is larger than a mapping can be")
	}
	sheet, err := parseSheet(path, text)
	var refused mapping.Refusals
	if errors.As(err, &refused) {
		return nil, plainly(fault.NotValid, path+" has faults; correct every line:\n"+refused.Error())
	}
	return sheet, err
}

// parseSheet reads a sheet by the kind of its file.
func parseSheet(path string, text []byte) (*mapping.Sheet, error) {
	if strings.EqualFold(filepath.Ext(path), ".xlsx") {
		return workbook.Read(text)
	}
	return mapping.Parse(text)
}

type mappingCheckCommand struct {
	Sheet string `arg:"" optional:"" help:"A version, or a file with a mapping (.yaml or .xlsx); without it, the one in use."`
	aboutSheet
}

// Run shows what was found, errors first.
func (c *mappingCheckCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	choice, err := chosenSheet(c.Sheet)
	if err != nil {
		return err
	}
	found, err := read[openapi.MappingCheck](succeed(d.api.CheckMapping(ctx, d.env, choice)))
	if err != nil {
		return err
	}
	if err := d.print(found, func(p *printer) { showFindings(p, found) }); err != nil {
		return err
	}
	for _, f := range found.Findings {
		if f.Severity == openapi.MappingFindingSeverityError {
			return exitError{code: exitFailed}
		}
	}
	return nil
}

func showFindings(p *printer, found openapi.MappingCheck) {
	if len(found.Findings) == 0 {
		p.line("Version %s fits both sides.", printable(found.Version))
		return
	}
	p.line("Version %s:", printable(found.Version))
	for _, f := range found.Findings {
		where := "sheet"
		if n := value(f.Row); n > 0 {
			where = "row " + strconv.Itoa(n) + ", " + value(f.Cell) + " " + strconv.Quote(value(f.Value))
		}
		p.line("")
		p.line("%s, %s", f.Severity, printable(where))
		p.sentence(4, f.Says)
	}
}

type mappingPreviewCommand struct {
	Record string `arg:"" help:"The record, as contact/<guid>, lead/<guid> or account/<guid>."`
	Sheet  string `help:"A version, or a file with a mapping (.yaml or .xlsx); without it, the one that the record works with." placeholder:"SHEET"`
	aboutSheet
}

// Run shows one line for every row. The values are those of a person.
func (c *mappingPreviewCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	choice, err := chosenSheet(c.Sheet)
	if err != nil {
		return err
	}
	seen, err := read[openapi.MappingPreview](succeed(d.api.PreviewMapping(ctx, d.env, openapi.MappingPreviewRequest{Record: c.Record, Version: choice.Version, Yaml: choice.Yaml})))
	if err != nil {
		return err
	}
	return d.print(seen, func(p *printer) { showPreview(p, seen) })
}

func showPreview(p *printer, seen openapi.MappingPreview) {
	canary := ""
	if value(seen.Canary) {
		canary = " (canary)"
	}
	p.line("%s with version %s%s, address %s", printable(seen.Record), printable(seen.Version), canary, first(printable(seen.Address), "unread"))
	if out := value(seen.Excluded); out != "" {
		p.sentence(4, "Kept out: "+out)
	}
	if !seen.InSpotler {
		p.line("    Spotler has no contact for this record.")
	}
	p.line("")
	rows := make([][]string, len(seen.Lines))
	for i, l := range seen.Lines {
		rows[i] = []string{strconv.Itoa(l.Row), first(l.Spotler, "(filter)"), l.Direction, cut(l.Source, 24), cut(l.Converted, 24), l.State, cut(value(l.InSpotler), 24)}
	}
	p.table([]string{"ROW", "FIELD", "", "DYNAMICS 365", "BECOMES", "", "IN SPOTLER"}, rows, func(i int) {
		if says := value(seen.Lines[i].Says); says != "" {
			p.sentence(6, says)
		}
	})
}

// percent reads a share such as 1% or 0.5.
func percent(text string) (float32, error) {
	n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%")), 32)
	if err != nil || n < 0.01 || n > 100 {
		return 0, plainly(fault.NotValid, "the share of a canary is between 0.01% and 100%: write --canary 1%")
	}
	return float32(n), nil
}
