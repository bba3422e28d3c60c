package main

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
)

// twoWay is a mapping in which people may change some of their own data.
const twoWay = `version: 1
rows:
  - {spotler: email, contact: emailaddress1, lead: emailaddress1, direction: "<->"}
  - {spotler: firstName, contact: firstname, lead: firstname, direction: "<->"}
  - {spotler: lastName, contact: lastname, lead: lastname, direction: "<->"}
  - {spotler: profileField1, contact: jobtitle, lead: jobtitle, direction: "<->"}
  - {spotler: city, contact: address1_city, lead: address1_city, direction: "<-"}
  - {spotler: street, contact: address1_line1, lead: address1_line1, direction: "->"}
  - {spotler: permissions, contact: "@map(permissions)", lead: "@map(permissions)", direction: "<->"}
`

// beginTwoWay starts a house that asks Spotler only when a story says so.
func beginTwoWay(t *testing.T, database string, more map[string]string) *story {
	t.Helper()
	values := map[string]string{"MAPPING": twoWaySheet(t), "POLL_EVERY": "1h"}
	maps.Copy(values, more)
	return begin(t, database, values)
}

// twoWaySheet is the file of a mapping that goes both ways.
func twoWaySheet(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(file, []byte(twoWay), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// poll asks Spotler what changed in the last hour, and waits until all is done.
func (s *story) poll() {
	s.Helper()
	now := time.Now()
	if err := s.house.envs[0].poll(s.Context(), now.Add(-time.Hour), now.Add(time.Second)); err != nil {
		s.Fatal(err)
	}
	s.quiet()
}

// profile is somebody who changes their data in a form of Spotler.
func (s *story) profile(external string, properties map[string]any) {
	s.Helper()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/edit", map[string]any{"external_id": external, "properties": properties}, nil)
}

// C-026, C-067, C-068, C-071, C-072, C-073, C-079, C-080, C-081, C-084: what somebody
// changes in a form of Spotler is in Dynamics after the poll, for rows with <- and <->
// and for no others.
func TestProfileComesBack(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, nil)
		s.crm(person(1, map[string]any{"jobtitle": "Buyer", "address1_line1": "Church Street 1"}))
		s.quiet()
		s.profile(id(1), map[string]any{"profileField1": "Director", "city": "Ede", "street": "Other Street 2"})
		s.poll()
		r := s.row("contacts", id(1))
		if r["jobtitle"] != "Director" || r["address1_city"] != "Ede" || r["address1_line1"] != "Church Street 1" {
			t.Errorf("title %v, city %v, street %v", r["jobtitle"], r["address1_city"], r["address1_line1"])
		}
		if c := s.spotler()[id(1)]; c.Properties["profileField1"] != "Director" || c.Properties["city"] != "Ede" {
			t.Errorf("in Spotler: %v", c.Properties)
		}
	})
}

// C-074 (deviation: the value of our own echo is not written again): our own writes
// come back as echoes, and cost Dataverse nothing.
func TestEchoesCostNothing(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, nil)
		var all []edit
		for n := 1; n <= 20; n++ {
			all = append(all, person(n, map[string]any{"jobtitle": "Buyer"}), permission(100+n, n, "Nieuwsbrief", n%2 == 0))
		}
		s.crm(all...)
		s.quiet()
		before, err := received(s.Context(), s.sandbox.DataverseURL)
		if err != nil {
			t.Fatal(err)
		}
		ops := len(s.ops())
		s.poll()
		after, err := received(s.Context(), s.sandbox.DataverseURL)
		if err != nil {
			t.Fatal(err)
		}
		if after != before || len(s.ops()) != ops {
			t.Errorf("the echoes cost %d requests and %d ops", after-before, len(s.ops())-ops)
		}
	})
}

// C-076, C-025, C-083, C-100: a permission that somebody changes in Spotler is in the
// row after the poll, both ways, and the ledger knows that the person did it.
func TestPermissionsComeBack(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", false))
		s.quiet()
		s.chooses(id(1), 1, false)
		s.chooses(id(1), 4, true)
		s.chooses(id(1), 2, true)
		s.poll()
		if a, b := s.row("dh_spotlerpermissions", id(101)), s.row("dh_spotlerpermissions", id(102)); a["dh_subscribed"] != false || b["dh_subscribed"] != true {
			t.Errorf("Nieuwsbrief %v, Acties %v", a["dh_subscribed"], b["dh_subscribed"])
		}
		if got := s.permissionsOf(1); got["Productinfo"] != true || len(got) != 3 {
			t.Errorf("rows: %v", got)
		}
		if b := s.spotler()[id(1)].bits(); b["Nieuwsbrief"] || !b["Acties"] || !b["Productinfo"] {
			t.Errorf("in Spotler: %v", b)
		}
		entries, err := s.house.store.LedgerOf(s.Context(), s.env, recordOf(1))
		if err != nil {
			t.Fatal(err)
		}
		last := map[string]string{}
		for _, e := range entries {
			last[e.Permission] = e.Who + " in " + e.Origin + ": " + e.Becomes
		}
		if last["Nieuwsbrief"] != "person in spotler: off" || last["Acties"] != "person in spotler: on" || last["Productinfo"] != "person in spotler: on" {
			t.Errorf("the ledger: %v", last)
		}
	})
}

// C-098: Do Not Bulk Email turns everything off in Spotler, and our own all-false
// does not come back to the rows: they keep their own value.
func TestBulkEchoLeavesRows(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
		s.quiet()
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": true}})
		s.quiet()
		s.poll()
		if r := s.row("dh_spotlerpermissions", id(101)); r["dh_subscribed"] != true {
			t.Error("the row took our own echo")
		}
		s.chooses(id(1), 1, true)
		s.poll()
		if b := s.spotler()[id(1)].bits(); b["Nieuwsbrief"] {
			t.Error("Do Not Bulk Email is set, and a permission is on in Spotler")
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": false}})
		s.quiet()
		if b := s.spotler()[id(1)].bits(); !b["Nieuwsbrief"] {
			t.Error("the rows do not count again after Do Not Bulk Email was lifted")
		}
	})
}

// C-100, C-224, C-230: somebody who unsubscribes from everything has No in every row
// and Opt-out as status, with the reason.
func TestUnsubscribeComesBack(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
		s.quiet()
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/unsubscribe", map[string]any{"external_id": id(1)}, nil)
		s.poll()
		if r := s.row("dh_spotlerpermissions", id(101)); r["dh_subscribed"] != false {
			t.Errorf("the row says %v", r["dh_subscribed"])
		}
		if i := s.info(1); i["dh_name"] != "Opt-out" || i["dh_active"] != false || i["dh_reason"] == "" {
			t.Errorf("Spotler Info: %v", i)
		}
		s.crm(person(2, nil), permission(201, 2, "Nieuwsbrief", true), permission(202, 2, "Acties", false))
		s.quiet()
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/unsubscribe", map[string]any{"external_id": id(2)}, nil)
		s.crm(edit{Set: "dh_spotlerpermissions", ID: id(202), Body: map[string]any{"dh_subscribed": true}}) // before anybody polled
		s.quiet()
		s.poll()
		for _, row := range []string{id(201), id(202)} {
			if s.row("dh_spotlerpermissions", row)["dh_subscribed"] != false {
				t.Errorf("row %s says Yes after the person left", row)
			}
		}
	})
}

// C-223, C-224, C-227, C-228, C-229, C-232, C-233: a hard bounce is on Spotler Info after
// the poll, one soft bounce is not, four are; a new address lifts the bounce. With the
// setting, the owner of the row gets one task for a hard bounce.
func TestBouncesComeBack(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, map[string]string{"POLL_BOUNCE_TASKS": "hard"})
		s.crm(person(1, nil), person(2, nil), person(3, nil))
		s.quiet()
		bounce := func(n int, kind string) {
			s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/bounce", map[string]any{"external_id": id(n), "type": kind}, nil)
		}
		bounce(1, "HARD")
		bounce(2, "SOFT")
		for range 4 {
			bounce(3, "SOFT")
		}
		s.poll()
		for n, want := range map[int]string{1: "Hard bounce", 2: "Active", 3: "Soft bounce"} {
			if i := s.info(n); i["dh_name"] != want {
				t.Errorf("person %d: %v, want %s", n, i["dh_name"], want)
			}
		}
		s.poll()
		tasks := s.rows("tasks")
		if len(tasks) != 1 || tasks[0]["_regardingobjectid_value"] != id(1) || tasks[0]["_ownerid_value"] != s.row("contacts", id(1))["_ownerid_value"] || tasks[0]["statecode"] != 0.0 {
			t.Errorf("tasks: %v", tasks)
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"emailaddress1": "better@example.test"}})
		s.quiet()
		s.poll()
		if i := s.info(1); i["dh_name"] != "Active" {
			t.Errorf("after the correction: %v", i["dh_name"])
		}
	})
}

// chooses is a person who turns one permission on or off in Spotler.
func (s *story) chooses(external string, bit int, on bool) {
	s.Helper()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/permission", map[string]any{"external_id": external, "bit": bit, "enabled": on}, nil)
}

// permissionsOf are the permission rows of the n-th contact by name.
func (s *story) permissionsOf(n int) map[string]any {
	s.Helper()
	var rows []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/dh_spotlerpermissions", nil, &rows)
	out := map[string]any{}
	for _, r := range rows {
		if r["_dh_customer_value"] == id(n) {
			name, _ := r["dh_name"].(string)
			out[name] = r["dh_subscribed"]
		}
	}
	return out
}

// info is the Spotler Info of the n-th contact.
func (s *story) info(n int) map[string]any {
	s.Helper()
	row, _ := s.row("contacts", id(n))["_dh_spotlerinfo_value"].(string)
	return s.row("dh_spotlerinfos", row)
}

// recordOf is the n-th contact.
func recordOf(n int) connector.Record {
	return connector.Record{Table: connector.Contact, ID: connector.RecordID(id(n))}
}

// A window that stops at the fence raises an alert, which ends when a later one passes;
// what is no part of it goes on.
func TestFenceOfThePoll(t *testing.T) {
	t.Parallel()
	s := beginTwoWay(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"POLL_EMPTIES": "2"})
	for n := 1; n <= 3; n++ {
		s.crm(person(n, map[string]any{"jobtitle": "Buyer"}))
	}
	s.quiet()
	for n := 1; n <= 3; n++ {
		s.profile(id(n), map[string]any{"profileField1": ""})
	}
	now := time.Now()
	window := func() error { return s.house.envs[0].poll(t.Context(), now.Add(-time.Hour), now.Add(time.Minute)) }
	if err := window(); err == nil {
		t.Fatal("the window passed")
	}
	if got := s.types("status"); !strings.Contains(got.out, "poll.empties") || got.code != exitFailed {
		t.Errorf("status: exit %d\n%s", got.code, got.out)
	}
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"lastname": "Vos"}})
	s.quiet()
	if c := s.spotler()[id(1)]; c.Properties["lastName"] != "Vos" || s.row("contacts", id(1))["jobtitle"] != "Buyer" {
		t.Errorf("other work: %v", c.Properties)
	}
	s.profile(id(3), map[string]any{"profileField1": "Buyer"})
	if err := window(); err != nil {
		t.Fatal(err)
	}
	s.quiet()
	if got := s.types("status"); strings.Contains(got.out, "poll.empties") {
		t.Errorf("the alert stays:\n%s", got.out)
	}
	if s.row("contacts", id(1))["jobtitle"] != nil {
		t.Error("what was emptied did not come")
	}
}
