package dataversesim

import (
	"strings"
	"testing"
)

func TestCreate(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	r := o.must(201, "POST", "accounts?$select=name", `{"name":"Acme"}`, "Prefer", "return=representation")
	if r.header.Get("Preference-Applied") != "return=representation" || r.json(t)["name"] != "Acme" {
		t.Errorf("%v %s", r.header, r.body)
	}
	id := r.json(t)["accountid"].(string)
	if r := o.must(412, "POST", "accounts", `{"accountid":"`+id+`","name":"Twin"}`); r.code() != "0x80040237" {
		t.Errorf("a second row with one id: %s", r.body)
	}
	bare := o.must(204, "POST", "accounts", `{"name":"Bare"}`)
	if bare.header.Get("Location") == "" || bare.header.Get("Location") != bare.header.Get("OData-EntityId") {
		t.Errorf("headers %v", bare.header)
	}
}

func TestUpsertConditions(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	row := "contacts(" + ann + ")"
	if r := o.must(404, "PATCH", row, `{"lastname":"Bee"}`, "If-Match", "*"); r.code() != "0x80040217" {
		t.Errorf("If-Match: * made or misnamed: %s", r.body)
	}
	o.must(201, "PATCH", row, `{"lastname":"Bee"}`, "Prefer", "return=representation")
	r := o.must(412, "PATCH", row, `{"lastname":"Cee"}`, "If-None-Match", "*")
	if r.code() != "0x80040237" {
		t.Errorf("If-None-Match: *: %s", r.body)
	}
	r = o.must(200, "PATCH", row, `{"lastname":"Cee"}`, "If-Match", "*", "Prefer", "return=representation")
	etag := r.json(t)["@odata.etag"].(string)
	o.must(204, "PATCH", row, `{"lastname":"Dee"}`, "If-Match", etag)
	if r := o.must(412, "PATCH", row, `{"lastname":"Eee"}`, "If-Match", etag); r.code() != "0x80060882" {
		t.Errorf("an old etag: %s", r.body)
	}
	now := o.must(200, "GET", row, "").header.Get("ETag")
	o.must(304, "GET", row, "", "If-None-Match", now)
	o.must(200, "GET", row, "", "If-None-Match", "null")
	o.must(204, "DELETE", row, "")
	if r := o.must(404, "GET", row, ""); r.code() != "0x80040217" || !strings.Contains(r.body, "Does Not Exist") {
		t.Errorf("a deleted row: %s", r.body)
	}
	o.must(404, "DELETE", row, "")
	o.must(204, "PATCH", row, `{"lastname":"Again"}`) // without If-Match an update makes the row
}

func TestRefusedBodies(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "PATCH", "accounts("+acme+")", `{"name":"Acme"}`)
	for _, c := range []struct{ name, body, code string }{
		{"unknown property", `{"nosuchcolumn":"x"}`, "0x80048d19"},
		{"wrong case", `{"LastName":"x"}`, "0x80048d19"},
		{"navigation in the wrong case", `{"dh_spotlerinfo@odata.bind":"/dh_spotlerinfos(` + ann + `)"}`, "0x80048d19"},
		{"polymorphic without its suffix", `{"parentcustomerid@odata.bind":"/accounts(` + acme + `)"}`, "0x80048d19"},
		{"the other target", `{"parentcustomerid_contact@odata.bind":"/accounts(` + acme + `)"}`, "0x80048d19"},
		{"lookup by value", `{"_parentcustomerid_value":"` + acme + `"}`, "0x80048d19"},
		{"row that is not there", `{"parentcustomerid_account@odata.bind":"/accounts(` + bob + `)"}`, "0x80040217"},
		{"text for a number", `{"gendercode":"1"}`, "0x80048d19"},
		{"fraction for a whole number", `{"dh_engagementscore":1.5}`, "0x80048d19"},
		{"too large", `{"dh_engagementscore":3000000000}`, "0x80048d19"},
		{"number for text", `{"lastname":1}`, "0x80048d19"},
		{"not a date", `{"birthdate":"yesterday"}`, "0x80048d19"},
		{"outside the choice", `{"gendercode":9}`, "0x80044330"},
		{"too long", `{"lastname":"` + strings.Repeat("x", 51) + `"}`, "0x80044331"},
		{"status of another state", `{"statuscode":2}`, "0x80048408"},
		{"state and status that differ", `{"statecode":1,"statuscode":1}`, "0x80048408"},
		{"status that does not exist", `{"statuscode":99}`, "0x80044330"},
		{"key of another row", `{"contactid":"` + bob + `"}`, "0x80040203"},
		{"key that is no GUID", `{"contactid":"x"}`, "0x80048d19"},
		{"row in a row of an update", `{"parentcustomerid_account":{"name":"x"}}`, "0x80048d19"},
		{"not an object", `[]`, "0x80048d19"},
		{"cut short", `{"lastname":"x"`, "0x80048d19"},
		{"empty", ``, "0x80048d19"},
	} {
		if r := o.call("PATCH", "contacts("+ann+")", c.body); r.code() != c.code || r.status < 400 {
			t.Errorf("%s: %d %s, want %s", c.name, r.status, r.body, c.code)
		}
	}
	if got := o.must(200, "GET", "contacts("+ann+")", "").json(t)["fullname"]; got != "Bee" {
		t.Errorf("a refused body changed the row: %v", got)
	}
}

func TestStates(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	job := "dh_spotlerjobs(" + ann + ")"
	read := func() (any, any) {
		got := o.must(200, "GET", job, "").json(t)
		return got["statecode"], got["statuscode"]
	}
	o.must(204, "PATCH", job, `{"dh_name":"j"}`)
	for _, step := range []struct {
		body          string
		state, status float64
	}{
		{`{"dh_resultcode":"x"}`, 0, 1},
		{`{"statuscode":480000001}`, 0, 480000001},
		{`{"statecode":1}`, 1, 2},
		{`{"statecode":1,"statuscode":480000002}`, 1, 480000002},
		{`{"statecode":0}`, 0, 1},
		{`{"statuscode":480000001}`, 0, 480000001},
		{`{"statecode":0}`, 0, 1},
	} {
		o.must(204, "PATCH", job, step.body)
		if state, status := read(); state != step.state || status != step.status {
			t.Errorf("after %s: %v %v", step.body, state, status)
		}
	}
	o.must(204, "PATCH", "dh_spotlerjobs("+bob+")", `{"statecode":1,"statuscode":2}`)
	sum := o.must(200, "GET", "/control/journal/summary", "").json(t)
	if sum["jobs"] != 2.0 || sum["transitions"] != 8.0 || sum["left_final"] != 2.0 || sum["now"].(map[string]any)["2"] != 1.0 {
		t.Errorf("summary %v", sum)
	}
	lines := o.must(200, "GET", "/control/journal?job="+ann, "").body
	if strings.Count(lines, `"job"`) != 7 || !strings.Contains(lines, `"from":-1,"to":1`) || !strings.Contains(lines, `"from":2,"to":480000002`) {
		t.Errorf("journal %s", lines)
	}
}

func TestLookups(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "accounts("+acme+")", `{"name":"Acme"}`)
	o.must(204, "PATCH", "dh_spotlerinfos("+other+")", `{"dh_name":"Active"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee","parentcustomerid_account@odata.bind":"/accounts(`+acme+`)","dh_SpotlerInfo@odata.bind":"dh_spotlerinfos(`+other+`)"}`)
	got := o.must(200, "GET", "contacts("+ann+")", "", "Prefer", `odata.include-annotations="*"`).json(t)
	for name, want := range map[string]any{
		"_parentcustomerid_value": acme,
		"_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":            "account",
		"_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty": "parentcustomerid_account",
		"_parentcustomerid_value@OData.Community.Display.V1.FormattedValue":           "Acme",
		"_dh_spotlerinfo_value": other,
		"_dh_spotlerinfo_value@Microsoft.Dynamics.CRM.associatednavigationproperty": "dh_SpotlerInfo",
		"_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":                   "systemuser",
		"statecode@OData.Community.Display.V1.FormattedValue":                       "Active",
		"donotemail@OData.Community.Display.V1.FormattedValue":                      "No",
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if far := o.must(200, "GET", "contacts("+ann+")/parentcustomerid_account?$select=name", "").json(t); far["name"] != "Acme" {
		t.Errorf("the row behind a lookup: %v", far)
	}
	plain := o.must(200, "GET", "contacts("+ann+")", "")
	if strings.Contains(plain.body, "lookuplogicalname") {
		t.Error("annotations without being asked for")
	}
	o.must(204, "DELETE", "contacts("+ann+")/dh_SpotlerInfo/$ref", "")
	o.must(204, "PATCH", "contacts("+ann+")", `{"parentcustomerid_account@odata.bind":null}`)
	got = o.must(200, "GET", "contacts("+ann+")", "").json(t)
	if got["_parentcustomerid_value"] != nil || got["_dh_spotlerinfo_value"] != nil {
		t.Errorf("cleared lookups: %v", got)
	}
	o.must(204, "PUT", "contacts("+ann+")/parentcustomerid_account/$ref", `{"@odata.id":"`+o.http.URL+`/api/data/v9.2/accounts(`+acme+`)"}`)
	o.must(204, "DELETE", "accounts("+acme+")", "")
	if got := o.must(200, "GET", "contacts("+ann+")", "").json(t); got["_parentcustomerid_value"] != nil {
		t.Errorf("a lookup points at a deleted row: %v", got)
	}
}

func TestProperty(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "PUT", "contacts("+ann+")/jobtitle", `{"value":"Chief"}`)
	if r := o.must(200, "GET", "contacts("+ann+")/jobtitle/$value", ""); r.body != "Chief" {
		t.Errorf("got %q", r.body)
	}
	if r := o.must(200, "GET", "contacts("+ann+")/jobtitle", ""); r.json(t)["value"] != "Chief" {
		t.Errorf("got %q", r.body)
	}
	o.must(204, "DELETE", "contacts("+ann+")/jobtitle", "")
	o.must(204, "GET", "contacts("+ann+")/jobtitle", "")
	o.must(404, "GET", "contacts("+ann+")/nosuchcolumn", "")
}

func TestUnknownPlaces(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	for path, want := range map[string]int{
		"conacs": 404, "contacts(x)": 400, "contacts(dh_externalid='1')": 400, "contacts(": 400,
		"contacts?$skip=10": 400, "contacts?$search=x": 501, "contacts?$apply=x": 400, "contacts?fetchXml=x": 400, "contacts?$select=x": 400, "contacts?%zz": 400,
		"contacts?$expand=masterid($expand=x)": 400, "contacts?$expand=x": 400, "serviceendpoints?$select=authvalue": 400,
	} {
		if r := o.call("GET", path, ""); r.status != want || want == 404 && r.code() != "0x80060888" {
			t.Errorf("%s: %d %s, want %d", path, r.status, r.body, want)
		}
	}
	o.must(405, "DELETE", "contacts", "")
	o.must(501, "POST", "contacts/Microsoft.Dynamics.CRM.BulkDetectDuplicates", `{}`)
	o.must(405, "POST", "$metadata", "{}")
}

func TestActions(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "PATCH", "contacts("+bob+")", `{"lastname":"Bee","jobtitle":"Chief"}`)
	o.must(204, "POST", "Merge", `{"Target":{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"`+ann+`"},
		"Subordinate":{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"`+bob+`"},
		"UpdateContent":{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"`+ann+`","jobtitle":"Chief"},"PerformParentingChecks":false}`)
	loser := o.must(200, "GET", "contacts("+bob+")", "").json(t)
	if loser["merged"] != true || loser["_masterid_value"] != ann || loser["statecode"] != 1.0 || loser["statuscode"] != 2.0 {
		t.Errorf("loser %v", loser)
	}
	if winner := o.must(200, "GET", "contacts("+ann+")", "").json(t); winner["jobtitle"] != "Chief" || winner["statecode"] != 0.0 {
		t.Errorf("winner %v", winner)
	}
	o.must(204, "PATCH", "leads("+acme+")", `{"firstname":"Lee","lastname":"Dee","emailaddress1":"lee@example.org","statuscode":2}`)
	r := o.must(200, "POST", "leads("+acme+")/Microsoft.Dynamics.CRM.QualifyLead", `{"CreateAccount":false,"CreateContact":true,"CreateOpportunity":false,"Status":3}`)
	made := r.json(t)["value"].([]any)[0].(map[string]any)["contactid"].(string)
	contact := o.must(200, "GET", "contacts("+made+")", "").json(t)
	lead := o.must(200, "GET", "leads("+acme+")", "").json(t)
	if contact["fullname"] != "Lee Dee" || contact["_originatingleadid_value"] != acme || contact["emailaddress1"] != "lee@example.org" {
		t.Errorf("contact %v", contact)
	}
	if lead["statecode"] != 1.0 || lead["statuscode"] != 3.0 || lead["_parentcontactid_value"] != made {
		t.Errorf("lead %v", lead)
	}
	o.must(400, "POST", "leads("+acme+")/Microsoft.Dynamics.CRM.QualifyLead", `{"CreateContact":false}`)
}

func TestWhoAmI(t *testing.T) {
	o := newOrg(t, Config{Seed: 1, OrganizationID: acme})
	r := o.must(200, "GET", "WhoAmI", "")
	if r.json(t)["OrganizationId"] != acme || r.header.Get("x-ms-dop-hint") == "" || r.header.Get("OData-Version") != "4.0" {
		t.Errorf("%v %s", r.header, r.body)
	}
	if v := o.must(200, "GET", "RetrieveVersion()", "").json(t)["Version"]; !strings.HasPrefix(v.(string), "9.2") {
		t.Errorf("version %v", v)
	}
}
