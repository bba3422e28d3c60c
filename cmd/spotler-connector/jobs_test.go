package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/store"
)

func TestJobsList(t *testing.T) {
	d := sit(t, "shop")
	d.ok("sync", anna)
	d.settle("shop", store.OpDead, connector.Refused(connector.CodeGaveUp, "Dataverse says no: give the role."), "denied")
	d.ok("sync", bert)
	d.ok("jobs", "run", "add-tag", anna, "--name", "fair")
	tests := []struct {
		args []string
		want int
	}{
		{nil, 3},
		{[]string{"--state", "dead"}, 1},
		{[]string{"--state", "done"}, 0},
		{[]string{"--operation", "Sync Contact"}, 2},
		{[]string{"--operation", "480000009"}, 1},
		{[]string{"--record", anna}, 2},
		{[]string{"--record", anna, "--operation", "sync-contact", "--state", "dead"}, 1},
		{[]string{"--limit", "2"}, 2},
	}
	for _, tt := range tests {
		page, code := asJSON[openapi.JobList](d, append([]string{"jobs", "list"}, tt.args...)...)
		if code != exitOK || len(page.Jobs) != tt.want {
			t.Errorf("%v: exit %d, %d jobs, want %d", tt.args, code, len(page.Jobs), tt.want)
		}
	}
	page, _ := asJSON[openapi.JobList](d, "jobs", "list", "--limit", "2")
	if page.Next == nil {
		t.Fatal("no next page")
	}
	if out := d.ok("jobs", "list", "--limit", "2"); !strings.Contains(out, "There are more: add --cursor "+*page.Next) {
		t.Errorf("prints\n%s", out)
	}
	if rest, _ := asJSON[openapi.JobList](d, "jobs", "list", "--limit", "2", "--cursor", *page.Next); len(rest.Jobs) != 1 || rest.Next != nil {
		t.Errorf("second page %+v", rest)
	}
	if out := d.ok("jobs", "list"); !strings.Contains(out, "dead    Sync Contact") || !strings.Contains(out, "\n    Dataverse says no: give the role.\n") {
		t.Errorf("prints\n%s", out)
	}
	if out := d.ok("jobs", "list", "--state", "done"); out != "There is no such job.\n" {
		t.Errorf("none: %q", out)
	}
	for _, args := range [][]string{{"--state", "tired"}, {"--operation", "dance"}, {"--limit", "201"}, {"--cursor", "x"}, {"--record", "x"}} {
		if got := d.types(append([]string{"jobs", "list"}, args...)...); got.code != exitUsage {
			t.Errorf("%v: exit %d: %s", args, got.code, got.err)
		}
	}
}

func TestJobsShowAndRetry(t *testing.T) {
	d := sit(t, "shop")
	job, _ := asJSON[openapi.Job](d, "jobs", "run", "sync-contact", anna)
	if got := d.types("jobs", "retry", job.Id); got.code != exitUsage || !strings.Contains(got.err, "only a failed or dead job") {
		t.Errorf("retry of a queued job: exit %d: %s", got.code, got.err)
	}
	d.settle("shop", store.OpDead, connector.Refused(connector.CodeGaveUp, "Dataverse says no: give the role."), "denied")
	out := d.ok("jobs", "show", job.Id)
	for _, want := range []string{"job          " + job.Id + " in shop\n", "operation    Sync Contact\n", "record       " + anna, "state        dead: ", "result       GAVE_UP\n", "             Dataverse says no", "trouble      denied", " by cli\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	again, code := asJSON[openapi.Job](d, "jobs", "retry", job.Id)
	if code != exitOK || again.Id == job.Id || again.State != openapi.JobStateQueued {
		t.Errorf("exit %d: %+v", code, again)
	}
	d.settle("shop", store.OpFailed, connector.Refused(connector.CodeJobNotValid, "The row is gone."), "not found")
	if got := d.types("jobs", "retry", again.Id, "--wait", "--timeout", "1ms"); got.code != exitTransient {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	for _, id := range []string{"99", "../../x", "x%2fy"} {
		if got := d.types("jobs", "show", id); got.code != exitNotFound {
			t.Errorf("%s: exit %d: %s", id, got.code, got.err)
		}
	}
}

func TestJobsRun(t *testing.T) {
	d := sit(t, "shop")
	list := "list/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11"
	tests := []struct {
		args []string
		want int
		says string
	}{
		{[]string{"sync-contact", anna}, exitOK, ""},
		{[]string{"Increase Score (+)", anna, "--name", "interest", "--value", "5"}, exitOK, ""},
		{[]string{"add-tag", "--name", "fair"}, exitOK, ""},
		{[]string{"sync-list", list}, exitOK, ""},
		{[]string{"480000004"}, exitOK, ""},
		{[]string{"dance", anna}, exitUsage, "use one of sync-list, start-automation"},
		{[]string{"sync-contact"}, exitUsage, "no Customer or Lead is set"},
		{[]string{"set-score", anna, "--name", "interest"}, exitUsage, "Parameter Value is empty"},
		{[]string{"start-automation", anna}, exitUsage, "no Automation is set"},
		{[]string{"sync-contact", "jan@example.com"}, exitUsage, "record is not a record"},
	}
	for _, tt := range tests {
		got := d.types(append([]string{"jobs", "run"}, tt.args...)...)
		if got.code != tt.want || !strings.Contains(got.err, tt.says) || strings.Contains(got.err, "example.com") {
			t.Errorf("%v: exit %d: %s", tt.args, got.code, got.err)
		}
	}
	first, _ := asJSON[openapi.Job](d, "jobs", "run", "purge-contact", bert, "--key", "once")
	again, _ := asJSON[openapi.Job](d, "jobs", "run", "purge-contact", bert, "--key", "once")
	if first.Id != again.Id || first.Source != openapi.JobSourceCli {
		t.Errorf("one key made %s and %s for %s", first.Id, again.Id, first.Source)
	}
}

// Every operation can be named by its label, its number and in small letters.
func TestOperationNames(t *testing.T) {
	for _, spec := range connector.Operations {
		short := strings.ReplaceAll(strings.ToLower(strings.TrimRight(spec.Label, " (+-)")), " ", "-")
		for _, text := range []string{spec.Label, strings.ToUpper(spec.Label), short, strconv.Itoa(int(spec.Operation))} {
			if got, err := operationNamed(text); err != nil || got != spec.Operation {
				t.Errorf("%q is %s: %v", text, got, err)
			}
		}
	}
	for _, text := range []string{"", "sync", "480000017", "-"} {
		if got, err := operationNamed(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// The numbers are stored in Dataverse, so none may move; what a job must carry is
// the manual's ("Spotler Jobs", Operations; C-302 to C-369).
func TestOperationsOfTheManual(t *testing.T) {
	d := sit(t, "shop")
	list := "list/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11"
	name, pair := []string{anna, "--name", "x"}, []string{anna, "--name", "x", "--value", "5"}
	for _, tt := range []struct {
		number, label string
		good, bad     []string
		says          string
	}{
		{"480000000", "Sync List", []string{list}, []string{}, "no Marketing List is set"},
		{"480000001", "Start Automation", nil, []string{anna}, "no Automation is set"},
		{"480000002", "Stop Automation", nil, []string{anna}, "no Automation is set"},
		{"480000003", "Add To Audience", name, nil, ""},
		{"480000004", "Refresh Automations", []string{}, nil, ""},
		{"480000005", "Deactivate Contact", []string{anna}, []string{}, "no Customer or Lead is set"},
		{"480000006", "Sync Contact", []string{anna}, []string{}, "no Customer or Lead is set"},
		{"480000007", "Purge Contact", []string{anna}, []string{}, "no Customer or Lead is set"},
		{"480000008", "Anonymize Contact", []string{anna}, []string{}, "no Customer or Lead is set"},
		{"480000009", "Add Tag", name, []string{anna}, "Parameter Name is empty"},
		{"480000010", "Remove Tag", name, []string{anna}, "Parameter Name is empty"},
		{"480000011", "Set Score", pair, name, "Parameter Value is empty"},
		{"480000012", "Increase Score (+)", pair, name, "Parameter Value is empty"},
		{"480000013", "Decrease Score (-)", pair, name, "Parameter Value is empty"},
		{"480000014", "Remove From Audience", name, []string{anna}, "Parameter Name is empty"},
		{"480000015", "Set Contact Field", pair, name, "Parameter Value is empty"},
		{"480000016", "Clear Contact Field", name, []string{anna}, "Parameter Name is empty"},
	} {
		if tt.good != nil {
			job, code := asJSON[openapi.Job](d, append([]string{"jobs", "run", tt.number}, tt.good...)...)
			if code != exitOK || job.Label != tt.label || strconv.Itoa(job.Operation) != tt.number {
				t.Errorf("%s: exit %d, %s", tt.number, code, job.Label)
			}
		}
		if tt.bad != nil {
			if got := d.types(append([]string{"jobs", "run", tt.number}, tt.bad...)...); got.code != exitUsage || !strings.Contains(got.err, tt.label+": "+tt.says) {
				t.Errorf("%s: exit %d: %s", tt.number, got.code, got.err)
			}
		}
	}
}

// shown is a printer on a fixed Wednesday morning.
func shown(show func(*printer)) string {
	var out bytes.Buffer
	zone := time.FixedZone("CET", 3600)
	show(&printer{out: &out, zone: zone, now: time.Date(2026, 11, 25, 10, 0, 0, 0, zone)})
	return out.String()
}

func TestWhatJobsLookLike(t *testing.T) {
	at := time.Date(2026, 11, 25, 8, 59, 1, 0, time.UTC)
	job := func(id string, state openapi.JobState, label string, created time.Time) openapi.Job {
		return openapi.Job{Id: id, Environment: "shop", State: state, Label: label, Source: openapi.JobSourceWebhook, CreatedAt: created, Record: some(anna)}
	}
	failed := job("1234566", openapi.JobStateFailed, "Remove From Audience", at.Add(-30*time.Hour))
	failed.Message = some("There is no list of this name in Spotler, and Remove From Audience does not make one: correct Parameter Name, then ask again.")
	global := job("1234565", openapi.JobStateDone, "Refresh Automations", at.AddDate(-1, 0, 0))
	global.Record = nil
	again, held := job("1234564", openapi.JobStateQueued, "Sync Contact", at), job("1234563", openapi.JobStateQueued, "Sync Contact", at)
	again.Cause, held.Cause = some("unreachable"), some(store.CauseHeld)
	page := openapi.JobList{Jobs: []openapi.Job{job("1234567", openapi.JobStateQueued, "Sync Contact", at), failed, global, again, held}, Next: some("1234565")}
	want := `JOB      STATE   OPERATION             ASKED         RECORD
1234567  queued  Sync Contact          09:59:01      contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11
1234566  failed  Remove From Audience  Nov 24 03:59  contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11
    There is no list of this name in Spotler, and Remove From Audience does not make one: correct
    Parameter Name, then ask again.
1234565  done    Refresh Automations   Nov 25 2025   -
1234564  queued  Sync Contact          09:59:01      contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11
    It is tried again; the last trouble was: unreachable.
1234563  queued  Sync Contact          09:59:01      contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11
    The fence holds it back until somebody lets it pass: spotler-connector fence release shop

There are more: add --cursor 1234565
`
	if d := cmp.Diff(want, shown(func(p *printer) { showJobs(p, page) })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	failed.Code, failed.HttpStatus, failed.Cause, failed.Attempt, failed.Merged = some("AUDIENCE_UNKNOWN"), some(404), some("not found"), 2, some(3)
	failed.StartedAt, failed.FinishedAt = some(at), some(at.Add(time.Second))
	failed.JobRows = &[]uuid.UUID{uuid.MustParse("7f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b12")}
	want = `job          1234566 in shop
operation    Remove From Audience
record       contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11
state        failed: it cannot succeed as it stands
result       AUDIENCE_UNKNOWN (Spotler answered HTTP 404)
             There is no list of this name in Spotler, and Remove From Audience does not make one:
             correct Parameter Name, then ask again.
trouble      not found
asked        Nov 24 03:59 by webhook
serves       3 further requests
begun        09:59:01, for the 2nd time
ended        09:59:02
job rows     7f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b12
`
	if d := cmp.Diff(want, shown(func(p *printer) { showJob(p, failed) })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
