package leads

import "time"

// Lead is an organisation, or a known person, that visits the web site (Leads API
// section 9.3). Times are UTC; scores are points.
type Lead struct {
	ID             string // a GUID in lower case
	ClientID       string
	Type           string // of LeadTypes, as it comes: "Lead"
	Status         string // as it comes: "Open"
	Band           string // how warm: "Hot" …; thresholds differ per account
	CompanyName    string
	EmailAddress   string
	Permalink      string
	AssignedTo     []Assignee
	Assigned       time.Time
	FirstVisit     time.Time
	LastVisit      time.Time
	TotalScore     int64
	Score7Days     int64
	Score30Days    int64
	ScoreToday     int64
	ScoreYesterday int64
	Company        *Company
	Person         *Person // nil below version 2 of the API, and when nobody is known
}

// Assignee is a colleague who follows the lead.
type Assignee struct{ Name, EmailAddress string }

// Person is who is behind a lead.
type Person struct{ CompanyID, FirstName, LastName, Position string }

// Company is what is known of the organisation.
type Company struct {
	Name, Domain, Street, City, County, PostCode, Country, Region string
	Employees                                                     string // a range in words: "20 - 50"
	Industries                                                    []Industry
	PhoneNumber, Description                                      string
	Revenue                                                       string // a range in words: "$1M to $5M"
}

// Industry is a line of business in three levels.
type Industry struct{ Name, Level1, Level2, Level3 string }

func decodeLead(o *object) Lead {
	return Lead{
		ID: o.must("id"), ClientID: o.text("clientId"), Type: o.text("type"), Status: o.text("status"), Band: o.text("leadBand"),
		CompanyName: o.text("companyName"), EmailAddress: o.text("emailAddress"), Permalink: o.text("permaLink"),
		AssignedTo: nested(o, "assignedTo", func(o *object) Assignee { return Assignee{o.text("name"), o.text("emailAddress")} }),
		Assigned:   o.time("assignedDate"), FirstVisit: o.time("firstVisit"), LastVisit: o.time("lastVisit"), TotalScore: o.whole("totalScore"),
		Score7Days: o.whole("last7DayScore", "last7DaysScore"), Score30Days: o.whole("last30DaysScore", "last30DayScore"),
		ScoreToday: o.whole("todayScore"), ScoreYesterday: o.whole("yesturdayScore", "yesterdayScore"),
		Company: inner(o, "company", decodeCompany),
		Person: inner(o, "contact", func(o *object) Person {
			return Person{o.text("companyId"), o.text("firstName"), o.text("lastName"), o.text("position")}
		}),
	}
}

func decodeCompany(o *object) Company {
	industry := func(o *object) Industry {
		return Industry{o.text("name"), o.text("level1"), o.text("level2"), o.text("level3")}
	}
	return Company{o.text("name"), o.text("domain"), o.text("street"), o.text("city"), o.text("county"), o.text("postCode"), o.text("country"),
		o.text("region"), o.text("employees"), nested(o, "industries", industry), o.text("phoneNumber"), o.text("companyDescription"), o.text("revenue")}
}
