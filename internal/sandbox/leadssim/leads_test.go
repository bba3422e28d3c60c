package leadssim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type lead struct {
	ID              string
	TotalScore      int
	Type            string
	Status          string
	CompanyName     string
	AssignedTo      []struct{ Name, EmailAddress string }
	EmailAddress    *string
	FirstVisit      string
	LastVisit       string
	LeadBand        string
	Last7DayScore   *int
	Last7DaysScore  *int
	Last30DaysScore int
	TodayScore      int
	YesturdayScore  *int
	YesterdayScore  *int
	Company         struct{ Name, Domain string }
	Contact         *struct {
		CompanyID                     int
		FirstName, LastName, Position string
	}
}

type page struct {
	Data                            []lead
	PageCount, TotalItemCount       int
	PageIndex, PageNumber, PageSize int
	HasPreviousPage, HasNextPage    bool
	IsFirstPage, IsLastPage         bool
	FirstItemOnPage, LastItemOnPage int
}

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

func TestTokens(t *testing.T) {
	s := start(t)
	password := "grant_type=password&username=user&password=pass&scope=GatorLeadsApi"
	for form, want := range map[string]string{
		"grant_type=password&username=user&password=no&scope=GatorLeadsApi": "invalid_grant",
		"grant_type=password&username=user&password=pass&scope=Everything":  "invalid_scope",
		"grant_type=password&username=user&password=pass":                   "invalid_scope",
		"grant_type=refresh_token&refresh_token=nonsense":                   "invalid_grant",
		"grant_type=magic": "unsupported_grant_type",
		"":                 "invalid_request",
	} {
		if status, out := s.grant(form); status != 400 || out["error"] != want {
			t.Errorf("%s: %d %v, want %s", form, status, out, want)
		}
	}
	req, _ := http.NewRequest("POST", s.url+"/core/connect/token", strings.NewReader(password))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("app", "wrong")
	if status, text := s.send(req); status != 400 || !strings.Contains(text, "invalid_client") {
		t.Errorf("wrong client: %d %s", status, text)
	}
	if _, out := s.grant(password); out["refresh_token"] != nil {
		t.Error("a refresh token without offline_access")
	}

	refresh := s.signIn()
	s.want(200, "GET", "/leads/clients", "", nil)
	s.now.Add(3600)
	if text := s.want(401, "GET", "/leads/clients", "", nil); !strings.Contains(text, "Authorization has been denied") {
		t.Error(text)
	}
	again := "grant_type=refresh_token&refresh_token=" + refresh
	status, out := s.grant(again)
	if status != 200 || out["refresh_token"] == refresh {
		t.Fatalf("refresh: %d %v", status, out)
	}
	s.token = out["access_token"].(string)
	s.want(200, "GET", "/leads/clients", "", nil)
	if status, _ := s.grant(again); status != 400 {
		t.Errorf("a used refresh token: %d", status)
	}
	s.control(204, "DELETE", "tokens", "", nil)
	s.want(401, "GET", "/leads/clients", "", nil)
	s.control(204, "PUT", "tokens", `{"refuse_refresh":true}`, nil)
	if status, out := s.grant("grant_type=refresh_token&refresh_token=" + out["refresh_token"].(string)); status != 400 || out["error"] != "invalid_grant" {
		t.Errorf("refused refresh: %d %v", status, out)
	}
}

func TestErrors(t *testing.T) {
	s := start(t)
	s.signIn()
	for path, want := range map[string]int{
		"/leads/nonsense": 404,
		"/leads/clients/" + strings.Repeat("0", 36):     403,
		"{c}/lead/00000000-0000-4000-8000-000000000000": 404,
		"{c}/company/nobody":                            404,
		"{c}/latestleads/61/5":                          400,
		"{c}/latestleads/x/5":                           400,
		"{c}/leads/Nonsense/2024-01-01/2024-02-01/1/10": 400,
		"{c}/leads/Lead/yesterday/2024-02-01/1/10":      400,
		"{c}/leads/Lead/2024-01-01/2024-02-01/0/10":     400,
		"{c}/trackedlinks/0":                            400,
		"{c}/analytics/contactsdailyconnections":        400,
		"{c}/purl/create":                               405,
	} {
		var out struct {
			Message    string
			ModelState map[string][]string
		}
		s.want(want, "GET", path, "", &out)
		if out.Message == "" || (want == 400) != (len(out.ModelState) == 1) {
			t.Errorf("%s: %+v", path, out)
		}
	}
	for _, body := range []string{`[`, `{"searchType":"Odd"}`, `{"matchType":"Odd"}`} {
		s.want(400, "POST", "{c}/leads/search/all/1/10", body, nil)
	}
	for _, version := range []string{"", "0", "3", "two"} {
		s.version = version
		s.want(400, "GET", "/leads/clients", "", nil)
	}
	s.control(200, "PUT", "assumptions", `{"version_required":false,"model_state":"array","stranger_status":404}`, nil)
	s.version = ""
	s.want(404, "GET", "/leads/clients/nobody", "", nil)
	if text := s.want(400, "GET", "{c}/latestleads/61/5", "", nil); !strings.Contains(text, `"modelState":[{"minutes":[`) {
		t.Error(text)
	}
}

func TestLead(t *testing.T) {
	s := start(t)
	s.signIn()
	const home, prices, contact = "https://www.example/", "https://www.example/prijzen", "https://www.example/contact"
	company := s.visit("company1.example", home, 40*24*time.Hour)
	if same := s.visit("company1.example", home+" "+prices, 8*24*time.Hour); same != company {
		t.Errorf("the company is the leads %s and %s", company, same)
	}
	s.visit("company1.example", contact, 24*time.Hour)
	s.visit("company1.example", prices+" "+prices+" https://www.example/unknown", 0)
	person := s.visit("person1@company1.example", home, 30*time.Minute)
	var l lead
	s.want(200, "GET", "{c}/lead/"+strings.ToUpper(company), "", &l)
	if l.TotalScore != 1+6+10+11 || l.TodayScore != 11 || *l.YesturdayScore != 10 || *l.Last7DayScore != 21 || l.Last30DaysScore != 27 || l.YesterdayScore != nil || l.Last7DaysScore != nil {
		t.Errorf("scores %+v", l)
	}
	if l.LeadBand != "Warm" || l.Type != "Lead" || l.Status != "Open" || l.Contact != nil || l.EmailAddress != nil || l.Company.Domain != "company1.example" || l.LastVisit != "2024-03-06T12:00:00" {
		t.Errorf("lead %+v", l)
	}
	s.control(204, "PUT", "leads/"+person, `{"type":"customer","assignedTo":[{"name":"Ann","emailAddress":"ann@crm.example"}]}`, nil)
	l = lead{}
	s.control(200, "PUT", "assumptions", `{"score_spelling":"both"}`, nil)
	s.want(200, "GET", "{c}/lead/"+person, "", &l)
	if l.Contact == nil || l.Contact.FirstName == "" || *l.EmailAddress != "person1@company1.example" || l.Type != "Customer" || len(l.AssignedTo) != 1 || *l.Last7DaysScore != 1 || *l.Last7DayScore != 1 {
		t.Errorf("contact lead %+v", l)
	}
	s.version = "1"
	if text := s.want(200, "GET", "{c}/lead/"+person, "", nil); strings.Contains(text, `"contact"`) {
		t.Errorf("version 1 shows a contact: %s", text)
	}
	var c struct{ Name, Employees, Revenue string }
	s.want(200, "GET", "{c}/company/"+company, "", &c)
	if c.Name == "" || c.Employees == "" || c.Revenue == "" {
		t.Errorf("company %+v", c)
	}
	var latest []lead
	s.want(200, "GET", "{c}/latestleads/60/10", "", &latest)
	if len(latest) != 2 || latest[0].ID != company || latest[1].ID != person {
		t.Errorf("latest %+v", latest)
	}
	s.want(200, "GET", "{c}/latestleads/20/10", "", &latest)
	if len(latest) != 1 {
		t.Errorf("latest 20 minutes %+v", latest)
	}
}

func TestListsAndSearch(t *testing.T) {
	s := start(t)
	s.signIn()
	for i := range 6 {
		s.visit(fmt.Sprintf("company%d.example", i+1), "https://www.example/prijzen", time.Duration(i)*time.Hour)
	}
	var p page
	window := "2024-03-06T00:00:00/2024-03-06T11:30:00"
	s.want(200, "GET", "{c}/leads/Lead/"+window+"/2/2", "", &p)
	if p.TotalItemCount != 5 || p.PageCount != 3 || len(p.Data) != 2 || p.PageIndex != 1 || p.PageNumber != 2 || p.FirstItemOnPage != 3 || p.LastItemOnPage != 4 || !p.HasPreviousPage || !p.HasNextPage || p.IsFirstPage || p.IsLastPage {
		t.Errorf("page %+v", p)
	}
	s.want(200, "GET", "{c}/leads/customer/"+window+"/1/9", "", &p)
	if p.TotalItemCount != 0 || !p.IsFirstPage || !p.IsLastPage || p.FirstItemOnPage != 0 {
		t.Errorf("empty page %+v", p)
	}
	for body, want := range map[string]int{
		``: 6,
		`{"searchType":"Page","searchValue":"/prijzen","matchType":"Exact"}`: 6,
		`{"searchType":"Page","searchValue":"/prij","matchType":"End"}`:      0,
		`{"searchType":"Keyword","searchValue":"CRM","matchType":"Start"}`:   6,
		`{"searchType":"PPC"}`:          6,
		`{"utm":{"utmName":"spring"}}`:  6,
		`{"utm":{"utmMedium":"email"}}`: 0,
	} {
		s.want(200, "POST", "{c}/leads/search/lead,contact/1/10", body, &p)
		if p.TotalItemCount != want {
			t.Errorf("%s: %d leads, want %d", body, p.TotalItemCount, want)
		}
		s.want(200, "POST", "{c}/leads/lead/search/2024-03-06/2024-03-07/1/10", body, &p)
		if p.TotalItemCount != want {
			t.Errorf("of a type %s: %d leads, want %d", body, p.TotalItemCount, want)
		}
	}
	s.want(200, "POST", "{c}/leads/search/all/1/10?startDate=2024-03-06T11:00:00&endDate=2024-03-06T11:00:01", "", &p)
	if p.TotalItemCount != 1 {
		t.Errorf("in a second: %+v", p)
	}
}

func TestSettingsAndAnalytics(t *testing.T) {
	s := start(t)
	s.signIn()
	s.visit("company1.example", "https://www.example/", 25*time.Hour)
	s.visit("company1.example", "https://www.example/", 0)
	s.visit("company2.example", "https://www.example/", 0)
	s.visit("person1@company2.example", "https://www.example/", 0)
	var days []struct {
		Date                   string
		Rate, Year, Month, Day int
	}
	s.want(200, "GET", "{c}/analytics/companydailyconnections?startDate=2024-03-04T10:00:00", "", &days)
	if len(days) != 3 || days[0].Rate != 0 || days[1].Rate != 1 || days[2].Rate != 2 || days[2].Day != 6 || days[2].Month != 3 {
		t.Errorf("companies %+v", days)
	}
	s.want(200, "GET", "{c}/analytics/contactsdailyconnections?startDate=2024-03-06", "", &days)
	if len(days) != 1 || days[0].Rate != 1 {
		t.Errorf("contacts %+v", days)
	}
	var types []string
	s.want(200, "GET", "/leads/settings/leadtypes", "", &types)
	var names map[string]struct {
		Show bool
		Name string
	}
	s.control(200, "PUT", "types", `{"custom1":{"show":true,"name":"Pers"}}`, nil)
	s.want(200, "GET", "/leads/settings/leadtypenames/"+s.sim.LeadsID(), "", &names)
	if len(types) != 11 || len(names) != 11 || names["custom1"].Name != "Pers" || names["isp"].Name != "ISP" {
		t.Errorf("types %v, names %v", types, names)
	}
	var counts []struct {
		Type  string
		Leads int
	}
	s.want(200, "GET", "{c}/leads/types", "", &counts)
	if counts[0].Type != "Lead" || counts[0].Leads != 2 || counts[5].Type != "Contact" || counts[5].Leads != 1 {
		t.Errorf("counts %+v", counts)
	}
	var mine []struct {
		ID, TrackingScriptSsl string
		Domains               []string
	}
	s.want(200, "GET", "/leads/clients", "", &mine)
	var c struct{ CompanyVisitsToday, CompanyVisitsThisMonth int }
	s.want(200, "GET", "/leads/clients/"+mine[0].ID, "", &c)
	if len(mine) != 1 || mine[0].Domains[0] != "www.example" || c.CompanyVisitsToday != 2 || c.CompanyVisitsThisMonth != 2 {
		t.Errorf("client %+v %+v", mine, c)
	}
	var purl struct{ EmailAddress, URL string }
	s.want(200, "POST", "{c}/purl/create", `{"emailAddress":"a@b.example"}`, &purl)
	if purl.EmailAddress != "a@b.example" || !strings.HasPrefix(purl.URL, "https://www.example/?") {
		t.Errorf("purl %+v", purl)
	}
}

func TestPartner(t *testing.T) {
	s := start(t)
	s.signIn()
	s.want(403, "POST", "/signon/partner/create", `{}`, nil)
	leads := s.token
	_, out := s.grant("grant_type=client_credentials&scope=SsoPartnerApi")
	s.token = out["access_token"].(string)
	s.want(403, "GET", "/leads/clients", "", nil)
	s.want(400, "POST", "/signon/partner/create", `{"firstName":"A"}`, nil)
	s.want(200, "POST", "/signon/partner/create", `{"firstName":"A","lastName":"B","email":"a@b.example","companyName":"C","products":{"gatorLeads":{"domain":"c.example","registerUpsell":{"trackingQueue":true}}}}`, nil)
	s.token = leads
	var all []struct{ Name string }
	s.want(200, "GET", "/leads/clients", "", &all)
	if len(all) != 2 || all[1].Name != "C" {
		t.Errorf("clients %+v", all)
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
