package mapping_test

import (
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

// without is the schema of today when contacts have lost a column.
func without(column string, more ...schema.Column) []schema.Table {
	tables := schema.Tables()
	var left []schema.Column
	for _, c := range tables[0].Columns {
		if c.Name != column {
			left = append(left, c)
		}
	}
	tables[0].Columns = append(left, more...)
	return tables
}

// C-570 C-586: what became of a column or field is told with what to do about it, and its row
// alone is held back.
func TestDrift(t *testing.T) {
	s := parse(t, `version: 1
rows:
  - {spotler: email, contact: emailaddress1, direction: "->"}
  - {spotler: city, contact: address1_city, direction: "->"}
  - {spotler: country, contact: "jobtitle;address1_country", direction: "->"}
`)
	fields := []mapping.Property{{Name: "email", Type: "email"}, {Name: "city", Type: "string", Description: "Town"}, {Name: "country", Type: "string"}}
	before := s.Snapshot(schema.Tables(), fields, mapping.Snapshot{})
	if got := s.Check(schema.Tables(), fields, mapping.Since(before)); len(got) != 0 {
		t.Fatalf("nothing changed: %v", got)
	}
	renamed := []mapping.Property{{Name: "email", Type: "email"}, {Name: "town", Type: "string", Description: "Town"}, {Name: "country", Type: "int"}}
	for name, c := range map[string]struct {
		tables []schema.Table
		fields []mapping.Property
		row    int
		fails  bool
		says   []string
	}{
		"a column vanished":  {without("address1_city"), fields, 2, true, []string{"is not in Dynamics 365 any more", "make it again"}},
		"a column renamed":   {without("address1_city", schema.Column{Name: "new_city", Label: "City", Kind: schema.String}), fields, 2, true, []string{"the column new_city", "put it into the row"}},
		"a column retyped":   {without("jobtitle", schema.Column{Name: "jobtitle", Kind: schema.Choice}), fields, 3, false, []string{"was of type string and is choice now"}},
		"a field renamed":    {schema.Tables(), renamed, 2, true, []string{"deleted in Spotler or is hidden", "the field town has its name"}},
		"a field retyped":    {schema.Tables(), []mapping.Property{fields[0], fields[1], {Name: "country", Type: "int"}}, 3, false, []string{"was of type string and is int now"}},
		"a field is no more": {schema.Tables(), fields[:2], 3, true, []string{"make it visible again"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range s.Check(c.tables, c.fields, mapping.Since(before)) {
				if f.Row != c.row || (f.Severity == mapping.Fails) != c.fails {
					continue
				}
				for _, says := range c.says {
					if !strings.Contains(f.Says, says) {
						t.Errorf("%s: want %q", f.Says, says)
					}
				}
				bound, err := s.Bind(c.tables, c.fields, mapping.HoldBack())
				if err != nil || c.fails != (len(bound.HeldBack()) > 0) {
					t.Errorf("held back %v, %v", bound.HeldBack(), err)
				}
				return
			}
			t.Errorf("row %d is not mentioned: %v", c.row, s.Check(c.tables, c.fields, mapping.Since(before)))
		})
	}
}

// What is gone keeps what was known of it, or tomorrow nobody could say what it was.
func TestSnapshotRemembers(t *testing.T) {
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: city, contact: address1_city, direction: '->'}")
	first := s.Snapshot(schema.Tables(), spotler(), mapping.Snapshot{})
	again := s.Snapshot(without("address1_city"), []mapping.Property{{Name: "email", Type: "email"}}, first)
	if !again.Same(first) || len(first.Columns) != 2 || len(first.Fields) != 2 {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if again.Same(mapping.Snapshot{}) {
		t.Error("an empty snapshot is the same as a full one")
	}
}
