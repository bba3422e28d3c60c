package leadssim

import (
	"time"
)

// userClient is the object UserClient.
type userClient struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Expiry    *string  `json:"accountExpiry"`
	Code      string   `json:"trackingCode"`
	Script    string   `json:"trackingScript"`
	ScriptSSL string   `json:"trackingScriptSsl"`
	Domains   []string `json:"domains"`
}

// clientOut is the object Client.
type clientOut struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Expiry  *string  `json:"accountExpiry"`
	Today   int      `json:"companyVisitsToday"`
	Month   int      `json:"companyVisitsThisMonth"`
	Code    string   `json:"trackingCode"`
	Domains []string `json:"domains"`
}

// userClients is GET /leads/clients: all that the user may see.
func (c *call) userClients() (any, *refusal) {
	out := []userClient{}
	for _, cl := range c.sim.clients {
		out = append(out, userClient{cl.id, cl.name, dateOut(cl.expires), cl.code(), "http://t.gatorleads.example/Scripts/" + cl.id + ".js",
			"https://t.gatorleads.example/Scripts/ssl/" + cl.id + ".js", cl.domains})
	}
	return out, nil
}

func (c *client) code() string { return "WOW-" + c.id[:8] }

// clientDetails is GET /leads/clients/{clientId}.
func (c *call) clientDetails() (any, *refusal) {
	cl := c.client
	out := clientOut{ID: cl.id, Name: cl.name, Expiry: dateOut(cl.expires), Code: cl.code(), Domains: cl.domains}
	today := c.now.Truncate(24 * time.Hour)
	for _, l := range cl.leads {
		if l.person != nil {
			continue
		}
		if l.seen(today, today.AddDate(0, 0, 1), nil) {
			out.Today++
		}
		month := time.Date(c.now.Year(), c.now.Month(), 1, 0, 0, 0, 0, time.UTC)
		if l.seen(month, month.AddDate(0, 1, 0), nil) {
			out.Month++
		}
	}
	return out, nil
}

// leadTypes is GET /leads/settings/leadtypes.
func (c *call) leadTypes() (any, *refusal) {
	out := []string{}
	standard := standardTypes()
	for _, key := range typeKeys {
		out = append(out, standard[key].Name)
	}
	return out, nil
}

// leadTypeNames is GET /leads/settings/leadtypenames/{clientId}.
func (c *call) leadTypeNames() (any, *refusal) { return c.client.types, nil }

// typeCount is an element of GET …/leads/types.
type typeCount struct {
	Type  string `json:"type"`
	Leads int    `json:"leads"`
}

// typeCounts is GET …/leads/types: how many leads there are of each type.
func (c *call) typeCounts() (any, *refusal) {
	counts := map[string]int{}
	for _, l := range c.client.leads {
		counts[l.kind]++
	}
	out := []typeCount{}
	for _, key := range typeKeys {
		out = append(out, typeCount{c.client.types[key].Name, counts[key]})
	}
	return out, nil
}

// daily is an element of the analytics.
type daily struct {
	Date  *string `json:"date"`
	Rate  int     `json:"rate"`
	Year  int     `json:"year"`
	Month int     `json:"month"`
	Day   int     `json:"day"`
}

// maxDays bounds the answer of the analytics.
const maxDays = 3660

// contactsDaily is GET …/analytics/contactsdailyconnections?startDate=.
func (c *call) contactsDaily() (any, *refusal) { return c.daily(true) }

// companiesDaily is GET …/analytics/companydailyconnections?startDate=.
func (c *call) companiesDaily() (any, *refusal) { return c.daily(false) }

// daily counts the distinct visitors of every day from startDate until today.
func (c *call) daily(people bool) (any, *refusal) {
	start, no := parseDate("startDate", c.URL.Query().Get("startDate"))
	if no != nil {
		return nil, no
	}
	day := start.Truncate(24 * time.Hour)
	if c.now.Sub(day) > maxDays*24*time.Hour {
		return nil, invalid("startDate", "The value is too long ago.")
	}
	out := []daily{}
	for ; !day.After(c.now); day = day.AddDate(0, 0, 1) {
		d := daily{Date: dateOut(day), Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
		for _, l := range c.client.leads {
			if (l.person != nil) == people && l.seen(day, day.AddDate(0, 0, 1), nil) {
				d.Rate++
			}
		}
		out = append(out, d)
	}
	return out, nil
}
