package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// ledger is what the ledger says of the n-th person: "permission: was > becomes (who, origin)".
func (s *story) ledger(n int) []string {
	s.Helper()
	entries, err := s.house.store.LedgerOf(context.Background(), s.env, connector.Record{Table: connector.Contact, ID: connector.RecordID(id(n))})
	if err != nil {
		s.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Permission+": "+e.Was+" > "+e.Becomes+" ("+e.Who+", "+e.Origin+")")
	}
	return out
}

// links are the links of people.
func (s *story) links(numbers ...int) (out []store.Link) {
	s.Helper()
	for _, n := range numbers {
		record := connector.Record{Table: connector.Contact, ID: connector.RecordID(id(n))}
		links, err := s.house.store.Links(context.Background(), s.env, []connector.Record{record})
		if err != nil {
			s.Fatal(err)
		}
		out = append(out, links[record])
	}
	return out
}

func (s *story) ledgerHolds(entries int64) {
	s.Helper()
	c, err := s.house.store.VerifyLedger(context.Background(), s.env, "")
	if err != nil {
		s.Fatal(err)
	}
	if c.Broken != 0 || c.Entries != entries {
		s.Errorf("the ledger: %+v, want %d entries", c, entries)
	}
}

// Every change of consent is in the ledger, with who and where from: first values,
// Do Not Bulk Email set and lifted, an opt-out in Spotler that wins, an erasure.
func TestConsentIsWrittenDown(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", false))
		s.quiet()
		want := []string{"Acties:  > off (user, dynamics)", "Nieuwsbrief:  > on (user, dynamics)"}
		if got := s.ledger(1); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Fatalf("at first: %q, want %q", got, want)
		}
		bulk := func(set bool) {
			s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": set}})
			s.quiet()
		}
		bulk(true)
		bulk(false)
		want = []string{"*bulk-email: on > off (user, dynamics)", "Nieuwsbrief: on > off (user, dynamics)",
			"*bulk-email: off > on (user, dynamics)", "Nieuwsbrief: off > on (user, dynamics)"}
		if got := s.ledger(1)[2:]; !slices.Equal(got, want) {
			t.Fatalf("Do Not Bulk Email set and lifted: %q, want %q", got, want)
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}})
		s.quiet()
		if got := s.ledger(1); len(got) != 6 {
			t.Errorf("an edit of a job title entered %q", got[6:])
		}
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/permission", map[string]any{"external_id": id(1), "bit": 1, "enabled": false}, nil)
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": true}})
		s.quiet()
		n := len(s.ledger(1))
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": true}})
		s.quiet()
		if got := s.ledger(1); len(got) != 0 {
			t.Errorf("after the erasure the ledger still knows whose entries these are: %q", got)
		}
		s.ledgerHolds(int64(n + 1))
	})
}

// An opt-out that wins over a row that says Yes is the person's, in Spotler.
func TestOptOutThatWinsIsWrittenDown(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/connector.db", nil)
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts", map[string]any{"contacts": []any{map[string]any{"properties": map[string]any{
		"email": "ann1@example.test", "permissions": []any{map[string]any{"bit": 1, "enabled": false}}}}}}, nil)
	s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
	s.quiet()
	if got, want := s.ledger(1), []string{"Nieuwsbrief: on > off (person, spotler)"}; !slices.Equal(got, want) {
		t.Errorf("the ledger says %q, want %q", got, want)
	}
	s.ledgerHolds(1)
	if _, err := s.house.store.DB().Exec(`UPDATE ledger SET becomes = 'on'`); err != nil {
		t.Fatal(err)
	}
	c, err := s.house.store.VerifyLedger(context.Background(), s.env, "")
	if err != nil || c.Broken != 1 {
		t.Errorf("an opt-out was made an opt-in and the check says %+v, %v", c, err)
	}
}

// Of two rows for one permission No wins, and both the job and Spotler Info say so.
func TestTwoRowsForOnePermission(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/connector.db", nil)
	s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "nieuwsbrief ", false), permission(103, 1, "Acties", true))
	s.quiet()
	if b := s.spotler()[id(1)].bits(); b["Nieuwsbrief"] || !b["Acties"] {
		t.Errorf("in Spotler: %v", b)
	}
	const says = "There is more than one permission row for Nieuwsbrief: a No wins; delete all but one."
	if reason, _ := s.info(1)["dh_reason"].(string); !strings.Contains(strings.ToLower(reason), strings.ToLower(says)) {
		t.Errorf("Spotler Info says %q", reason)
	}
	if ops := s.ops(); !slices.ContainsFunc(ops, func(o store.Op) bool { return strings.Contains(strings.ToLower(o.Message), strings.ToLower(says)) }) {
		t.Errorf("no job says it: %+v", ops)
	}
	s.crm(edit{Method: http.MethodDelete, Set: "dh_spotlerpermissions", ID: id(102)})
	s.quiet()
	if b := s.spotler()[id(1)].bits(); !b["Nieuwsbrief"] {
		t.Errorf("with one row left: %v", b)
	}
	if reason, _ := s.info(1)["dh_reason"].(string); strings.Contains(reason, "more than one") {
		t.Errorf("with one row left, Spotler Info says %q", reason)
	}
}

// variable makes an environment variable in Dynamics, as the solution does; a value
// other than "" is what an administrator set.
func (s *story) variable(n int, name, initial, value string) {
	s.Helper()
	s.crm(edit{Method: http.MethodPost, Set: "environmentvariabledefinitions", Body: map[string]any{"environmentvariabledefinitionid": id(n), "schemaname": name, "displayname": name, "type": 100000000, "defaultvalue": initial}})
	if value != "" {
		s.crm(edit{Method: http.MethodPost, Set: "environmentvariablevalues", Body: map[string]any{"environmentvariablevalueid": id(n + 1), "value": value,
			"environmentvariabledefinitionid@odata.bind": "/environmentvariabledefinitions(" + id(n) + ")"}})
	}
}

// permissions are the permission rows of the n-th person.
func (s *story) permissions(n int) map[string]bool {
	s.Helper()
	var rows []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/dh_spotlerpermissions", nil, &rows)
	out := map[string]bool{}
	for _, r := range rows {
		if r["_dh_customer_value"] == id(n) {
			name, _ := r["dh_name"].(string)
			if _, twice := out[name]; twice {
				s.Errorf("person %d has two rows for %s", n, name)
			}
			out[name], _ = r["dh_subscribed"].(bool)
		}
	}
	return out
}

// strictest are the permissions of the n-th person; of two rows for one, No wins.
func (s *story) strictest(n int) map[string]bool {
	s.Helper()
	var rows []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/dh_spotlerpermissions", nil, &rows)
	out := map[string]bool{}
	for _, r := range rows {
		if r["_dh_customer_value"] == id(n) {
			name, _ := r["dh_name"].(string)
			before, twice := out[name]
			out[name] = r["dh_subscribed"] == true && (before || !twice)
		}
	}
	return out
}

// C-103, C-617, C-618, C-624, C-631, C-639, C-725, C-727, C-737, C-738: a new customer
// gets the rows of the variables; one whom Spotler knows gets what Spotler has; the bits
// in Spotler follow.
func TestPermissionsOfNewCustomers(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.variable(900, "dh_spotlerpermissions", "", "Nieuwsbrief;Acties;Productinfo;Roddel;") // a Value: the default is the connector's own
		s.variable(902, "dh_spotlerpermissionsenabledbydefault", "", "[All];Acties;")
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts", map[string]any{"contacts": []any{map[string]any{"properties": map[string]any{
			"email": "ann2@example.test", "permissions": []any{map[string]any{"bit": 1, "enabled": false}, map[string]any{"bit": 2, "enabled": true}}}}}}, nil)
		s.crm(person(1, nil), person(2, nil), person(3, nil), permission(301, 3, "Acties", true), person(4, map[string]any{"donotbulkemail": true}))
		s.quiet()
		for n, want := range map[int]map[string]bool{
			1: {"Nieuwsbrief": true, "Acties": false, "Productinfo": true},
			2: {"Nieuwsbrief": false, "Acties": false, "Productinfo": true},
			3: {"Acties": true},
			4: {"Nieuwsbrief": true, "Acties": false, "Productinfo": true},
		} {
			if got := s.permissions(n); !maps.Equal(got, want) {
				t.Errorf("person %d has the rows %v, want %v", n, got, want)
			}
		}
		if b := s.spotler()[id(1)].bits(); !b["Nieuwsbrief"] || b["Acties"] || !b["Productinfo"] {
			t.Errorf("the new one in Spotler: %v", b)
		}
		if b := s.spotler()[id(2)].bits(); b["Nieuwsbrief"] || !b["Productinfo"] {
			t.Errorf("the known one in Spotler: %v", b)
		}
		if b := s.spotler()[id(4)].bits(); b["Nieuwsbrief"] || b["Productinfo"] {
			t.Errorf("without bulk e-mail, in Spotler: %v", b)
		}
		if got := s.ledger(1); !slices.Contains(got, "Nieuwsbrief:  > on (connector, dynamics)") {
			t.Errorf("the ledger says %q", got)
		}
	})
}

// C-626, C-627, C-628, C-731: ";" as the Value makes no rows; nothing at all makes none
// either. C-625, C-730: the default is brought up to date, and a Value stays.
func TestPermissionVariable(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + t.TempDir() + "/connector.db"
	s := begin(t, database, nil)
	s.crm(person(1, nil))
	s.quiet()
	if got := s.permissions(1); len(got) != 0 {
		t.Errorf("without the variables: %v", got)
	}
	s.variable(900, "dh_spotlerpermissions", "", ";")
	restart := func() {
		s.end()
		s.open(database, map[string]string{"DATA_DIR": s.house.settings.DataDir})
	}
	restart()
	s.crm(person(2, nil))
	s.quiet()
	if got := s.permissions(2); len(got) != 0 {
		t.Errorf("switched off: %v", got)
	}
	initial := func() any { return s.row("environmentvariabledefinitions", id(900))["defaultvalue"] }
	if got := initial(); got != nil && got != "" {
		t.Errorf("switched off, and the default was written: %v", got)
	}
	s.crm(edit{Set: "environmentvariablevalues", ID: id(901), Body: map[string]any{"value": "Acties;"}})
	restart()
	s.until("the default has what Spotler has", func() bool { text, _ := initial().(string); return strings.HasPrefix(text, "Nieuwsbrief;Productinfo;") })
	if got := s.row("environmentvariablevalues", id(901))["value"]; got != "Acties;" {
		t.Errorf("the Value was written: %v", got)
	}
	s.crm(person(3, nil))
	s.quiet()
	if got := s.permissions(3); !maps.Equal(got, map[string]bool{"Acties": false}) {
		t.Errorf("by the Value: %v", got)
	}
}

// A merge folds the loser into the winner: the strictest consent of both holds, the
// loser's own contact gets no mail any more, and with one address there is one contact,
// under the winner's id.
func TestMergeKeepsTheStrictestConsent(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		merge := func(winner, loser int) {
			s.api(http.MethodPost, "Merge", map[string]any{"Target": map[string]any{"@odata.type": "Microsoft.Dynamics.CRM.contact", "contactid": id(winner)},
				"Subordinate": map[string]any{"@odata.type": "Microsoft.Dynamics.CRM.contact", "contactid": id(loser)}, "PerformParentingChecks": false})
			s.quiet()
		}
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", true),
			person(2, nil), permission(201, 2, "Nieuwsbrief", false), permission(202, 2, "Acties", true))
		s.quiet()
		merge(1, 2)
		s.quiet()
		if b := s.spotler()[id(1)].bits(); b["Nieuwsbrief"] || !b["Acties"] {
			t.Errorf("the winner in Spotler: %v", b)
		}
		// Dynamics moves the loser's rows to the winner.
		if got := s.strictest(1); got["Nieuwsbrief"] || !got["Acties"] {
			t.Errorf("the winner's rows: %v", got)
		}
		if got := s.permissions(2); len(got) > 0 {
			t.Errorf("the loser's rows: %v", got)
		}
		if c := s.spotler()[id(2)]; c.ExternalID == "" || c.bits()["Acties"] {
			t.Errorf("the loser in Spotler: %+v", c)
		}
		if got := s.ledger(1); !slices.Contains(got, "Nieuwsbrief: on > off (user, dynamics)") {
			t.Errorf("the winner's ledger: %q", got)
		}
		// The loser unsubscribed in Spotler, and nobody has asked Spotler since.
		s.crm(person(5, nil), permission(501, 5, "Acties", true), person(6, nil), permission(601, 6, "Acties", true))
		s.quiet()
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/permission", map[string]any{"external_id": id(6), "bit": 4, "enabled": false}, nil)
		if s.spotler()[id(6)].bits()["Acties"] {
			t.Fatal("bit 4 is another permission")
		}
		merge(5, 6)
		s.quiet()
		if b := s.spotler()[id(5)].bits(); b["Acties"] || s.strictest(5)["Acties"] {
			t.Errorf("the winner of one who unsubscribed: %v, %v", b, s.strictest(5))
		}
		one := map[string]any{"emailaddress1": "one@example.test"}
		s.crm(person(3, one), permission(301, 3, "Nieuwsbrief", false))
		s.quiet()
		s.crm(person(4, one), permission(401, 4, "Nieuwsbrief", true))
		s.quiet()
		merge(4, 3)
		in := s.spotler()
		if c := in[id(4)]; c.Properties["email"] != "one@example.test" || c.bits()["Nieuwsbrief"] {
			t.Errorf("the winner of one address: %+v", c)
		}
		if _, still := in[id(3)]; still {
			t.Error("the loser has a second contact with the same address")
		}
		// The loser's row is deleted before the winner took the contact over.
		links := s.links(3, 4)
		if _, err := s.house.store.DB().Exec(`UPDATE link SET external_id = 'X', address_hash = '` + links[1].AddressHash + `' WHERE record = 'contact/` + id(3) + `'`); err != nil {
			t.Fatal(err)
		}
		s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(3)})
		s.quiet()
		if l := s.links(3, 4); !l[0].ErasedAt.IsZero() || l[0].InSpotler() || !l[1].InSpotler() || s.spotler()[id(4)].Properties["email"] != "one@example.test" {
			t.Errorf("a deleted loser took the winner along: %+v", l)
		}
		if r, err := s.house.store.Receipts(t.Context(), s.env, recordOf(3)); err != nil || len(r) != 1 || len(s.ledger(3)) != 0 || len(s.ledger(4)) == 0 {
			t.Errorf("of the deleted loser: %d receipts, ledger %q, %v", len(r), s.ledger(3), err)
		}
	})
}

// A qualified lead hands its contact in Spotler to the contact that was made of it,
// with what it had agreed to; no second one is made.
func TestQualifiedLeadHandsOverItsContact(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.variable(900, "dh_spotlerpermissions", "", "Nieuwsbrief;Acties;")
		s.crm(edit{Method: http.MethodPost, Set: "leads", ID: id(3), Body: map[string]any{"subject": "Interested", "lastname": "Vries", "emailaddress1": "vries@example.test"}})
		s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerpermissions", ID: id(301), Body: map[string]any{"dh_name": "Nieuwsbrief", "dh_subscribed": true, "dh_Lead@odata.bind": "/leads(" + id(3) + ")"}})
		s.quiet()
		before := s.spotler()[id(3)]
		if !before.bits()["Nieuwsbrief"] {
			t.Fatalf("the lead in Spotler: %+v", before)
		}
		s.api(http.MethodPost, "leads("+id(3)+")/Microsoft.Dynamics.CRM.QualifyLead", map[string]any{"CreateAccount": false, "CreateContact": true, "CreateOpportunity": false, "Status": 3})
		s.quiet()
		var contacts []map[string]any
		s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/contacts", nil, &contacts)
		if len(contacts) != 1 {
			t.Fatalf("%d contacts were made", len(contacts))
		}
		made, _ := contacts[0]["contactid"].(string)
		in := s.spotler()
		if len(in) != 1 || in[made].Properties["email"] != "vries@example.test" || in[made].Properties["customerType"] != "contact" || !in[made].bits()["Nieuwsbrief"] {
			t.Errorf("in Spotler: %+v", in)
		}
		// What the lead agreed to stands under the contact's name now.
		contact := connector.Record{Table: connector.Contact, ID: connector.RecordID(made)}
		lead := connector.Record{Table: connector.Lead, ID: connector.RecordID(id(3))}
		for record, want := range map[connector.Record]bool{contact: true, lead: false} {
			entries, err := s.house.store.LedgerOf(t.Context(), s.env, record)
			if err != nil || (len(entries) > 0 && entries[0].Permission == "Nieuwsbrief" && entries[0].Becomes == "on") != want {
				t.Errorf("the ledger of %s: %+v, %v", record, entries, err)
			}
		}
		// The lead is thrown away: its contact is another's by now.
		s.crm(edit{Method: http.MethodDelete, Set: "leads", ID: id(3)})
		s.quiet()
		if c := s.spotler()[made]; c.Properties["email"] != "vries@example.test" {
			t.Errorf("after the lead was deleted: %+v", s.spotler())
		}
	})
}

// A lead whose contact got another address before it was brought over: the contact in
// Spotler goes with it, and what was the lead's is not mailed beside it.
func TestQualifiedLeadWithAnotherAddress(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/connector.db", nil)
	s.crm(edit{Method: http.MethodPost, Set: "leads", ID: id(3), Body: map[string]any{"subject": "Interested", "lastname": "Vries", "emailaddress1": "vries@example.test"}})
	s.quiet()
	contact := person(4, map[string]any{"lastname": "Vries", "emailaddress1": "vries@work.test"})
	s.silently(contact)
	s.crm(edit{Set: "leads", ID: id(3), Body: map[string]any{"statecode": 1, "statuscode": 3, "parentcontactid@odata.bind": "/contacts(" + id(4) + ")"}})
	s.quiet()
	in := s.spotler()
	if c := in[id(4)]; len(in) != 1 || c.Properties["email"] != "vries@work.test" || c.Properties["customerType"] != "contact" {
		t.Errorf("before the contact was known: %+v", in)
	}
	s.crm(edit{Method: http.MethodPost, Set: "leads", ID: id(5), Body: map[string]any{"subject": "Interested", "lastname": "Boer", "emailaddress1": "boer@example.test"}},
		edit{Method: http.MethodPost, Set: "dh_spotlerpermissions", ID: id(501), Body: map[string]any{"dh_name": "Nieuwsbrief", "dh_subscribed": true, "dh_Lead@odata.bind": "/leads(" + id(5) + ")"}},
		person(6, map[string]any{"lastname": "Boer", "emailaddress1": "boer@work.test"}), permission(601, 6, "Nieuwsbrief", true))
	s.quiet()
	s.crm(edit{Set: "leads", ID: id(5), Body: map[string]any{"statecode": 1, "statuscode": 3, "parentcontactid@odata.bind": "/contacts(" + id(6) + ")"}})
	s.quiet()
	in = s.spotler()
	if in[id(5)].ExternalID == "" || in[id(5)].bits()["Nieuwsbrief"] || !in[id(6)].bits()["Nieuwsbrief"] {
		t.Errorf("when both were in Spotler: %+v", in)
	}
}

// A new address is the same person: the same contact in Spotler under the same id, and
// the same name in the ledger.
func TestNewAddressIsTheSamePerson(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/connector.db", nil)
	s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
	s.quiet()
	before := s.ledger(1)
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"emailaddress1": "other@example.test"}})
	s.quiet()
	in := s.spotler()
	if c := in[id(1)]; len(in) != 1 || c.Properties["email"] != "other@example.test" || !c.bits()["Nieuwsbrief"] {
		t.Errorf("in Spotler: %+v", in)
	}
	if got := s.ledger(1); len(before) != 1 || !slices.Equal(got, before) {
		t.Errorf("the ledger said %q and says %q", before, got)
	}
	s.crm(person(2, nil), edit{Set: "contacts", ID: id(2), Body: map[string]any{"emailaddress1": "ann1@example.test"}}) // the old address is free again
	s.quiet()
	if c := s.spotler()[id(2)]; c.Properties["email"] != "ann1@example.test" || c.bits()["Nieuwsbrief"] {
		t.Errorf("the next who has the old address: %+v", c)
	}
}

// A row that is deleted and made again is a new person: a new contact, and a new name in
// the ledger.
func TestDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/connector.db", nil)
	s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
	s.quiet()
	s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(1)})
	s.quiet()
	again := person(2, map[string]any{"emailaddress1": "ann1@example.test"})
	s.crm(again)
	s.quiet()
	in := s.spotler()
	if c := in[id(2)]; c.Properties["email"] != "ann1@example.test" || c.bits()["Nieuwsbrief"] {
		t.Errorf("the new person: %+v", in)
	}
	if got := s.ledger(2); len(got) != 0 {
		t.Errorf("the new person has a history: %q", got)
	}
	s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(2)})
	s.quiet()
	s.crm(again, permission(201, 2, "Nieuwsbrief", true)) // even under the same id, as after an import
	s.quiet()
	if c := s.spotler()[id(2)]; c.Properties["email"] != "ann1@example.test" || !c.bits()["Nieuwsbrief"] {
		t.Errorf("made again under the same id: %+v", c)
	}
	if got := s.ledger(2); !slices.Equal(got, []string{"Nieuwsbrief:  > on (user, dynamics)"}) {
		t.Errorf("the ledger of who was made again: %q", got)
	}
}
