package spotlersim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

// counted is how often effects happened that the query chooses.
func (s *rig) counted(query string) int {
	s.Helper()
	var out struct{ Total int }
	_, body := s.control("GET", "/control/effects/counts?"+query, "")
	decode(s, body, &out)
	return out.Total
}

// Scores and automations are counted per contact and subject.
func TestEffectsAreCounted(t *testing.T) {
	s, _ := world(t)
	for range 3 {
		s.want(204, "PUT", "/contact/a/score", `{"tag":"Lead","operation":"INCREASE","score":4}`)
	}
	s.want(204, "PUT", "/contact/b/score", `{"tag":"Lead","operation":"INCREASE","score":1}`)
	s.want(204, "PUT", "/contact/a/score", `{"tag":"Lead","operation":"DECREASE","score":5}`)
	s.want(200, "POST", "/automation/trigger/code", `{"externalContactId":"a"}`)
	s.want(417, "POST", "/automation/trigger/code", `{"externalContactId":"a"}`)
	for query, want := range map[string]int{
		"kind=score_increased":                             4,
		"kind=score_increased&external_id=a":               3,
		"kind=score_decreased&external_id=a&subject=Lead":  1,
		"kind=automation_started&external_id=a":            1,
		"kind=automation_started&external_id=b":            0,
		"kind=score_increased&external_id=a&subject=Other": 0,
	} {
		if got := s.counted(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if tags := s.want(200, "GET", "/contact/a/tags", ""); tags != `[{"name":"Lead","score":7}]` {
		t.Errorf("tags %s", tags)
	}
	s.want(204, "DELETE", "/contact/a/tags", `{"tags":["Lead"]}`)
	s.want(204, "PUT", "/contact/a/score", `{"tag":"Lead","operation":"INCREASE","score":1}`)
	if tags := s.want(200, "GET", "/contact/a/tags", ""); tags != `[{"name":"Lead","score":1}]` {
		t.Errorf("a removed score came back: %s", tags)
	}
	s.control("DELETE", "/control/effects", "")
	if n := s.counted(""); n != 0 {
		t.Errorf("%d effects after the reset", n)
	}
}

func (s *rig) members(kind, id string) string {
	s.Helper()
	var rows []struct {
		ExternalID string `json:"external_id"`
		Members    []string
	}
	_, body := s.control("GET", "/control/"+kind, "")
	decode(s, body, &rows)
	for _, r := range rows {
		if r.ExternalID == id {
			return strings.Join(r.Members, " ")
		}
	}
	return "(no list)"
}

// Membership is all or nothing; a DELETE without a body empties the audience.
func TestAudienceMembers(t *testing.T) {
	s, _ := world(t)
	step := func(want, method, body string, status int) {
		t.Helper()
		s.want(status, method, "/audience/aud/contact", body)
		if got := s.members("audiences", "aud"); got != want {
			t.Errorf("after %s %s: %q, want %q", method, body, got, want)
		}
	}
	answer := s.want(404, "POST", "/audience/aud/contact", `{"contacts":["a","x","b","y"]}`)
	if !strings.Contains(answer, `"externalContactIds":["x","y"]`) {
		t.Errorf("unknown contacts: %s", answer)
	}
	step("", "POST", `{"contacts":["x"]}`, 404)
	step("a b c d", "POST", `{"contacts":["a","b","c","d","a"]}`, 204)
	step("a b d", "DELETE", `{"contacts":["c","x"]}`, 204)
	step("a b d", "DELETE", `{"contacts":[]}`, 204)
	step("a b d", "DELETE", `{"contacts":`, 400)
	s.want(410, "PUT", "/contact/anonymize/d", "")
	step("a b", "DELETE", `{}`, 204)
	step("", "DELETE", "", 204)
	if n := s.counted("kind=audience_emptied"); n != 1 {
		t.Errorf("emptied %d times", n)
	}
	s.want(204, "POST", "/audience/aud/contact", `{"contacts":["a"]}`)
	s.assume(`{"empty_delete":"everybody"}`)
	step("", "DELETE", `{"contacts":[]}`, 204)
	s.setup("audiences", `{"external_id":"busy","in_use":true,"members":["a"]}`)
	s.refused(417, "INVALID_STATE", "DELETE", "/audience/busy", "")
	s.assume(`{"max_lists":2}`)
	s.refused(417, "INVALID_STATE", "POST", "/audience", `{"externalId":"third","name":"third"}`)
	s.setup("templists", `{"external_id":"going","in_use":true,"type":"SPLIT"}`)
	s.refused(400, "INVALID_STATE", "DELETE", "/templist/going", "")
	s.refused(400, "INVALID_STATE", "POST", "/templist", `{"externalTemporaryListId":"third","name":"third"}`)
	if got := s.members("templists", "tmp"); got != "a" {
		t.Errorf("temporary list %q", got)
	}
}

// The reasons for which a contact cannot enter a campaign, each in words.
func TestCampaignReasons(t *testing.T) {
	s, _ := world(t)
	s.setup("campaigns", `{"encrypted_id":"sel","name":"n","active":true,"once":true,"selection":["a"],"triggers":[{"encryptedId":"t-sel","name":"n"}]}`)
	s.setup("campaigns", `{"encrypted_id":"mute","name":"n","active":true,"missing_message":true,"triggers":[{"encryptedId":"t-mute","name":"n"}]}`)
	enter := func(trigger, who, says string) {
		t.Helper()
		status, answer := s.call("POST", "/campaign/trigger/"+trigger, `{"externalContactId":"`+who+`"}`)
		if says == "" && status != 204 || says != "" && (status != 400 || !strings.Contains(answer, says)) {
			t.Errorf("%s enters by %s: %d %s, want %q", who, trigger, status, answer, says)
		}
	}
	enter("t-sel", "b", "not in selection")
	enter("t-mute", "a", "missing a message")
	enter("trig-idle", "a", "inactive")
	enter("t-sel", "a", "")
	enter("t-sel", "a", "already active")
	s.setup("campaigns/sel/finish", `{"external_id":"a"}`)
	enter("t-sel", "a", "already in campaign")
	if answer := s.want(400, "POST", "/campaign/sel/stop", `{"externalContactId":"a"}`); !strings.Contains(answer, "already finished") {
		t.Errorf("stop: %s", answer)
	}
	if n := s.counted("kind=campaign_started&subject=sel"); n != 1 {
		t.Errorf("started %d times", n)
	}
}

// A conversion belongs to the click whose mpid it gives, and shows in the
// statistics of the mailing; a form of every kind does what it is for.
func TestFormsChangeContacts(t *testing.T) {
	s, _ := world(t)
	s.setup("forms", `{"id":7,"name":"Weg","formSubType":"unSubscribe","fields":[{"fieldId":"e","description":"E-mail","property":"email"}]}`)
	s.setup("forms", `{"id":8,"name":"Profiel","formSubType":"editProfile","formState":"proof","fields":[{"fieldId":"c","description":"Plaats","property":"city"}]}`)
	fill := func(form int, params string) string {
		t.Helper()
		return s.want(200, "POST", fmt.Sprint("/form/result/", form), `{"postUrl":"https://x.example/","formParams":`+params+`}`)
	}
	if answer := fill(1, `{}`); strings.Contains(answer, `"isConfirmationPage":true`) || !strings.Contains(answer, "verplicht") {
		t.Errorf("a form without its required field: %s", answer)
	}
	fill(1, `{"f1":["fresh@w.example"]}`)
	if n := strings.Count(s.want(200, "GET", "/contact/search?MPSearchQuery=email%3Dfresh%40w.example&pageSize=5", ""), "encryptedId"); n != 1 {
		t.Errorf("%d contacts subscribed", n)
	}
	fill(7, `{"e":["b@w.example"]}`)
	if b := s.get("b"); b.Channels[0].Value || len(b.on("permissions")) != 0 {
		t.Errorf("unsubscribed through a form: %+v", b)
	}
	fill(8, `{"encId":["`+s.get("c").EncryptedID+`"],"c":["Tiel"]}`)
	if c := s.get("c"); c.Properties["city"] != "Tiel" {
		t.Errorf("profile changed through a form: %+v", c)
	}
	if results := s.want(200, "GET", "/form/result/8", ""); !strings.Contains(results, `"testResult":true`) || !strings.Contains(results, `"answer":["Tiel"]`) {
		t.Errorf("results %s", results)
	}
	page := s.want(200, "GET", "/form/8?postUrl="+url.QueryEscape("https://x.example/?a=1&b=2")+"&outputMode=DIV&encId="+s.get("c").EncryptedID, "")
	if !strings.Contains(page, "Tiel") || strings.Contains(page, "<table") {
		t.Errorf("page %s", page)
	}
	history := s.want(200, "GET", "/contact/c/forms", "")
	if !strings.Contains(history, `"formHistories":[{"form":{"id":8`) {
		t.Errorf("history %s", history)
	}
}

// An opted-out or hidden thing stays so whoever subscribes; a known address
// keeps its external id.
func TestSubscribe(t *testing.T) {
	s, _ := world(t)
	s.want(204, "POST", "/subscription/subscribe", `{"properties":{"email":"A@w.example","city":"Gouda"}}`)
	if a := s.get("a"); a.Properties["city"] != "Gouda" {
		t.Errorf("subscribed %+v", a)
	}
	s.want(204, "POST", "/subscription/subscribe", `{"externalId":"a2","properties":{"email":"a@w.example"}}`)
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/a", "")
	s.get("a2")
	s.control("POST", "/control/contacts/unsubscribe", `{"external_id":"a2"}`)
	s.refused(400, "CONTACT_OPTOUT", "POST", "/subscription/subscribe", `{"properties":{"email":"a@w.example"}}`)
	s.base = spotlersim.BaseV110
	s.want(204, "POST", "/subscription/subscribe", `{"properties":{"email":"no-key@w.example"}}`)
	s.want(204, "POST", "/subscription/subscribe", `{"properties":{"email":"no-key@w.example","city":"Ede"}}`)
	if found := s.want(200, "GET", "/contact/search?MPSearchQuery=email%3Dno-key%40w.example", ""); strings.Count(found, "encryptedId") != 1 || strings.Contains(found, "externalId") || !strings.Contains(found, "Ede") {
		t.Errorf("found %s", found)
	}
}
