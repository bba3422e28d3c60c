package spotlersim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAssumptions(t *testing.T) {
	s := start(t)
	for _, bad := range []string{``, `{"x":1}`, `{"page_shape":"odd"}`, `{"anonymize_status":200}`, `{"clock_skew":-1}`, `{"nonce_replay":"maybe"}`} {
		if status, _ := s.control("PUT", "/control/assumptions", bad); status != 400 {
			t.Errorf("%s: %d", bad, status)
		}
	}
	_, body := s.control("GET", "/control/assumptions", "")
	var rows []struct {
		Name, Source, Says string
		Value              any
	}
	decode(t, body, &rows)
	if len(rows) < 15 {
		t.Errorf("%d assumptions are told", len(rows))
	}
	for _, r := range rows {
		if r.Value == nil || r.Source == "" || r.Says == "" {
			t.Errorf("assumption %+v", r)
		}
	}
}

func TestJournalAndOrder(t *testing.T) {
	s := start(t)
	if status, body := s.control("POST", "/control/order", `{"property":"profileField1"}`); status != 204 {
		t.Fatal(status, body)
	}
	for _, n := range []int{1, 3, 2, 2, 4} {
		s.upsert(204, "a", fmt.Sprintf(`{"email":"a@b.example","freeField1":%d,"profileField1":"Chef v%d"}`, n, n))
	}
	s.upsert(400, "a", `{"freeField1":9,"profileField1":"Chef v9","gender":"x"}`)
	s.upsert(204, "b", `{"email":"b@b.example","freeField1":1,"profileField1":"none"}`)
	for _, property := range []string{"freeField1", "profileField1"} {
		var o struct {
			Contacts, Writes, Violations int
			Last                         map[string]int64
		}
		_, body := s.control("GET", "/control/order?property="+property, "")
		decode(t, body, &o)
		more := map[string]int{"freeField1": 1}[property]
		if o.Contacts != 1+more || o.Writes != 5+more || o.Violations != 1 || o.Last["a"] != 4 {
			t.Errorf("%s: %s", property, body)
		}
	}
	var entries []struct {
		Seq        int
		Via        string
		ExternalID string `json:"external_id"`
		Code       string
		Property   string
		Properties map[string]json.RawMessage
	}
	_, body := s.control("GET", "/control/journal?external_id=a&after=2", "")
	decode(t, body, &entries)
	if len(entries) != 4 || entries[0].Seq != 3 || string(entries[0].Properties["freeField1"]) != "2" || entries[0].Via != "POST /contact" {
		t.Errorf("journal %s", body)
	}
	if last := entries[3]; last.Code != "PROPERTY_INVALID" || last.Property != "gender" {
		t.Errorf("refused entry %+v", last)
	}
	s.control("DELETE", "/control/journal", "")
	s.control("DELETE", "/control/order", "")
	if _, body := s.control("GET", "/control/journal", ""); strings.TrimSpace(body) != "[]" {
		t.Errorf("after the reset: %s", body)
	}
	if status, _ := s.control("GET", "/control/order?property=nonsense", ""); status != 400 {
		t.Errorf("unknown property: %d", status)
	}
}

func TestSeedAndEdit(t *testing.T) {
	s := start(t)
	past := begin.Add(-time.Hour).Format(time.RFC3339)
	status, body := s.control("POST", "/control/contacts?account=demo", `{"contacts":[
		{"external_id":"new","properties":{"email":"n@b.example"}},
		{"external_id":"old","last_changed":"`+past+`","state":"hard_bounced","properties":{"email":"o@b.example"}},
		{"properties":{"email":"form@b.example","firstName":"Form"}}]}`)
	if status != 201 {
		t.Fatal(status, body)
	}
	var p pageOf
	decode(t, s.want(200, "GET", "/contact/updates/list?pageSize=9&"+window(-2*time.Hour, time.Hour), ""), &p)
	if len(p.Contacts) != 3 || p.Contacts[0].ExternalID != "old" || p.Contacts[0].Channels[0].Value || p.Contacts[2].ExternalID != "" {
		t.Errorf("updates %+v", p.Contacts)
	}
	s.add(time.Minute)
	s.control("POST", "/control/contacts/edit", `{"email":"form@b.example","properties":{"firstName":"Edited"}}`)
	decode(t, s.want(200, "GET", "/contact/updates/list?pageSize=9&"+window(time.Minute, time.Hour), ""), &p)
	if len(p.Contacts) != 1 || p.Contacts[0].Properties["firstName"] != "Edited" {
		t.Errorf("edited %+v", p.Contacts)
	}
	for path, bad := range map[string]string{
		"/control/contacts?account=nobody": `{"contacts":[]}`, "/control/contacts": `{"contacts":[{"external_id":"new","properties":{}}]}`,
		"/control/contacts/bounce": `{"external_id":"new","type":"ODD"}`, "/control/contacts/permission": `{"external_id":"new","bit":3}`,
		"/control/contacts/dance": `{"external_id":"new"}`, "/control/contacts/remove": `{"external_id":"nobody"}`,
		"/control/items": `{"external_id":"x","code":"OK"}`, "/control/rejects": `{"property":"x"}`, "/control/nonsense": `{}`,
	} {
		if status, body := s.control("POST", path, bad); status < 400 || status > 404 || !strings.Contains(body, "error") {
			t.Errorf("%s %s: %d %s", path, bad, status, body)
		}
	}
	s.control("POST", "/control/time", `{"advance_seconds":3600}`)
	s.refused(401, "NOT_AUTHORIZED", "GET", "/contact/new", "")
	s.control("DELETE", "/control/contacts", "")
	if _, body := s.control("GET", "/control/accounts", ""); !strings.Contains(body, `"contacts":0`) {
		t.Errorf("emptied: %s", body)
	}
}

func TestFaultsAndCounters(t *testing.T) {
	s := start(t)
	s.control("POST", "/control/faults", `{"name":"f","path":"*/contact","method":"POST","kind":"drop_after_commit","times":1}`)
	req := s.request("POST", "/contact", `{"update":true,"contact":{"externalId":"a","properties":{"email":"a@b.example"}}}`)
	if resp, err := httpClient.Do(req); err == nil {
		resp.Body.Close()
		t.Error("the connection was not dropped")
	}
	s.get("a")
	_, body := s.control("GET", "/control/counters", "")
	if !strings.Contains(body, `"GET /contact/{externalId}":1`) || !strings.Contains(body, `"POST /contact":1`) || !strings.Contains(body, `"dropped":1`) {
		t.Error(body)
	}
}

var httpClient = &http.Client{}
