package main

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

const (
	welcome      = "0c8f7f0e-3a52-4c6e-9c35-0a1b2c3d4e5f"
	welcomeStart = "bc0a8795-536c-432b-83ef-bcb46944eb0f"
)

// flows puts an automation and a campaign into Spotler.
func (s *story) flows() {
	s.Helper()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/automations", map[string]any{"id": welcome, "name": "Welcome", "active": true, "triggers": []any{
		map[string]any{"triggerCode": welcomeStart, "name": "New customer", "automationFields": []any{
			map[string]any{"name": "invoiceEmail", "type": "STRING"}, map[string]any{"name": "crosssell", "type": "PRODUCTLIST"}}}}}, nil)
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/campaigns", map[string]any{"encrypted_id": "Cmp1", "name": "Spring", "active": true,
		"triggers": []any{map[string]any{"encryptedId": "Trg1", "name": "Brochure"}}}, nil)
}

// refreshed makes a Refresh Automations and returns the rows by trigger code.
func (s *story) refreshed(n int) map[string]map[string]any {
	s.Helper()
	if row := s.job(n, connector.RefreshAutomations, nil); state(row) != connector.Completed || row["dh_resultcode"] != "OK" {
		s.Fatalf("refresh: %v", row)
	}
	return s.automations()
}

func (s *story) automations() map[string]map[string]any {
	s.Helper()
	var rows []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/dh_spotlerautomations", nil, &rows)
	by := map[string]map[string]any{}
	for _, r := range rows {
		by[r["dh_triggercode"].(string)] = r
	}
	if len(by) != len(rows) {
		s.Errorf("%d rows for %d triggers", len(rows), len(by))
	}
	return by
}

// startOf are the parameters of a Start or Stop Automation.
func startOf(n int, automation map[string]any, fields string) map[string]any {
	body := map[string]any{"dh_Automation@odata.bind": "/dh_spotlerautomations(" + automation["dh_spotlerautomationid"].(string) + ")"}
	if n > 0 {
		body["dh_Customer_contact@odata.bind"] = "/contacts(" + id(n) + ")"
	}
	if fields != "" {
		body["dh_automationfields"] = fields
	}
	return body
}

// unheard makes people in Dynamics without a word to the connector: the job that
// comes is the first it hears of them.
func (s *story) unheard(people ...edit) {
	s.Helper()
	for _, e := range people {
		row := map[string]any{strings.TrimSuffix(e.Set, "s") + "id": e.ID}
		maps.Copy(row, e.Body)
		s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/rows/"+e.Set, []any{row}, nil)
	}
}

// C-314, C-315, C-412, C-421 to C-423, C-437, C-464: the table shows what Spotler
// has: new, renamed, gone; and once by itself (C-316).
func TestAutomationsAreMirrored(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.until("the first refresh comes by itself", func() bool {
			n := 0
			for _, o := range s.ops() {
				if o.Operation == connector.RefreshAutomations && o.State == store.OpDone {
					n++
				}
			}
			return n == 1
		})
		s.flows()
		rows := s.refreshed(201)
		a, c := rows[welcomeStart], rows["Trg1"]
		if len(rows) != 2 || a["dh_name"] != "🚀 Welcome: New customer" || c["dh_name"] != "📢 Spring: Brochure" || a["statecode"] != 0.0 ||
			a["dh_automationfields"] != "invoiceEmail=<STRING>\ncrosssell={<PRODUCTLIST>}" || a["dh_automationid"] != welcome || c["dh_automationid"] != "Cmp1" {
			t.Errorf("rows: %v", rows)
		}
		if row := s.row("dh_spotlerjobs", id(201)); !strings.Contains(row["dh_resultmessage"].(string), "1 automations and 1 campaigns can be started") {
			t.Errorf("%v", row["dh_resultmessage"])
		}
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/automations", map[string]any{"id": welcome, "name": "Welkom", "active": true, "triggers": []any{map[string]any{"triggerCode": welcomeStart, "name": "New customer"}}}, nil)
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/campaigns", map[string]any{"encrypted_id": "Cmp1", "name": "Spring", "active": false, "triggers": []any{map[string]any{"encryptedId": "Trg1", "name": "Brochure"}}}, nil)
		rows = s.refreshed(202)
		if a, c := rows[welcomeStart], rows["Trg1"]; len(rows) != 2 || a["dh_name"] != "🚀 Welkom: New customer" || a["dh_automationfields"] != nil && a["dh_automationfields"] != "" || c["statecode"] != 1.0 {
			t.Errorf("afterwards: %v", rows)
		}
		// A list that cannot be read is not an empty one.
		s.control(http.MethodPut, s.sandbox.SpotlerURL+"/control/assumptions", map[string]any{"automation_list": "nowhere"}, nil)
		rows = s.refreshed(203)
		if rows[welcomeStart]["statecode"] != 0.0 {
			t.Errorf("not listed: %v", rows)
		}
	})
}

// C-306 to C-308, C-418 to C-432: who is not in Spotler yet is synchronised first;
// the job says OK and holds the run, and the timeline tells.
func TestAutomationIsStarted(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, map[string]string{"JOB_LOG": "failures"})
		s.flows()
		rows := s.refreshed(201)
		s.unheard(person(1, nil))
		row := s.job(202, connector.StartAutomation, startOf(1, rows[welcomeStart], "invoiceEmail=a@example.test;crosssell="))
		s.shows(row, connector.Completed, "OK", "started")
		run, _ := row["dh_automationcontactid"].(string)
		if n := s.effects("automation_started"); n != 1 || run == "" || s.spotler()[id(1)].Properties["firstName"] != "Ann" {
			t.Errorf("%d started, run %q", n, run)
		}
		if p := s.posts(1); len(p) != 1 || p[0] != "🚀 Welcome: New customer was started in Spotler." {
			t.Errorf("posts: %q", p)
		}
		// A campaign (C-469 to C-473), and once more, which Spotler refuses with its own word.
		s.shows(s.job(203, connector.StartAutomation, startOf(1, rows["Trg1"], "")), connector.Completed, "OK", "campaign was started")
		s.shows(s.job(204, connector.StartAutomation, startOf(1, rows["Trg1"], "")), connector.Failed, "INVALID_STATE", "")
		if n := s.effects("campaign_started"); n != 1 {
			t.Errorf("%d campaigns started", n)
		}
		for n, want := range map[int][2]string{205: {"invoiceEmail=<STRING>", "invoiceEmail in Automation Fields still has its type"}, 206: {"nope=1", "choose from invoiceEmail, crosssell"}, 207: {"crosssell={1};crosssell={2}", "crosssell is given twice in Automation Fields"}} {
			s.shows(s.job(n, connector.StartAutomation, startOf(1, rows[welcomeStart], want[0])), connector.Failed, "JOB_NOT_VALID", want[1])
		}
		s.shows(s.job(208, connector.StartAutomation, startOf(0, rows[welcomeStart], "")), connector.Failed, "JOB_NOT_VALID", "no Customer or Lead")
		s.shows(s.job(209, connector.StartAutomation, map[string]any{"dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")"}), connector.Failed, "JOB_NOT_VALID", "no Automation is set")
		// Nobody whom the rules keep out of Spotler is brought in by a job.
		s.unheard(person(2, map[string]any{"donotemail": true}))
		s.shows(s.job(210, connector.StartAutomation, startOf(2, rows[welcomeStart], "")), connector.Completed, "SKIPPED", "Do Not Email is set")
		if n := s.effects("automation_started"); n != 1 || len(s.spotler()) != 1 {
			t.Errorf("%d started; %d people in Spotler", n, len(s.spotler()))
		}
	})
}

// An answer that was lost may have started it: the job stops and says so, and nothing
// is started twice. Trouble before Spotler took the request just runs again.
func TestAutomationIsNeverStartedTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    string
		want    connector.JobState
		code    string
		started int
	}{
		{"drop_after_commit", connector.Failed, "UNCERTAIN", 1},
		{"html", connector.Failed, "UNCERTAIN", 0},
		{"drop_before", connector.Failed, "UNCERTAIN", 0}, // from here it looks the same
		{"busy", connector.Completed, "OK", 1},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
			s.flows()
			rows := s.refreshed(201)
			s.crm(person(1, nil))
			s.quiet()
			for _, path := range []string{"*/automation/trigger/*", "*/campaign/trigger/*"} {
				fault := map[string]any{"name": path, "path": path, "kind": c.kind, "times": 1}
				if c.kind == "busy" {
					fault["kind"], fault["status"], fault["retry_after"] = "status", 429, 1
				}
				s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", fault, nil)
			}
			s.shows(s.job(202, connector.StartAutomation, startOf(1, rows[welcomeStart], "")), c.want, c.code, "")
			s.shows(s.job(203, connector.StartAutomation, startOf(1, rows["Trg1"], "")), c.want, c.code, "")
			if a, b := s.effects("automation_started"), s.effects("campaign_started"); a != c.started || b != c.started {
				t.Errorf("started: %d automations, %d campaigns", a, b)
			}
			if c.code == "UNCERTAIN" {
				if row := s.row("dh_spotlerjobs", id(202)); !strings.Contains(row["dh_resultmessage"].(string), "may have been done") {
					t.Errorf("%v", row["dh_resultmessage"])
				}
			}
		})
	}
}

// The sync that comes before a start is harmless: its lost answers do not end the job.
func TestFirstSyncOfAStartRunsAgain(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.flows()
	rows := s.refreshed(201)
	s.unheard(person(1, nil))
	s.breaks("*/contact/list", http.MethodPost, "drop_after_commit", 1)
	s.shows(s.job(202, connector.StartAutomation, startOf(1, rows[welcomeStart], "")), connector.Completed, "OK", "started")
	if n := s.effects("automation_started"); n != 1 {
		t.Errorf("%d started", n)
	}
}

// C-309 to C-311, C-452 to C-459, C-475 to C-477: every run of a person, or single
// runs by their ids, which need nothing else.
func TestAutomationIsStopped(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.flows()
		rows := s.refreshed(201)
		s.crm(person(1, nil), person(2, nil))
		s.quiet()
		var runs []string
		for n := 202; n <= 206; n++ {
			run, _ := s.job(n, connector.StartAutomation, startOf(1, rows[welcomeStart], ""))["dh_automationcontactid"].(string)
			if run == "" {
				t.Fatalf("job %d has no run", n)
			}
			runs = append(runs, run)
		}
		stopped := func() string {
			t.Helper()
			var all []struct {
				ID   string `json:"id"`
				Runs []struct {
					ID      string `json:"id"`
					Stopped bool   `json:"stopped"`
				} `json:"runs"`
			}
			s.control(http.MethodGet, s.sandbox.SpotlerURL+"/control/automations", nil, &all)
			is := map[string]bool{}
			for _, a := range all {
				for _, r := range a.Runs {
					is[r.ID] = r.Stopped
				}
			}
			marks := ""
			for _, r := range runs {
				if is[r] {
					marks += "x"
				} else {
					marks += "."
				}
			}
			return marks
		}
		s.shows(s.job(211, connector.StopAutomation, map[string]any{"dh_automationcontactid": runs[1]}), connector.Completed, "OK", "The run was stopped")
		if got := stopped(); got != ".x..." {
			t.Errorf("one run: %s", got)
		}
		s.shows(s.job(212, connector.StopAutomation, map[string]any{"dh_automationcontactid": runs[0] + ", " + runs[3]}), connector.Completed, "OK", "2 runs were stopped")
		if got := stopped(); got != "xx.x." {
			t.Errorf("three runs: %s", got)
		}
		s.shows(s.job(213, connector.StopAutomation, startOf(1, rows[welcomeStart], "")), connector.Completed, "OK", "Stopped for this person")
		if got := stopped(); got != "xxxxx" {
			t.Errorf("all runs: %s", got)
		}
		s.shows(s.job(214, connector.StopAutomation, startOf(1, rows[welcomeStart], "")), connector.Completed, "INVALID_STATE", "Nothing of it was running")
		s.shows(s.job(215, connector.StopAutomation, map[string]any{"dh_automationcontactid": "7"}), connector.Failed, "RESOURCE_NOT_FOUND", "knows no run")
		s.shows(s.job(216, connector.StopAutomation, map[string]any{"dh_automationcontactid": "a b"}), connector.Failed, "JOB_NOT_VALID", "number 1 is not the id of a run")
		s.shows(s.job(217, connector.StopAutomation, startOf(0, rows[welcomeStart], "")), connector.Failed, "JOB_NOT_VALID", "no Customer or Lead is set")
		s.shows(s.job(218, connector.StopAutomation, nil), connector.Failed, "JOB_NOT_VALID", "no Automation is set")
		s.job(221, connector.StartAutomation, startOf(2, rows["Trg1"], ""))
		s.breaks("*/campaign/*/stop", http.MethodPost, "drop_after_commit", 1)
		s.shows(s.job(222, connector.StopAutomation, startOf(2, rows["Trg1"], "")), connector.Completed, "OK", "Stopped for this person")
		if n := s.effects("campaign_stopped"); n != 1 {
			t.Errorf("%d campaigns stopped", n)
		}
		// Who is not in Spotler is in no automation, and is not brought there for this.
		s.unheard(person(3, nil))
		s.shows(s.job(223, connector.StopAutomation, startOf(3, rows[welcomeStart], "")), connector.Completed, "SKIPPED", "not in Spotler")
		if _, there := s.spotler()[id(3)]; there {
			t.Error("the person was synchronised to stop something")
		}
	})
}

// C-428: otherwise than with OK, the code is Spotler's own, and the message says why.
func TestAutomationDoesNotStart(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.flows()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/automations", map[string]any{"name": "Once", "active": true, "limit": 1, "triggers": []any{map[string]any{"triggerCode": "once", "name": "Once"}}}, nil)
	rows := s.refreshed(201)
	s.crm(person(1, nil))
	s.quiet()
	start := func(n int, code, fields string) map[string]any {
		return s.job(n, connector.StartAutomation, startOf(1, rows[code], fields))
	}
	s.shows(start(202, "once", ""), connector.Completed, "OK", "started")
	s.shows(start(203, "once", ""), connector.Failed, "NOT_TRIGGERED", "PARTICIPATION_LIMIT_REACHED")
	s.shows(start(204, welcomeStart, "crosssell={nothing}"), connector.Failed, "PRODUCT_NOTFOUND", "check the ids in Automation Fields")
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/automations", map[string]any{"id": welcome, "name": "Welcome", "active": false, "triggers": []any{map[string]any{"triggerCode": welcomeStart, "name": "New customer"}}}, nil)
	s.shows(start(205, welcomeStart, ""), connector.Failed, "NOT_TRIGGERED", "AUTOMATION_INACTIVE")
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/automations", map[string]any{"id": welcome, "name": "Welcome", "active": true, "triggers": []any{}}, nil)
	s.shows(start(206, welcomeStart, ""), connector.Failed, "TRIGGER_NOTFOUND", "Run Refresh Automations")
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/remove", map[string]any{"external_id": id(1)}, nil)
	s.shows(start(207, "once", ""), connector.Failed, "CONTACT_NOTFOUND", "Synchronise it first")
}
