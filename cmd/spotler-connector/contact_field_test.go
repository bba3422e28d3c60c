package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
)

// fieldSheet maps one field each way; the others of the account are not mapped.
const fieldSheet = `version: 1
rows:
  - {spotler: email, contact: emailaddress1, lead: emailaddress1, direction: "->"}
  - {spotler: firstName, contact: firstname, lead: firstname, direction: "->"}
  - {spotler: profileField2, contact: jobtitle, direction: "<->"}
  - {spotler: city, contact: address1_city, direction: "<-"}
  - {spotler: permissions, contact: "@map(permissions)", direction: "<->"}
`

func fieldStory(t *testing.T, database string) *story {
	t.Helper()
	sheet := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(sheet, []byte(fieldSheet), 0o600); err != nil {
		t.Fatal(err)
	}
	s := begin(t, database, map[string]string{"MAPPING": sheet})
	s.crm(person(1, map[string]any{"jobtitle": "Buyer"}), permission(101, 1, "Acties", true))
	s.quiet()
	return s
}

// C-361 to C-367, C-497 to C-535: one value of one field, by internal or display
// name, in the type of the field; cleared; never against the mapping.
func TestContactField(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := fieldStory(t, database)
		before := s.link(1)
		job := 400
		for _, tt := range []struct {
			name, value, property string
			want                  any
		}{
			{"freeField1", "12", "freeField1", 12.0},                   // C-504, C-517: not mapped
			{"Vrij veld 2", "12,50", "freeField2", 1250.0},             // C-505
			{"freeField3", "31-12-2026", "freeField3", "2026-12-31"},   // C-509
			{"profileField2", "Director", "profileField2", "Director"}, // C-516: both ways
			{"city", "Utrecht", "city", "Utrecht"},                     // C-515: to Dataverse
			{"mobileNumber", "+31 6 12345678", "mobileNumber", "+31 6 12345678"},
		} {
			job++
			s.shows(s.job(job, connector.SetContactField, on(1, tt.name, tt.value)), connector.Completed, "OK", "The field "+tt.property+" was set in Spotler.")
			if got := s.spotler()[id(1)].Properties[tt.property]; got != tt.want {
				t.Errorf("%s is %v (%T), want %v", tt.property, got, got, tt.want)
			}
		}
		for _, name := range []string{"freeField1", "Vrij veld 2", "profileField2"} { // C-529 to C-532
			job++
			s.shows(s.job(job, connector.ClearContactField, on(1, name, "")), connector.Completed, "OK", "was cleared in Spotler")
		}
		p := s.spotler()[id(1)].Properties
		if p["freeField1"] != nil || p["freeField2"] != nil || p["profileField2"] != nil || p["city"] != "Utrecht" || p["firstName"] != "Ann" {
			t.Errorf("after clearing: %v", p)
		}
		if after := s.link(1); len(after.Shadow) != len(before.Shadow) || after.Shadow["profileField2"] != before.Shadow["profileField2"] || after.Op != before.Op {
			t.Error("a field that was set by a job touched the shadow, so that the way back would take it for an echo")
		}
	})
}

// C-506, C-507, C-511 to C-513, C-528, C-533, C-534: what is refused, with what to do.
func TestContactFieldRefuses(t *testing.T) {
	t.Parallel()
	s := fieldStory(t, "sqlite:"+t.TempDir()+"/c.db")
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/properties", map[string]any{"name": "freeField8", "description": "Vrij veld 1", "type": "int"}, nil)
	for n, tt := range []struct {
		operation   connector.Operation
		name, value string
		says        string
	}{
		{connector.SetContactField, "firstName", "Bea", "firstName is mapped to Spotler only"},
		{connector.ClearContactField, "firstName", "", "firstName is mapped to Spotler only"},
		{connector.SetContactField, "freeField1", "twelve", "freeField1: write a whole number"},
		{connector.SetContactField, "freeField3", "soon", "write a date as 2026-12-31"},
		{connector.SetContactField, "freeField9", "x", "shows no field of this name; use the exact internal name of one of its visible fields: birthday, city"},
		{connector.SetContactField, "permissions", "true", "permissions is a list; name the item as permissions:item, with one of Nieuwsbrief"},
		{connector.SetContactField, "permissions:Golf", "true", "has no item of this name; use one of Nieuwsbrief"},
		{connector.SetContactField, "permissions:Nieuwsbrief", "on", "must be true, ja or 1"},
		{connector.SetContactField, "freeField1:x", "1", "freeField1 is not a list"},
		{connector.ClearContactField, "permissions", "", "a list cannot be cleared; use Set Contact Field with permissions:item and the value false"},
		{connector.ClearContactField, "permissions:Nieuwsbrief", "", "use Set Contact Field with permissions:Nieuwsbrief and the value false"},
		{connector.SetContactField, "freeField1", "", "Parameter Value is empty"},
	} {
		s.shows(s.job(500+n, tt.operation, on(1, tt.name, tt.value)), connector.Failed, connector.CodeJobNotValid, tt.says)
	}
	s.house.envs[0].started.Load().Fields.Forget() // the new field came after the first look
	s.shows(s.job(520, connector.SetContactField, on(1, "vrij veld 1", "1")), connector.Failed, connector.CodeJobNotValid, "fits more than one field; use the exact internal name: freeField1, freeField8")
	s.shows(s.job(521, connector.SetContactField, on(1, "freeField8", "5")), connector.Completed, "OK", "freeField8 was set")
	if p := s.spotler()[id(1)].Properties; p["firstName"] != "Ann" || p["freeField1"] != nil || p["freeField8"] != 5.0 {
		t.Errorf("in Spotler: %v", p)
	}
}

// A field that was made a moment ago is found, though the fields were read before.
func TestContactFieldMadeAMomentAgo(t *testing.T) {
	t.Parallel()
	s := fieldStory(t, "sqlite:"+t.TempDir()+"/c.db")
	s.shows(s.job(501, connector.SetContactField, on(1, "freeField1", "1")), connector.Completed, "OK", "freeField1 was set")
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/properties", map[string]any{"name": "shoeSize", "description": "Shoe size", "type": "int"}, nil)
	s.shows(s.job(502, connector.SetContactField, on(1, "Shoe size", "43")), connector.Completed, "OK", "shoeSize was set")
	if p := s.spotler()[id(1)].Properties; p["shoeSize"] != 43.0 {
		t.Errorf("in Spotler: %v", p)
	}
}

// C-518 to C-527, C-535: items of a list, in every spelling of yes and no; what Do
// Not Bulk Email keeps off stays off; a change of a permission is in the ledger.
func TestListItem(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := fieldStory(t, database)
		for n, tt := range []struct {
			name, value string
			want        bool
		}{
			{"permissions:Nieuwsbrief", "true", true}, {"Permissions:nieuwsbrief", "nee", false}, {"permissions:Nieuwsbrief", "JA", true},
			{"permissions:Nieuwsbrief", "0", false}, {"permissions:Nieuwsbrief", "1", true}, {"permissions: Nieuwsbrief", "False", false},
		} {
			s.shows(s.job(401+n, connector.SetContactField, on(1, tt.name, tt.value)), connector.Completed, "OK", "The item 'Nieuwsbrief' of the field permissions was turned")
			if b := s.spotler()[id(1)].bits(); b["Nieuwsbrief"] != tt.want || !b["Acties"] {
				t.Errorf("%s %s: %v", tt.name, tt.value, b)
			}
		}
		said := 0
		for _, line := range s.ledger(1) {
			if strings.HasPrefix(line, "Nieuwsbrief:") && strings.HasSuffix(line, "(user, dynamics)") {
				said++
			}
		}
		if said != 6 {
			t.Errorf("the ledger: %q", s.ledger(1))
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": true}})
		s.quiet()
		s.shows(s.job(410, connector.SetContactField, on(1, "permissions:Nieuwsbrief", "true")), connector.Failed, connector.CodeJobNotValid, "Do Not Bulk Email or Do Not Email is set")
		s.shows(s.job(411, connector.SetContactField, on(1, "permissions:Nieuwsbrief", "false")), connector.Completed, "OK", "turned off")
		if b := s.spotler()[id(1)].bits(); b["Nieuwsbrief"] || b["Acties"] {
			t.Errorf("with Do Not Bulk Email: %v", b)
		}
	})
}

// C-515, C-516: what a job sets in Spotler is news of Spotler's side, not an echo: the
// poll brings it to Dynamics, a cleared field and a permission too, and a sync keeps it.
func TestContactFieldTravelsBack(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := beginTwoWay(t, database, nil)
		s.crm(person(1, map[string]any{"jobtitle": "Buyer", "address1_city": "Ede"}), permission(101, 1, "Nieuwsbrief", false), permission(102, 1, "Acties", true))
		s.quiet()
		for n, tt := range [][2]string{{"profileField1", "Director"}, {"city", "Utrecht"}, {"permissions:Nieuwsbrief", "true"}, {"permissions:Acties", "false"}} {
			s.shows(s.job(401+n, connector.SetContactField, on(1, tt[0], tt[1])), connector.Completed, "OK", "")
		}
		if r := s.row("contacts", id(1)); r["jobtitle"] != "Buyer" {
			t.Errorf("before the poll: %v", r["jobtitle"])
		}
		s.poll()
		r := s.row("contacts", id(1))
		if r["jobtitle"] != "Director" || r["address1_city"] != "Utrecht" {
			t.Errorf("title %v, city %v", r["jobtitle"], r["address1_city"])
		}
		if on, off := s.row("dh_spotlerpermissions", id(101)), s.row("dh_spotlerpermissions", id(102)); on["dh_subscribed"] != true || off["dh_subscribed"] != false {
			t.Errorf("permission rows: Nieuwsbrief %v, Acties %v", on["dh_subscribed"], off["dh_subscribed"])
		}
		s.shows(s.job(410, connector.ClearContactField, on(1, "profileField1", "")), connector.Completed, "OK", "profileField1 was cleared")
		s.poll()
		if r := s.row("contacts", id(1)); r["jobtitle"] != nil {
			t.Errorf("after it was cleared: %v", r["jobtitle"])
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"firstname": "Bea"}})
		s.quiet()
		if p := s.spotler()[id(1)]; p.Properties["firstName"] != "Bea" || p.Properties["profileField1"] != nil || p.Properties["city"] != "Utrecht" || !p.bits()["Nieuwsbrief"] || p.bits()["Acties"] {
			t.Errorf("in Spotler: %v", p.Properties)
		}
	})
}
