package leadssim

import (
	"slices"
	"strings"
	"time"
)

// Company is an organisation that may visit (reference: section 9.3).
type Company struct {
	Name        string     `json:"name"`
	Domain      string     `json:"domain"`
	Street      string     `json:"street"`
	City        string     `json:"city"`
	County      string     `json:"county"`
	PostCode    string     `json:"postCode"`
	Country     string     `json:"country"`
	Region      string     `json:"region"`
	Employees   string     `json:"employees"` // "20 - 50"
	Industries  []Industry `json:"industries"`
	Phone       string     `json:"phoneNumber"`
	Description string     `json:"companyDescription"`
	Revenue     string     `json:"revenue"` // "$1M to $5M"
}

// Industry is one line of business of a company.
type Industry struct {
	Name   string `json:"name"`
	Level1 string `json:"level1"`
	Level2 string `json:"level2"`
	Level3 string `json:"level3"`
}

// Person is somebody whom the site knows by a click in a mail or by a cookie.
type Person struct {
	Email     string `json:"email"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Position  string `json:"position"`
	Domain    string `json:"domain"` // of the company
	CRMPerson string `json:"crmPersonId,omitempty"`
	CRMType   string `json:"crmType,omitempty"`

	id        int64
	contactID string
}

// lead is a company that visits, or one of its people who is known.
type lead struct {
	id        string
	number    int // companyId of a contact
	company   *Company
	person    *Person // nil for a company lead
	kind      string  // a key of LeadTypeNames
	status    string
	assigned  []assignee
	assignedA time.Time
	account   string  // crmAccountId
	views     []*view // ascending
}

// assignee is whom a lead is given to.
type assignee struct {
	Name  string `json:"name"`
	Email string `json:"emailAddress"`
}

// view is one page that a lead looked at.
type view struct {
	id       string
	of       *lead
	at       time.Time
	page     Page
	referer  string
	browser  string
	campaign string
	source   string
	medium   string
	term     string
	content  string
	custom   [3]string
}

// leadOut is the object Lead. Two of the scores have two spellings.
type leadOut struct {
	ID           string      `json:"id"`
	Total        int64       `json:"totalScore"`
	Type         string      `json:"type"`
	Status       string      `json:"status"`
	CompanyName  string      `json:"companyName"`
	PermaLink    string      `json:"permaLink"`
	Assigned     []assignee  `json:"assignedTo"`
	Email        *string     `json:"emailAddress"`
	ClientID     string      `json:"clientId"`
	FirstVisit   *string     `json:"firstVisit"`
	LastVisit    *string     `json:"lastVisit"`
	AssignedDate *string     `json:"assignedDate"`
	Band         string      `json:"leadBand"`
	Week         *int64      `json:"last7DayScore,omitempty"`
	WeekExample  *int64      `json:"last7DaysScore,omitempty"`
	Month        int64       `json:"last30DaysScore"`
	Today        int64       `json:"todayScore"`
	Yesterday    *int64      `json:"yesturdayScore,omitempty"`
	YestExample  *int64      `json:"yesterdayScore,omitempty"`
	Company      *Company    `json:"company"`
	Contact      *contactOut `json:"contact,omitempty"`
}

// contactOut is the object LeadContact: of contact leads, from version 2.
type contactOut struct {
	CompanyID int    `json:"companyId"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Position  string `json:"position"`
}

// leadOutV2 has the member contact always; it is null for a lead that is no contact.
type leadOutV2 struct {
	leadOut
	Contact *contactOut `json:"contact"`
}

// show writes a lead as the version of the call has it.
func (c *call) show(l *lead) any {
	sc := l.scores(c.now)
	out := leadOut{
		ID: l.id, Total: sc.total, Type: c.client.types[l.kind].Name, Status: l.status, CompanyName: l.company.Name,
		PermaLink: "https://app.gatorleads.example/Permalink/Company/" + l.id, Assigned: l.assigned, ClientID: c.client.id,
		FirstVisit: dateOut(l.first()), LastVisit: dateOut(l.last()), AssignedDate: dateOut(l.assignedA),
		Band: c.sim.band(sc.total), Month: sc.month, Today: sc.today, Company: l.company,
	}
	if l.person != nil {
		out.Email = &l.person.Email
	}
	if spelling := c.sim.assume.ScoreSpelling; spelling != "example" {
		out.Week, out.Yesterday = &sc.week, &sc.yesterday
	}
	if spelling := c.sim.assume.ScoreSpelling; spelling != "schema" {
		out.WeekExample, out.YestExample = &sc.week, &sc.yesterday
	}
	if c.version < 2 {
		return out
	}
	v2 := leadOutV2{leadOut: out}
	if l.person != nil {
		v2.Contact = &contactOut{l.number, l.person.FirstName, l.person.LastName, l.person.Position}
	}
	return v2
}

func (l *lead) first() time.Time {
	if len(l.views) == 0 {
		return time.Time{}
	}
	return l.views[0].at
}

func (l *lead) last() time.Time {
	if len(l.views) == 0 {
		return time.Time{}
	}
	return l.views[len(l.views)-1].at
}

// seen reports whether the lead looked at a page in [from, to) that fits.
func (l *lead) seen(from, to time.Time, fits func(*view) bool) bool {
	return slices.ContainsFunc(l.views, func(v *view) bool {
		return !v.at.Before(from) && v.at.Before(to) && (fits == nil || fits(v))
	})
}

// scores are sums of the scores of the pages that a lead looked at.
type scores struct{ total, today, yesterday, week, month int64 }

// scores counts days in GMT; the last 7 and 30 days include today.
func (l *lead) scores(now time.Time) scores {
	var s scores
	today := now.Truncate(24 * time.Hour)
	for _, v := range l.views {
		age := int(today.Sub(v.at.Truncate(24*time.Hour)) / (24 * time.Hour))
		s.total += v.page.Score
		if age == 0 {
			s.today += v.page.Score
		}
		if age == 1 {
			s.yesterday += v.page.Score
		}
		if age < 7 {
			s.week += v.page.Score
		}
		if age < 30 {
			s.month += v.page.Score
		}
	}
	return s
}

// Band is one of the bands that leads are put in by their total score.
type Band struct {
	Name string `json:"name"`
	From int64  `json:"from"` // the lowest score in it
}

// DefaultBands are four; only the name Hot is published (reference: section 9.4).
func DefaultBands() []Band { return []Band{{"Cold", 0}, {"Warm", 10}, {"Hot", 30}, {"Very Hot", 80}} }

func (s *Sim) band(score int64) string {
	name := s.bands[0].Name
	for _, b := range s.bands {
		if score >= b.From {
			name = b.Name
		}
	}
	return name
}

// typeName is how a client names a type of leads, and whether it shows it.
type typeName struct {
	Show bool   `json:"show"`
	Name string `json:"name"`
}

// typeKeys are the keys of LeadTypeNames.
var typeKeys = []string{"lead", "competitor", "customer", "qualified", "partner", "contact", "supplier", "isp", "custom1", "custom2", "custom3"}

func standardTypes() map[string]typeName {
	out := map[string]typeName{}
	for _, key := range typeKeys {
		name := strings.ToUpper(key[:1]) + key[1:]
		if key == "isp" {
			name = "ISP"
		}
		out[key] = typeName{!strings.HasPrefix(key, "custom"), name}
	}
	return out
}

// typeOf finds the key of a type by the key or by the client's name for it.
func (c *client) typeOf(text string) (string, bool) {
	for _, key := range typeKeys {
		if strings.EqualFold(text, key) || strings.EqualFold(text, c.types[key].Name) {
			return key, true
		}
	}
	return "", false
}
