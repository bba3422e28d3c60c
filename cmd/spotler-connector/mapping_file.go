package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/mapping/workbook"
)

type mappingExportCommand struct {
	File    string `arg:"" help:"Where to write: a name that ends in .yaml or .xlsx. It must not be there yet."`
	Version string `placeholder:"VERSION" help:"The version; without it, the one in use."`
	aboutSheet
}

// mappingFile is what mapping export prints as JSON.
type mappingFile struct {
	Version string `json:"version"`
	File    string `json:"file"`
	Rows    int    `json:"rows"`
}

// Run writes a version to a file.
func (c *mappingExportCommand) Run(ctx context.Context, s streams) error {
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	if v := first(c.Version, inUse); v != inUse && !versionForm.MatchString(v) {
		return plainly(fault.NotValid, "name a version that is kept: see mapping versions")
	}
	sheet, version, err := d.sheet(ctx, first(c.Version, inUse))
	if err != nil {
		return err
	}
	var text []byte
	switch strings.ToLower(filepath.Ext(c.File)) {
	case ".yaml", ".yml":
		text, err = sheet.YAML()
	case ".xlsx":
		text, err = d.workbook(ctx, sheet)
	default:
		err = plainly(fault.NotValid, "give the file a name that ends in .yaml or .xlsx")
	}
	if err != nil {
		return err
	}
	if err := writeNew(c.File, text); err != nil {
		return err
	}
	done := mappingFile{version, c.File, len(sheet.Rows)}
	return d.print(done, func(p *printer) {
		p.line("Version %s with %s is in %s.", printable(done.Version), counted(int64(done.Rows), "row"), printable(done.File))
	})
}

// workbook writes a sheet with lists of what both sides have.
func (d bureau) workbook(ctx context.Context, sheet *mapping.Sheet) ([]byte, error) {
	have, err := read[openapi.MappingFields](succeed(d.api.ListMappingFields(ctx, d.env)))
	if err != nil {
		return nil, err
	}
	offer := workbook.Choices{Spotler: offered(have.Fields)}
	for _, t := range have.Tables {
		switch connector.Table(t.Table) {
		case connector.Contact:
			offer.Contact = offered(t.Columns)
		case connector.Lead:
			offer.Lead = offered(t.Columns)
		case connector.Account:
			offer.Account = offered(t.Columns)
		}
	}
	return workbook.Write(sheet, offer)
}

func offered(fields []openapi.MappingField) []workbook.Name {
	out := make([]workbook.Name, len(fields))
	for i, f := range fields {
		out[i] = workbook.Name{Name: f.Name, Label: value(f.Label), Type: f.Type}
	}
	return out
}

// writeNew writes a file that is not there yet.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if os.IsExist(err) {
		return plainly(fault.Conflict, "the file "+path+" is there already: choose another name, or remove it")
	}
	if err != nil {
		return plainly(fault.Denied, "the file "+path+" cannot be written: check the folder and its rights")
	}
	_, err = f.Write(content)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return plainly(fault.Denied, "the file "+path+" could not be written to its end")
	}
	return nil
}

type mappingImportCommand struct {
	File string `arg:"" type:"existingfile" help:"A file with a mapping (.yaml or .xlsx)."`
	aboutSheet
}

// Run keeps the mapping of a file and says what both sides have against it.
func (c *mappingImportCommand) Run(ctx context.Context, s streams) error {
	sheet, err := readSheet(c.File)
	if err != nil {
		return err
	}
	text, err := sheet.YAML()
	if err != nil {
		return err
	}
	d, err := c.desk(ctx, s)
	if err != nil {
		return err
	}
	kept, err := read[openapi.MappingCheck](succeed(d.api.KeepMapping(ctx, d.env, openapi.NewMapping{Yaml: string(text), Source: some(filepath.Base(c.File))})))
	if err != nil {
		return err
	}
	return d.print(kept, func(p *printer) {
		p.line("Version %s is kept. Put it to use with: spotler-connector mapping apply %s", printable(kept.Version), printable(kept.Version))
		if len(kept.Findings) > 0 {
			p.line("")
			showFindings(p, kept)
		}
	})
}
