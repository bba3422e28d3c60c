package spotler

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard is one request as the server saw it.
type heard struct{ method, uri, body, auth, accept, contentType string }

// ear is a server that notes requests and answers with what it is given.
type ear struct {
	mu    sync.Mutex
	heard []heard
}

func (e *ear) all() []heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}

// listen starts a server below /base and a client that speaks to it, signed.
func listen(t testing.TB, answer http.HandlerFunc, paths map[string]string) (*Client, *ear) {
	t.Helper()
	e := &ear{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.heard = append(e.heard, heard{r.Method, r.RequestURI, string(body),
			r.Header.Get("Authorization"), r.Header.Get("Accept"), r.Header.Get("Content-Type")})
		e.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	stack := transport.Stack(base, transport.LimitBody(1<<20), transport.OAuth1{Key: "k", Secret: "s"}.Layer(), transport.Classify())
	c, err := New(Config{Base: s.URL + "/base/", HTTP: &http.Client{Transport: stack}, Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	return c, e
}

// says answers every request alike.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]Config{
		"no address":          {},
		"no scheme":           {Base: "restapi.mailplus.nl"},
		"a password":          {Base: "https://u:p@h/x"},
		"a query":             {Base: "https://h/x?a=b"},
		"another scheme":      {Base: "ftp://h/x"},
		"an unknown path":     {Base: "https://h", Paths: map[string]string{"contact.gett": "GET x/{id}"}},
		"a path without id":   {Base: "https://h", Paths: map[string]string{"contact.inactivate": "PUT contact/inactivate"}},
		"a path without verb": {Base: "https://h", Paths: map[string]string{"contact.inactivate": "contact/{id}"}},
		"a path that climbs":  {Base: "https://h", Paths: map[string]string{"contact.inactivate": "PUT ../{id}"}},
		"a bad status":        {Base: "https://h", Paths: map[string]string{"anonymize.gone": "200,500"}},
		"a bad grammar":       {Base: "https://h", Paths: map[string]string{"search.query": "{property}"}},
	} {
		if _, err := New(c); !errors.Is(err, fault.NotValid) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: the password is repeated", name)
		}
	}
	if _, err := New(Config{Base: "https://h"}); err != nil {
		t.Error(err)
	}
}

// An id is one path segment whatever it holds, and the server gets back the very id.
func TestIDsInPaths(t *testing.T) {
	for id, want := range map[connector.ExternalID]string{
		"6f0c1d9e-0000-4000-8000-000000000001": "/base/contact/6f0c1d9e-0000-4000-8000-000000000001",
		"jan@example.com":                      "/base/contact/jan%40example.com",
		"a/b":                                  "/base/contact/a%2Fb",
		"../templist/x":                        "/base/contact/..%2Ftemplist%2Fx",
		"50% off+1":                            "/base/contact/50%25%20off%2B1",
		"%2F?#&;":                              "/base/contact/%252F%3F%23%26%3B",
		"é":                                    "/base/contact/%C3%A9",
		"properties":                           "/base/contact/properties",
	} {
		var got string
		c, e := listen(t, func(w http.ResponseWriter, r *http.Request) {
			got = strings.TrimPrefix(r.URL.Path, "/base/contact/")
			says(200, `{"externalId":"x"}`)(w, r)
		}, nil)
		if _, err := c.Contact(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if e.all()[0].uri != want || got != string(id) {
			t.Errorf("%q went to %s and was read as %q, want %s", id, e.all()[0].uri, got, want)
		}
	}
	c, e := listen(t, says(204, ""), nil)
	for _, id := range []connector.ExternalID{"", ".", "..", "list", "search"} {
		_, err := c.Contact(t.Context(), id)
		_, err2 := c.Anonymize(t.Context(), id)
		err3 := c.PutContact(t.Context(), id, Contact{}, Write{})
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, fault.NotValid) {
				t.Errorf("id %q: %v", id, err)
			}
		}
	}
	if len(e.all()) != 0 {
		t.Errorf("requests were made: %v", e.all())
	}
}

func TestRequests(t *testing.T) {
	ctx := context.Background()
	from := time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC)
	p := Contact{ExternalID: "a1", Properties: map[string]any{"email": "jan@example.com"}}
	for _, c := range []struct {
		name   string
		answer string
		do     func(*Client) error
		want   heard
	}{
		{"PostContact", "", func(c *Client) error { return c.PostContact(ctx, p, Write{Update: true}) },
			heard{method: "POST", uri: "/base/contact", body: `{"update":true,"purge":false,"contact":{"externalId":"a1","properties":{"email":"jan@example.com"}}}`}},
		{"PutContact", "", func(c *Client) error {
			return c.PutContact(ctx, "a1", Contact{Properties: map[string]any{"x": nil}}, Write{Purge: true})
		},
			heard{method: "PUT", uri: "/base/contact/a1", body: `{"update":false,"purge":true,"contact":{"externalId":"a1","properties":{"x":null}}}`}},
		{"PostContacts", `[]`, func(c *Client) error {
			_, err := c.PostContacts(ctx, []Contact{p, {ExternalID: "b"}}, Write{Update: true})
			return err
		},
			heard{method: "POST", uri: "/base/contact/list", body: `{"update":true,"purge":false,"contacts":[{"externalId":"a1","properties":{"email":"jan@example.com"}},{"externalId":"b","properties":{}}]}`}},
		{"Anonymize", "", func(c *Client) error { _, err := c.Anonymize(ctx, "a1"); return err }, heard{method: "PUT", uri: "/base/contact/anonymize/a1"}},
		{"Inactivate", "", func(c *Client) error { _, err := c.Inactivate(ctx, "a1"); return err }, heard{method: "PUT", uri: "/base/contact/inactivate/a1"}},
		{"Properties", `[{"name":"email","description":"E","type":"email"}]`, func(c *Client) error { _, err := c.Properties(ctx); return err },
			heard{method: "GET", uri: "/base/contact/properties/list"}},
		{"Updates", `[]`, func(c *Client) error { return drain(c.Updates(ctx, from, from.Add(15*time.Minute))) },
			heard{method: "GET", uri: "/base/contact/updates/list?fromDate=2024-01-01T00%3A00%3A00%2B01%3A00&toDate=2024-01-01T00%3A15%3A00%2B01%3A00&after=0&pageSize=1000"}},
		{"Bounces", `[]`, func(c *Client) error { return drain(c.Bounces(ctx, from, from.Add(time.Hour))) },
			heard{method: "GET", uri: "/base/contact/bounces/list?fromDate=2024-01-01T00%3A00%3A00%2B01%3A00&toDate=2024-01-01T01%3A00%3A00%2B01%3A00&after=0&pageSize=1000"}},
		{"Search", `{"contacts":[]}`, func(c *Client) error { return drain(c.Search(ctx, "email", "jan+1&x@example.com")) },
			heard{method: "GET", uri: "/base/contact/search?MPSearchQuery=email%3Djan%2B1%26x%40example.com&after=0&pageSize=1000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status := 200
			if c.answer == "" {
				status = 204
			}
			client, e := listen(t, says(status, c.answer), nil)
			if err := c.do(client); err != nil {
				t.Fatal(err)
			}
			got := e.all()[0]
			if !strings.HasPrefix(got.auth, `OAuth oauth_consumer_key="k"`) || got.accept != "application/json" || got.body != "" && got.contentType != "application/json" {
				t.Errorf("header: %+v", got)
			}
			got.auth, got.accept, got.contentType = "", "", ""
			if got != c.want {
				t.Errorf("sent %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestPathsAreOverridden(t *testing.T) {
	c, e := listen(t, says(204, ""), map[string]string{
		"contact.inactivate": "POST /contacts/{id}/block", "anonymize.gone": "204", "search.query": "{property}:{value}"})
	if status, err := c.Inactivate(t.Context(), "a@b"); status != 204 || err != nil {
		t.Fatal(status, err)
	}
	if got := e.all()[0]; got.method != "POST" || got.uri != "/base/contacts/a%40b/block" {
		t.Errorf("sent %+v", got)
	}
	if drain(c.Search(t.Context(), "a", "b")) == nil || !strings.Contains(e.all()[1].uri, "=a%3Ab&") {
		t.Errorf("sent %+v", e.all()[1])
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	foreign, e := listen(t, says(200, `{"externalId":"x"}`), nil)
	c, _ := listen(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, foreign.base+"/jan", http.StatusFound)
	}, nil)
	if _, err := c.Contact(t.Context(), "a"); !errors.Is(err, fault.Garbled) || fault.As(err).Status != 302 {
		t.Errorf("got %v", err)
	}
	if len(e.all()) != 0 {
		t.Error("a signed request went to a foreign host")
	}
}

// Whatever goes wrong, the address in the path, the query and the body stays ours.
func TestErrorsAreNotPersonal(t *testing.T) {
	broken, _ := listen(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	}, nil)
	short, _ := listen(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"externalId":"jan`)
	}, nil)
	big, _ := listen(t, says(200, `["`+strings.Repeat("jan@example.com", 1<<17)+`"]`), nil)
	junk, _ := listen(t, says(200, `{"contacts":"jan@example.com"`), nil)
	bare, err := New(Config{Base: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		c    *Client
		want fault.Kind
	}{
		"hang-up": {broken, fault.Uncertain}, "short": {short, fault.Uncertain}, "big": {big, fault.Garbled},
		"junk": {junk, fault.Garbled}, "bare client": {bare, fault.Unreachable},
	} {
		_, err := c.c.Contact(t.Context(), "jan@example.com")
		err2 := c.c.PostContact(t.Context(), Contact{ExternalID: "jan@example.com", Properties: map[string]any{"firstName": "Jan"}}, Write{})
		err3 := drain(c.c.Search(t.Context(), "email", "jan@example.com"))
		for _, err := range []error{err, err2, err3} {
			if err == nil || fault.Of(err) != c.want || strings.Contains(strings.ToLower(err.Error()), "jan") {
				t.Errorf("%s: kind %q, want %q: %v", name, fault.Of(err), c.want, err)
			}
		}
	}
}

func TestCancelPassesThrough(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, _ := listen(t, func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }, nil)
	if _, err := c.Contact(ctx, "a"); !errors.Is(err, context.Canceled) || fault.As(err) != nil {
		t.Errorf("got %v", err)
	}
}
