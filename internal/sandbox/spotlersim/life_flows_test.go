package spotlersim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A mailing to an audience or a temporary list goes to its members who can be
// mailed, as they are when it goes.
func TestMailingToLists(t *testing.T) {
	s := start(t)
	s.people(6)
	s.ok("PUT", "/control/life/rates", quiet, nil)
	s.want(200, "POST", "/audience", `{"externalId":"aud","name":"Klanten"}`)
	s.want(204, "POST", "/audience/aud/contact", `{"contacts":["p0","p1","p2"]}`)
	s.want(204, "POST", "/templist", `{"externalTemporaryListId":"tmp","name":"Tijdelijk","contacts":["p2","p3"]}`)
	s.assume(`{"clock_skew":0}`)
	later := s.sendTo(`,"to":{"audience":"aud"},"after_seconds":60`)
	s.want(204, "POST", "/audience/aud/contact", `{"contacts":["p4"]}`)
	s.ok("POST", "/control/contacts/unsubscribe", `{"external_id":"p1"}`, nil)
	s.live(time.Minute)
	both := s.sendTo(`,"to":{"audience":"aud","temporary_list":"tmp"}`)
	for ref, want := range map[string]map[string]int{later: {"p0": 1, "p2": 1, "p4": 1}, both: {"p2": 1}} {
		if got := who(s.all("/mailing/"+ref+"/recipients", nil, 10)); !same(got, want) {
			t.Errorf("recipients %v, want %v", got, want)
		}
	}
	if got := members(s.want(200, "GET", "/mailing/"+later, ""), t); len(got) != 10 {
		t.Errorf("details %v", got)
	}
}

// An automation that the API starts sends its mailing, which people read; one
// that does not start sends nothing.
func TestAutomationSends(t *testing.T) {
	s := start(t)
	s.people(2)
	s.assume(`{"clock_skew":0}`)
	s.ok("POST", "/control/automations", `{"id":"0c8f7f0e-3a52-4c6e-9c35-0a1b2c3d4e5f","name":"Welkom","active":true,"limit":1,"triggers":[{"triggerCode":"bc0a8795-536c-432b-83ef-bcb46944eb0f","name":"Nieuw"}]}`, nil)
	s.ok("PUT", "/control/life/rates", `{"hard":0,"soft":0,"open":1,"click":1}`, nil)
	ref := s.sendTo(`,"kind":"automation","automation":"0c8f7f0e-3a52-4c6e-9c35-0a1b2c3d4e5f"`)
	trigger := func(status int, id string) {
		s.want(status, "POST", "/automation/trigger/bc0a8795-536c-432b-83ef-bcb46944eb0f", `{"externalContactId":"`+id+`"}`)
	}
	trigger(200, "p0")
	trigger(417, "p0")
	trigger(404, "nobody")
	s.live(30 * 24 * time.Hour)
	for name, want := range map[string]int{"sent": 1, "opened": 1} {
		if rows := s.all("/mailing-interaction/"+name, nil, 10); len(rows) != want || rows[0].Mailing != ref || rows[0].ExternalID != "p0" {
			t.Errorf("%s: %+v", name, rows)
		}
	}
	if rows := s.all("/mailing-interaction/clicked", nil, 10); len(rows) == 0 {
		t.Error("nobody clicked")
	}
}

// Who subscribes, changes a profile or unsubscribes through a mail has filled in
// the form for it, and the results say so.
func TestLifeFillsInForms(t *testing.T) {
	s := start(t)
	s.people(3)
	s.ok("PUT", "/control/life/rates", quiet, nil)
	for id, sub := range []string{"subscribe", "editProfile", "unSubscribe"} {
		s.ok("POST", "/control/forms", fmt.Sprintf(`{"id":%d,"name":"Formulier","formSubType":%q,"formState":"final","fields":[{"fieldId":"e","description":"E-mail","property":"email"}]}`, id+1, sub), nil)
	}
	ref := s.sendTo("")
	s.ok("POST", "/control/life/subscribers", `{"number":2}`, nil)
	s.act(ref, "p0", `"profile"`)
	s.act(ref, "p1", `"unsubscribe"`)
	s.act(ref, "p1", `"unsubscribe"`)
	s.act(ref, "p2", `"complain"`)
	for form, want := range map[string]int{"1": 2, "2": 1, "3": 1} {
		var results []struct {
			Completed bool
			Answers   []struct{ Answer []string }
		}
		decode(s, s.want(200, "GET", "/form/result/"+form, ""), &results)
		if len(results) != want || !results[0].Completed || len(results[0].Answers[0].Answer) != 1 {
			t.Errorf("form %s: %+v", form, results)
		}
	}
	var n stats
	decode(s, s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), &n)
	if n.Unsubscribed != 2 || n.Clicked != 2 || s.optedOut() != 2 {
		t.Errorf("statistics %+v", n)
	}
	var history struct{ FormHistories []struct{ FormResultID int } }
	decode(s, s.want(200, "GET", "/contact/p0/forms", ""), &history)
	if len(history.FormHistories) != 1 {
		t.Errorf("forms of a contact %+v", history)
	}
}

// A purchase that the API tells through the mark of a tracked link counts for
// the mailing.
func TestConversionOfATrackedLink(t *testing.T) {
	s := start(t)
	ref := s.mailed(1, `,"links":[{"id":1,"name":"Shop","url":"https://shop.example/","type":"webshop"}]`)
	s.act(ref, "p0", `"click","link":1`)
	var receipts []struct{ MPID string }
	s.ok("GET", "/control/life/mailings/"+ref, "", &receipts)
	body := func(mpid string) string {
		return fmt.Sprintf(`{"mailplusId":%q,"type":"CONVERT_SHOPPINGCART","value":990,"interactionDate":"2024-01-01T01:00:00+01:00"}`, mpid)
	}
	s.want(204, "POST", "/conversion", body(receipts[0].MPID))
	s.refused(400, "INVALID_PARAMS", "POST", "/conversion", body("AAAAAAAAAAAAAAAAAAAAAAAA"))
	var n map[string]int
	decode(s, s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), &n)
	if n["shoppingcartConvertedCount"] != 1 || n["conversionValue"] != 990 {
		t.Errorf("statistics %v", n)
	}
}

// The lists of a campaign's mailing are the streams, too, and every event
// belongs to a run of the contact that received it.
func TestCampaignStreams(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := start(t)
		s.assume(`{"clock_skew":0,"opened_each":true}`)
		s.people(8)
		s.ok("PUT", "/control/life/rates", `{"hard":0.05,"soft":0.2,"open":0.6,"click":0.5,"blind":0.2}`, nil)
		ref := s.sendTo(`,"kind":"campaign","campaign":"c1","to":{"nobody":true}`)
		for range rapid.IntRange(1, 20).Draw(rt, "entries") {
			s.ok("POST", "/control/life/automations/c1/enter", fmt.Sprintf(`{"external_id":"p%d"}`, rapid.IntRange(0, 7).Draw(rt, "who")), nil)
			s.live(5 * time.Hour)
		}
		s.live(30 * 24 * time.Hour)
		owner, path := map[int]string{}, "/campaign-mailing/"+ref
		for _, r := range s.all(path+"/recipients", nil, 100) {
			owner[r.Run] = r.Contact.ExternalID
		}
		for _, list := range []string{"opens", "clicks", "bounces"} {
			for _, e := range s.all(path+"/"+list, nil, 100) {
				if owner[e.Run] != e.Contact.ExternalID {
					rt.Fatalf("%s: run %d of %s has an event of %s", list, e.Run, owner[e.Run], e.Contact.ExternalID)
				}
			}
		}
		s.eachOpenIsARecord(rt, path, s.streams()[ref])
	})
}

func (s *rig) eachOpenIsARecord(rt *rapid.T, path string, streams map[string][]happening) {
	s.Helper()
	for list, stream := range map[string]string{"recipients": "sent", "opens": "opened", "clicks": "clicked", "bounces": "bounced"} {
		if a, b := len(s.all(path+"/"+list, nil, 100)), len(streams[stream]); a != b {
			rt.Fatalf("%d %s, and %d in the stream", a, list, b)
		}
	}
}
