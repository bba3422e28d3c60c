package schedule

import (
	"context"
	"time"

	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
)

// The environment variables about permissions, by schema name (manual:
// "Customizations", "Auto populating Permissions").
const (
	PermissionsVariable = "dh_spotlerpermissions"
	EnabledVariable     = "dh_spotlerpermissionsenabledbydefault"
)

// Variables are the environment variables of an organisation. *dataverse.Client is one.
type Variables interface {
	ReadVariable(ctx context.Context, name string) (v dataverse.Variable, found bool, err error)
	WriteVariableDefault(ctx context.Context, v dataverse.Variable, value string) error
}

// ReadVariables reads what the variables say of new customers. defined is false in an
// organisation that does not have the first one: then nothing is made for anybody.
func ReadVariables(ctx context.Context, from Variables) (v decide.Variables, defined bool, err error) {
	list, found, err := from.ReadVariable(ctx, PermissionsVariable)
	if !found || err != nil {
		return v, false, err
	}
	enabled, _, err := from.ReadVariable(ctx, EnabledVariable)
	if err != nil {
		return v, false, err
	}
	return decide.Variables{Permissions: list.Value, Off: !list.Default && decide.VariableOff(list.Value), Enabled: enabled.Value}, true, nil
}

// variableEvery is how often the variable is brought up to date (manual: "Environment
// Variables", "permissions": daily).
const variableEvery = 24 * time.Hour

// permissionVariable keeps the default of the variable permissions equal to what
// Spotler has. It never writes a Value: that is somebody's own, and ";" as the Value
// ends even this.
type permissionVariable struct {
	Environment
	Variables Variables
	// Names reads the permissions that Spotler has now, in its order.
	Names func(ctx context.Context) ([]string, error)
}

func (p *permissionVariable) once(ctx context.Context) error {
	v, found, err := p.Variables.ReadVariable(ctx, PermissionsVariable)
	if err != nil || !found || !v.Default && decide.VariableOff(v.Value) {
		return err
	}
	names, err := p.Names(ctx)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return &fault.Error{Op: "schedule.permissionVariable", Kind: fault.Garbled, Says: "Spotler lists no permission at all, so the environment variable was left as it is: check the permissions in Spotler and the mapping"}
	}
	if list := decide.VariableList(names); list != v.Initial {
		return p.Variables.WriteVariableDefault(ctx, v, list)
	}
	return nil
}
