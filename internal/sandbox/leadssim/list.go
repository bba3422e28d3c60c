package leadssim

import (
	"slices"
	"strings"
	"time"
)

// paged is the object PagedLead. pageIndex counts from 0, pageNumber from 1.
type paged struct {
	Data        []any `json:"data"`
	PageCount   int   `json:"pageCount"`
	Total       int   `json:"totalItemCount"`
	PageIndex   int   `json:"pageIndex"`
	PageNumber  int   `json:"pageNumber"`
	PageSize    int   `json:"pageSize"`
	HasPrevious bool  `json:"hasPreviousPage"`
	HasNext     bool  `json:"hasNextPage"`
	IsFirst     bool  `json:"isFirstPage"`
	IsLast      bool  `json:"isLastPage"`
	First       int   `json:"firstItemOnPage"` // counts from 1; 0 on an empty page
	Last        int   `json:"lastItemOnPage"`
}

// search is the object LeadSearch. SearchValue is not declared, although the
// published text speaks of one: it is accepted under that name.
type search struct {
	SearchType  string `json:"searchType"` // Page, Keyword or PPC
	MatchType   string `json:"matchType"`  // Exact, Anywhere, Start or End
	SearchValue string `json:"searchValue"`
	UTM         *struct {
		Name    string `json:"utmName"`
		Medium  string `json:"utmMedium"`
		Term    string `json:"utmTerm"`
		Content string `json:"utmContent"`
	} `json:"utm"`
}

// filter chooses leads: of the types (nil is all) with a view that fits in [from, to).
type filter struct {
	types    []string
	from, to time.Time
	fits     func(*view) bool
}

// leadsOfType is GET …/leads/{type}/{startDate}/{endDate}/{page}/{take}.
func (c *call) leadsOfType() (any, *refusal) {
	f, no := c.filterOfPath(c.args["type"])
	if no != nil {
		return nil, no
	}
	return c.page(f)
}

// searchType is POST …/leads/{type}/search/{startDate}/{endDate}/{page}/{take}.
func (c *call) searchType() (any, *refusal) {
	f, no := c.filterOfPath(c.args["type"])
	if no != nil {
		return nil, no
	}
	if f.fits, no = c.readSearch(); no != nil {
		return nil, no
	}
	return c.page(f)
}

// searchTypes is POST …/leads/search/{types}/{page}/{take}?startDate&endDate.
func (c *call) searchTypes() (any, *refusal) {
	f := filter{to: c.now.AddDate(100, 0, 0)}
	var no *refusal
	if f.types, no = c.readTypes(c.args["types"]); no != nil {
		return nil, no
	}
	for name, into := range map[string]*time.Time{"startDate": &f.from, "endDate": &f.to} {
		if text := c.URL.Query().Get(name); text != "" {
			if *into, no = parseDate(name, text); no != nil {
				return nil, no
			}
		}
	}
	if f.fits, no = c.readSearch(); no != nil {
		return nil, no
	}
	return c.page(f)
}

func (c *call) filterOfPath(kind string) (f filter, no *refusal) {
	if f.types, no = c.readTypes(kind); no != nil {
		return f, no
	}
	if f.from, no = parseDate("startDate", c.args["startDate"]); no != nil {
		return f, no
	}
	f.to, no = parseDate("endDate", c.args["endDate"])
	return f, no
}

// readTypes reads types with commas between; "all" is all of them.
func (c *call) readTypes(text string) ([]string, *refusal) {
	if strings.EqualFold(text, "all") {
		return nil, nil
	}
	out := []string{}
	for name := range strings.SplitSeq(text, ",") {
		key, ok := c.client.typeOf(strings.TrimSpace(name))
		if !ok {
			return nil, invalid("type", "The value '"+name+"' is no type of leads.")
		}
		out = append(out, key)
	}
	return out, nil
}

// readSearch reads the body into a test of views; no body fits every view.
func (c *call) readSearch() (func(*view) bool, *refusal) {
	var q search
	if no := c.read(&q); no != nil {
		return nil, no
	}
	if q.SearchType != "" && !slices.Contains([]string{"Page", "Keyword", "PPC"}, q.SearchType) {
		return nil, invalid("search.searchType", "The value must be Page, Keyword or PPC.")
	}
	match, ok := matchers[q.MatchType]
	if !ok {
		return nil, invalid("search.matchType", "The value must be Exact, Anywhere, Start or End.")
	}
	return func(v *view) bool { return q.fits(v, match) }, nil
}

var matchers = map[string]func(text, part string) bool{
	"": strings.Contains, "Anywhere": strings.Contains, "Start": strings.HasPrefix, "End": strings.HasSuffix,
	"Exact": func(text, part string) bool { return text == part },
}

func (q *search) fits(v *view, match func(string, string) bool) bool {
	if u := q.UTM; u != nil {
		for want, got := range map[*string]string{&u.Name: v.campaign, &u.Medium: v.medium, &u.Term: v.term, &u.Content: v.content} {
			if *want != "" && !strings.EqualFold(*want, got) {
				return false
			}
		}
	}
	part := strings.ToLower(q.SearchValue)
	switch {
	case q.SearchType == "PPC" && v.medium != "cpc":
		return false
	case part == "":
		return true
	case q.SearchType == "Page":
		return match(strings.ToLower(pathOf(v.page.URL)), part)
	default:
		return match(strings.ToLower(v.term), part)
	}
}

// pathOf is an address without its domain, which a search ignores.
func pathOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	return "/" + path
}

// page answers the page of the call, the newest visit first.
func (c *call) page(f filter) (any, *refusal) {
	first := c.sim.assume.FirstPage
	number, no := c.number("page", first)
	if no != nil {
		return nil, no
	}
	take, no := c.number("take", 1)
	if no != nil {
		return nil, no
	}
	found := c.client.newest(func(l *lead) bool {
		return (f.types == nil || slices.Contains(f.types, l.kind)) && l.seen(f.from, f.to, f.fits)
	})
	index := number - first
	out := paged{Data: []any{}, Total: len(found), PageIndex: index, PageNumber: index + 1, PageSize: take, PageCount: (len(found) + take - 1) / take}
	start := min(index, len(found)/take+1) * take
	for _, l := range found[min(start, len(found)):min(start+take, len(found))] {
		out.Data = append(out.Data, c.show(l))
	}
	if len(out.Data) > 0 {
		out.First, out.Last = start+1, start+len(out.Data)
	}
	out.HasPrevious, out.HasNext = index > 0, index+1 < out.PageCount
	out.IsFirst, out.IsLast = index == 0, index+1 >= out.PageCount
	return out, nil
}

// newest are the leads that fit, by their last visit, the newest first.
func (c *client) newest(fits func(*lead) bool) []*lead {
	var out []*lead
	for _, l := range c.leads {
		if fits(l) {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b *lead) int { return b.last().Compare(a.last()) })
	return out
}

// maxMinutes is how far back the latest leads go (reference: section 9.2).
const maxMinutes = 60

// latestLeads is GET …/latestleads/{minutes}/{numberToGet}.
func (c *call) latestLeads() (any, *refusal) {
	minutes, no := c.number("minutes", 1)
	if no != nil {
		return nil, no
	}
	if minutes > maxMinutes {
		return nil, invalid("minutes", "The value must not be above 60.")
	}
	n, no := c.number("numberToGet", 1)
	if no != nil {
		return nil, no
	}
	from, to := c.now.Add(-time.Duration(minutes)*time.Minute), c.now.Add(time.Second)
	out := []any{}
	for _, l := range c.client.newest(func(l *lead) bool { return l.seen(from, to, nil) }) {
		if len(out) < n {
			out = append(out, c.show(l))
		}
	}
	return out, nil
}

// lead is GET …/lead/{leadId}.
func (c *call) lead() (any, *refusal) {
	l := c.client.byID[strings.ToLower(c.args["leadId"])]
	if l == nil {
		return nil, notFound("The lead")
	}
	return c.show(l), nil
}

// company is GET …/company/{leadid}: the company of a lead.
func (c *call) company() (any, *refusal) {
	l := c.client.byID[strings.ToLower(c.args["leadId"])]
	if l == nil {
		return nil, notFound("The lead")
	}
	return l.company, nil
}
