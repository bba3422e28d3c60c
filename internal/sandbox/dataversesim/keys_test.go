package dataversesim

import (
	"testing"
	"time"
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
