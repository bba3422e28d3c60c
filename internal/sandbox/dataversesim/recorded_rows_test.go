package dataversesim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ofApps are members of recorded rows that other apps bring into an organisation
// (portals, parties outside, partners), and ownRows those that ours brings or that come
// with Sales.
var (
	ofApps  = []string{"adx_", "mspp_", "msdyn_portal", "externalparty_value", "_msa_"}
	ownRows = []string{"dh_", "_originatingleadid_value"}
)

// Recorded rows and functions of a real organisation have the members of ours, and no
// others.
func TestRowsHaveTheRealMembers(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "fixtures", "dataverse-responses")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recorded answers are missing:", err)
		}
		t.Skip("the recorded answers are not here")
	}
	const account = "acc00000-0000-4000-8000-000000000001"
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "contacts", `{"contactid":"`+ann+`","lastname":"B","familystatuscode":1}`)
	o.must(204, "POST", "contacts", `{"lastname":"C","familystatuscode":1}`)
	o.must(204, "POST", "contacts", `{"lastname":"D","familystatuscode":1}`)
	o.must(204, "POST", "accounts", `{"accountid":"`+account+`","name":"Sample"}`)
	for file, path := range map[string]string{
		"whoami.json":        "WhoAmI",
		"contact-row.json":   "contacts(" + ann + ")",
		"account-row.json":   "accounts(" + account + ")",
		"contacts-read.json": "contacts?$select=fullname,emailaddress1,fax,familystatuscode",
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var headers []string
		if file == "contacts-read.json" {
			headers = []string{"Prefer", `odata.maxpagesize=2,odata.include-annotations="*"`}
		}
		var real, ours any
		if err := json.Unmarshal(text, &real); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(o.must(200, "GET", path, "", headers...).body), &ours); err != nil {
			t.Fatal(err)
		}
		r, g := membersOf(real, ""), membersOf(ours, "")
		for name := range r {
			if !g[name] && !holdsAny(name, ofApps) {
				t.Errorf("%s: the real answer has %s", file, name)
			}
		}
		for name := range g {
			if !r[name] && !holdsAny(name, ownRows) {
				t.Errorf("%s: only ours has %s", file, name)
			}
		}
	}
}

func holdsAny(name string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(name, p) {
			return true
		}
	}
	return false
}

// The four answers of an import of a solution have the members of recorded ones.
func TestImportHasTheRealMembers(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "fixtures", "dataverse-responses", "solution-import")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recorded answers are missing:", err)
		}
		t.Skip("the recorded answers are not here")
	}
	o := newOrg(t, Config{Seed: 1})
	stage := o.must(200, "POST", "StageSolution", stagingOf(t, "dh_SpotlerJob"))
	started := o.must(200, "POST", "ImportSolutionAsync", importOf(t, stage))
	ended := started.json(t)
	for file, got := range map[string]reply{
		"post_stage_solution.json":        stage,
		"post_import_solution_async.json": started,
		"get_async_operations.json":       o.must(200, "GET", "asyncoperations("+ended["AsyncOperationId"].(string)+")", ""),
		"get_solution_import_result.json": o.must(200, "GET", "RetrieveSolutionImportResult(ImportJobId="+ended["ImportJobKey"].(string)+")", ""),
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var real any
		if err := json.Unmarshal(text, &real); err != nil {
			t.Fatal(err)
		}
		r, g := membersOf(real, ""), membersOf(any(got.json(t)), "")
		for name := range r {
			if !g[name] {
				t.Errorf("%s: the real answer has %s", file, name)
			}
		}
		for name := range g {
			if !r[name] && name != "/@odata.etag" && name != "/versionnumber" { // the recorded System Job has no version
				t.Errorf("%s: only ours has %s", file, name)
			}
		}
	}
}
