package dataverse

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// C-086: the columns that the mapping may use are those of the organisation today.
func TestOnto(t *testing.T) {
	base := schema.Table{Name: "contact", Set: "contacts", Key: "contactid", Primary: "fullname", Columns: []schema.Column{
		{Name: "firstname", Schema: "FirstName", Label: "First Name", Kind: schema.String, Max: 50},
		{Name: "jobtitle", Schema: "JobTitle", Kind: schema.String, Max: 100},
		{Name: "statecode", Kind: schema.State, Options: []schema.Option{{Value: 0, Label: "Active"}}},
		{Name: "parentcustomerid", Kind: schema.Customer, Targets: []connector.Table{"account", "contact"}},
		{Name: "gone", Kind: schema.Int},
		{Name: "hidden", Kind: schema.Int},
	}}
	live := TableDefinition{Name: "contact", Set: "contacts", Key: "contactid", Columns: map[string]ColumnDefinition{
		"firstname":            {Name: "firstname", SchemaName: "FirstName", Type: "String", MaxLength: 80, Read: true},
		"jobtitle":             {Name: "jobtitle", SchemaName: "JobTitle", Type: "Picklist", Read: true},
		"statecode":            {Name: "statecode", Type: "State", Read: true},
		"parentcustomerid":     {Name: "parentcustomerid", Type: "Lookup", Read: true},
		"parentcustomeridname": {Name: "parentcustomeridname", Type: "String", CompanionOf: "parentcustomerid", Read: true},
		"hidden":               {Name: "hidden", Type: "Integer"},
		"new_clubs":            {Name: "new_clubs", SchemaName: "new_Clubs", Type: "MultiSelectPicklist", Labels: Labels{1033: "Clubs", 1043: "Verenigingen"}, Read: true},
		"new_day":              {Name: "new_day", Type: "DateTime", Behavior: "DateOnly", Read: true},
		"new_at":               {Name: "new_at", Type: "DateTime", Behavior: "UserLocal", Format: "DateOnly", Read: true},
		"new_wall":             {Name: "new_wall", Type: "DateTime", Behavior: "TimeZoneIndependent", Read: true},
		"new_photo":            {Name: "new_photo", Type: "Image", Read: true},
		"new_sum":              {Name: "new_sum", Type: "Double", Read: true},
		"new_long":             {Name: "new_long", Type: "BigInt", Read: true},
	}}
	got := live.Onto(base, map[string][]Choice{
		"jobtitle":  {{Value: 7, Labels: Labels{1033: "Baker", 1043: "Bakker", 1031: "Baker"}}},
		"statecode": {{Value: 0, Labels: Labels{1043: "Actief"}}, {Value: 1, Labels: Labels{1043: "Inactief"}, State: 1}},
	}, 1043, 1033)
	want := schema.Table{Name: "contact", Set: "contacts", Key: "contactid", Primary: "fullname", Columns: []schema.Column{
		{Name: "firstname", Schema: "FirstName", Label: "First Name", Kind: schema.String, Max: 80},
		{Name: "jobtitle", Schema: "JobTitle", Kind: schema.Choice, Max: 100, Options: []schema.Option{{Value: 7, Label: "Bakker", Labels: []string{"Baker"}}}},
		{Name: "statecode", Kind: schema.State, Options: []schema.Option{{Value: 0, Label: "Actief"}, {Value: 1, Label: "Inactief", State: 1}}},
		{Name: "parentcustomerid", Kind: schema.Customer, Targets: []connector.Table{"account", "contact"}},
		{Name: "new_at", Kind: schema.DateTime},
		{Name: "new_clubs", Schema: "new_Clubs", Label: "Verenigingen", Kind: schema.Choices},
		{Name: "new_day", Kind: schema.DateOnly},
		{Name: "new_long", Kind: schema.BigInt},
		{Name: "new_sum", Kind: schema.Double},
		{Name: "new_wall", Kind: schema.LocalTime},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if base.Columns[0].Max != 50 || len(base.Columns) != 6 {
		t.Error("the base was changed")
	}
}
