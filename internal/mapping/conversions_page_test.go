package mapping_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/schema"
)

var update = flag.Bool("update", false, "write the page about conversions")

// C-085 C-595: the page says of every kind of column and every type of field what
// Bind makes of it.
func TestPageOfConversions(t *testing.T) {
	kinds := []schema.Kind{schema.String, schema.Memo, schema.Int, schema.Decimal, schema.Money, schema.Bool, schema.DateOnly, schema.DateTime,
		schema.Choice, schema.State, schema.Status, schema.Lookup, schema.Customer, schema.Owner, schema.PrimaryKey}
	types := []string{"string", "email", "mobNr", "postcode", "gender", "int", "money", "date", "birthdate", "dateTime", "set"}
	var b strings.Builder
	b.WriteString("# Conversions\n\nEvery type of column of Dynamics 365 (down) and every type of field of Spotler (across): `<->` goes both ways, `->` only to Spotler,\n" +
		"and `–` is refused when the mapping is read. A single value that does not fit is left out with a reason; the record goes on.\n" +
		"This page is written by `go test ./internal/mapping -run TestPageOfConversions -update`.\n\n| |")
	b.WriteString(" " + strings.Join(types, " | ") + " |\n|" + strings.Repeat(" --- |", len(types)+1) + "\n")
	for _, kind := range kinds {
		b.WriteString("| " + string(kind) + " |")
		for _, of := range types {
			_, out := goal(t, kind, of, "->", "")
			_, both := goal(t, kind, of, "<->", "")
			_, back := goal(t, kind, of, "<-", "")
			if (both == nil) != (out == nil && back == nil) {
				t.Errorf("%s and %s: -> %v, <- %v, <-> %v", kind, of, out, back, both)
			}
			cell := "–"
			switch {
			case both == nil:
				cell = "`<->`"
			case out == nil:
				cell = "`->`"
			}
			b.WriteString(" " + cell + " |")
		}
		b.WriteString("\n")
	}
	page := filepath.Join("..", "..", "docs", "manual", "conversions.md")
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(page)
	if err != nil || string(have) != b.String() {
		t.Errorf("%s is not what the mapping does; write it with -update (%v)", page, err)
	}
}
