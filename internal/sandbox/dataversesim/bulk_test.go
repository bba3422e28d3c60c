package dataversesim

import (
	"fmt"
	"strings"
	"testing"
)

const ofContact = `"@odata.type":"Microsoft.Dynamics.CRM.contact"`

func TestCreateMultiple(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "contact", "")
	o.register(hook.URL, "CreateMultiple", "contact", "")
	r := o.must(200, "POST", "contacts/Microsoft.Dynamics.CRM.CreateMultiple", `{"Targets":[{`+ofContact+`,"contactid":"`+ann+`","lastname":"Bee"},{`+ofContact+`,"lastname":"Cee"}]}`)
	ids, _ := r.json(t)["Ids"].([]any)
	if len(ids) != 2 || ids[0] != ann || !strings.HasSuffix(fmt.Sprint(r.json(t)["@odata.context"]), "#Microsoft.Dynamics.CRM.CreateMultipleResponse") {
		t.Fatalf("%s", r.body)
	}
	o.must(200, "GET", fmt.Sprintf("contacts(%s)?$select=lastname", ids[1]), "")
	o.flush()
	calls := hook.take()
	if len(calls) != 3 {
		t.Fatalf("%d events, want one per row and one for all", len(calls))
	}
	last := calls[2]
	if last.header.Get("X-Ms-Dynamics-Request-Name") != "CreateMultiple" {
		t.Errorf("the last event is %v", last.header)
	}
	for _, want := range []string{`"InputParameters":[{"key":"Targets","value":{"__type":"EntityCollection:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Entities":[{"Attributes":[{"key":"lastname","value":"Bee"}`, `"OutputParameters":[{"key":"Ids","value":["` + ann + `",`, `"PrimaryEntityId":"00000000-0000-0000-0000-000000000000"`} {
		if !strings.Contains(last.body, want) {
			t.Errorf("%s is missing in %s", want, last.body)
		}
	}
}

func TestMultipleIsAllOrNothing(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	for _, c := range []struct {
		name, message, targets string
		status                 int
		code                   string
	}{
		{"a duplicate", "CreateMultiple", `{` + ofContact + `,"contactid":"` + bob + `","lastname":"x"},{` + ofContact + `,"contactid":"` + ann + `"}`, 412, "0x80040237"},
		{"an unknown column", "CreateMultiple", `{` + ofContact + `,"contactid":"` + bob + `"},{` + ofContact + `,"nosuchcolumn9":"x"}`, 400, "0x80048d19"},
		{"a missing row", "UpdateMultiple", `{` + ofContact + `,"contactid":"` + ann + `","lastname":"Changed"},{` + ofContact + `,"contactid":"` + bob + `","lastname":"x"}`, 404, "0x80040217"},
		{"no key", "UpdateMultiple", `{` + ofContact + `,"lastname":"x"}`, 400, "0x80040203"},
		{"no type", "UpdateMultiple", `{"contactid":"` + ann + `","lastname":"x"}`, 400, "0x80048d19"},
		{"another type", "UpdateMultiple", `{"@odata.type":"Microsoft.Dynamics.CRM.lead","contactid":"` + ann + `"}`, 400, "0x80040203"},
		{"the key twice", "UpsertMultiple", `{` + ofContact + `,"@odata.id":"contacts(` + ann + `)","contactid":"` + ann + `","lastname":"x"}`, 500, "0x80040216"},
		{"a standard table", "DeleteMultiple", `{` + ofContact + `,"contactid":"` + ann + `"}`, 400, "0x80040203"},
		{"nothing", "CreateMultiple", ``, 400, "0x80040203"},
		{"no entity", "CreateMultiple", `1`, 400, "0x80040203"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := o.call("POST", "contacts/Microsoft.Dynamics.CRM."+c.message, `{"Targets":[`+c.targets+`]}`)
			if r.status != c.status || r.code() != c.code {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	o.must(404, "GET", "contacts("+bob+")", "")
	if got := o.must(200, "GET", "contacts("+ann+")?$select=lastname", "").json(t)["lastname"]; got != "Bee" {
		t.Errorf("lastname %v: a part of a failed message was kept", got)
	}
}

func TestUpsertAndUpdateMultiple(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	for _, last := range []string{"Bee", "Cee"} {
		r := o.must(204, "POST", "contacts/Microsoft.Dynamics.CRM.UpsertMultiple", `{"Targets":[{`+ofContact+`,"@odata.id":"contacts(`+ann+`)","lastname":"`+last+`"},{`+ofContact+`,"contactid":"`+bob+`","lastname":"`+last+`"}]}`)
		if r.body != "" {
			t.Errorf("%s", r.body)
		}
		for _, id := range []string{ann, bob} {
			if got := o.must(200, "GET", "contacts("+id+")", "").json(t)["lastname"]; got != last {
				t.Errorf("%s: %v, want %s", id, got, last)
			}
		}
	}
	o.must(204, "POST", "contacts/Microsoft.Dynamics.CRM.UpdateMultiple", `{"Targets":[{`+ofContact+`,"contactid":"`+ann+`","lastname":"Dee"}]}`)
	if got := o.must(200, "GET", "contacts("+ann+")", "").json(t)["fullname"]; got != "Dee" {
		t.Errorf("fullname %v", got)
	}
	written := o.must(200, "GET", "/control/written", "").body
	if !strings.Contains(written, `"contacts":{"created":2,"updated":3,"deleted":0}`) {
		t.Error(written)
	}
}

func TestMultipleNeedsRights(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PUT", "/control/privileges", `{"table":"contact","right":"Create","allowed":false}`)
	one := `{"Targets":[{` + ofContact + `,"contactid":"` + ann + `","lastname":"Bee"}]}`
	for _, message := range []string{"CreateMultiple", "UpsertMultiple"} {
		if r := o.must(403, "POST", "contacts/Microsoft.Dynamics.CRM."+message, one); r.code() != "0x80040220" || !strings.Contains(r.body, "prvCreatecontact") {
			t.Error(r.body)
		}
	}
	o.must(404, "POST", "contacts/Microsoft.Dynamics.CRM.UpdateMultiple", one)
	if r := o.must(403, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`); !strings.Contains(r.body, "prvCreatecontact") {
		t.Error(r.body)
	}
}

func TestElasticTables(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.sim.tables["contact"].elastic = true
	o.must(412, "POST", "contacts/Microsoft.Dynamics.CRM.CreateMultiple", `{"Targets":[{`+ofContact+`,"contactid":"`+ann+`"},{`+ofContact+`,"contactid":"`+ann+`"},{`+ofContact+`,"contactid":"`+bob+`"}]}`)
	o.must(200, "GET", "contacts("+bob+")", "")
	o.must(204, "POST", "contacts/Microsoft.Dynamics.CRM.DeleteMultiple", `{"Targets":[{`+ofContact+`,"contactid":"`+ann+`"},{`+ofContact+`,"contactid":"`+bob+`"}]}`)
	o.must(404, "GET", "contacts("+ann+")", "")
}

func TestFunctions(t *testing.T) {
	o := newOrg(t, Config{Seed: 1, OrganizationName: "orgtest"})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	for _, path := range []string{"RetrieveTotalRecordCount(EntityNames=['contact','lead'])", "RetrieveTotalRecordCount(EntityNames=@p)?@p=%5B%22contact%22,%22lead%22%5D"} {
		r := o.must(200, "GET", path, "")
		if !strings.Contains(r.body, `"EntityRecordCountCollection":{"Count":2,"IsReadOnly":false,"Keys":["contact","lead"],"Values":[1,0]}`) {
			t.Error(r.body)
		}
	}
	o.must(400, "GET", "RetrieveTotalRecordCount(EntityNames=['conact'])", "")
	o.must(400, "GET", "RetrieveTotalRecordCount()", "")
	o.must(405, "POST", "RetrieveTotalRecordCount(EntityNames=['contact'])", "{}")
	r := o.must(200, "GET", "RetrieveCurrentOrganization(AccessType=@p1)?@p1=Microsoft.Dynamics.CRM.EndpointAccessType'Default'", "")
	detail, _ := r.json(t)["Detail"].(map[string]any)
	if detail["UniqueName"] != "orgtest" || detail["OrganizationId"] != o.sim.cfg.OrganizationID {
		t.Error(r.body)
	}
	o.must(200, "GET", "RetrieveVersion()", "")
}

func TestQualifyLeadMakesAll(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "leads("+ann+")", `{"lastname":"Bee","companyname":"Acme"}`)
	r := o.must(200, "POST", "leads("+ann+")/Microsoft.Dynamics.CRM.QualifyLead", `{"CreateAccount":true,"CreateContact":true,"CreateOpportunity":false,"Status":3}`)
	made := r.json(t)["value"].([]any)
	if len(made) != 2 {
		t.Fatal(r.body)
	}
	account, contact := made[0].(map[string]any)["accountid"], made[1].(map[string]any)["contactid"]
	got := o.must(200, "GET", fmt.Sprintf("contacts(%s)", contact), "").json(t)
	if got["_parentcustomerid_value"] != account || got["_originatingleadid_value"] != ann || got["lastname"] != "Bee" {
		t.Errorf("%v", got)
	}
	if got := o.must(200, "GET", fmt.Sprintf("accounts(%s)", account), "").json(t); got["name"] != "Acme" {
		t.Errorf("%v", got)
	}
	lead := o.must(200, "GET", "leads("+ann+")", "").json(t)
	if lead["statecode"] != 1.0 || lead["statuscode"] != 3.0 || lead["_parentcontactid_value"] != contact {
		t.Errorf("%v", lead)
	}
	o.must(400, "POST", "leads("+ann+")/Microsoft.Dynamics.CRM.QualifyLead", `{"CreateContact":true}`)
}
