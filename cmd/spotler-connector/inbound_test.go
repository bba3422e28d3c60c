package main

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
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
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(file, []byte(twoWay), 0o600); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"MAPPING": file, "POLL_EVERY": "1h"}
	maps.Copy(values, more)
	return begin(t, database, values)
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
