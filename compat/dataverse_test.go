package compat

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox"
)

var update = flag.Bool("update", false, "write the table of what passes")

// keepTable compares a table with what README.md has behind the mark of a test, or
// writes it there.
func keepTable(t *testing.T, table string) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	begun, ended := "<!-- written by go test ./compat -run "+name+" -update -->\n", "<!-- /written -->\n"
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begun)
	_, foot, ok2 := strings.Cut(rest, ended)
	if !ok || !ok2 {
		t.Fatal("README.md has lost the marks around its table")
	}
	want := head + begun + table + ended + foot
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(page) {
		t.Errorf("the table in compat/README.md is not what happened: go test ./compat -run %s -update\n%s", name, table)
	}
}

// dynamics-web-api drives the sandbox through its functions; what passes is what the
// table in README.md says, no more and no less.
func TestDataverseOfOthers(t *testing.T) {
	need(t)
	s := begin(t)
	all := drive(t, "dataverse.mjs", s.DataverseURL, s.TokenURL(), sandbox.ClientID, sandbox.ClientSecret)
	var table strings.Builder
	passed := 0
	table.WriteString("\n| chapter | function | |\n| --- | --- | --- |\n")
	for _, o := range all {
		says := "passes"
		if o.OK {
			passed++
		} else {
			says, _, _ = strings.Cut(strings.ReplaceAll(strings.ReplaceAll(o.Why, s.DataverseURL, ""), "|", "/"), "\n")
			says = "fails: " + says
			t.Logf("%s, %s: %s", o.Chapter, o.Name, o.Why)
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", o.Chapter, o.Name, says)
	}
	fmt.Fprintf(&table, "\n%d of %d pass.\n\n", passed, len(all))
	keepTable(t, table.String())
}
