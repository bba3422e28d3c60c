package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
)

// related is a mapping whose values stand in other rows than the person's own.
const related = `version: 1
rows:
  - {spotler: email, contact: emailaddress1;emailaddress2, direction: "->"}
  - {spotler: organisation, contact: parentcustomerid(account).name, direction: "->"}
  - {spotler: city, contact: parentcustomerid().address1_city, direction: "->"}
  - {spotler: street, contact: '@concat(address1_line1, " / ", address1_line2)', direction: "->"}
  - {spotler: profileField1, contact: '@child(dh_spotlerpermissions).first(dh_name DESC).dh_name', direction: "->"}
  - {spotler: profileField2, contact: "@odata:contacts?$select=fullname&$filter=(_parentcustomerid_value eq $ID)&$orderby=createdon desc&$top=1", direction: "->"}
  - {spotler: clubs, contact: "@map(list)", direction: "->"}
`

// C-592 C-608 C-610 C-611 C-613 C-614 C-615 C-616: what stands in other rows travels
// with the person, read in the same request as the person's own row.
func TestRelatedValuesTravel(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(file, []byte(related), 0o600); err != nil {
		t.Fatal(err)
	}
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, map[string]string{"MAPPING": file, "POLL_EVERY": "1h"})
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/properties", map[string]any{"name": "clubs", "description": "Clubs", "type": "set",
			"entries": []any{map[string]any{"bit": 1, "description": "Friends", "rank": 1}, map[string]any{"bit": 2, "description": "Press", "rank": 2}}}, nil)
		s.until("the environment is on", func() bool { return s.house.off(s.env) == "" })
		s.crm(edit{Method: http.MethodPost, Set: "accounts", ID: id(50), Body: map[string]any{"name": "Bakery", "address1_city": "Ede"}},
			edit{Method: http.MethodPost, Set: "lists", ID: id(60), Body: map[string]any{"listname": "Friends", "type": false, "createdfromcode": 2}},
			edit{Method: http.MethodPost, Set: "lists", ID: id(61), Body: map[string]any{"listname": "Press", "type": false, "createdfromcode": 2}},
			person(1, map[string]any{"address1_line1": "Dorp 1", "parentcustomerid_account@odata.bind": "/accounts(" + id(50) + ")", "emailaddress1": nil, "emailaddress2": "two@example.test"}),
			person(2, map[string]any{"parentcustomerid_contact@odata.bind": "/contacts(" + id(1) + ")"}),
			permission(101, 1, "Acties", true), permission(102, 1, "Nieuwsbrief", true))
		s.quiet()
		if err := s.house.envs[0].crm.AddMember(s.Context(), connector.RecordID(id(60)), connector.RecordID(id(1))); err != nil {
			t.Fatal(err)
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"address1_line2": "achter"}})
		s.quiet()
		p := s.spotler()[id(1)].Properties
		for name, want := range map[string]string{"email": "two@example.test", "organisation": "Bakery", "city": "Ede", "street": "Dorp 1 / achter", "profileField1": "Nieuwsbrief", "profileField2": "Ann Jansen2"} {
			if p[name] != want {
				t.Errorf("%s is %v, want %s", name, p[name], want)
			}
		}
		if clubs, _ := json.Marshal(p["clubs"]); !strings.Contains(string(clubs), `"bit":1`) || !strings.Contains(string(clubs), `"enabled":true`) {
			t.Errorf("clubs are %s", clubs)
		}
		if q := s.spotler()[id(2)].Properties; q["organisation"] != nil || q["email"] != "ann2@example.test" {
			t.Errorf("of somebody without a company and with an address of their own: %v", q)
		}
	})
}
