package spotlersim_test

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

// quiet are rates at which nobody does anything by himself.
const quiet = `{"hard":0,"soft":0,"open":0,"again":0,"click":0,"blind":0,"unsubscribe":0,"complain":0,"profile":0}`

// mailed sends a mailing to p0 to p(n-1), who do nothing by themselves.
func (s *rig) mailed(n int, more string) string {
	s.Helper()
	s.people(n)
	s.ok("PUT", "/control/life/rates", quiet, nil)
	return s.sendTo(more)
}

func (s *rig) sendTo(more string) string {
	s.Helper()
	var m outcome
	s.ok("POST", "/control/life/mailings", `{"name":"Nieuwsbrief","to":{}`+more+`}`, &m)
	return m.Ref
}

// act lets somebody do something with a mailing.
func (s *rig) act(ref, id, act string) {
	s.Helper()
	s.ok("POST", "/control/life/mailings/"+ref+"/act", fmt.Sprintf(`{"external_id":%q,"act":%s}`, id, act), nil)
}

func members(text string, t *testing.T) []string {
	var m map[string]any
	decode(t, text, &m)
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// The objects have the members of the published contract, on both bases.
func TestMailing(t *testing.T) {
	s := start(t)
	ref := s.mailed(3, `,"subject":"Hallo"`)
	sms := s.sendTo(`,"type":"SMS"`)
	planned := s.sendTo(`,"after_seconds":60`)
	s.act(ref, "p0", `"click","link":3`)
	for _, base := range []string{spotlersim.BaseV110, spotlersim.BaseCurrent} {
		s.base = base
		var list []map[string]any
		decode(s, s.want(200, "GET", "/mailing?"+window(-time.Hour, time.Hour), ""), &list)
		if len(list) != 1 || list[0]["encryptedId"] != ref || list[0]["sentCount"] != 3.0 || list[0]["type"] != "EMAIL" || list[0]["scheduledStartDate"] != "2024-01-01T01:00:00.000+01:00" {
			t.Errorf("%s: mailings %v", base, list)
		}
		got := members(s.want(200, "GET", "/mailing/"+ref, ""), t)
		if want := []string{"archiveLink", "encryptedId", "links", "message", "name", "scheduledStartDate", "sender", "sentCount", "targetGroup", "type"}; !slices.Equal(got, want) {
			t.Errorf("details %v", got)
		}
		got = members(s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), t)
		if want := []string{"acceptedCount", "clickCount", "conversionClickCount", "hardbounceCount", "notRetainedAfterBounceCount", "openCount", "openRenderedCount", "sentCount", "softbounceCount", "unsubscribeCount"}; !slices.Equal(got, want) {
			t.Errorf("statistics %v", got)
		}
	}
	var n stats
	decode(s, s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), &n)
	if n != (stats{Sent: 3, Accepted: 3, Opened: 1, Clicked: 1, ConversionClick: 1}) {
		t.Errorf("a click without images: %+v", n)
	}
	s.refused(400, "INVALID_PARAMS", "GET", "/mailing?toDate=2024-01-01", "")
	s.refused(404, "MAILING_NOTFOUND", "GET", "/mailing/nobody", "")
	s.refused(404, "MAILING_NOTFOUND", "GET", "/campaign-mailing/nobody/opens", "")
	s.refused(400, "INVALID_MAILING", "GET", "/campaign-mailing/"+ref, "")
	s.refused(400, "INVALID_MAILING", "GET", "/mailing/"+sms+"/opens", "")
	s.refused(400, "INVALID_PARAMS", "GET", "/mailing/"+ref+"/clicks/nobody", "")
	s.refused(400, "INVALID_PARAMS", "GET", "/mailing/"+ref+"/opens?pageSize=10001", "")
	s.want(200, "GET", "/mailing/"+planned, "")
	s.assume(`{"clock_skew":0}`)
	s.live(time.Minute)
	if rows := s.all("/mailing/"+planned+"/recipients", nil, 2); len(rows) != 3 {
		t.Errorf("the planned mailing went to %d", len(rows))
	}
}

// A webshop link brings the eCommerce numbers.
func TestConversions(t *testing.T) {
	s := start(t)
	ref := s.mailed(2, `,"links":[{"id":7,"name":"Shop","url":"https://shop.example/","type":"webshop"}]`)
	if status, text := s.control("POST", "/control/life/mailings/"+ref+"/act", `{"external_id":"p1","act":"cart"}`); status != 400 {
		t.Errorf("a cart without a click: %d %s", status, text)
	}
	for _, act := range []string{`"click","link":7`, `"click","link":7`, `"cart"`, `"purchase","cents":1250`} {
		s.act(ref, "p1", act)
	}
	var n map[string]int
	decode(s, s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), &n)
	if n["toWebshopCount"] != 1 || n["shoppingcartCreatedCount"] != 1 || n["shoppingcartConvertedCount"] != 1 || n["conversionValue"] != 1250 || n["clickCount"] != 1 {
		t.Errorf("statistics %v", n)
	}
	var receipts []struct {
		ExternalID string `json:"external_id"`
		MPID       string
	}
	s.ok("GET", "/control/life/mailings/"+ref, "", &receipts)
	if len(receipts) != 2 || receipts[0].MPID != "" || len(receipts[1].MPID) < 20 {
		t.Errorf("receipts %+v", receipts)
	}
}

// A campaign's mailing has runs and dates in its lists; an automation's is in
// the streams only, and in the assumed details.
func TestCampaignMailing(t *testing.T) {
	s := start(t)
	ref := s.mailed(2, `,"kind":"campaign","campaign":"c1"`)
	s.add(time.Hour)
	s.act(ref, "p1", `"open"`)
	s.act(ref, "p1", `"click","link":1`)
	s.act(ref, "p0", `"soft_bounce"`)
	if got := members(s.want(200, "GET", "/campaign-mailing/"+ref, ""), t); !slices.Equal(got, []string{"encryptedId", "links", "message", "name", "type"}) {
		t.Errorf("details %v", got)
	}
	recipients := s.all("/campaign-mailing/"+ref+"/recipients", nil, 10)
	if len(recipients) != 2 || recipients[1].Run != 2 || recipients[0].SendDate == "" || recipients[1].Contact.ExternalID != "p1" {
		t.Errorf("recipients %+v", recipients)
	}
	for path, want := range map[string]int{"/opens": 1, "/clicks": 1, "/bounces": 1, "/opens/2": 1, "/clicks/1": 0, "/clicks/2": 1} {
		if rows := s.all("/campaign-mailing/"+ref+path, nil, 10); len(rows) != want {
			t.Errorf("%s: %+v", path, rows)
		}
	}
	late := url.Values{"fromDate": {begin.Add(30 * time.Minute).Format(time.RFC3339)}}
	if a, b := s.all("/campaign-mailing/"+ref+"/recipients", late, 10), s.all("/campaign-mailing/"+ref+"/opens", late, 10); len(a) != 0 || len(b) != 1 {
		t.Errorf("since half past: %d recipients, %d opens", len(a), len(b))
	}
	s.refused(400, "INVALID_PARAMS", "GET", "/campaign-mailing/"+ref+"/opens/99", "")
	s.refused(400, "INVALID_MAILING", "GET", "/mailing/"+ref+"/statistics", "")

	s.ok("POST", "/control/life/automations/c1/enter", `{"external_id":"p0"}`, nil)
	if again := s.all("/campaign-mailing/"+ref+"/recipients", nil, 10); len(again) != 3 || again[2].Run != 3 || again[2].Contact.ExternalID != "p0" {
		t.Errorf("after a second run %+v", again)
	}
	auto := s.sendTo(`,"kind":"automation","automation":"a1"`)
	var entered struct{ Sent int }
	s.ok("POST", "/control/life/automations/a1/enter", `{"external_id":"p1"}`, &entered)
	s.ok("POST", "/control/life/automations/a1/enter", `{"external_id":"p1"}`, &entered)
	s.want(200, "GET", "/automation-mailing/"+auto, "")
	if rows := s.all("/mailing-interaction/sent", nil, 10); len(rows) != 5 || rows[4].Mailing != auto || entered.Sent != 1 {
		t.Errorf("sent %+v", rows)
	}
	s.assume(`{"all_streamed":false,"contract_2022":true}`)
	if rows := s.all("/mailing-interaction/sent", nil, 10); len(rows) != 0 {
		t.Errorf("sent without campaigns %+v", rows)
	}
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/automation-mailing/"+auto, "")
	s.refused(404, "RESOURCE_NOT_FOUND", "GET", "/mailing-interaction/unsubscribed", "")
}

// The history of a contact has pages of fifty, whatever is asked.
func TestMailingHistory(t *testing.T) {
	s := start(t)
	ref := s.mailed(1, "")
	for range 59 {
		s.sendTo("")
	}
	s.sendTo(`,"kind":"campaign","campaign":"c1"`)
	s.act(ref, "p0", `"click","link":1`)
	var page struct {
		Paging struct {
			Next  string
			After int
		}
		MailingHistories []struct {
			Mailing         struct{ EncryptedID string }
			SentDate        string
			Opened, Clicked bool
		}
		CampaignMailingHistories []struct {
			CampaignMailing        struct{ EncryptedID, Type string }
			CampaignSubscriptionID int
		}
	}
	decode(s, s.want(200, "GET", "/contact/p0/mailings?pageSize=10", ""), &page)
	first := page.MailingHistories
	if len(first) != 50 || first[0].Mailing.EncryptedID != ref || !first[0].Opened || !first[0].Clicked || first[1].Opened || page.Paging.After != 50 || !strings.Contains(page.Paging.Next, "after=50") {
		t.Errorf("first page: %d rows, %+v, %+v", len(first), first[0], page.Paging)
	}
	page.Paging.Next = ""
	decode(s, s.want(200, "GET", "/contact/p0/mailings?after=50", ""), &page)
	if len(page.MailingHistories) != 10 || page.Paging.Next != "" {
		t.Errorf("last page: %d rows", len(page.MailingHistories))
	}
	decode(s, s.want(200, "GET", "/contact/p0/campaign-mailings", ""), &page)
	if c := page.CampaignMailingHistories; len(c) != 1 || c[0].CampaignSubscriptionID != 1 || c[0].CampaignMailing.Type != "EMAIL" {
		t.Errorf("campaigns %+v", c)
	}
	s.refused(404, "CONTACT_NOT_FOUND", "GET", "/contact/nobody/mailings", "")
}

// Who is gone stays in the numbers, without an external id.
func TestGoneReceiver(t *testing.T) {
	s := start(t)
	ref := s.mailed(2, "")
	s.act(ref, "p0", `"open"`)
	s.want(410, "PUT", "/contact/anonymize/p0", "")
	rows := s.all("/mailing/"+ref+"/opens", nil, 9)
	if len(rows) != 1 || rows[0].Contact.ExternalID != "" || rows[0].Contact.EncryptedID == "" {
		t.Errorf("opens %+v", rows)
	}
	if rows := s.all("/mailing-interaction/opened", nil, 9); len(rows) != 1 || rows[0].ExternalID != "" {
		t.Errorf("opened %+v", rows)
	}
	var n stats
	decode(s, s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), &n)
	if !reflect.DeepEqual(n, stats{Sent: 2, Accepted: 2, Opened: 1, Rendered: 1}) {
		t.Errorf("statistics %+v", n)
	}
}

// Four soft bounces in a row make a contact inactive; a mail that arrives
// between them starts the count anew (C-227, C-228; reference: section 4.5).
func TestSoftBouncesThroughMailings(t *testing.T) {
	s := start(t)
	ref := s.mailed(1, "")
	lost := func() (n int) {
		for range 3 {
			s.act(ref, "p0", `"soft_bounce"`)
			var st stats
			decode(s, s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), &st)
			n += st.Lost
			ref = s.sendTo(`,"to":{"nobody":true}`)
			s.ok("POST", "/control/life/mailings/"+ref+"/act", `{"external_id":"p0","act":"send"}`, nil)
		}
		return n
	}
	if n := lost() + lost(); n != 0 || !s.get("p0").Channels[0].Value {
		t.Errorf("soft bounces with mail between: %d lost", n)
	}
	s.ok("PUT", "/control/life/rates", strings.Replace(quiet, `"soft":0`, `"soft":1`, 1), nil)
	s.assume(`{"clock_skew":0}`)
	for range 4 {
		ref = s.sendTo("")
		s.live(time.Hour)
	}
	var st stats
	decode(s, s.want(200, "GET", "/mailing/"+ref+"/statistics", ""), &st)
	if st != (stats{Sent: 1, Soft: 1, Lost: 1}) || s.get("p0").Channels[0].Value {
		t.Errorf("after four: %+v", st)
	}
	var row outcome
	s.ok("POST", "/control/life/mailings", `{"name":"Na","to":{}}`, &row)
	if row.Statistics.Sent != 0 {
		t.Errorf("an inactive contact was mailed")
	}
}
