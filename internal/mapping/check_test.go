package mapping_test

import (
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

func TestCheck(t *testing.T) {
	if got := mapping.Default().Check(schema.Tables(), spotler()); len(got) != 0 {
		t.Errorf("the default mapping: %v", got)
	}
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: FirstName, contact: firstname, direction: '->'}\n  - {spotler: city, contact: nickname, direction: '->'}")
	got := s.Check(schema.Tables(), []mapping.Property{{Name: "email", Type: "email"}, {Name: "firstName", Type: "string"}, {Name: "city", Type: "string"}, {Name: "externalId", Type: "string"}})
	want := []struct {
		severity mapping.Severity
		row      int
		says     string
	}{{mapping.Fails, 2, "did you mean firstName?"}, {mapping.Fails, 3, "has no column of this name"}, {mapping.Warns, 0, "firstName is in no row"}}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i, w := range want {
		if g := got[i]; g.Severity != w.severity || g.Row != w.row || !strings.Contains(g.Says, w.says) {
			t.Errorf("finding %d is %v, want %v", i, g, w)
		}
	}
}
