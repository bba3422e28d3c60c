package leadssim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
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
