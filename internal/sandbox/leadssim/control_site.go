package leadssim

import (
	"net/http"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// siteRow is a tracked site as the control plane shows it.
type siteRow struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Queue     bool       `json:"queue"`
	Waiting   int        `json:"waiting"` // views that were not marked
	Marked    int        `json:"marked"`
	Planned   int        `json:"planned"` // visits that are still to come
	Companies []*Company `json:"companies"`
	People    []*Person  `json:"people"`
	Pages     []Page     `json:"pages"`
	Leads     []leadRow  `json:"leads"`
}

// leadRow is a lead in short.
type leadRow struct {
	ID     string `json:"id"`
	Domain string `json:"domain"`
	Email  string `json:"email,omitempty"`
	Type   string `json:"type"` // a key of LeadTypeNames
	Views  int    `json:"views"`
	Score  int64  `json:"score"`
	Band   string `json:"band"`
}

func (s *Sim) controlSite(w http.ResponseWriter, _ *http.Request) {
	s.happen(s.clock())
	out := []siteRow{}
	for _, c := range s.clients {
		row := siteRow{c.id, c.name, c.queue.enabled, len(c.queue.waiting), c.queue.marked, 0, c.companies, c.people, c.pages, []leadRow{}}
		for _, v := range s.planned {
			if v.client == c {
				row.Planned++
			}
		}
		for _, l := range c.leads {
			score := l.scores(s.clock()).total
			lr := leadRow{ID: l.id, Domain: l.company.Domain, Type: l.kind, Views: len(l.views), Score: score, Band: s.band(score)}
			if l.person != nil {
				lr.Email = l.person.Email
			}
			row.Leads = append(row.Leads, lr)
		}
		out = append(out, row)
	}
	control.Answer(w, http.StatusOK, out)
}

func controlCompanies(s *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	var req struct {
		MadeUp    int        `json:"made_up"`
		Companies []*Company `json:"companies"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	if req.MadeUp < 0 || req.MadeUp > 100_000 {
		control.Refuse(w, http.StatusBadRequest, "made_up is a number from 0 to 100000")
		return
	}
	for _, company := range req.Companies {
		if company == nil || company.Name == "" || company.Domain == "" || c.companyOf(company.Domain) != nil {
			control.Refuse(w, http.StatusBadRequest, "every company has a name and a domain that no other has; the ones before it were added")
			return
		}
		if company.Industries == nil {
			company.Industries = []Industry{}
		}
		c.companies = append(c.companies, company)
	}
	s.found(c, req.MadeUp)
	control.Answer(w, http.StatusCreated, map[string]int{"companies": len(c.companies)})
}

func (c *client) companyOf(domain string) *Company {
	for _, company := range c.companies {
		if strings.EqualFold(company.Domain, domain) {
			return company
		}
	}
	return nil
}

func controlPeople(s *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	var people []*Person
	if !control.Read(w, r, &people) {
		return
	}
	for _, p := range people {
		if p == nil || p.Email == "" || c.companyOf(p.Domain) == nil || c.personOf(p.Email) != nil {
			control.Refuse(w, http.StatusBadRequest, "every person has an email that no other has, and the domain of a company; the ones before were added")
			return
		}
		s.know(c, p)
	}
	control.Answer(w, http.StatusCreated, map[string]int{"people": len(c.people)})
}

func (c *client) personOf(email string) *Person {
	for _, p := range c.people {
		if strings.EqualFold(p.Email, email) {
			return p
		}
	}
	return nil
}

func controlPages(_ *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	var pages []Page
	if !control.Read(w, r, &pages) {
		return
	}
	if len(pages) == 0 {
		control.Refuse(w, http.StatusBadRequest, "give at least one page")
		return
	}
	c.pages = pages
	control.Answer(w, http.StatusOK, c.pages)
}

// controlVisit lets one visit take place that ends now, a page a second. A page that the site does not
// have counts 1 and has no title.
func controlVisit(s *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Domain string   `json:"domain"`
		Email  string   `json:"email"`
		URLs   []string `json:"urls"`
		Origin origin   `json:"origin"`
		Ago    float64  `json:"ago_seconds"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	v := visit{client: c, origin: req.Origin, between: time.Second}
	if req.Email != "" {
		if v.person = c.personOf(req.Email); v.person != nil {
			req.Domain = v.person.Domain
		}
	}
	v.company = c.companyOf(req.Domain)
	if v.company == nil || req.Email != "" && v.person == nil || len(req.URLs) == 0 || req.Ago < 0 || req.Ago > maxSeconds {
		control.Refuse(w, http.StatusBadRequest, "give the domain of a company or the email of a person, at least one of urls, and ago_seconds from 0 or none")
		return
	}
	for _, url := range req.URLs {
		v.pages = append(v.pages, c.pageOf(url))
	}
	s.happen(s.clock())
	v.at = s.clock().Add(-time.Duration(req.Ago*float64(time.Second)) - time.Duration(len(v.pages)-1)*v.between).Truncate(time.Second)
	control.Answer(w, http.StatusCreated, map[string]string{"lead": s.take(v).id})
}

func (c *client) pageOf(url string) Page {
	for _, p := range c.pages {
		if p.URL == url {
			return p
		}
	}
	return Page{URL: url, Type: "Page", Score: 1}
}

func controlVisitors(s *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	var req struct {
		Visits int     `json:"visits"`
		Over   float64 `json:"over_seconds"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	if req.Visits < 1 || req.Visits > 100_000 || req.Over < 0 || req.Over > maxSeconds || len(c.companies) == 0 {
		control.Refuse(w, http.StatusBadRequest, "visits is 1 to 100000, over_seconds a number from 0, and the client has companies (POST /control/companies)")
		return
	}
	now := s.clock()
	s.planVisits(c, req.Visits, now, now.Add(time.Duration(req.Over*float64(time.Second))))
	s.happen(now)
	w.WriteHeader(http.StatusNoContent)
}

func controlLead(s *Sim, c *client, w http.ResponseWriter, r *http.Request) {
	l := c.byID[strings.ToLower(r.PathValue("id"))]
	if l == nil {
		control.Refuse(w, http.StatusNotFound, "the client has no lead with that id")
		return
	}
	var req struct {
		Type       string     `json:"type"`
		Status     string     `json:"status"`
		Assigned   []assignee `json:"assignedTo"`
		CRMAccount string     `json:"crmAccountId"`
	}
	if !control.Read(w, r, &req) {
		return
	}
	if req.Type != "" {
		key, ok := c.typeOf(req.Type)
		if !ok {
			control.Refuse(w, http.StatusBadRequest, "type is one of "+strings.Join(typeKeys, ", "))
			return
		}
		l.kind = key
	}
	if req.Status != "" {
		l.status = req.Status
	}
	if req.Assigned != nil {
		l.assigned, l.assignedA = req.Assigned, s.clock()
	}
	if req.CRMAccount != "" {
		l.account = req.CRMAccount
	}
	w.WriteHeader(http.StatusNoContent)
}
