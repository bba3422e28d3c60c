package leads

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var errNoBool = errors.New("the answer is not true or false")

// Account is a Spotler Leads client: a web site that is watched (UserClient and
// Client, Leads API section 9.3).
type Account struct {
	ID, Name        string
	Expires         time.Time
	TrackingCode    string
	Domains         []string
	VisitsToday     int64 // companies; in Account only
	VisitsThisMonth int64 // companies; in Account only
}

func decodeAccount(o *object) Account {
	return Account{o.must("id"), o.text("name"), o.time("accountExpiry"), o.text("trackingCode"), o.texts("domains"),
		o.whole("companyVisitsToday"), o.whole("companyVisitsThisMonth")}
}

// Accounts lists the clients the user may see (L1).
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	return read(ctx, c, call{op: "leads.Accounts", verb: http.MethodGet, path: "leads/clients"}, all(decoder(decodeAccount)))
}

// Account reads the configured client (L2).
func (c *Client) Account(ctx context.Context) (Account, error) {
	return read(ctx, c, call{op: "leads.Account", verb: http.MethodGet, path: path("leads", "clients", c.clientID)}, decoder(decodeAccount))
}

// TypeCount is how many leads there are of a type.
type TypeCount struct {
	Type  string
	Leads int64
}

// TypeCounts counts the leads per type (L3).
func (c *Client) TypeCounts(ctx context.Context) ([]TypeCount, error) {
	of := func(o *object) TypeCount { return TypeCount{o.must("type"), o.whole("leads")} }
	return read(ctx, c, call{op: "leads.TypeCounts", verb: http.MethodGet, path: c.ofClient("leads", "types")}, all(decoder(of)))
}

// LeadTypes lists the types a lead can have (L15).
func (c *Client) LeadTypes(ctx context.Context) ([]string, error) {
	decode := func(body []byte) (string, error) {
		if s := text(body); s != "" {
			return s, nil
		}
		return "", errNoList
	}
	return read(ctx, c, call{op: "leads.LeadTypes", verb: http.MethodGet, path: "leads/settings/leadtypes"}, all(decode))
}

// TypeName is what the client calls a type, and whether it shows it.
type TypeName struct {
	Shown bool
	Name  string
}

// LeadTypeNames is what the configured client calls the types, by type in lower
// case: lead, competitor, customer, qualified, partner, contact, supplier, isp,
// custom1 to custom3 (L16).
func (c *Client) LeadTypeNames(ctx context.Context) (map[string]TypeName, error) {
	decode := func(body []byte) (map[string]TypeName, error) {
		o, err := newObject(body)
		if err != nil {
			return nil, err
		}
		names := make(map[string]TypeName, len(o.fields))
		for kind := range o.fields {
			if n := inner(o, kind, func(o *object) TypeName { return TypeName{o.flag("show"), o.text("name")} }); n != nil {
				names[strings.ToLower(kind)] = *n
			}
		}
		return names, o.bad
	}
	return read(ctx, c, call{op: "leads.LeadTypeNames", verb: http.MethodGet, path: path("leads", "settings", "leadtypenames", c.clientID)}, decode)
}

// DayCount is how many different visitors came on a day.
type DayCount struct {
	Day   time.Time // midnight, UTC
	Count int64
}

// PeoplePerDay counts the people who visited per day from start on (L13).
func (c *Client) PeoplePerDay(ctx context.Context, start time.Time) ([]DayCount, error) {
	return c.perDay(ctx, "leads.PeoplePerDay", "contactsdailyconnections", start)
}

// CompaniesPerDay counts the companies that visited per day from start on (L14).
func (c *Client) CompaniesPerDay(ctx context.Context, start time.Time) ([]DayCount, error) {
	return c.perDay(ctx, "leads.CompaniesPerDay", "companydailyconnections", start)
}

func (c *Client) perDay(ctx context.Context, op, what string, start time.Time) ([]DayCount, error) {
	of := func(o *object) DayCount {
		d := DayCount{o.time("date"), o.whole("rate")}
		if year, month, day := o.whole("year"), o.whole("month"), o.whole("day"); d.Day.IsZero() && year > 0 {
			d.Day = time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
		}
		if d.Day.IsZero() {
			o.fail("date", "is not a day")
		}
		return d
	}
	k := call{op: op, verb: http.MethodGet, path: c.ofClient("analytics", what), query: url.Values{"startDate": {stamp(start)}}}
	return read(ctx, c, k, all(decoder(of)))
}

// PURL is a personal address that tells who clicked it.
type PURL struct{ EmailAddress, URL, Campaign, Alert string }

// CreatePURL makes a personal address; the vendor declares no body for it (L10).
func (c *Client) CreatePURL(ctx context.Context) (PURL, error) {
	of := func(o *object) PURL {
		return PURL{o.text("emailAddress"), o.must("url"), o.text("campaign"), o.text("alert")}
	}
	return read(ctx, c, call{op: "leads.CreatePURL", verb: http.MethodPost, path: c.ofClient("purl", "create")}, decoder(of))
}
