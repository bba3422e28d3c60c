package main

import (
	"net/http"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
)

// arrive plants contacts in Spotler, as a subscription form does.
func (s *story) arrive(contacts ...map[string]any) {
	s.Helper()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts", map[string]any{"contacts": contacts}, nil)
}

func subscriber(external, address, last string) map[string]any {
	return map[string]any{"external_id": external, "properties": map[string]any{"email": address, "firstName": "Jan", "lastName": last,
		"permissions": []any{map[string]any{"bit": 1, "enabled": true}, map[string]any{"bit": 2, "enabled": false}}}}
}

// rows reads all rows of a set in Dynamics.
func (s *story) rows(set string) []map[string]any {
	s.Helper()
	var out []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/"+set, nil, &out)
	return out
}

// C-105, C-107, C-108, C-109, C-114, C-116: a subscriber without an external id becomes
// a new lead, although the address is known, with the default of its source and the
// permissions of Spotler; then the id stands in Spotler, and later changes come by it.
func TestSubscriberBecomesLead(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, map[string]string{"SUBSCRIBERS_BECOME": "lead", "SUBSCRIBERS_DEFAULTS": "subject=Form on the site"})
		s.arrive(subscriber("", "jan@example.test", "Vries"))
		s.poll()
		leads := s.rows("leads")
		if len(leads) != 1 || leads[0]["lastname"] != "Vries" || leads[0]["emailaddress1"] != "jan@example.test" || leads[0]["subject"] != "Form on the site" {
			t.Fatalf("leads: %v", leads)
		}
		lead, _ := leads[0]["leadid"].(string)
		in := s.spotler()
		if c, ok := in[lead]; !ok || len(in) != 1 || !c.bits()["Nieuwsbrief"] {
			t.Fatalf("in Spotler: %v", in)
		}
		subscribed := map[any]any{}
		for _, r := range s.rows("dh_spotlerpermissions") {
			subscribed[r["dh_name"]] = r["dh_subscribed"]
		}
		if subscribed["Nieuwsbrief"] != true || subscribed["Productinfo"] == true {
			t.Errorf("rows: %v", subscribed)
		}
		s.profile(lead, map[string]any{"lastName": "de Vries"})
		s.poll()
		if leads := s.rows("leads"); len(leads) != 1 || leads[0]["lastname"] != "de Vries" {
			t.Errorf("after the change: %v", leads)
		}
	})
}

// C-104, C-110, C-111, C-112: a subscriber with the address of a contact is that
// contact, which is updated; one without becomes a new contact.
func TestSubscriberBecomesContact(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, map[string]string{"SUBSCRIBERS_BECOME": "contact"})
		s.crm(edit{Method: http.MethodPost, Set: "contacts", ID: id(1), Body: map[string]any{"lastname": "Vries", "emailaddress1": "Jan@example.test", "statecode": 0}})
		s.quiet()
		s.arrive(subscriber("", "piet@example.test", "Smit"))
		s.poll()
		contacts := s.rows("contacts")
		if len(contacts) != 2 {
			t.Fatalf("contacts: %v", contacts)
		}
		for _, c := range contacts {
			if key, _ := c["contactid"].(string); s.spotler()[key].ExternalID != key {
				t.Errorf("%v is not in Spotler by its id: %v", c["lastname"], s.spotler())
			}
		}
	})
}

// C-117, and the setting take_over_ids: an id of another system makes a new subscriber,
// is kept, and links the record from then on.
func TestForeignIDIsKept(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, map[string]string{"SUBSCRIBERS_BECOME": "contact"})
		s.arrive(subscriber("shop-7", "jan@example.test", "Vries"))
		s.poll()
		s.profile("shop-7", map[string]any{"lastName": "de Vries"})
		s.poll()
		contacts := s.rows("contacts")
		if len(contacts) != 1 || contacts[0]["lastname"] != "de Vries" {
			t.Errorf("contacts: %v", contacts)
		}
		key, _ := contacts[0]["contactid"].(string)
		s.crm(edit{Set: "contacts", ID: key, Body: map[string]any{"jobtitle": "Buyer"}})
		s.quiet()
		if in := s.spotler(); len(in) != 1 || in["shop-7"].Properties["profileField1"] != "Buyer" {
			t.Errorf("in Spotler: %v", in)
		}
	})
}

// The setting take_over_ids overwrites an id of another system.
func TestForeignIDIsTakenOver(t *testing.T) {
	s := beginTwoWay(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"SUBSCRIBERS_BECOME": "contact", "SUBSCRIBERS_TAKE_OVER_IDS": "true"})
	s.arrive(subscriber("shop-7", "jan@example.test", "Vries"))
	s.poll()
	contacts := s.rows("contacts")
	if len(contacts) != 1 {
		t.Fatalf("contacts: %v", contacts)
	}
	if in := s.spotler(); len(in) != 1 || in[contacts[0]["contactid"].(string)].Properties["lastName"] != "Vries" {
		t.Errorf("in Spotler: %v", in)
	}
}

// A GUID that nobody has is an orphan: it is asked about, and nobody is created. A GUID
// of a row that we never wrote is that row.
func TestUnknownGUID(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, map[string]string{"SUBSCRIBERS_BECOME": "contact"})
		s.arrive(subscriber(id(77), "jan@example.test", "Vries"))
		s.poll()
		if n := len(s.rows("contacts")); n != 0 {
			t.Fatalf("%d contacts were made", n)
		}
		open, err := s.house.store.Reviews(s.Context(), s.env, 10)
		if err != nil || len(open) != 1 || open[0].Kind != "orphan" {
			t.Errorf("questions: %v, %v", open, err)
		}
	})
}

// C-115: without the setting, nobody is taken in.
func TestSubscribersAreOffByDefault(t *testing.T) {
	s := beginTwoWay(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.arrive(subscriber("", "jan@example.test", "Vries"), subscriber("shop-7", "piet@example.test", "Smit"))
	s.poll()
	for _, o := range s.ops() {
		if o.Operation == connector.FromSpotler {
			t.Errorf("there is work for a stranger in lane %s", o.Lane)
		}
	}
	if n := len(s.rows("contacts")) + len(s.rows("leads")); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// Two identical subscribers in one window become one person.
func TestTwinsBecomeOne(t *testing.T) {
	s := beginTwoWay(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"SUBSCRIBERS_BECOME": "lead"})
	s.arrive(subscriber("", "jan@example.test", "Vries"), subscriber("", "jan@example.test", "Vries"))
	s.poll()
	if leads := s.rows("leads"); len(leads) != 1 {
		t.Errorf("%d leads", len(leads))
	}
}

// C-113: a custom strategy looks for the record by other columns than the address; who
// brings nothing in common is new. A column that the mapping does not bring is refused.
func TestSubscriberIsMatched(t *testing.T) {
	t.Parallel()
	s := beginTwoWay(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"SUBSCRIBERS_BECOME": "contact", "SUBSCRIBERS_MATCH": "lastname,firstname"})
	s.crm(edit{Method: http.MethodPost, Set: "contacts", ID: id(1), Body: map[string]any{"firstname": "JAN", "lastname": "vries", "emailaddress1": "old@example.test"}},
		edit{Method: http.MethodPost, Set: "contacts", ID: id(2), Body: map[string]any{"firstname": "Piet", "lastname": "Vries", "emailaddress1": "piet@example.test"}})
	s.quiet()
	s.arrive(subscriber("", "new@example.test", "Vries"), subscriber("", "kees@example.test", "Smit"))
	s.poll()
	if r := s.row("contacts", id(1)); r["emailaddress1"] != "new@example.test" || r["lastname"] != "Vries" {
		t.Errorf("the match: %v", r)
	}
	if n := len(s.rows("contacts")); n != 3 {
		t.Errorf("%d contacts, want 3", n)
	}
	tables := s.house.envs[0].started.Load().Tables
	s.house.envs[0].settings.Subscribers.Match = []string{"address1_line1"}
	if err := s.house.envs[0].checkMatch(s.house.envs[0].started.Load().Mapping, tables); err == nil || !strings.Contains(err.Error(), "address1_line1") {
		t.Errorf("a column of a -> row: %v", err)
	}
}

// Also while subscribers are off, somebody new in Dynamics whom another system brought
// to Spotler keeps that system's id there, unless take_over_ids says otherwise.
func TestForeignIDIsKeptWithoutSubscribers(t *testing.T) {
	t.Parallel()
	for takeOver, want := range map[string]string{"false": "shop-7", "true": id(1)} {
		s := beginTwoWay(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"SUBSCRIBERS_TAKE_OVER_IDS": takeOver, "MAPPING": ""})
		s.arrive(subscriber("shop-7", "jan@example.test", "Vries"))
		s.crm(edit{Method: http.MethodPost, Set: "contacts", ID: id(1), Body: map[string]any{"lastname": "de Vries", "emailaddress1": "jan@example.test"}}, person(2, nil))
		s.quiet()
		in := s.spotler()
		if len(in) != 2 || in[want].Properties["lastName"] != "de Vries" || in[id(2)].ExternalID == "" {
			t.Errorf("take over %s: %v", takeOver, in)
		}
	}
}
