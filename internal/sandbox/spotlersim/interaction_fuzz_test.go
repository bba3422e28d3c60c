package spotlersim

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// Whatever the query of a list says, it is a page or a refusal with a kind, and
// a page never has more than was asked for.
func FuzzInteractionQuery(f *testing.F) {
	for _, q := range []string{"", "pageSize=2&after=1", "fromDate=2024-01-01&toDate=2024-01-02T00:00:00%2B01:00", "fromChangeDate=x", "trendReportIds=1,%202,", "after=-1", "pageSize=99999", "pageSize=1&after=9223372036854775807"} {
		f.Add(q)
	}
	sim, err := New(Config{Accounts: []Account{{Key: "k", Secret: "s"}}, Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) }})
	if err != nil {
		f.Fatal(err)
	}
	a := sim.accounts[0]
	o := outing{Name: "x", Rates: &Rates{}}
	for range 5 {
		a.subscribe(true, moment{sim.clock(), sim.clock()})
	}
	if _, err := sim.launch(a, o); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		c := &call{Request: &http.Request{Method: "GET", Host: "h", URL: &url.URL{Path: BaseCurrent + "/mailing-interaction/sent", RawQuery: query}}, sim: sim, account: a, key: sim.keys["k"], rules: sim.assume.Load(), base: BaseCurrent}
		out, no := c.interactions(streamSent)
		if no != nil {
			if no.Type != InvalidParams || no.Status != http.StatusBadRequest {
				t.Errorf("%q: %+v", query, no)
			}
			return
		}
		rows := out.(map[string]any)["interactions"].([]interactionOut)
		if p, _ := c.page(false); len(rows) > min(p.size, 5) {
			t.Errorf("%q: %d rows", query, len(rows))
		}
	})
}
