package provision

import (
	"slices"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

func triggersOf(t *testing.T, c CRM, s Spec, table connector.Table, message string) Trigger {
	t.Helper()
	all, err := Triggers(t.Context(), c, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if x.Table == table && x.Message == message {
			return x
		}
	}
	t.Fatalf("no trigger for %s of %s in %+v", message, table, all)
	return Trigger{}
}

func TestTriggersAreListed(t *testing.T) {
	g, c := newRegistry(t)
	if x := triggersOf(t, c, spec(), connector.Contact, "Update"); x.Found || x.Enabled || len(x.Missing) == 0 {
		t.Errorf("of an empty organisation: %+v", x)
	}
	ensure(t, c, spec())
	g.find("sdkmessageprocessingsteps", "name", "SpotlerConnector: Update of contact")["filteringattributes"] = "firstname,statecode"
	g.writes = nil
	x := triggersOf(t, c, spec(), connector.Contact, "Update")
	if !x.Found || !x.Enabled || !slices.Equal(x.Columns, []string{"firstname", "statecode"}) || !slices.Equal(x.Missing, []string{"donotemail", "emailaddress1", "parentcustomerid", "statuscode"}) {
		t.Errorf("%+v", x)
	}
	if len(g.writes) != 0 {
		t.Errorf("looking wrote %v", g.writes)
	}
}

func TestTriggersAreChanged(t *testing.T) {
	off, on := false, true
	g, c := newRegistry(t)
	ensure(t, c, spec())
	change := func(table connector.Table, x TriggerChange) error {
		g.writes = nil
		return ChangeTriggers(t.Context(), c, spec(), table, x)
	}
	state := func(name string) any {
		return g.find("sdkmessageprocessingsteps", "name", "SpotlerConnector: "+name)["statecode"]
	}
	if err := change(connector.Contact, TriggerChange{Enabled: &off}); err != nil || len(g.writes) != 3 || state("Update of contact") != 1.0 || state("Create of lead") == 1.0 {
		t.Errorf("%v, %v", err, g.writes)
	}
	if err := change(connector.Contact, TriggerChange{Enabled: &off}); err != nil || len(g.writes) != 0 {
		t.Errorf("the same again: %v, %v", err, g.writes)
	}
	if err := change(connector.Contact, TriggerChange{Columns: []string{"_parentcustomerid_value", "jobtitle"}}); err != nil || len(g.writes) != 1 {
		t.Errorf("%v, %v", err, g.writes)
	}
	x := triggersOf(t, c, spec(), connector.Contact, "Update")
	if x.Enabled || !slices.Equal(x.Columns, []string{"jobtitle", "parentcustomerid", "statecode", "statuscode"}) || len(x.Missing) != 3 {
		t.Errorf("%+v", x)
	}
	if err := change(connector.Contact, TriggerChange{AddMissing: true, Enabled: &on}); err != nil {
		t.Error(err)
	}
	if x = triggersOf(t, c, spec(), connector.Contact, "Update"); !x.Enabled || len(x.Missing) != 0 || !slices.Contains(x.Columns, "jobtitle") {
		t.Errorf("%+v", x)
	}
}

// The permission step cannot be switched off, and our own tables choose their columns.
func TestTriggersRefuse(t *testing.T) {
	off := false
	g, c := newRegistry(t)
	ensure(t, c, spec())
	g.writes = nil
	for name, x := range map[string]struct {
		table connector.Table
		c     TriggerChange
		kind  fault.Kind
		says  string
	}{
		"permissions off":        {"dh_spotlerpermission", TriggerChange{Enabled: &off}, fault.NotValid, "an opt-out would no longer reach Spotler"},
		"columns of permissions": {"dh_spotlerpermission", TriggerChange{Columns: []string{"dh_name"}}, fault.NotValid, "ours to choose"},
		"another table":          {"opportunity", TriggerChange{Enabled: &off}, fault.NotFound, "no events of this table"},
		"a table not synced":     {"account", TriggerChange{Enabled: &off}, fault.NotFound, "no events of this table"},
	} {
		err := ChangeTriggers(t.Context(), c, spec(), x.table, x.c)
		if fault.Of(err) != x.kind || !strings.Contains(err.Error(), x.says) || len(g.writes) != 0 {
			t.Errorf("%s: %v, %v", name, err, g.writes)
		}
	}
	empty, other := newRegistry(t)
	if err := ChangeTriggers(t.Context(), other, spec(), connector.Contact, TriggerChange{Enabled: &off}); fault.Of(err) != fault.NotFound || len(empty.writes) != 0 {
		t.Errorf("steps that are not there: %v", err)
	}
}
