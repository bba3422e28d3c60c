package dataversesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSeedAndDump(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "contact", "")
	o.must(201, "POST", "/control/columns/contact", `{"name":"dh_version","schema":"dh_Version","kind":"int"}`)
	o.must(409, "POST", "/control/columns/contact", `{"name":"dh_version","kind":"int"}`)
	rows := `[{"contactid":"` + ann + `","firstname":"Ann","lastname":"Bee","createdon":"2020-01-02T03:04:05Z","dh_version":7,"merged":true,"_masterid_value":"` + bob + `",
		"_parentcustomerid_value":"` + acme + `","_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"account"},
		{"contactid":"` + bob + `","lastname":"Cee"}]`
	if r := o.must(200, "POST", "/control/rows/contacts", rows); r.json(t)["written"] != 2.0 {
		t.Errorf("seeded %s", r.body)
	}
	got := o.must(200, "GET", "contacts("+ann+")", "").json(t)
	for name, want := range map[string]any{"fullname": "Ann Bee", "createdon": "2020-01-02T03:04:05Z", "dh_version": 7.0, "merged": true, "_masterid_value": bob, "_parentcustomerid_value": acme} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if n := o.must(200, "GET", "contacts/$count?$filter=_masterid_value%20eq%20"+bob, "").body; n != "1" {
		t.Errorf("a seeded lookup is not in its index: %s", n)
	}
	dump := o.must(200, "GET", "/control/rows/contacts", "").body
	o2 := newOrg(t, Config{Seed: 2})
	o2.must(201, "POST", "/control/columns/contact", `{"name":"dh_version","kind":"int"}`)
	o2.must(200, "POST", "/control/rows/contacts", dump)
	var a, b []map[string]any
	_ = json.Unmarshal([]byte(dump), &a)
	_ = json.Unmarshal([]byte(o2.must(200, "GET", "/control/rows/contacts", "").body), &b)
	for i := range a {
		for name, want := range a[i] {
			if name != "@odata.etag" && name != "versionnumber" && b[i][name] != want {
				t.Errorf("%s: %v after a round trip, want %v", name, b[i][name], want)
			}
		}
	}
	if lines := o.must(200, "GET", "/control/rows/contacts?format=ndjson", "").body; strings.Count(lines, "\n") != 2 {
		t.Errorf("lines %q", lines)
	}
	o.flush()
	if calls := hook.take(); len(calls) != 0 {
		t.Errorf("seeding raised %d events", len(calls))
	}
	o.must(200, "POST", "/control/rows/contacts?events=true", `[{"lastname":"x"}]`)
	o.flush()
	if calls := hook.take(); len(calls) != 1 {
		t.Errorf("seeding with events raised %d", len(calls))
	}
	o.must(400, "POST", "/control/rows/contacts", `[{"nosuchcolumn":"x"}]`)
	o.must(404, "POST", "/control/rows/conacs", `[]`)
	o.must(204, "DELETE", "/control/rows/contacts", "")
	if n := o.must(200, "GET", "contacts/$count", "").body; n != "0" {
		t.Errorf("%s rows are left", n)
	}
}

func TestEdits(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Update", "contact", "")
	o.must(200, "POST", "/control/rows/contacts", `[{"contactid":"`+ann+`","lastname":"Bee"}]`)
	edits := `[{"set":"contacts","id":"` + ann + `","body":{"jobtitle":"a"}},
		{"method":"PATCH","set":"contacts","id":"` + ann + `","body":{"nosuchcolumn":"a"}},
		{"method":"POST","set":"leads","body":{"lastname":"Dee"}},
		{"method":"DELETE","set":"leads","id":"` + bob + `"},
		{"set":"nowhere","id":"` + ann + `","body":{}}]`
	r := o.must(200, "POST", "/control/edits", edits).json(t)
	failed := r["failed"].([]any)
	if r["done"] != 2.0 || len(failed) != 3 || failed[0].(map[string]any)["code"] != "0x80048d19" || r["ids"].([]any)[0] != ann {
		t.Errorf("edits %v", r)
	}
	o.flush()
	if calls := hook.take(); len(calls) != 1 {
		t.Errorf("%d events", len(calls))
	}
	o.must(200, "POST", "/control/edits?events=false", `[{"set":"contacts","id":"`+ann+`","body":{"jobtitle":"b"}}]`)
	o.flush()
	if calls := hook.take(); len(calls) != 0 {
		t.Errorf("%d events of silent edits", len(calls))
	}
	written := o.must(200, "GET", "/control/written", "").body
	if !strings.Contains(written, `"contacts":{"created":1,"updated":2,"deleted":0}`) {
		t.Errorf("written %s", written)
	}
}

func TestPrivileges(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "PUT", "/control/privileges", `{"table":"contact","right":"Read","allowed":false}`)
	for _, path := range []string{"contacts", "contacts(" + ann + ")", "contacts/$count"} {
		if r := o.must(403, "GET", path, ""); r.code() != "0x80040220" || !strings.Contains(r.body, "prvReadcontact") {
			t.Errorf("%s: %s", path, r.body)
		}
	}
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Cee"}`)
	o.must(204, "PUT", "/control/privileges", `{"table":"contact","right":"Read","allowed":true}`)
	o.must(200, "GET", "contacts", "")
	o.must(400, "PUT", "/control/privileges", `{"table":"contact","right":"Fly","allowed":true}`)
	o.must(400, "PUT", "/control/privileges", `{"table":"conact","right":"Read","allowed":true}`)
}

func TestLimits(t *testing.T) {
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, Now: func() time.Time { return now }})
	o.must(200, "PUT", "/control/limits", `{"requests":3,"window_seconds":300}`)
	for range 3 {
		o.must(200, "GET", "WhoAmI", "")
	}
	r := o.must(429, "GET", "WhoAmI", "")
	if r.code() != "0x80072322" || r.header.Get("Retry-After") != "300" || r.header.Get("x-ms-ratelimit-burst-remaining-xrm-requests") != "0" {
		t.Errorf("%v %s", r.header, r.body)
	}
	now = now.Add(301 * time.Second)
	o.must(200, "GET", "WhoAmI", "")
	o.must(200, "PUT", "/control/limits", `{}`)
	for range 5 {
		o.must(200, "GET", "WhoAmI", "")
	}
}

func TestLimiter(t *testing.T) {
	var l limiter
	now := time.Unix(1_000_000, 0)
	l.configure(Limits{Concurrency: 1, ExecutionMillis: 100})
	if f := l.enter(now); f != nil {
		t.Fatal(f)
	}
	if f := l.enter(now); f == nil || f.code != "0x80072326" {
		t.Errorf("two at a time: %v", f)
	}
	l.leave(now, 150*time.Millisecond, 1)
	if f := l.enter(now); f == nil || f.code != "0x80072321" {
		t.Errorf("execution time: %v", f)
	}
	if f := l.enter(now.Add(301 * time.Second)); f != nil {
		t.Errorf("after the window: %v", f)
	}
}

// Two organisations stand side by side in one server, below prefixes, and may
// hold the same ids.
func TestTwoOrganisations(t *testing.T) {
	mux := http.NewServeMux()
	for i, name := range []string{"one", "two"} {
		sim := New(Config{Seed: uint64(i), OrganizationName: name})
		t.Cleanup(sim.Close)
		mux.Handle("/"+name+"/", http.StripPrefix("/"+name, sim.Handler()))
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	o := &org{t: t, http: srv}
	for _, name := range []string{"one", "two"} {
		r := o.must(204, "PATCH", "/"+name+"/api/data/v9.2/contacts("+ann+")", `{"lastname":"`+name+`"}`)
		if want := srv.URL + "/" + name + "/api/data/v9.2/contacts(" + ann + ")"; r.header.Get("OData-EntityId") != want {
			t.Errorf("%q, want %q", r.header.Get("OData-EntityId"), want)
		}
	}
	if got := o.must(200, "GET", "/one/api/data/v9.1/contacts("+ann+")", "").json(t)["lastname"]; got != "one" {
		t.Errorf("got %v", got)
	}
	a := o.must(200, "GET", "/one/control/organization", "").json(t)["id"]
	if b := o.must(200, "GET", "/two/control/organization", "").json(t)["id"]; a == b {
		t.Error("both have one id")
	}
}

func TestCountersAndFaults(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(200, "GET", "contacts", "")
	o.must(201, "POST", "/control/faults", `{"name":"down","path":"/api/","kind":"status","status":503,"times":1}`)
	o.must(503, "GET", "contacts", "")
	o.must(200, "GET", "contacts", "")
	requests := o.must(200, "GET", "/control/counters", "").json(t)["requests"]
	if got := fmt.Sprint(requests); got != "map[GET contacts:3 PATCH contacts(id):1]" {
		t.Errorf("counted %s", got)
	}
}

// One seed gives one history.
func TestDeterminism(t *testing.T) {
	at := func() time.Time { return time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC) }
	var dumps []string
	for range 2 {
		o := newOrg(t, Config{Seed: 42, Now: at})
		for i := range 5 {
			o.must(204, "POST", "contacts", fmt.Sprintf(`{"lastname":"N%d"}`, i))
		}
		dumps = append(dumps, o.must(200, "GET", "/control/rows/contacts", "").body)
	}
	if dumps[0] != dumps[1] {
		t.Errorf("two histories:\n%s\n%s", dumps[0], dumps[1])
	}
}
