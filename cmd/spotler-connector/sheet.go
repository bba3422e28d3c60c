package main

import (
	"context"
	"fmt"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/store"
)

// The sources of a sheet that nobody brought.
const (
	sourceFile    = "file"
	sourceDefault = "default"
)

// sheets are the versions of the mapping that an environment works with.
type sheets struct {
	use    store.SheetUse
	inUse  *mapping.Sheet
	canary *mapping.Sheet // nil is none
	proven bool           // the version in use worked before
}

// sheets finds the versions to work with. The file that the settings name counts when it
// changed since it was last read; otherwise what was put to use by a command does.
func (e *environment) sheets(ctx context.Context) (sheets, error) {
	given, err := e.sheet.Version()
	if err != nil {
		return sheets{}, err
	}
	use, err := e.house.store.UsedSheet(ctx, e.settings.Name)
	if err != nil {
		return sheets{}, err
	}
	kept, err := e.house.store.Sheets(ctx, e.settings.Name)
	if err != nil {
		return sheets{}, err
	}
	if e.givenCounts(string(given), use, kept) {
		use = store.SheetUse{Version: string(given), Since: e.house.now()}
		if e.text != nil {
			use.File = string(given)
		}
		return sheets{use: use, inUse: e.sheet}, nil
	}
	out := sheets{use: use, proven: true}
	if out.inUse, err = e.keptSheet(kept, use.Version); err != nil {
		return out, err
	}
	if use.Canary != "" {
		out.canary, err = e.keptSheet(kept, use.Canary)
	}
	return out, err
}

// givenCounts reports whether the sheet of the settings is news.
func (e *environment) givenCounts(given string, use store.SheetUse, kept []store.Sheet) bool {
	switch {
	case use.Version == "":
		return true
	case e.text != nil:
		return use.File != given
	}
	for _, k := range kept { // the default moves along with the release, unless somebody chose another
		if k.Version == use.Version {
			return k.Source == sourceDefault && k.Version != given
		}
	}
	return true
}

func (e *environment) keptSheet(kept []store.Sheet, version string) (*mapping.Sheet, error) {
	for _, k := range kept {
		if k.Version == version {
			s, err := mapping.Parse([]byte(k.Text))
			if err != nil {
				return nil, fmt.Errorf("version %s of the mapping of environment %s: %w", version, e.settings.Name, err)
			}
			return s, nil
		}
	}
	return nil, &fault.Error{Op: "mapping", On: version, Kind: fault.NotFound, Says: "there is no such version of the mapping; see mapping versions"}
}

// adopt notes that the versions work. It is called when they fit both schemas.
func (e *environment) adopt(ctx context.Context, s sheets) error {
	if s.proven {
		return nil
	}
	source := sourceDefault
	if e.text != nil {
		source = sourceFile
	}
	if err := e.keep(ctx, s.inUse, source); err != nil {
		return err
	}
	return e.house.store.UseSheet(ctx, e.settings.Name, s.use)
}

// keep stores a version.
func (e *environment) keep(ctx context.Context, sheet *mapping.Sheet, source string) error {
	text, err := sheet.YAML()
	if err != nil {
		return err
	}
	version, err := sheet.Version()
	if err != nil {
		return err
	}
	return e.house.store.PutSheet(ctx, store.Sheet{Environment: e.settings.Name, Version: string(version), Text: string(text), Source: source, KeptAt: e.house.now()})
}
