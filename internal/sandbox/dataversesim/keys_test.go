package dataversesim

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

func TestAlternateKeys(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	keys := "EntityDefinitions(LogicalName='contact')/Keys"
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee","employeeid":"A'1"}`)
	o.must(204, "POST", keys, `{"SchemaName":"dh_Employee","KeyAttributes":["employeeid"]}`)
	o.must(412, "POST", keys, `{"SchemaName":"dh_Employee","KeyAttributes":["employeeid"]}`)
	o.must(400, "POST", keys, `{"SchemaName":"dh_Other","KeyAttributes":["nosuchcolumn"]}`)
	if got := o.must(200, "GET", "contacts(employeeid='a''1')?$select=lastname", "").json(t); got["contactid"] != ann {
		t.Error(got)
	}
	o.must(204, "PATCH", "contacts(employeeid='A''1')", `{"lastname":"Cee"}`)
	o.must(404, "GET", "contacts(employeeid='A2')", "")
	o.must(400, "GET", "contacts(lastname='Bee')", "")
	if r := o.call("PATCH", "contacts("+bob+")", `{"lastname":"Dee","employeeid":"a'1"}`); r.status != 412 || r.code() != "0x80060892" {
		t.Error(r.status, r.body)
	}
	o.must(204, "DELETE", keys+"(LogicalName='dh_employee')", "")
	o.must(204, "PATCH", "contacts("+bob+")", `{"lastname":"Dee","employeeid":"a'1"}`)
	o.must(204, "POST", keys, `{"SchemaName":"dh_Employee","KeyAttributes":["employeeid"]}`)
	if got := o.must(200, "GET", keys+"(LogicalName='dh_employee')", "").json(t); got["EntityKeyIndexStatus"] != "Failed" {
		t.Error(got)
	}
	o.must(400, "GET", "contacts(employeeid='a''1')", "")
	o.must(204, "PATCH", "contacts("+bob+")", `{"employeeid":"b"}`)
	again := `{"EntityLogicalName":"contact","EntityKeyLogicalName":"dh_employee"}`
	o.must(204, "POST", "ReactivateEntityKey", again)
	o.must(400, "POST", "ReactivateEntityKey", again)
	o.must(200, "GET", "contacts(employeeid='B')", "")
}

func TestKeyIndexTakesItsTime(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, Now: func() time.Time { return now }})
	o.must(200, "PUT", "/control/assumptions", `{"key_index_seconds":30}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee","employeeid":"1"}`)
	keys := "EntityDefinitions(LogicalName='contact')/Keys"
	o.must(204, "POST", keys, `{"SchemaName":"dh_Employee","KeyAttributes":["employeeid"]}`)
	status := func() any {
		return o.must(200, "GET", keys+"(LogicalName='dh_employee')", "").json(t)["EntityKeyIndexStatus"]
	}
	if got := status(); got != "Pending" {
		t.Error(got)
	}
	o.must(400, "GET", "contacts(employeeid='1')", "")
	now = now.Add(30 * time.Second)
	if got := o.must(200, "GET", "contacts(employeeid='1')?$select=lastname", "").json(t); got["lastname"] != "Bee" {
		t.Error(got)
	}
	if got := status(); got != "Active" {
		t.Error(got)
	}
}

func TestUpsertByAlternateKey(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	key := func(schema, columns string) {
		o.must(204, "POST", "EntityDefinitions(LogicalName='contact')/Keys", `{"SchemaName":"`+schema+`","KeyAttributes":[`+columns+`]}`)
	}
	key("new_Employee", `"employeeid"`)
	key("new_Both", `"externaluseridentifier","numberofchildren"`)
	key("new_Parent", `"originatingleadid","governmentid"`)
	o.must(204, "PATCH", "leads("+acme+")", `{"subject":"Acme"}`)
	o.must(204, "PATCH", "accounts("+acme+")", `{"name":"Acme"}`)
	// Made with the values of the key; a key column may repeat in the body.
	r := o.must(201, "PATCH", "contacts(employeeid='A)''1')?$select=employeeid,lastname", `{"lastname":"Bee","employeeid":"A)'1"}`, "Prefer", "return=representation")
	got := r.json(t)
	if got["employeeid"] != "A)'1" || got["lastname"] != "Bee" {
		t.Error(got)
	}
	id := got["contactid"].(string)
	again := o.must(200, "PATCH", "contacts(employeeid='a)''1')", `{"lastname":"Cee"}`, "Prefer", "return=representation").json(t)
	if again["contactid"] != id || again["lastname"] != "Cee" {
		t.Error(again)
	}
	o.must(204, "PATCH", "contacts(externaluseridentifier='x',numberofchildren=2)", `{"lastname":"Dee","contactid":"`+ann+`"}`)
	if got := o.must(200, "GET", "contacts("+ann+")", "").json(t); got["numberofchildren"] != 2.0 || got["externaluseridentifier"] != "x" {
		t.Error(got)
	}
	o.must(200, "GET", "contacts(numberofchildren=2,externaluseridentifier='X')", "")
	// Conditions.
	for name, c := range map[string]struct {
		address, header, value string
		status                 int
		code                   string
	}{
		"must exist and does not": {"contacts(employeeid='B')", "If-Match", "*", 404, "0x80040217"},
		"must be another version": {"contacts(employeeid='A)''1')", "If-Match", `W/"1"`, 412, "0x80060882"},
		"must not exist and does": {"contacts(employeeid='A)''1')", "If-None-Match", "*", 412, "0x80040237"},
		"must not exist":          {"contacts(employeeid='C')", "If-None-Match", "*", 204, ""},
		"no such key":             {"contacts(lastname='C')", "", "", 400, "0x80060888"},
		"half a key":              {"contacts(numberofchildren=2)", "", "", 400, "0x80060888"},
		"text without quotes":     {"contacts(employeeid=B)", "", "", 400, "0x80060888"},
		"a number in quotes":      {"contacts(externaluseridentifier='x',numberofchildren='2')", "", "", 400, "0x80060888"},
		"an empty value":          {"contacts(employeeid='')", "", "", 400, "0x80060888"},
	} {
		if r := o.call("PATCH", c.address, `{"lastname":"Eee"}`, cmp.Or(c.header, "X-None"), c.value); r.status != c.status || r.code() != c.code {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	// A lookup in a key, and keys where a row is bound.
	o.must(400, "PATCH", "contacts(_originatingleadid_value="+bob+",governmentid='g')", `{"lastname":"Fee"}`)
	o.must(204, "PATCH", "contacts(_originatingleadid_value="+acme+",governmentid='g')", `{"lastname":"Fee"}`)
	if got := o.must(200, "GET", "contacts(_originatingleadid_value="+acme+",governmentid='g')", "").json(t); got["_originatingleadid_value"] != acme || got["lastname"] != "Fee" {
		t.Error(got)
	}
	o.must(204, "PATCH", "accounts("+acme+")", `{"primarycontactid@odata.bind":"/contacts(employeeid='A)''1')"}`)
	if got := o.must(200, "GET", "accounts("+acme+")", "").json(t); got["_primarycontactid_value"] != id {
		t.Error(got["_primarycontactid_value"])
	}
	o.must(404, "PATCH", "accounts("+acme+")", `{"primarycontactid@odata.bind":"/contacts(employeeid='nobody')"}`)
	o.must(204, "DELETE", "contacts(employeeid='C')", "")
	o.must(200, "PUT", "/control/assumptions", `{"missing_key_code":"0x80060891"}`)
	if r := o.call("DELETE", "contacts(employeeid='C')", ""); r.status != 404 || r.code() != "0x80060891" {
		t.Error(r.status, r.body)
	}
}

func TestUpsertMultipleByAlternateKey(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions(LogicalName='contact')/Keys", `{"SchemaName":"new_Employee","KeyAttributes":["employeeid"]}`)
	upsert := func(targets string) reply {
		return o.call("POST", "contacts/Microsoft.Dynamics.CRM.UpsertMultiple", `{"Targets":[`+targets+`]}`)
	}
	one := func(key, last string) string {
		return `{"@odata.type":"Microsoft.Dynamics.CRM.contact","@odata.id":"contacts(employeeid='` + key + `')",` + last + `}`
	}
	if r := upsert(one("1", `"lastname":"One"`) + "," + one("2", `"lastname":"Two"`)); r.status != 204 {
		t.Fatal(r.status, r.body)
	}
	if r := upsert(one("2", `"lastname":"Deux"`) + "," + one("3", `"lastname":"Trois"`)); r.status != 204 {
		t.Fatal(r.status, r.body)
	}
	for key, last := range map[string]string{"1": "One", "2": "Deux", "3": "Trois"} {
		if got := o.must(200, "GET", "contacts(employeeid='"+key+"')?$select=lastname,employeeid", "").json(t); got["lastname"] != last || got["employeeid"] != key {
			t.Error(got)
		}
	}
	if r := upsert(one("4", `"lastname":"Four","employeeid":"4"`)); r.status != 500 || r.code() != "0x80040216" {
		t.Error("a key column in UpsertMultiple:", r.status, r.body)
	}
}

func TestDeletionGoesOnAsTheRelationshipSays(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "PATCH", "emails("+bob+")", `{"subject":"x","regardingobjectid_contact_email@odata.bind":"/contacts(`+ann+`)"}`)
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	o.must(204, "POST", "RelationshipDefinitions", oneToMany("new_contact_visit", "contact", "new_Guest"))
	o.must(204, "PATCH", "new_visits("+acme+")", `{"new_name":"x","new_Guest@odata.bind":"/contacts(`+ann+`)"}`)
	path := "RelationshipDefinitions(SchemaName='new_contact_visit')/Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata"
	cascade := func(how string) {
		o.must(204, "PUT", path, `{"CascadeConfiguration":{"Delete":"`+how+`"}}`)
	}
	cascade("Restrict")
	if r := o.call("DELETE", "contacts("+ann+")", ""); r.status != 405 || r.code() != "0x80040227" {
		t.Error(r.status, r.body)
	}
	o.must(200, "GET", "emails("+bob+")", "")
	cascade("Cascade")
	o.must(204, "DELETE", "contacts("+ann+")", "")
	o.must(404, "GET", "new_visits("+acme+")", "")
	o.must(404, "GET", "emails("+bob+")", "")
	o.must(404, "GET", "activitypointers("+bob+")", "")
}

func FuzzKeyAddress(f *testing.F) {
	sim := New(Config{Seed: 1})
	f.Cleanup(sim.Close)
	t := sim.tables["contact"]
	next := sim.model
	for i, columns := range [][]string{{"employeeid"}, {"externaluseridentifier", "numberofchildren"}, {"originatingleadid", "birthdate"}} {
		b, err := metadata.ParseBody([]byte(fmt.Sprintf(`{"SchemaName":"new_k%d","KeyAttributes":["%s"]}`, i, strings.Join(columns, `","`))))
		if err != nil {
			f.Fatal(err)
		}
		m, k, err := next.MakeKey(next.Table("contact"), b, metadata.Origin{})
		if err != nil {
			f.Fatal(err)
		}
		next = m.WithKeyStatus("contact", k.Name, metadata.KeyActive)
	}
	sim.adopt(next)
	for _, seed := range []string{"employeeid='A''1'", "externaluseridentifier='x,y',numberofchildren=2", "_originatingleadid_value=" + ann + ",birthdate=1980-05-17", "a=", "='", "employeeid=", "employeeid='"} {
		f.Add(seed)
	}
	f.Fuzz(func(x *testing.T, text string) {
		k, known, refused := t.keyed(text)
		if known && (refused != nil || len(k.values) != len(k.key.cols)) {
			x.Errorf("%q: %+v %v", text, k, refused)
		}
	})
}
