package connector_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// chapters are those that docs/manual-coverage.md speaks of, with the first and
// the last of their claims.
var chapters = []struct {
	name        string
	first, last int
}{
	{"Synchronize Contacts", 11, 96},
	{"Synchronize Subscriptions", 97, 103},
	{"New Subscribers", 104, 119},
	{"Anonymizing / GDPR", 182, 187},
	{"Anonymizing / GDPR", 188, 222},
	{"Bounces", 223, 233},
	{"Spotler Jobs", 282, 369},
	{"Tagging & Scoring", 370, 407},
	{"Trigger Automations", 408, 459},
	{"Trigger Campaigns", 460, 477},
	{"Add/Remove from Audience", 478, 496},
	{"Set / Clear Contact Field", 497, 535},
	{"Database Fields", 566, 586},
	{"Mapping", 587, 616},
	{"Environment Variables", 617, 641},
	{"Tables", 642, 687},
	{"Configure Contact Sync", 696, 724},
	{"Customizations", 725, 758},
	{"Troubleshooting", 759, 771},
}

// standings are the words with which the last column may begin.
var standings = []string{"as the manual", "partly: ", "differs: ", "no test yet", "not yet", "remote", "people"}

var (
	claimRow  = regexp.MustCompile(`^\| C-(\d{3}) \| ([^|]+) \| ([^|]*) \| ([^|]+) \|$`)
	namedTest = regexp.MustCompile("`([^`]+_test\\.go)` `((?:Test|Fuzz)\\w+)`")
)

// Every claim has one row, in order; a row that says the claim holds names a test,
// and every test that is named exists.
func TestManualCoverage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("docs", "manual-coverage.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []int
	for _, c := range chapters {
		for id := c.first; id <= c.last; id++ {
			want = append(want, id)
		}
		if !strings.Contains(string(page), "\n## "+c.name+"\n") {
			t.Errorf("there is no chapter %s", c.name)
		}
	}
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSuffix(line, "\n")
		m := claimRow.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "| C-") {
				t.Errorf("this row cannot be read: %s", line)
			}
			continue
		}
		id, _ := strconv.Atoi(m[1])
		got = append(got, id)
		checkClaim(t, "C-"+m[1], strings.TrimSpace(m[3]), m[4])
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rows are not the claims of the chapters, each once and in order: %d rows, %d claims", len(got), len(want))
	}
}

func checkClaim(t *testing.T, id, tests, standing string) {
	t.Helper()
	if !slices.ContainsFunc(standings, func(s string) bool { return strings.HasPrefix(standing, s) }) {
		t.Errorf("%s stands as %q, which is none of %q", id, standing, standings)
	}
	named := namedTest.FindAllStringSubmatch(tests, -1)
	if rest := strings.Trim(namedTest.ReplaceAllString(tests, ""), " ,"); rest != "" && rest != "–" {
		t.Errorf("%s: %q is not the name of a test", id, rest)
	}
	proved := strings.HasPrefix(standing, "as the manual") || strings.HasPrefix(standing, "partly")
	if proved && len(named) == 0 {
		t.Errorf("%s holds, but no test is named", id)
	}
	for _, n := range named {
		text, err := os.ReadFile(filepath.FromSlash(n[1]))
		if err != nil || !strings.Contains(string(text), "\nfunc "+n[2]+"(") {
			t.Errorf("%s: there is no test %s in %s", id, n[2], n[1])
		}
	}
}

// The columns that the manual lists under "Tables" (C-644 to C-665), as far as the
// connector has their tables.
func TestTablesOfTheManual(t *testing.T) {
	tables := map[connector.Table]schema.Table{}
	for _, table := range schema.Tables() {
		tables[table.Name] = table
	}
	scores := []string{"dh_SpotlerInfo", "dh_EngagementScore", "dh_EngagementWeightedScore"}
	for name, columns := range map[connector.Table][]string{
		connector.Account: scores, connector.Contact: scores, connector.Lead: scores, connector.MarketingList: {"dh_SpotlerInfo"},
		schema.SpotlerInfoTable:       {"dh_Name", "dh_Reason", "dh_Active", "dh_LastSync"},
		schema.SpotlerPermissionTable: {"dh_Customer", "dh_Lead", "dh_Subscribed"},
		schema.SpotlerJobTable:        {"dh_Operation", "dh_Customer", "dh_Lead", "dh_List", "dh_Automation", "dh_ParameterName", "dh_ParameterValue", "statuscode"},
		schema.SpotlerAutomationTable: {"dh_Name", "dh_TriggerCode"},
	} {
		for _, column := range columns {
			if !slices.ContainsFunc(tables[name].Columns, func(c schema.Column) bool { return c.Schema == column }) {
				t.Errorf("%s has no column %s", name, column)
			}
		}
	}
}

// The words of a Spotler Job (C-759 to C-762) are those of its status reason.
func TestJobStatesOfTheManual(t *testing.T) {
	job := schema.SpotlerJob()
	column := job.Columns[slices.IndexFunc(job.Columns, func(c schema.Column) bool { return c.Name == "statuscode" })]
	for _, state := range []connector.JobState{connector.Queued, connector.InProgress, connector.Completed, connector.Failed} {
		_, code := schema.JobStatus(state)
		i := slices.IndexFunc(column.Options, func(o schema.Option) bool { return o.Value == code })
		if i < 0 || column.Options[i].Label != string(state) || schema.JobState(code) != state {
			t.Errorf("%s is stored as %d, which is no option of that name", state, code)
		}
	}
}

// The page for people who work in Dynamics has every word that they may meet.
func TestManualHasEveryStatus(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("docs", "manual", "jobs-and-statuses.md"))
	if err != nil {
		t.Fatal(err)
	}
	for file, row := range map[string]string{"spotler_status.go": "| %s |", "job.go": "| %s |", "outcome.go": "| `%s` |"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words := regexp.MustCompile(`(?m)^\t(?:Status\w+ +SpotlerStatus|\w+ +JobState|Code\w+) += "([^"]+)"$`).FindAllStringSubmatch(string(text), -1)
		if len(words) < 4 {
			t.Errorf("%s has %d words", file, len(words))
		}
		for _, w := range words {
			if !strings.Contains(string(page), "\n"+strings.Replace(row, "%s", w[1], 1)) {
				t.Errorf("%s: the page does not explain %s", file, w[1])
			}
		}
	}
}
