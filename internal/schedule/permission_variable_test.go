package schedule

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
)

// variable is one environment variable; wrote are the defaults that were written.
type variable struct {
	v     dataverse.Variable
	found bool
	wrote []string
}

func (x *variable) ReadVariable(_ context.Context, name string) (dataverse.Variable, bool, error) {
	return x.v, x.found && name == PermissionsVariable, nil
}

func (x *variable) WriteVariableDefault(_ context.Context, _ dataverse.Variable, value string) error {
	x.wrote = append(x.wrote, value)
	return nil
}

// C-622, C-625, C-627, C-628, C-730: the default of the variable gets the permissions of
// Spotler; a Value is never written, and ";" as the Value ends even that.
func TestPermissionVariableIsKeptUpToDate(t *testing.T) {
	spotler := func(names ...string) func(context.Context) ([]string, error) {
		return func(context.Context) ([]string, error) { return names, nil }
	}
	for _, c := range []struct {
		name  string
		v     dataverse.Variable
		found bool
		has   []string
		want  []string
		fails fault.Kind
	}{
		{"a new permission", dataverse.Variable{Value: "News;", Initial: "News;", Default: true}, true, []string{"News", "Offers"}, []string{"News;Offers;"}, ""},
		{"nothing new", dataverse.Variable{Value: "News;", Initial: "News;", Default: true}, true, []string{"News"}, nil, ""},
		{"somebody's own list: the default changes, the Value stays", dataverse.Variable{Value: "Mine;", Initial: "News;"}, true, []string{"News", "Offers"}, []string{"News;Offers;"}, ""},
		{"off", dataverse.Variable{Value: ";", Initial: "News;"}, true, []string{"News", "Offers"}, nil, ""},
		{"a semicolon as the default is not off", dataverse.Variable{Value: ";", Initial: ";", Default: true}, true, []string{"News"}, []string{"News;"}, ""},
		{"not defined", dataverse.Variable{}, false, []string{"News"}, nil, ""},
		{"Spotler lists none", dataverse.Variable{Value: "News;", Initial: "News;", Default: true}, true, nil, nil, fault.Garbled},
	} {
		x := &variable{v: c.v, found: c.found}
		err := (&permissionVariable{Environment{}, x, spotler(c.has...)}).once(background)
		if (c.fails == "") != (err == nil) || c.fails != "" && !errors.Is(err, c.fails) || !slices.Equal(x.wrote, c.want) {
			t.Errorf("%s: wrote %q, want %q, %v", c.name, x.wrote, c.want, err)
		}
	}
	e := Environment{Name: env, Variables: &variable{}, PermissionNames: spotler()}
	i := slices.IndexFunc(e.Steps(), func(s Step) bool { return s.Name == "permission_variable" })
	if i < 0 || e.Steps()[i].Every != 24*time.Hour {
		t.Errorf("the clock does it every %v", e.Steps()[max(i, 0)].Every)
	}
}
