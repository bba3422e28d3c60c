package leads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Search narrows a list of leads (LeadSearch, Leads API section 9.3). The vendor
// declares no field for the text that is looked for.
type Search struct {
	Type  string `json:"searchType,omitempty"` // Page, Keyword or PPC
	UTM   *UTM   `json:"utm,omitempty"`
	Match string `json:"matchType,omitempty"` // Exact, Anywhere, Start or End
}

// UTM is the marks of a campaign in an address.
type UTM struct {
	Name    string `json:"utmName,omitempty"`
	Medium  string `json:"utmMedium,omitempty"`
	Term    string `json:"utmTerm,omitempty"`
	Content string `json:"utmContent,omitempty"`
}

// Company reads the company of a lead (L4).
func (c *Client) Company(ctx context.Context, lead string) (Company, error) {
	return read(ctx, c, call{op: "leads.Company", verb: http.MethodGet, path: c.ofClient("company", lead)}, decoder(decodeCompany))
}

// Lead reads one lead (L9).
func (c *Client) Lead(ctx context.Context, lead string) (Lead, error) {
	return read(ctx, c, call{op: "leads.Lead", verb: http.MethodGet, path: c.ofClient("lead", lead)}, decoder(decodeLead))
}

// Latest lists the leads of the last minutes, at most number of them (L5). Not more
// than 60 minutes.
func (c *Client) Latest(ctx context.Context, minutes, number int) ([]Lead, error) {
	const op = "leads.Latest"
	if minutes < 1 || minutes > 60 || number < 1 {
		return nil, wants(op, "ask for 1 to 60 minutes and at least one lead")
	}
	k := call{op: op, verb: http.MethodGet, path: c.ofClient("latestleads", strconv.Itoa(minutes), strconv.Itoa(number))}
	return read(ctx, c, k, all(decoder(decodeLead)))
}

// Leads walks the leads of a type that visited from from until to (L6). The walk
// makes requests as it goes; a lead that cannot be read comes with its error and
// the walk goes on, any other error ends it.
func (c *Client) Leads(ctx context.Context, kind string, from, to time.Time) iter.Seq2[Lead, error] {
	return c.pages(ctx, call{op: "leads.Leads", verb: http.MethodGet}, period{from, to}, func(k *call, page, take string) {
		k.path = c.ofClient("leads", kind, stamp(from), stamp(to), page, take)
	})
}

// SearchLeads walks the leads of a type that fit a search (L7), as Leads does.
func (c *Client) SearchLeads(ctx context.Context, kind string, from, to time.Time, s Search) iter.Seq2[Lead, error] {
	return c.pages(ctx, call{op: "leads.SearchLeads", verb: http.MethodPost, body: s}, period{from, to}, func(k *call, page, take string) {
		k.path = c.ofClient("leads", kind, "search", stamp(from), stamp(to), page, take)
	})
}

// SearchTypes walks the leads of several types that fit a search (L8), as Leads does.
func (c *Client) SearchTypes(ctx context.Context, kinds []string, from, to time.Time, s Search) iter.Seq2[Lead, error] {
	k := call{op: "leads.SearchTypes", verb: http.MethodPost, body: s, query: url.Values{"startDate": {stamp(from)}, "endDate": {stamp(to)}}}
	return c.pages(ctx, k, period{from, to}, func(k *call, page, take string) {
		// A comma is a comma: each type is escaped by itself.
		escaped := make([]string, len(kinds))
		for i, kind := range kinds {
			escaped[i] = path(kind)
		}
		k.path = c.ofClient("leads", "search") + "/" + strings.Join(escaped, ",") + "/" + page + "/" + take
	})
}

type period struct{ from, to time.Time }

// stamp is a time as the vendor writes it, in GMT.
func stamp(t time.Time) string { return t.UTC().Format(layout) }

// pageSize is how many leads one request asks for, as in the vendor's example.
const pageSize = 100

var errPagesStuck = errors.New("the list says that it goes on, and gives nothing more")

// pages walks a PagedLead. It ends when a page says that it is the last, or is empty.
func (c *Client) pages(ctx context.Context, k call, when period, at func(k *call, page, take string)) iter.Seq2[Lead, error] {
	return func(yield func(Lead, error) bool) {
		if !when.from.Before(when.to) {
			yield(Lead{}, wants(k.op, "the period ends before it begins"))
			return
		}
		seen := ""
		for page := c.firstPage; ; page++ {
			at(&k, strconv.Itoa(page), strconv.Itoa(pageSize))
			p, err := read(ctx, c, k, decodePage)
			if err == nil && len(p.items) > 0 && string(p.items[0]) == seen {
				err = garbled(k.op, http.StatusOK, errPagesStuck)
			}
			if err != nil {
				yield(Lead{}, err)
				return
			}
			for i, item := range p.items {
				lead, err := decoder(decodeLead)(item)
				if err != nil {
					err = garbled(k.op, http.StatusOK, fmt.Errorf("lead %d of page %d: %w", i, page, err))
				}
				if !yield(lead, err) {
					return
				}
			}
			if !p.more || len(p.items) == 0 {
				return
			}
			seen = string(p.items[0])
		}
	}
}

type leadPage struct {
	items []json.RawMessage
	more  bool
}

func decodePage(body []byte) (leadPage, error) {
	o, err := newObject(body)
	if err != nil {
		return leadPage{}, err
	}
	raw, told := o.fields["data"]
	p := leadPage{more: o.flag("hasNextPage")}
	if !told || json.Unmarshal(raw, &p.items) != nil {
		return leadPage{}, errNoList
	}
	return p, nil
}
