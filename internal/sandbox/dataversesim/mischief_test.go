package dataversesim

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

var lastName = regexp.MustCompile(`"InputParameters":.*?"key":"lastname","value":"(\w+)"`)

// arrive makes four contacts and returns the order in which they were told of.
func arrive(t *testing.T, mischief string) string {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "contact", "")
	o.must(200, "PUT", "/control/mischief", mischief)
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		o.must(204, "POST", "contacts", `{"lastname":"`+name+`"}`)
	}
	o.flush()
	var out strings.Builder
	for _, c := range hook.take() {
		out.WriteString(lastName.FindStringSubmatch(c.body)[1])
	}
	return out.String()
}

func TestMischief(t *testing.T) {
	for mischief, want := range map[string]string{
		`{}`:              "ABCDE",
		`{"late":1}`:      "BADCE",
		`{"duplicate":1}`: "AABBCCDDEE",
		`{"drop":1}`:      "",
	} {
		if got := arrive(t, mischief); got != want {
			t.Errorf("%s: %s, want %s", mischief, got, want)
		}
	}
	o := newOrg(t, Config{Seed: 1})
	o.must(400, "PUT", "/control/mischief", `{"drop":2}`)
}

func TestHiddenColumn(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee","donotbulkemail":true}`)
	paths := []string{"contacts(" + ann + ")", "contacts(" + ann + ")?$select=donotbulkemail", "contacts", "contacts?$select=donotbulkemail,lastname"}
	for _, hidden := range []bool{true, false} {
		body := `{"table":"contact","column":"donotbulkemail","hidden":true}`
		if !hidden {
			body = strings.Replace(body, "true", "false", 1)
		}
		o.must(204, "PUT", "/control/hidden", body)
		for _, path := range paths {
			if r := o.must(200, "GET", path, ""); strings.Contains(r.body, `"donotbulkemail":`) == hidden {
				t.Errorf("hidden %v: %s: %s", hidden, path, r.body)
			}
		}
	}
	o.must(404, "PUT", "/control/hidden", `{"table":"contact","column":"nope","hidden":true}`)
}

func TestClockSkew(t *testing.T) {
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, Now: func() time.Time { return now }})
	o.must(204, "PUT", "/control/clock", `{"skew_seconds":-7200}`)
	r := o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	if at, err := http.ParseTime(r.header.Get("Date")); err != nil || !at.Equal(now.Add(-2*time.Hour)) {
		t.Errorf("Date %q", r.header.Get("Date"))
	}
	if got := o.must(200, "GET", "contacts("+ann+")", "").json(t)["modifiedon"]; got != "2026-05-10T10:00:00Z" {
		t.Errorf("modifiedon %v", got)
	}
}

func TestMetadataCacheAndTracking(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PUT", "/control/metadatacache", `{"not_ready":2}`)
	for range 2 {
		if r := o.must(400, "GET", "contacts", ""); r.code() != "0x80060891" {
			t.Error(r.body)
		}
	}
	o.must(200, "GET", "contacts", "")
	o.must(204, "PUT", "/control/tables/contact", `{"tracked":false}`)
	if r := o.must(400, "GET", "contacts?$select=lastname", "", "Prefer", "odata.track-changes"); !strings.Contains(r.body, "Change tracking is not enabled for the entity 'contact'") {
		t.Error(r.body)
	}
	o.must(404, "PUT", "/control/tables/nope", `{}`)
	o.must(204, "PUT", "/control/privileges", `{"table":"lead","right":"ReadOrganization","allowed":false}`)
	if r := o.must(403, "GET", "leads", "", "Prefer", "odata.track-changes"); r.code() != "0x80042f09" {
		t.Error(r.body)
	}
	o.must(200, "GET", "leads", "")
}

// Each request of a change set says for itself whether steps run.
func TestBypassInChangeSet(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "contact", "")
	quiet := strings.Replace(part("POST contacts", `{"lastname":"Quiet"}`, "Content-ID: 1"), " HTTP/1.1\r\n", " HTTP/1.1\r\nMSCRM.BypassBusinessLogicExecution: CustomSync,CustomAsync\r\n", 1)
	o.batch(200, multipart("b1", changeSet(quiet, part("POST contacts?tag=mine", `{"lastname":"Loud"}`, "Content-ID: 2")), quiet))
	o.flush()
	calls := hook.take()
	if len(calls) != 1 || !strings.Contains(calls[0].body, `"value":"Loud"`) || !strings.Contains(calls[0].body, `{"key":"tag","value":"mine"}`) {
		t.Errorf("%d events: %v", len(calls), calls)
	}
	o.must(204, "PUT", "/control/privileges", `{"right":"prvBypassCustomPlugins","allowed":false}`)
	r := o.must(403, "POST", "contacts", `{"lastname":"x"}`, "MSCRM.BypassCustomPluginExecution", "true")
	if r.code() != "0x80040220" || !strings.Contains(r.body, "prvBypassCustomPlugins") {
		t.Error(r.body)
	}
}
