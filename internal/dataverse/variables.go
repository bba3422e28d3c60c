package dataverse

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

var (
	variableTable = schema.Table{Name: "environmentvariabledefinition", Set: "environmentvariabledefinitions", Key: "environmentvariabledefinitionid", Primary: "schemaname"}
	valueTable    = schema.Table{Name: "environmentvariablevalue", Set: "environmentvariablevalues", Key: "environmentvariablevalueid",
		Columns: []schema.Column{{Name: "environmentvariabledefinitionid", Kind: schema.Lookup}}}
)

// VariableType is the type of an environment variable (section 6.1).
type VariableType int

// The types.
const (
	VariableString VariableType = 100000000 + iota
	VariableNumber
	VariableBoolean
	VariableJSON
	VariableDataSource
	VariableSecret
)

// Variable is an environment variable: its definition with the value that holds.
type Variable struct {
	ID      connector.RecordID // of the definition
	Name    string             // its schema name
	Type    VariableType
	Value   string // the value, or the default when there is none
	Initial string // the definition's default, also when there is a value
	ValueID connector.RecordID
	// Default says that no value is set, so that Value is the definition's own.
	Default bool
}

// ReadVariable reads an environment variable by its schema name. found is false when
// it is not defined.
func (c *Client) ReadVariable(ctx context.Context, name string) (v Variable, found bool, err error) {
	row, found, err := c.only(ctx, variableTable, Eq("schemaname", name), "schemaname", "defaultvalue", "type")
	if !found || err != nil {
		return Variable{}, false, err
	}
	kind, _ := row.Int("type")
	v = Variable{ID: row.ID, Name: row.String("schemaname"), Type: VariableType(kind), Value: row.String("defaultvalue"), Initial: row.String("defaultvalue"), Default: true}
	value, set, err := c.only(ctx, valueTable, Eq(lookupProperty("environmentvariabledefinitionid"), row.ID), "value")
	if err != nil {
		return Variable{}, false, err
	}
	if set {
		v.Value, v.ValueID, v.Default = value.String("value"), value.ID, false
	}
	return v, true, nil
}

// DefineVariable makes the definition of an environment variable: v.ID is a key that
// the caller made, v.Value the default, display its name for people.
func (c *Client) DefineVariable(ctx context.Context, v Variable, display string) error {
	if !plainIdentifier(v.Name) || v.Type < VariableString || v.Type > VariableSecret {
		return notValid("dataverse.DefineVariable", "", "the variable needs a type and a schema name of letters, digits and _")
	}
	return c.CreateOnce(ctx, variableTable, v.ID, Fields{"schemaname": v.Name, "displayname": display, "type": int(v.Type), "defaultvalue": v.Value})
}

// WriteVariableDefault sets the default of an environment variable that is defined. A
// value that somebody set stays as it is, and holds.
func (c *Client) WriteVariableDefault(ctx context.Context, v Variable, value string) error {
	if v.Type == VariableSecret {
		return notValid("dataverse.WriteVariableDefault", v.Name, "a secret is kept in a key vault and not written here")
	}
	return c.Update(ctx, variableTable, v.ID, Fields{"defaultvalue": value}, 0)
}

// WriteVariable sets the value of an environment variable that is defined: it changes
// the value row, or makes one under the caller's key. meta may be nil; with it the
// navigation name comes from the organisation, in its own case.
func (c *Client) WriteVariable(ctx context.Context, meta *Metadata, name, value string, id connector.RecordID) error {
	v, found, err := c.ReadVariable(ctx, name)
	switch {
	case err != nil:
		return err
	case !found:
		return &fault.Error{Op: "dataverse.WriteVariable", Kind: fault.NotFound, Says: "the environment variable is not defined; import the solution that defines it"}
	case v.Type == VariableSecret:
		return notValid("dataverse.WriteVariable", name, "a secret is kept in a key vault and not written here")
	case !v.Default:
		return c.Update(ctx, valueTable, v.ValueID, Fields{"value": value}, 0)
	}
	f := Fields{"value": value}
	if meta == nil {
		f[c.assumed.text[AssumedVariableBind]+"@odata.bind"] = "/" + rowPath(variableTable, v.ID)
	} else if err := meta.Bind(ctx, f, valueTable.Name, "environmentvariabledefinitionid", connector.Record{Table: variableTable.Name, ID: v.ID}); err != nil {
		return err
	}
	return c.CreateOnce(ctx, valueTable, id, f)
}
