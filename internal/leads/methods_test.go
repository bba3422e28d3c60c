package leads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

type method struct {
	name string
	call func(context.Context, *Client) error
	want string // verb, path and query, body
}

var day = time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))

func only[T any](_ T, err error) error { return err }

func walked[T any](walk iter.Seq2[T, error]) error {
	var first error
	for _, err := range walk {
		if first == nil {
			first = err
		}
	}
	return first
}

func methods() []method {
	end, s := day.Add(time.Hour), Search{Type: "Page", Match: "Start"}
	const in = "2023-12-31T23%3A00%3A00/2024-01-01T00%3A00%3A00"
	return []method{
		{"L1", func(x context.Context, c *Client) error { return only(c.Accounts(x)) }, "GET leads/clients"},
		{"L2", func(x context.Context, c *Client) error { return only(c.Account(x)) }, "GET leads/clients/C"},
		{"L3", func(x context.Context, c *Client) error { return only(c.TypeCounts(x)) }, "GET leads/client/C/leads/types"},
		{"L4", func(x context.Context, c *Client) error { return only(c.Company(x, "L/1")) }, "GET leads/client/C/company/L%2F1"},
		{"L5", func(x context.Context, c *Client) error { return only(c.Latest(x, 60, 5)) }, "GET leads/client/C/latestleads/60/5"},
		{"L6", func(x context.Context, c *Client) error { return walked(c.Leads(x, "lead", day, end)) }, "GET leads/client/C/leads/lead/" + in + "/1/100"},
		{"L7", func(x context.Context, c *Client) error { return walked(c.SearchLeads(x, "lead", day, end, s)) }, "POST leads/client/C/leads/lead/search/" + in + `/1/100 {"searchType":"Page","matchType":"Start"}`},
		{"L8", func(x context.Context, c *Client) error {
			return walked(c.SearchTypes(x, []string{"lead", "isp"}, day, end, Search{}))
		}, "POST leads/client/C/leads/search/lead,isp/1/100?endDate=2024-01-01T00%3A00%3A00&startDate=2023-12-31T23%3A00%3A00 {}"},
		{"L9", func(x context.Context, c *Client) error { return only(c.Lead(x, "L1")) }, "GET leads/client/C/lead/L1"},
		{"L10", func(x context.Context, c *Client) error { return only(c.CreatePURL(x)) }, "POST leads/client/C/purl/create"},
		{"L11", func(x context.Context, c *Client) error { return only(c.TrackedLinks(x, 50)) }, "GET leads/client/C/trackedlinks/50"},
		{"L12", func(x context.Context, c *Client) error { return only(c.MarkProcessed(x, "P")) }, "GET leads/client/C/trackedlinks/markprocessed/P"},
		{"L13", func(x context.Context, c *Client) error { return only(c.PeoplePerDay(x, day)) }, "GET leads/client/C/analytics/contactsdailyconnections?startDate=2023-12-31T23%3A00%3A00"},
		{"L14", func(x context.Context, c *Client) error { return only(c.CompaniesPerDay(x, day)) }, "GET leads/client/C/analytics/companydailyconnections?startDate=2023-12-31T23%3A00%3A00"},
		{"L15", func(x context.Context, c *Client) error { return only(c.LeadTypes(x)) }, "GET leads/settings/leadtypes"},
		{"L16", func(x context.Context, c *Client) error { return only(c.LeadTypeNames(x)) }, "GET leads/settings/leadtypenames/C"},
	}
}

// wire answers requests for tokens well and all others alike.
type wire struct {
	status int
	body   string
	first  string
	asked  int
	tokens []string                  // the grants that were asked for
	token  func(grant string) string // the answer to one; nil is a good one
	auth   []string                  // the tokens that were shown
	refuse string                    // a token that is answered with 401
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
	if r.URL.Path == "/core/connect/token" {
		body, _ := io.ReadAll(r.Body)
		id, secret, _ := r.BasicAuth()
		w.tokens = append(w.tokens, id+":"+secret+" "+string(body))
		if w.token != nil {
			text := w.token(string(body))
			return answer(map[bool]int{true: 400, false: 200}[strings.Contains(text, `"error"`)], text)
		}
		return answer(200, fmt.Sprintf(`{"access_token":"T%d","expires_in":3600,"refresh_token":"R%d"}`, len(w.tokens), len(w.tokens)))
	}
	if w.asked++; w.asked == 1 {
		w.first = r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/")
		if r.Body != nil {
			body, _ := io.ReadAll(r.Body)
			w.first += " " + string(body)
		}
		w.first = strings.TrimSpace(w.first)
	}
	w.auth = append(w.auth, r.Header.Get("Authorization")+" v"+r.Header.Get("Api-Version"))
	if w.refuse != "" && r.Header.Get("Authorization") == "Bearer "+w.refuse {
		return answer(401, `{"message":"Authorization has been denied for this request."}`)
	}
	return answer(w.status, w.body)
}

func (w *wire) client(t testing.TB, now func() time.Time) *Client {
	t.Helper()
	c, err := New(Config{ID: "id", Secret: "s&s", User: "u", Password: "p&p", ClientID: "C", HTTP: &http.Client{Transport: w}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryMethodMakesItsRequest(t *testing.T) {
	for _, m := range methods() {
		w := &wire{status: 200, body: "{}"}
		_ = m.call(t.Context(), w.client(t, nil)) // {} is no answer to most
		if w.first != m.want {
			t.Errorf("%s asked\n%s, want\n%s", m.name, w.first, m.want)
		}
		if w.asked == 0 || w.auth[0] != "Bearer T1 v2" {
			t.Errorf("%s: %v", m.name, w.auth)
		}
	}
}

// Whatever comes back, every method ends, without a panic, with a kind that is not
// "a bug of ours".
func FuzzEveryMethod(f *testing.F) {
	for _, body := range []string{"", "null", "[]", "{}", "true", "[null]", "[1]", `"x"`, "<html>", `{"a":`, `{"data":[{}],"hasNextPage":true}`,
		`{"data":{},"hasNextPage":"yes"}`, `{"id":"L","totalScore":"many"}`, `{"processId":null,"trackedLinks":[{"linkId":"x"}]}`,
		`{"message":"m","modelState":{"a.b":["x"]}}`, `{"modelState":[1]}`, `{"Lead":{"show":1},"lead":[]}`, `[{"date":"soon","rate":1,"year":99999999999}]`} {
		f.Add(200, body)
		f.Add(400, body)
		f.Add(404, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		for _, m := range methods() {
			w := &wire{status: status, body: body}
			if err := m.call(t.Context(), w.client(t, nil)); fault.Of(err) == fault.Broken {
				t.Fatalf("%s: %d %q: %v", m.name, status, body, err)
			}
			if w.asked > 3 {
				t.Fatalf("%s: %d %q: %d requests", m.name, status, body, w.asked)
			}
		}
	})
}

func FuzzToken(f *testing.F) {
	for _, body := range []string{"", "{}", "<html>", `{"access_token":"a","expires_in":"3600"}`, `{"access_token":7,"expires_in":-1}`, `{"error":"invalid_grant"}`, `{"access_token":"a","expires_in":1e300}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := &wire{status: 200, body: "[]", token: func(string) string { return body }}
		if err := only(w.client(t, nil).Accounts(t.Context())); fault.Of(err) == fault.Broken || err == nil && !json.Valid([]byte(body)) {
			t.Fatalf("%q: %v", body, err)
		}
	})
}

func TestTokensAreKeptRenewedAndReplaced(t *testing.T) {
	now := day
	w := &wire{status: 200, body: "[]"}
	c := w.client(t, func() time.Time { return now })
	ask := func() {
		t.Helper()
		if _, err := c.Accounts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	now = now.Add(58 * time.Minute)
	ask()
	now = now.Add(time.Minute) // one minute before its end
	ask()
	w.refuse = "T2"
	ask()
	want := []string{
		"id:s&s grant_type=password&password=p%26p&scope=openid+GatorLeadsApi+offline_access&username=u",
		"id:s&s grant_type=refresh_token&refresh_token=R1",
		"id:s&s grant_type=refresh_token&refresh_token=R2",
	}
	if got := strings.Join(w.tokens, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s", got)
	}
	if got := strings.Join(w.auth, " "); got != "Bearer T1 v2 Bearer T1 v2 Bearer T2 v2 Bearer T2 v2 Bearer T3 v2" {
		t.Errorf("got %s", got)
	}
}

func TestARefreshTokenThatIsRefusedGivesWayToThePassword(t *testing.T) {
	now := day
	w := &wire{status: 200, body: "[]", token: func(form string) string {
		if strings.Contains(form, "refresh_token=") {
			return `{"error":"invalid_grant"}`
		}
		return `{"access_token":"P","expires_in":3600,"refresh_token":"R"}`
	}}
	c := w.client(t, func() time.Time { return now })
	for range 2 {
		if _, err := c.Accounts(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * time.Hour)
	}
	if len(w.tokens) != 3 || !strings.Contains(w.tokens[2], "grant_type=password") {
		t.Errorf("got %q", w.tokens)
	}
	w.token = func(string) string { return `{"error":"invalid_client"}` }
	if _, err := c.Accounts(t.Context()); !errors.Is(err, fault.Denied) || fault.As(err).Code != "invalid_client" || strings.Contains(err.Error(), "p&p") {
		t.Errorf("got %v", err)
	}
}

func TestBothSpellings(t *testing.T) {
	for name, body := range map[string]string{
		"schema":  `{"id":"L","last7DayScore":7,"last30DaysScore":30,"yesturdayScore":2,"contact":{"companyId":"c","firstName":"J","lastName":"V"}}`,
		"example": `{"id":"L","last7DaysScore":"7","last30DaysScore":30.0,"yesterdayScore":2,"contact":{"companyid":"c","firstName":"J","lastname":"V"},"company":null,"lastVisit":"0001-01-01T00:00:00"}`,
	} {
		l, err := (&wire{status: 200, body: body}).client(t, nil).Lead(t.Context(), "L")
		if err != nil || l.Score7Days != 7 || l.Score30Days != 30 || l.ScoreYesterday != 2 || l.Person == nil || *l.Person != (Person{"c", "J", "V", ""}) || !l.LastVisit.IsZero() {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
	}{
		{400, `{"message":"The request is invalid.","modelState":{"search.utm":["jan@example.com"]}}`, fault.NotValid},
		{401, "", fault.Denied}, {403, "", fault.Denied}, {404, `{"message":"no"}`, fault.NotFound}, {404, "<html>", fault.Garbled},
		{429, "", fault.Busy}, {500, "", fault.Uncertain}, {302, "", fault.Garbled}, {200, "<html>", fault.Garbled}, {200, "", fault.Garbled}, {418, "", fault.NotValid},
	} {
		_, err := (&wire{status: c.status, body: c.body}).client(t, nil).Lead(t.Context(), "L")
		if fault.Of(err) != c.kind || strings.Contains(fmt.Sprint(err), "jan@") {
			t.Errorf("%d %q: %v", c.status, c.body, err)
		}
		if c.status == 400 && !strings.HasSuffix(err.Error(), "; wrong: search.utm") {
			t.Errorf("got %v", err)
		}
	}
}
