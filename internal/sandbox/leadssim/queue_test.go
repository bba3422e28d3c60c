package leadssim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type links struct {
	ProcessID    *string
	TrackedLinks []struct {
		LinkID, Title, URL, Visited, LeadID, Campaign, Term string
		Categories                                          []string
		PageScore                                           int
		ContactID                                           *string
		EmailAddress                                        string
	}
}

func TestQueue(t *testing.T) {
	s := start(t)
	s.signIn()
	var a, b links
	s.want(200, "GET", "{c}/trackedlinks/5", "", &a)
	if a.ProcessID != nil || a.TrackedLinks == nil || len(a.TrackedLinks) != 0 {
		t.Errorf("empty queue %+v", a)
	}
	s.visit("company1.example", "https://www.example/ https://www.example/prijzen", 0)
	s.visit("person1@company1.example", "https://www.example/contact", 0)
	s.want(200, "GET", "{c}/trackedlinks/2", "", &a)
	s.want(200, "GET", "{c}/trackedlinks/2", "", &b)
	if len(a.TrackedLinks) != 2 || *a.ProcessID != *b.ProcessID || a.TrackedLinks[1].Title != "Prijzen" || a.TrackedLinks[1].PageScore != 5 || a.TrackedLinks[0].ContactID != nil {
		t.Errorf("batches %+v %+v", a, b)
	}
	if text := s.want(200, "GET", "{c}/trackedlinks/markprocessed/"+*a.ProcessID, "", nil); text != "true" {
		t.Error(text)
	}
	if text := s.want(200, "GET", "{c}/trackedlinks/markprocessed/"+*a.ProcessID, "", nil); text != "false" {
		t.Error(text)
	}
	s.control(200, "PUT", "assumptions", `{"redelivery":"new","queue_off":"400","empty_process":"zero"}`, nil)
	s.want(200, "GET", "{c}/trackedlinks/9", "", &a)
	s.want(200, "GET", "{c}/trackedlinks/9", "", &b)
	if len(b.TrackedLinks) != 1 || *a.ProcessID == *b.ProcessID || b.TrackedLinks[0].EmailAddress != "person1@company1.example" || b.TrackedLinks[0].ContactID == nil || b.TrackedLinks[0].Campaign != "Spring" {
		t.Errorf("redelivered %+v", b)
	}
	s.want(200, "GET", "{c}/trackedlinks/markprocessed/"+*a.ProcessID, "", nil)
	s.want(200, "GET", "{c}/trackedlinks/9", "", &b)
	if *b.ProcessID != "00000000-0000-0000-0000-000000000000" {
		t.Errorf("empty %+v", b)
	}
	s.control(204, "PUT", "queue", `{"enabled":false}`, nil)
	s.want(400, "GET", "{c}/trackedlinks/9", "", nil)
}

// Whatever visitors do and however the queue is read, every view comes out once
// it is marked, none is lost, and the scores of the leads are the sums of the views.
func TestVisitorsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := start(t)
		s.signIn()
		s.control(200, "PUT", "assumptions", fmt.Sprintf(`{"redelivery":%q,"token_seconds":99999999}`, rapid.SampledFrom([]string{"same", "new"}).Draw(rt, "redelivery")), nil)
		s.signInLong()
		visits := rapid.IntRange(1, 40).Draw(rt, "visits")
		s.control(204, "POST", "visitors", fmt.Sprintf(`{"visits":%d,"over_seconds":86400}`, visits), nil)
		scores, seen := map[string]int{}, map[string]int{}
		for step := 0; ; step++ {
			s.control(200, "POST", "time", `{"advance_seconds":9000}`, nil)
			var got links
			s.want(200, "GET", fmt.Sprintf("{c}/trackedlinks/%d", rapid.IntRange(1, 60).Draw(rt, "take")), "", &got)
			if len(got.TrackedLinks) == 0 && step > 12 {
				break
			}
			if len(got.TrackedLinks) == 0 || rapid.IntRange(0, 3).Draw(rt, "crash") == 0 {
				continue // the reader dies before it marks
			}
			for _, l := range got.TrackedLinks {
				seen[l.LinkID]++
				scores[l.LeadID] += l.PageScore
			}
			if text := s.want(200, "GET", "{c}/trackedlinks/markprocessed/"+*got.ProcessID, "", nil); text != "true" {
				rt.Fatalf("marking: %s", text)
			}
		}
		for id, n := range seen {
			if n != 1 {
				rt.Fatalf("view %s came %d times after it was marked", id, n)
			}
		}
		var p page
		s.want(200, "GET", "{c}/leads/all/2024-03-01/2024-04-01/1/1000", "", &p)
		if p.TotalItemCount != len(scores) {
			rt.Fatalf("%d leads, %d in the queue", p.TotalItemCount, len(scores))
		}
		for _, l := range p.Data {
			if l.TotalScore != scores[l.ID] || l.FirstVisit > l.LastVisit {
				rt.Fatalf("lead %+v, scores %d", l, scores[l.ID])
			}
		}
	})
}

// signInLong signs in again after the life of tokens was changed.
func (s *rig) signInLong() {
	s.Helper()
	_, out := s.grant(url.Values{"grant_type": {"password"}, "username": {"user"}, "password": {"pass"}, "scope": {"GatorLeadsApi"}}.Encode())
	s.token = out["access_token"].(string)
}

// The same seed, calls and times give the same answers.
func TestSameSeedSameLife(t *testing.T) {
	life := func() string {
		s := start(t)
		s.signIn()
		s.control(201, "POST", "companies", `{"made_up":10}`, nil)
		s.control(204, "POST", "visitors", `{"visits":50,"over_seconds":600}`, nil)
		s.control(200, "POST", "time", `{"advance_seconds":3000}`, nil)
		return s.want(200, "GET", "{c}/trackedlinks/1000", "", nil)
	}
	a, b := life(), life()
	if a != b || len(a) < 10_000 {
		t.Errorf("two lives of %d and %d bytes differ", len(a), len(b))
	}
}

// The control plane refuses nonsense with a sentence, and faults are counted.
func TestControl(t *testing.T) {
	s := start(t)
	s.signIn()
	for path, body := range map[string]string{
		"POST visits": `{"domain":"nobody.example","urls":["x"]}`, "POST visitors": `{"visits":0}`, "POST people": `[{"email":"a@b.example","domain":"nobody.example"}]`,
		"POST companies": `{"companies":[{"name":"x"}]}`, "PUT pages": `[]`, "PUT bands": `[{"name":"b","from":5},{"name":"a","from":1}]`, "PUT types": `{"odd":{}}`,
		"PUT assumptions": `{"redelivery":"never"}`, "POST time": `{"advance_seconds":-1}`,
	} {
		method, path, _ := strings.Cut(path, " ")
		var out struct{ Error string }
		s.control(400, method, path, body, &out)
		if out.Error == "" {
			t.Errorf("%s without a sentence", path)
		}
	}
	s.control(200, "PUT", "bands", `[{"name":"Cold","from":0},{"name":"Hot","from":2}]`, nil)
	id := s.visit("company3.example", "https://www.example/ https://www.example/", 0)
	var l lead
	s.want(200, "GET", "{c}/lead/"+id, "", &l)
	if l.LeadBand != "Hot" {
		t.Errorf("band %s", l.LeadBand)
	}
	s.control(201, "POST", "faults", `{"name":"f","path":"/leads/clients","kind":"status","status":503,"times":1}`, nil)
	s.want(503, "GET", "/leads/clients", "", nil)
	var site []struct {
		Waiting int
		Leads   []struct{ Domain string }
	}
	s.control(200, "GET", "site", "", &site)
	if len(site) != 1 || site[0].Waiting != 2 || site[0].Leads[0].Domain != "company3.example" {
		t.Errorf("site %+v", site)
	}
}
