package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/spotler"
)

// schemas are the columns and fields of both sides as they are now.
type schemas struct {
	tables     map[connector.Table]schema.Table
	properties []spotler.Property
}

// list are the tables, for mapping.Bind.
func (s schemas) list() []schema.Table {
	out := make([]schema.Table, 0, len(s.tables))
	for _, t := range s.tables {
		out = append(out, t)
	}
	return out
}

// fields are the properties, for mapping.Bind.
func (s schemas) fields() []mapping.Property { return propertiesOf(s.properties) }

// schemas reads both sides (manual: "Database Fields"), with the labels of the choices
// that one of the sheets names.
func (e *environment) schemas(ctx context.Context, named ...*mapping.Sheet) (schemas, error) {
	properties, err := e.mail.Properties(ctx)
	if err != nil {
		return schemas{}, err
	}
	tables := e.tables()
	for _, name := range e.synced() {
		live, err := e.liveTable(ctx, tables[name], named)
		switch {
		case errors.Is(err, fault.Denied) || errors.Is(err, fault.NotFound):
			e.house.log.Warn("the definition of a table cannot be read; its columns are taken to be the standard ones and those of the settings", "environment", e.settings.Name, "table", name, "err", err)
		case err != nil:
			return schemas{}, err
		default:
			tables[name] = live
		}
	}
	return schemas{tables, properties}, nil
}

// liveTable is a table as the organisation has it today. Choices that cannot be read
// keep the labels that we know.
func (e *environment) liveTable(ctx context.Context, base schema.Table, named []*mapping.Sheet) (schema.Table, error) {
	definition, err := e.crm.Definition(ctx, base.Name)
	if err != nil {
		return base, err
	}
	if _, there := definition.Columns[base.Key]; !there {
		return base, &fault.Error{Op: "dataverse.Definition", On: string(base.Name), Kind: fault.Garbled, Says: "the definition of the table has no primary key, so it is not believed"}
	}
	var options map[string][]dataverse.Choice
	if namesChoices(base, definition, named) {
		options, err = e.crm.Options(ctx, base.Name)
	}
	switch {
	case errors.Is(err, fault.Denied) || errors.Is(err, fault.NotFound) || errors.Is(err, fault.NotValid):
		options = map[string][]dataverse.Choice{}
	case err != nil:
		return base, err
	}
	return definition.Onto(base, options), nil
}

// namesChoices reports whether a sheet names a choice whose labels only the organisation
// knows.
func namesChoices(base schema.Table, definition dataverse.TableDefinition, named []*mapping.Sheet) bool {
	bare := definition.Onto(base, nil)
	for _, sheet := range named {
		for _, name := range sheet.Columns(base.Name) {
			if c, there := bare.Column(name); there && (c.Kind == schema.Choice || c.Kind == schema.Choices) {
				return true
			}
		}
	}
	return false
}

// schemaCursor is the position that holds what was last known of the columns and fields
// of the sheet.
const schemaCursor = "schema"

// known is what was last known of the columns and fields of the sheet.
func (e *environment) known(ctx context.Context) (mapping.Snapshot, error) {
	var out mapping.Snapshot
	text, err := e.house.store.Cursor(ctx, e.settings.Name, schemaCursor)
	if err != nil || text == "" {
		return out, err
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return out, fmt.Errorf("what was known of the fields of environment %s: %w", e.settings.Name, err)
	}
	return out, nil
}

// remember notes what is known now. Of a version that worked before, only what is new
// is noted: what changed is told until somebody puts a version to use again.
func (e *environment) remember(ctx context.Context, versions sheets, s schemas) error {
	before, err := e.known(ctx)
	if err != nil {
		return err
	}
	now := versions.inUse.Snapshot(s.list(), s.fields(), before)
	if versions.proven {
		maps.Copy(now.Columns, before.Columns)
		maps.Copy(now.Fields, before.Fields)
	}
	if now.Same(before) {
		return nil
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return e.house.store.SetCursor(ctx, e.settings.Name, schemaCursor, string(text))
}
