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
