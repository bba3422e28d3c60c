package spotlersim_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// stats is MailingStats as a client reads it.
type stats struct {
	Sent            int `json:"sentCount"`
	Accepted        int `json:"acceptedCount"`
	Opened          int `json:"openCount"`
	Rendered        int `json:"openRenderedCount"`
	Clicked         int `json:"clickCount"`
	Hard            int `json:"hardbounceCount"`
	Soft            int `json:"softbounceCount"`
	Lost            int `json:"notRetainedAfterBounceCount"`
	ConversionClick int `json:"conversionClickCount"`
	Unsubscribed    int `json:"unsubscribeCount"`
}

// happening is an element of a list of a mailing or of a stream.
type happening struct {
	ID         int
	Contact    struct{ ExternalID, EncryptedID string } `json:"contactIdentifier"`
	SendDate   string
	OpenDate   string
	ClickDate  string
	BounceDate string
	LinkID     int
	Type       string
	Run        int    `json:"campaignSubscriptionId"`
	ExternalID string `json:"externalContactId"`
	Mailing    string `json:"encryptedMailingId"`
	Date       string
	Changed    string `json:"changeDate"`
	Trend      int    `json:"trendReportId"`
	Name       string
	Subject    string
	BounceType string
}

// happenings is any page of them.
type happenings struct {
	Paging *struct {
		Next  string
		After int
	}
	Recipients, Opens, Clicks, Bounces, Interactions []happening
}

func (h happenings) rows() []happening {
	var out []happening
	for _, rows := range [][]happening{h.Recipients, h.Opens, h.Clicks, h.Bounces, h.Interactions} {
		out = append(out, rows...)
	}
	return out
}

// all reads every page of a list.
func (s *rig) all(path string, query url.Values, size int) []happening {
	s.Helper()
	if query == nil {
		query = url.Values{}
	}
	query.Set("pageSize", fmt.Sprint(size))
	var out []happening
	for {
		query.Set("after", fmt.Sprint(len(out)))
		var page happenings
		decode(s, s.want(200, "GET", path+"?"+query.Encode(), ""), &page)
		out = append(out, page.rows()...)
		if page.Paging == nil || page.Paging.After != len(out) {
			s.Fatalf("%s: paging %+v after %d rows", path, page.Paging, len(out))
		}
		if page.Paging.Next == "" {
			return out
		}
		if len(page.rows()) != size {
			s.Fatalf("%s: %d rows on a page that is not the last", path, len(page.rows()))
		}
	}
}

// ok makes a control call that must succeed.
func (s *rig) ok(method, path, body string, into any) {
	s.Helper()
	status, text := s.control(method, path, body)
	if status >= 300 {
		s.Fatalf("%s %s %s: %d %s", method, path, body, status, text)
	}
	if into != nil {
		decode(s, text, into)
	}
}

// outcome is a mailing as the control plane tells it.
type outcome struct {
	Ref        string `json:"encrypted_id"`
	Statistics stats
}

// people seeds the account with people whose external ids are p0, p1 and so on.
func (s *rig) people(n int) {
	s.Helper()
	text := `{"contacts":[`
	for i := range n {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"external_id":"p%d","properties":{"email":"p%d@people.example","city":"Stad %d","permissions":[{"bit":%d,"enabled":true}]}}`, i, i, i%3, 1<<(i%4))
	}
	s.ok("POST", "/control/contacts", text+"]}", nil)
}

// live moves the clock of the life and keeps the signer's clock with it.
func (s *rig) live(d time.Duration) {
	s.Helper()
	s.ok("POST", "/control/life/advance", fmt.Sprintf(`{"seconds":%f}`, d.Seconds()), nil)
}

// consistent checks one mailing: its numbers add up, and its lists have the
// people that the numbers count and the events that the streams have.
func (s *rig) consistent(id string, streams map[string][]happening) stats {
	s.Helper()
	var n stats
	decode(s, s.want(200, "GET", "/mailing/"+id+"/statistics", ""), &n)
	lists := s.listsAreStreams("/mailing/"+id, streams)
	opened, clicked := who(lists["opens"]), who(lists["clicks"])
	either := who(append(append([]happening{}, lists["opens"]...), lists["clicks"]...))
	hard, soft := 0, 0
	for _, b := range lists["bounces"] {
		if b.Type == "HARDBOUNCE" {
			hard++
		} else {
			soft++
		}
	}
	got := stats{Sent: len(lists["recipients"]), Accepted: n.Sent - hard - soft, Opened: len(either), Rendered: len(opened), Clicked: len(clicked),
		Hard: hard, Soft: soft, Lost: n.Lost, ConversionClick: n.ConversionClick, Unsubscribed: n.Unsubscribed}
	if n != got || n.Opened < n.Clicked || n.ConversionClick > n.Clicked || n.Lost < n.Hard || n.Lost > n.Hard+n.Soft || n.Unsubscribed > n.Accepted {
		s.Errorf("mailing %s: statistics %+v, lists %+v", id, n, got)
	}
	return n
}

// listsAreStreams reads the lists of a mailing of either kind, which must have
// what the streams have.
func (s *rig) listsAreStreams(path string, streams map[string][]happening) map[string][]happening {
	s.Helper()
	lists := map[string][]happening{}
	for _, name := range []string{"recipients", "opens", "clicks", "bounces"} {
		lists[name] = s.all(path+"/"+name, nil, 10000)
	}
	for list, stream := range map[string]string{"recipients": "sent", "clicks": "clicked", "bounces": "bounced"} {
		if a, b := whoAndWhen(lists[list]), whoAndWhen(streams[stream]); !same(a, b) {
			s.Errorf("%s: %s %v, stream %v", path, list, a, b)
		}
	}
	if a, b := who(lists["opens"]), who(streams["opened"]); len(streams["opened"]) != len(a) || !same(a, b) {
		s.Errorf("%s: openers %v, stream %v", path, a, b)
	}
	return lists
}

// who counts the elements per contact; in the tests everybody has an external id.
func who(rows []happening) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		out[r.Contact.ExternalID+r.ExternalID] = 1
	}
	return out
}

// whoAndWhen counts the elements per contact and moment. Lists of recipients
// have no date, so for them and the stream of sent mails the moment is left out.
func whoAndWhen(rows []happening) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		at := r.ClickDate + r.BounceDate
		if r.ExternalID != "" && r.Name == "" {
			at = r.Date
		}
		out[r.Contact.ExternalID+r.ExternalID+" "+at]++
	}
	return out
}

func same(a, b map[string]int) bool {
	if len(a) != len(b) {
		return false
	}
	for k, n := range a {
		if b[k] != n {
			return false
		}
	}
	return true
}

// streams reads all four, by mailing.
func (s *rig) streams() map[string]map[string][]happening {
	s.Helper()
	out := map[string]map[string][]happening{}
	for _, name := range []string{"sent", "opened", "clicked", "bounced"} {
		before := ""
		for _, r := range s.all("/mailing-interaction/"+name, nil, 9999) {
			if r.Changed < before || r.Changed < r.Date {
				s.Fatalf("%s: changed %s, happened %s, after %s", name, r.Changed, r.Date, before)
			}
			before = r.Changed
			if out[r.Mailing] == nil {
				out[r.Mailing] = map[string][]happening{}
			}
			out[r.Mailing][name] = append(out[r.Mailing][name], r)
		}
	}
	return out
}

// optedOut counts the contacts in that state, as the control plane tells it.
func (s *rig) optedOut() int {
	s.Helper()
	var all struct{ Contacts []struct{ State string } }
	s.ok("GET", "/control/contacts", "", &all)
	n := 0
	for _, c := range all.Contacts {
		if c.State == "opted_out" {
			n++
		}
	}
	return n
}

// world sends mailings to people who live, until nothing more will happen.
func (s *rig) world(people, mailings int, rates string) []string {
	s.Helper()
	s.assume(`{"clock_skew":0}`)
	s.people(people)
	s.ok("PUT", "/control/life/rates", rates, nil)
	var refs []string
	for i := range mailings {
		var m outcome
		s.ok("POST", "/control/life/mailings", fmt.Sprintf(`{"name":"Nieuws %d","after_seconds":%d,"to":{"permission":%d}}`, i, i%3*3600, 1<<(i%4)), &m)
		refs = append(refs, m.Ref)
		s.live(7 * time.Hour)
	}
	s.live(20 * 24 * time.Hour)
	return refs
}

func (s *rig) checkWorld(refs []string) (total stats) {
	s.Helper()
	streams := s.streams()
	for _, ref := range refs {
		n := s.consistent(ref, streams[ref])
		total.Sent += n.Sent
		total.Opened += n.Opened
		total.Clicked += n.Clicked
		total.Hard += n.Hard
		total.Soft += n.Soft
		total.Lost += n.Lost
		total.Unsubscribed += n.Unsubscribed
	}
	if left := s.optedOut(); left != total.Unsubscribed {
		s.Errorf("%d unsubscribed, %d contacts are opted out", total.Unsubscribed, left)
	}
	return total
}

// Whatever the rates, the statistics add up, the lists are what they count, the
// streams are the lists, and the unsubscribes are the state of the contacts (C-250, C-257).
func TestStatisticsAddUp(t *testing.T) {
	rate := rapid.Float64Range(0, 0.5)
	rapid.Check(t, func(rt *rapid.T) {
		s := start(t)
		rates := fmt.Sprintf(`{"hard":%g,"soft":%g,"open":%g,"again":%g,"click":%g,"blind":%g,"unsubscribe":%g,"complain":%g,"profile":%g}`,
			rate.Draw(rt, "hard")/5, rate.Draw(rt, "soft"), rate.Draw(rt, "open"), rate.Draw(rt, "again"), rate.Draw(rt, "click"),
			rate.Draw(rt, "blind"), rate.Draw(rt, "unsubscribe")/2, rate.Draw(rt, "complain")/4, rate.Draw(rt, "profile"))
		refs := s.world(rapid.IntRange(1, 25).Draw(rt, "people"), rapid.IntRange(1, 6).Draw(rt, "mailings"), rates)
		s.checkWorld(refs)
		if t.Failed() {
			rt.Fatalf("with rates %s", rates)
		}
	})
}

// A thousand mailings, a hundred under the race detector.
func TestManyMailings(t *testing.T) {
	const n = manyMailings
	s := start(t)
	refs := s.world(120, n, `{"hard":0.0005,"soft":0.05,"unsubscribe":0.001,"complain":0.0003}`)
	total := s.checkWorld(refs)
	t.Logf("%d mailings: %+v", n, total)
	if total.Sent < 10*n || total.Opened == 0 || total.Clicked == 0 || total.Soft == 0 || total.Unsubscribed == 0 {
		t.Errorf("little happened: %+v", total)
	}
}
