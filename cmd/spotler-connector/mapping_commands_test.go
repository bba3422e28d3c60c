package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/mapping/workbook"
	"github.com/spotler-connector/connector/internal/store"
)

// command runs the program against the story's house, as a person would, and returns
// what it printed and its exit code.
func (s *story) command(args ...string) (string, int) {
	s.Helper()
	var out, errw bytes.Buffer
	code := run(s.Context(), args, []string{serverEnviron + "=" + s.house.Addr(), tokenEnviron + "=" + s.house.firstTok}, &out, &errw)
	return out.String() + errw.String(), code
}

// asked runs a command with --json and decodes its answer.
func asked[T any](s *story, wantCode int, args ...string) T {
	s.Helper()
	var out T
	text, code := s.command(append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), &out); err != nil || code != wantCode {
		s.Fatalf("%v: exit %d, %v\n%s", args, code, err, text)
	}
	return out
}

// sheetFile writes a mapping to a file.
func sheetFile(t *testing.T, rows ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sheet.yaml")
	text := "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - " + strings.Join(rows, "\n  - ") + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A mapping is checked, tried with some, put to use for all and taken back, while the
// connector runs.
func TestMappingIsChanged(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_EVERY": "1h"})
	s.crm(person(1, map[string]any{"jobtitle": "Baker"}), person(2, map[string]any{"jobtitle": "Cook"}))
	s.quiet()
	first := asked[openapi.MappingVersions](s, exitOK, "mapping", "versions")
	if len(first.Versions) != 1 || first.Versions[0].Source != sourceDefault || first.InUse != first.Versions[0].Version {
		t.Fatalf("at first: %+v", first)
	}
	file := sheetFile(t, "{spotler: city, contact: jobtitle, direction: '->'}")
	dry := asked[openapi.MappingDryRun](s, exitOK, "mapping", "dry-run", file)
	if c := dry.Tables[0]; c.Rows != 2 || c.Changes != 2 || c.Creates != 0 || c.Fields[0].Field != "city" || c.Fields[0].Sets != 2 || c.Fields[0].Samples[0].Becomes == "Baker" {
		t.Errorf("dry run: %+v", dry)
	}
	if text, code := s.command("mapping", "diff", file); code != exitOK || !strings.Contains(text, "city: added, contact jobtitle, direction ->") && !strings.Contains(text, "contact address1_city became jobtitle") {
		t.Errorf("diff: exit %d\n%s", code, text)
	}
	whole := asked[openapi.MappingVersions](s, exitOK, "mapping", "apply", file, "--canary", "100%")
	if whole.Canary != nil {
		t.Errorf("a canary of all is all: %+v", whole)
	}
	s.until("the new mapping is at work", func() bool { return s.house.envs[0].sheetUse.Load().Version == whole.InUse })
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Miller"}})
	s.quiet()
	if c := s.spotler()[id(1)].Properties["city"]; c != "Miller" {
		t.Errorf("city is %v", c)
	}
	preview := asked[openapi.MappingPreview](s, exitOK, "mapping", "preview", "contact/"+id(1))
	if l := preview.Lines[1]; l.Source != "Miller" || l.Converted != "Miller" || !preview.InSpotler || preview.Version != whole.InUse {
		t.Errorf("preview: %+v", preview)
	}
	back := asked[openapi.MappingVersions](s, exitOK, "mapping", "rollback", first.InUse)
	if back.InUse != first.InUse || len(back.Versions) != 2 {
		t.Errorf("rolled back: %+v", back)
	}
	if text, code := s.command("mapping", "rollback", "0123456789abcdef"); code != exitNotFound {
		t.Errorf("a version that never was: exit %d\n%s", code, text)
	}
}

// C-589: the mapping in use as an Excel workbook, and back from it as the same version; a
// fault in a workbook names its cell.
func TestMappingWorkbook(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_EVERY": "1h"})
	before := asked[openapi.MappingVersions](s, exitOK, "mapping", "versions")
	file := filepath.Join(t.TempDir(), "mapping.xlsx")
	if text, code := s.command("mapping", "export", file); code != exitOK {
		t.Fatalf("exit %d\n%s", code, text)
	}
	book, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(book, []byte("PK")) {
		t.Fatalf("no workbook: %v", err)
	}
	sheet, err := workbook.Read(book)
	if err != nil || len(sheet.Rows) == 0 {
		t.Fatalf("%v", err)
	}
	if kept := asked[openapi.MappingCheck](s, exitOK, "mapping", "import", file); kept.Version != before.InUse {
		t.Errorf("it came back as %s, not %s", kept.Version, before.InUse)
	}
	if text, code := s.command("mapping", "export", file); code == exitOK {
		t.Errorf("a file was written over: %s", text)
	}
	sheet.Rows[0].Spotler = sheet.Rows[1].Spotler
	if book, err = workbook.Write(sheet, workbook.Choices{}); err != nil {
		t.Fatal(err)
	}
	twice := filepath.Join(t.TempDir(), "twice.xlsx")
	if err := os.WriteFile(twice, book, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, code := s.command("mapping", "import", twice); code == exitOK || !strings.Contains(text, "G3") {
		t.Errorf("a field that is filled twice: exit %d\n%s", code, text)
	}
}

// A canary works for its share of the records only, and the same ones every time.
func TestMappingCanary(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_EVERY": "1h"})
	file := sheetFile(t, "{spotler: city, contact: jobtitle, direction: '->'}")
	tried := asked[openapi.MappingVersions](s, exitOK, "mapping", "apply", file, "--canary", "50%")
	if *tried.Share != 50 || *tried.Canary == tried.InUse {
		t.Fatalf("%+v", tried)
	}
	s.until("the canary is at work", func() bool { return s.house.running(s.env).Canary != nil })
	for n := 1; n <= 20; n++ {
		s.crm(person(n, map[string]any{"jobtitle": "Baker", "address1_city": "Ede"}))
	}
	s.quiet()
	newer := 0
	for n := 1; n <= 20; n++ {
		covered := s.house.running(s.env).Canary.Covers(recordOf(n))
		if covered {
			newer++
		}
		if want := map[bool]string{true: "Baker", false: "Ede"}[covered]; s.spotler()[id(n)].Properties["city"] != want {
			t.Errorf("person %d, covered %t: city is %v", n, covered, s.spotler()[id(n)].Properties["city"])
		}
	}
	if newer == 0 || newer == 20 {
		t.Errorf("%d of 20 are covered", newer)
	}
	all := asked[openapi.MappingVersions](s, exitOK, "mapping", "apply", "--all", "--load")
	if all.InUse != *tried.Canary || all.Canary != nil {
		t.Errorf("%+v", all)
	}
	s.until("everybody has the new one", func() bool {
		here := s.spotler()
		for n := 1; n <= 20; n++ {
			if here[id(n)].Properties["city"] != "Baker" {
				return false
			}
		}
		return true
	})
	s.quiet()
}

// C-570 C-586: a field that vanishes holds back its row alone; check and status say so with a
// fix, and it goes on by itself when the field is back.
func TestAFieldVanishes(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_EVERY": "1h"})
	visible := func(on bool) {
		s.control(http.MethodPut, s.sandbox.SpotlerURL+"/control/properties/city/visible", map[string]any{"visible": on}, nil)
		e := s.house.envs[0]
		e.schemasRead.Store(nil)
		if err := e.lookAtSchemas(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.until("the environment has heard of it", func() bool { return (len(s.house.running(s.env).Mapping.HeldBack()) > 0) != on })
	}
	visible(false)
	s.crm(person(1, map[string]any{"address1_city": "Ede", "jobtitle": "Baker"}))
	s.quiet()
	if p := s.spotler()[id(1)].Properties; p["city"] != nil || p["profileField1"] != "Baker" {
		t.Errorf("while it is hidden: %v", p)
	}
	check := asked[openapi.MappingCheck](s, exitFailed, "mapping", "check")
	if f := check.Findings[0]; f.Severity != openapi.MappingFindingSeverityError || !strings.Contains(f.Says, "make it visible again") {
		t.Errorf("check: %+v", check)
	}
	status := asked[openapi.Status](s, exitFailed, "status")
	if e := status.Environments[0]; e.State != openapi.EnvironmentStateOn || len(e.Alerts) != 1 || !strings.Contains(e.Alerts[0].Detail, "city") {
		t.Errorf("status: %+v", e)
	}
	visible(true)
	s.until("what could not travel does so", func() bool { return s.spotler()[id(1)].Properties["city"] == "Ede" })
	s.quiet()
	if n := s.count(); n.Ops[store.OpFailed]+n.Ops[store.OpDead] != 0 {
		t.Errorf("jobs failed: %v", n.Ops)
	}
}

// The steps are shown, set and mended by command; the permission step stays on.
func TestTriggerCommands(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_EVERY": "1h"})
	update := func(list openapi.TriggerList, table string) openapi.Trigger {
		for _, x := range list.Triggers {
			if x.Table == table && x.Message == "Update" {
				return x
			}
		}
		t.Fatalf("no Update of %s", table)
		return openapi.Trigger{}
	}
	all := asked[openapi.TriggerList](s, exitOK, "triggers", "list")
	if x := update(all, "contact"); !x.Enabled || len(x.Missing) != 0 || !slices.Contains(x.Columns, "jobtitle") {
		t.Errorf("%+v", x)
	}
	set := asked[openapi.TriggerList](s, exitOK, "triggers", "set", "contact", "jobtitle", "description")
	_ = set
	if check := asked[openapi.MappingCheck](s, exitOK, "mapping", "check"); len(check.Findings) != 1 || !strings.Contains(check.Findings[0].Says, "emailaddress1") {
		t.Errorf("check: %+v", check)
	}
	mended := asked[openapi.TriggerList](s, exitOK, "triggers", "add-missing")
	if x := update(mended, "contact"); len(x.Missing) != 0 || !slices.Contains(x.Columns, "description") {
		t.Errorf("%+v", x)
	}
	if x := update(asked[openapi.TriggerList](s, exitOK, "triggers", "disable", "lead"), "lead"); x.Enabled {
		t.Errorf("%+v", x)
	}
	if text, code := s.command("triggers", "disable", "dh_spotlerpermission"); code != exitUsage || !strings.Contains(text, "an opt-out would no longer reach Spotler") {
		t.Errorf("exit %d: %s", code, text)
	}
}
