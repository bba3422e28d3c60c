package metadata

import (
	"testing"

	"github.com/spotler-connector/connector/internal/schema"
)

// What our own model says about the platform's tables is what the standard
// tables say: the two were written apart.
func TestTheStandardTablesAgreeWithTheSchema(t *testing.T) {
	m := Standard()
	for _, table := range schema.Tables() {
		std := m.Table(string(table.Name))
		if std == nil || std.Set != table.Set || std.Key != table.Key || std.Primary != table.Primary {
			t.Errorf("%s: %+v", table.Name, std)
			continue
		}
		for _, c := range table.Columns {
			agree(t, std, c)
		}
	}
}

func agree(t *testing.T, std *Table, c schema.Column) {
	t.Helper()
	col := std.Column(c.Name)
	want := FromSchema(c)
	if col == nil || col.Type != want.Type || col.Behavior != want.Behavior {
		t.Errorf("%s.%s: %+v, the schema says %s", std.Name, c.Name, col, c.Kind)
		return
	}
	if c.Schema != "" && col.Schema != c.Schema {
		t.Errorf("%s.%s is called %s, the schema says %s", std.Name, c.Name, col.Schema, c.Schema)
	}
	if c.Max > 0 && col.Max != c.Max {
		t.Errorf("%s.%s: length %d, the schema says %d", std.Name, c.Name, col.Max, c.Max)
	}
	for _, target := range c.Targets {
		if got, want := std.Navigation(col, string(target)), c.Navigation(target); got != want {
			t.Errorf("%s.%s: navigation %s, the schema says %s", std.Name, c.Name, got, want)
		}
	}
	for _, o := range c.Options {
		if has := col.Choice.option(o.Value); has == nil || has.State != o.State || has.Label.String() != o.Label {
			t.Errorf("%s.%s: option %+v, the schema says %+v", std.Name, c.Name, has, o)
		}
	}
}

// Every lookup points at tables that exist, every state has a default status
// that belongs to it, and no two tables share a name.
func TestTheStandardTablesAreWhole(t *testing.T) {
	m := Standard()
	sets, codes := map[string]string{}, map[int]string{}
	for _, table := range m.Tables() {
		if sets[table.Set] != "" || !table.Intersect && codes[table.Code] != "" {
			t.Errorf("%s shares its set or its code with %s%s", table.Name, sets[table.Set], codes[table.Code])
		}
		sets[table.Set], codes[table.Code] = table.Name, table.Name
		if table.Primary != "" && table.Column(table.Primary) == nil {
			t.Errorf("%s has no column %s", table.Name, table.Primary)
		}
		seen := map[string]bool{}
		for _, c := range table.Columns {
			if seen[c.Name] {
				t.Errorf("%s.%s is there twice", table.Name, c.Name)
			}
			seen[c.Name] = true
			for _, target := range c.Targets {
				if m.Table(target) == nil && target != "plugintype" {
					t.Errorf("%s.%s points at %s, which does not exist", table.Name, c.Name, target)
				}
			}
		}
		checkStates(t, table)
	}
	if len(m.Tables()) < 45 || m.Relationship("listcontact_association") == nil || m.Relationship("contact_customer_accounts") == nil {
		t.Error(len(m.Tables()), "tables")
	}
}

func checkStates(t *testing.T, table *Table) {
	t.Helper()
	state, status := table.Column("statecode"), table.Column("statuscode")
	if state == nil || status == nil {
		return
	}
	for _, o := range state.Choice.Options {
		if s := status.Choice.option(o.Default); s == nil || s.State != o.Value {
			t.Errorf("%s: state %d has the default status %d", table.Name, o.Value, o.Default)
		}
	}
}
