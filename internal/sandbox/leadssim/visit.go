package leadssim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Page is a page of a tracked site with what a view of it counts for.
type Page struct {
	URL        string   `json:"url"`
	Title      string   `json:"title"`
	Type       string   `json:"pageType"`
	Categories []string `json:"categories"`
	Score      int64    `json:"score"` // 1 unless the site says otherwise (reference: section 9.4)
}

func standardPages(domain string) []Page {
	at := "https://" + domain
	return []Page{
		{at + "/", "Home", "Page", []string{}, 1},
		{at + "/diensten", "Diensten", "Page", []string{"Aanbod"}, 1},
		{at + "/prijzen", "Prijzen", "Page", []string{"Aanbod", "Prijs"}, 5},
		{at + "/cases", "Cases", "Page", []string{"Verhalen"}, 2},
		{at + "/contact", "Contact", "Page", []string{"Contact"}, 10},
		{at + "/download/brochure.pdf", "Brochure", "Download", []string{"Aanbod"}, 8},
	}
}

// visit is somebody coming to a site and looking at some pages.
type visit struct {
	at      time.Time
	client  *client
	company *Company
	person  *Person // nil when only the company is recognised
	pages   []Page
	between time.Duration // from page to page
	origin  origin
}

// origin is where a visit comes from.
type origin struct {
	Referer  string `json:"referer,omitempty"`
	Browser  string `json:"browser,omitempty"`
	Campaign string `json:"campaign,omitempty"`
	Source   string `json:"source,omitempty"`
	Medium   string `json:"medium,omitempty"`
	Term     string `json:"term,omitempty"`
	Content  string `json:"content,omitempty"`
}

// end is when the last page is looked at.
func (v visit) end() time.Time { return v.at.Add(time.Duration(len(v.pages)-1) * v.between) }

// happen lets the planned visits take place that are over at now.
func (s *Sim) happen(now time.Time) int {
	n := 0
	for n < len(s.planned) && !s.planned[n].end().After(now) {
		s.take(s.planned[n])
		n++
	}
	s.planned = slices.Delete(s.planned, 0, n)
	return n
}

// take lets one visit take place.
func (s *Sim) take(v visit) *lead {
	l := v.client.leadOf(v.company, v.person)
	if l == nil {
		l = &lead{id: s.guid(), number: len(v.client.leads) + 1, company: v.company, person: v.person, kind: "lead", status: "Open", assigned: []assignee{}}
		if v.person != nil {
			l.kind = "contact"
		}
		v.client.leads = append(v.client.leads, l)
		v.client.byID[l.id] = l
	}
	for i, page := range v.pages {
		seen := &view{id: s.guid(), of: l, at: v.at.Add(time.Duration(i) * v.between), page: page, referer: v.origin.Referer, browser: v.origin.Browser,
			campaign: v.origin.Campaign, source: v.origin.Source, medium: v.origin.Medium, term: v.origin.Term, content: v.origin.Content}
		if i > 0 {
			seen.referer = v.pages[i-1].URL
		}
		place, _ := slices.BinarySearchFunc(l.views, seen.at.Add(time.Nanosecond), func(w *view, at time.Time) int { return w.at.Compare(at) })
		l.views = slices.Insert(l.views, place, seen)
		v.client.queue.add(seen)
	}
	return l
}

func (c *client) leadOf(company *Company, person *Person) *lead {
	for _, l := range c.leads {
		if l.company == company && l.person == person {
			return l
		}
	}
	return nil
}

// The words that made-up companies consist of.
var (
	companyNames = []string{"Zilverberg", "De Ploeg", "Waterland", "Kruispunt", "Oostwal", "Meander", "Havenkwartier", "Lindehof", "Buitenlust", "Stroomdal"}
	companyForms = []string{"BV", "Groep", "Stichting", "NV"}
	cities       = []string{"Assen", "Bussum", "Deventer", "Enschede", "Goes", "Helmond", "Kampen", "Lelystad", "Roermond", "Weert"}
	employees    = []string{"1 - 10", "10 - 20", "20 - 50", "50 - 200", "200 - 500"}
	revenues     = []string{"under $1M", "$1M to $5M", "$5M to $20M", "over $20M"}
	firstNames   = []string{"Aaf", "Boris", "Charlotte", "Derk", "Evi", "Freek", "Gerda", "Hidde", "Ilse", "Jurre"}
	lastNames    = []string{"Akkerman", "Brouwer", "Cornelissen", "Drost", "Elzinga", "Franken", "Goossens", "Huisman"}
	positions    = []string{"Directeur", "Inkoper", "Marketeer", "Adviseur", "IT manager"}
	browsers     = []string{"Chrome", "Firefox", "Safari", "Edge"}
	origins      = []origin{
		{Referer: "https://search.example/", Source: "search", Medium: "organic"}, {Referer: "https://search.example/ads", Source: "search", Medium: "cpc", Campaign: "Voorjaar", Term: "crm koppeling"},
		{Source: "nieuwsbrief", Medium: "email", Campaign: "Nieuwsbrief"}, {}, {Referer: "https://social.example/", Source: "social", Medium: "social"},
	}
)

// found adds n made-up companies to a client, with one to three people each.
func (s *Sim) found(c *client, n int) {
	pick := func(words []string) string { return words[s.life.IntN(len(words))] }
	for range n {
		number := len(c.companies) + 1
		name := fmt.Sprintf("%s %d %s", pick(companyNames), number, pick(companyForms))
		company := &Company{
			Name: name, Domain: fmt.Sprintf("company%d.example", number), Street: fmt.Sprintf("Dorpsplein %d", number), City: pick(cities), PostCode: fmt.Sprintf("%d AB", 1000+number),
			Country: "Netherlands", Region: "Europe", Employees: pick(employees), Revenue: pick(revenues), Phone: fmt.Sprintf("+31 30 %07d", number),
			Industries: []Industry{{"Software", "Technology", "Software", "Business software"}}, Description: name + " is made up.",
		}
		c.companies = append(c.companies, company)
		for i := range 1 + s.life.IntN(3) {
			s.know(c, &Person{Email: fmt.Sprintf("person%d@%s", i+1, company.Domain), FirstName: pick(firstNames), LastName: pick(lastNames), Position: pick(positions), Domain: company.Domain})
		}
	}
}

// know adds a person whom the site will recognise.
func (s *Sim) know(c *client, p *Person) {
	c.persons++
	p.id, p.contactID = c.persons, s.guid()
	c.people = append(c.people, p)
}

// planVisits draws n visits to a client between from and to.
func (s *Sim) planVisits(c *client, n int, from, to time.Time) {
	for range n {
		at := from.Add(time.Duration(s.life.Float64() * float64(to.Sub(from)))).Truncate(time.Second)
		v := visit{at: at, client: c, company: c.companies[s.life.IntN(len(c.companies))], between: time.Duration(5+s.life.IntN(90)) * time.Second, origin: origins[s.life.IntN(len(origins))]}
		v.origin.Browser = browsers[s.life.IntN(len(browsers))]
		if own := c.peopleOf(v.company.Domain); len(own) > 0 && s.life.Float64() < 0.4 {
			v.person = own[s.life.IntN(len(own))]
		}
		for range 1 + s.life.IntN(6) {
			v.pages = append(v.pages, c.pages[s.life.IntN(len(c.pages))])
		}
		s.planned = append(s.planned, v)
	}
	slices.SortStableFunc(s.planned, func(a, b visit) int { return a.end().Compare(b.end()) })
}

func (c *client) peopleOf(domain string) []*Person {
	var out []*Person
	for _, p := range c.people {
		if strings.EqualFold(p.Domain, domain) {
			out = append(out, p)
		}
	}
	return out
}
