package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// C-012, C-025: a change in Dynamics is in Spotler, and the result is back in Dynamics.
func TestSaveTravels(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, map[string]any{"jobtitle": "Buyer", "address1_postalcode": "1234 AB"}))
		s.quiet()
		c := s.spotler()[id(1)]
		if c.Properties["firstName"] != "Ann" || c.Properties["profileField1"] != "Buyer" || c.Properties["customerType"] != "contact" || c.State != "active" {
			t.Errorf("in Spotler: %+v", c)
		}
		row := s.row("contacts", id(1))
		info, _ := row["_dh_spotlerinfo_value"].(string)
		if i := s.row("dh_spotlerinfos", info); i == nil || i["dh_name"] != "Active" || i["dh_active"] != true {
			t.Errorf("Spotler Info: %v", i)
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Director"}})
		s.quiet()
		if c := s.spotler()[id(1)]; c.Properties["profileField1"] != "Director" {
			t.Errorf("after the edit: %v", c.Properties["profileField1"])
		}
		var jobs []map[string]any
		s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/dh_spotlerjobs", nil, &jobs)
		if len(jobs) != 2 || state(jobs[0]) != connector.Completed || jobs[0]["dh_resultcode"] != "OK" || jobs[0]["dh_madebyconnector"] != true {
			t.Errorf("job rows: %v", jobs)
		}
	})
}

// A person unsubscribes in Spotler; the CRM edits the job title before any poll.
// The opt-out stays, and no bit is turned on again.
func TestUnsubscribeIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", false))
		s.quiet()
		if b := s.spotler()[id(1)].bits(); !b["Nieuwsbrief"] || b["Acties"] {
			t.Fatalf("at first: %v", b)
		}
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/permission", map[string]any{"external_id": id(1), "bit": 1, "enabled": false}, nil)
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}})
		s.quiet()
		c := s.spotler()[id(1)]
		if c.bits()["Nieuwsbrief"] || c.Properties["profileField1"] != "Buyer" {
			t.Errorf("afterwards: %v, title %v", c.bits(), c.Properties["profileField1"])
		}
	})
}

// Somebody opted out in Spotler, under the address, before the CRM ever knew them.
// A row that says Yes does not turn the bit on: the opt-out wins and the row becomes No.
func TestOptOutWinsOverOptIn(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts", map[string]any{"contacts": []any{map[string]any{"properties": map[string]any{
			"email": "ann1@example.test", "permissions": []any{map[string]any{"bit": 1, "enabled": false}, map[string]any{"bit": 2, "enabled": true}}}}}}, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Productinfo", true))
		s.quiet()
		if b := s.spotler()[id(1)].bits(); b["Nieuwsbrief"] || !b["Productinfo"] {
			t.Errorf("bits: %v", b)
		}
		if r := s.row("dh_spotlerpermissions", id(101)); r["dh_subscribed"] != false {
			t.Errorf("the row still says %v", r["dh_subscribed"])
		}
		if r := s.row("dh_spotlerpermissions", id(102)); r["dh_subscribed"] != true {
			t.Errorf("the other row says %v", r["dh_subscribed"])
		}
	})
}

// C-199…: Do Not Bulk Email turns all permissions off and erases nobody.
func TestDoNotBulkEmail(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", true))
		s.quiet()
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": true}})
		s.quiet()
		c, there := s.spotler()[id(1)]
		if b := c.bits(); !there || b["Nieuwsbrief"] || b["Acties"] {
			t.Errorf("there %v, bits %v", there, b)
		}
		if r := s.row("dh_spotlerpermissions", id(101)); r["dh_subscribed"] != true {
			t.Error("the row lost its own value")
		}
	})
}

// A role loses its read privilege while a hundred people change: nobody is
// erased, no job fails, the environment waits with an alert, and goes on when
// the right is back.
func TestLostPrivilegeErasesNobody(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		var all []edit
		for n := 1; n <= 100; n++ {
			all = append(all, person(n, nil))
		}
		s.crm(all...)
		s.quiet()
		allow := func(yes bool) {
			s.control(http.MethodPut, s.sandbox.DataverseURL+"/control/privileges", map[string]any{"table": "contact", "right": "Read", "allowed": yes}, nil)
		}
		allow(false)
		all = all[:0]
		for n := 1; n <= 100; n++ {
			all = append(all, edit{Set: "contacts", ID: id(n), Body: map[string]any{"jobtitle": "Buyer"}})
		}
		s.crm(all...)
		s.until("the gate closes with an alert", func() bool { return s.gate(store.GateDataverse).Alert })
		if n := s.count(); n.Ops[store.OpFailed]+n.Ops[store.OpDead] != 0 {
			t.Errorf("jobs failed: %v", n.Ops)
		}
		if n := len(s.spotler()); n != 100 {
			t.Errorf("%d people are in Spotler", n)
		}
		allow(true)
		s.until("the administrator's resume holds", func() bool { // a batch that was refused before may close the gate once more
			if err := s.house.store.Resume(context.Background(), s.env, store.GateDataverse); err != nil {
				t.Fatal(err)
			}
			n := s.count()
			return n.Ops[store.OpQueued]+n.Ops[store.OpRunning] == 0
		})
		s.quiet()
		for n, c := range s.spotler() {
			if c.Properties["profileField1"] != "Buyer" {
				t.Fatalf("%s was not brought up to date", n)
			}
		}
		if s.gate(store.GateDataverse).Alert {
			t.Error("the alert stayed")
		}
	})
}

func (s *story) gate(api string) store.Gate {
	s.Helper()
	gates, err := s.house.store.Gates(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	for _, g := range gates {
		if g.Environment == s.env && g.API == api {
			return g
		}
	}
	return store.Gate{}
}

// Two rows share an address and one is deleted: the other takes its place.
func TestSharedAddress(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		same := map[string]any{"emailaddress1": "family@example.test"}
		s.crm(person(1, same))
		s.quiet()
		s.crm(person(2, same))
		s.quiet()
		in := s.spotler()
		if len(in) != 1 || in[id(1)].ExternalID == "" {
			t.Fatalf("in Spotler: %v", in)
		}
		info := s.row("dh_spotlerinfos", s.row("contacts", id(2))["_dh_spotlerinfo_value"].(string))
		if info["dh_name"] != string(connector.StatusSharesAddress) {
			t.Errorf("status of the second: %v", info)
		}
		// The second one's deletion touches nothing in Spotler.
		s.crm(person(3, same))
		s.quiet()
		s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(3)})
		s.quiet()
		if in := s.spotler(); in[id(1)].ExternalID == "" {
			t.Error("the owner was erased with one who shared its address")
		}
		s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(1)})
		s.quiet()
		in = s.spotler()
		if len(in) != 1 || in[id(2)].Properties["email"] != "family@example.test" {
			t.Errorf("after the owner's deletion: %v", in)
		}
	})
}

// A merged loser and a qualified lead are left alone.
func TestMergedAndQualified(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil), person(2, nil))
		s.crm(edit{Method: http.MethodPost, Set: "leads", ID: id(3), Body: map[string]any{"subject": "Interested", "lastname": "Vries", "emailaddress1": "vries@example.test"}})
		s.quiet()
		if n := len(s.spotler()); n != 3 {
			t.Fatalf("%d people in Spotler", n)
		}
		s.api(http.MethodPost, "Merge", map[string]any{"Target": map[string]any{"@odata.type": "Microsoft.Dynamics.CRM.contact", "contactid": id(1)},
			"Subordinate": map[string]any{"@odata.type": "Microsoft.Dynamics.CRM.contact", "contactid": id(2)}, "PerformParentingChecks": false})
		s.api(http.MethodPost, "leads("+id(3)+")/Microsoft.Dynamics.CRM.QualifyLead", map[string]any{"CreateAccount": false, "CreateContact": true, "CreateOpportunity": false, "Status": 3})
		s.quiet()
		in := s.spotler()
		if in[id(2)].ExternalID == "" {
			t.Error("the merged loser was erased")
		}
		found := false
		for _, c := range in {
			found = found || c.Properties["email"] == "vries@example.test"
		}
		if !found {
			t.Error("the qualified lead was erased")
		}
		for _, op := range s.ops() {
			if strings.Contains(op.Message, "anonymised") {
				t.Errorf("somebody was anonymised: %s", op.Message)
			}
		}
	})
}

// A permission row is deleted: the person is synchronised, and the bit is left as
// Spotler has it, because no row says anything about it any more.
func TestDeletedPermissionRow(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", true))
		s.quiet()
		before := len(s.ops())
		s.crm(edit{Method: http.MethodDelete, Set: "dh_spotlerpermissions", ID: id(101)})
		s.quiet()
		ops := s.ops()
		if len(ops) <= before || ops[0].Lane != store.LaneOf(s.env, connector.Record{Table: connector.Contact, ID: connector.RecordID(id(1))}) {
			t.Errorf("the person was not synchronised: %+v", ops[0])
		}
		if c := s.spotler()[id(1)]; !c.bits()["Acties"] {
			t.Errorf("the other permission was touched: %v", c.bits())
		}
	})
}

// C-180…: deleted, Do Not Email, no address and inactive anonymise; a wrong address does not.
func TestErasing(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		for n := 1; n <= 5; n++ {
			s.crm(person(n, nil))
		}
		s.quiet()
		s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(1)},
			edit{Set: "contacts", ID: id(2), Body: map[string]any{"donotemail": true}},
			edit{Set: "contacts", ID: id(3), Body: map[string]any{"emailaddress1": nil}},
			edit{Set: "contacts", ID: id(4), Body: map[string]any{"statecode": 1, "statuscode": 2}},
			edit{Set: "contacts", ID: id(5), Body: map[string]any{"emailaddress1": "not an address"}})
		s.quiet()
		in := s.spotler()
		for n := 1; n <= 4; n++ {
			if _, there := in[id(n)]; there {
				t.Errorf("person %d is still there", n)
			}
		}
		if in[id(5)].Properties["email"] != "ann5@example.test" {
			t.Errorf("a wrong address changed Spotler: %v", in[id(5)].Properties)
		}
		// A person who may be mailed again comes back (manual: "After Anonymization").
		s.crm(edit{Set: "contacts", ID: id(2), Body: map[string]any{"donotemail": false}})
		s.quiet()
		if s.spotler()[id(2)].Properties["firstName"] != "Ann" {
			t.Error("the person did not come back")
		}
	})
}

// Jobs that a person makes: results, validation, and what is not supported yet.
func TestJobs(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil), person(2, nil), person(3, nil))
		s.quiet()
		customer := func(n int) map[string]any {
			return map[string]any{"dh_Customer_contact@odata.bind": "/contacts(" + id(n) + ")"}
		}
		check := func(n int, row map[string]any, want connector.JobState, code, says string, status float64) {
			t.Helper()
			message, _ := row["dh_resultmessage"].(string)
			http, _ := row["dh_httpstatus"].(float64)
			if state(row) != want || row["dh_resultcode"] != code || !strings.Contains(message, says) || http != status {
				t.Errorf("job %d: %s, %v, %q, HTTP %v", n, state(row), row["dh_resultcode"], message, http)
			}
		}
		check(201, s.job(201, connector.AnonymizeContact, customer(1)), connector.Completed, "OK", "anonymised", 410)
		check(202, s.job(202, connector.AnonymizeContact, customer(1)), connector.Completed, "OK", "anonymised", 404)
		check(203, s.job(203, connector.DeactivateContact, customer(2)), connector.Completed, "OK", "inactive", 204)
		check(204, s.job(204, connector.PurgeContact, customer(3)), connector.Completed, "OK", "cleared", 204)
		check(205, s.job(205, connector.SyncContact, customer(3)), connector.Completed, "OK", "up to date", 200)
		check(206, s.job(206, connector.AnonymizeContact, nil), connector.Failed, "JOB_NOT_VALID", "[JOB_NOT_VALID]", 0)
		s.crm(edit{Method: http.MethodPost, Set: "lists", ID: id(8), Body: map[string]any{"listname": "Customers"}})
		check(207, s.job(207, connector.SyncList, map[string]any{"dh_List@odata.bind": "/lists(" + id(8) + ")"}), connector.Failed, "NOT_YET", "not supported", 0)
		both := customer(3)
		both["dh_Lead@odata.bind"] = "/leads(" + id(9) + ")"
		s.crm(edit{Method: http.MethodPost, Set: "leads", ID: id(9), Body: map[string]any{"subject": "x", "lastname": "Vries", "emailaddress1": "vries@example.test"}})
		check(208, s.job(208, connector.SyncContact, both), connector.Failed, "JOB_NOT_VALID", "both a Customer and a Lead", 0)
		if in := s.spotler(); in[id(1)].ExternalID != "" || in[id(2)].State != "permanent" || in[id(3)].Properties["firstName"] != "Ann" {
			t.Errorf("in Spotler: %v", in)
		}
		// A row set back to Queued by a person is a new request.
		s.crm(edit{Set: "dh_spotlerjobs", ID: id(206), Body: map[string]any{"statecode": 0, "statuscode": 1, "dh_Customer_contact@odata.bind": "/contacts(" + id(3) + ")"}})
		s.quiet()
		check(206, s.row("dh_spotlerjobs", id(206)), connector.Completed, "OK", "anonymised", 410)
		var journal struct {
			LeftFinal int `json:"left_final"`
		}
		s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/journal/summary", nil, &journal)
		if journal.LeftFinal != 1 { // by the person, above
			t.Errorf("final states were left %d times", journal.LeftFinal)
		}
	})
}

// One bad contact in a batch fails alone, and its job names the field.
func TestOneBadContactFailsAlone(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/rejects", map[string]any{"property": "city", "value": "Nowhere"}, nil)
		var all []edit
		for n := 1; n <= 30; n++ {
			all = append(all, person(n, map[string]any{"address1_city": "Utrecht"}))
		}
		all[16].Body["address1_city"] = "Nowhere"
		s.crm(all...)
		s.quiet()
		n := s.count()
		if n.Ops[store.OpFailed]+n.Ops[store.OpDead] != 1 {
			t.Errorf("ops: %v", n.Ops)
		}
		bad := s.ops()[slices.IndexFunc(s.ops(), func(o store.Op) bool { return o.State == store.OpFailed })]
		if bad.ResultCode != "PROPERTY_INVALID" || !strings.Contains(bad.Message, "city (row ") {
			t.Errorf("%s: %s", bad.ResultCode, bad.Message)
		}
		in := s.spotler()
		if len(in) != 30 || in[id(17)].Properties["firstName"] != "Ann" || in[id(1)].Properties["city"] != "Utrecht" {
			t.Errorf("%d in Spotler; the bad one has %v", len(in), in[id(17)].Properties)
		}
	})
}

// Faults of Spotler: whatever happens on the way, everybody arrives in the end.
func TestFaultsOnTheWay(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]map[string]any{
		"busy":           {"name": "f", "path": "*/contact/list", "kind": "status", "status": 429, "retry_after": 1, "times": 2},
		"server error":   {"name": "f", "path": "*/contact/list", "kind": "status", "status": 500, "times": 3},
		"HTML":           {"name": "f", "path": "*/contact/list", "kind": "html", "times": 1},
		"half a JSON":    {"name": "f", "path": "*/contact/list", "kind": "truncate", "times": 1},
		"a lost answer":  {"name": "f", "path": "*/contact/list", "kind": "drop_after_commit", "times": 1},
		"a dropped call": {"name": "f", "path": "*/contact/list", "kind": "drop_before", "times": 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
			s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", fault, nil)
			var all []edit
			for n := 1; n <= 20; n++ {
				all = append(all, person(n, nil))
			}
			s.crm(all...)
			s.quiet()
			if n := s.count(); len(s.spotler()) != 20 || n.Ops[store.OpFailed]+n.Ops[store.OpDead] != 0 {
				t.Errorf("%d people arrived; ops %v", len(s.spotler()), n.Ops)
			}
		})
	}
}

// api calls the Web API of Dynamics as a person's program does.
func (s *story) api(method, path string, body any) {
	s.Helper()
	w := worldOf(s)
	if err := w.call(method, path, body); err != nil {
		s.Fatal(fmt.Errorf("%s %s: %w", method, path, err))
	}
}

// A person who is deleted while Dataverse is deaf: the job rows are told without
// the lookup, and nothing is set aside.
func TestToldWithoutThePerson(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil))
	s.quiet()
	// Writes of job rows fail, so that the telling waits until the person is gone.
	s.control(http.MethodPut, s.sandbox.DataverseURL+"/control/privileges", map[string]any{"table": "dh_spotlerjob", "right": "Write", "allowed": false}, nil)
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}})
	s.until("the edit arrives", func() bool { return s.spotler()[id(1)].Properties["profileField1"] == "Buyer" })
	s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(1)})
	s.until("the deletion arrives", func() bool { return len(s.spotler()) == 0 })
	s.control(http.MethodPut, s.sandbox.DataverseURL+"/control/privileges", map[string]any{"table": "dh_spotlerjob", "right": "Write", "allowed": true}, nil)
	s.quiet()
	if n := s.count(); n.DeadTellings != 0 {
		t.Errorf("%d rows were set aside", n.DeadTellings)
	}
	var jobs []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/dh_spotlerjobs", nil, &jobs)
	if len(jobs) != 3 {
		t.Errorf("%d job rows", len(jobs))
	}
}
