package dataversesim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// org is a simulated organisation on a real port.
type org struct {
	t    *testing.T
	sim  *Sim
	http *httptest.Server
}

func newOrg(t *testing.T, cfg Config) *org {
	t.Helper()
	sim := New(cfg)
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		srv.Close()
		sim.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return &org{t, sim, srv}
}

// reply is an answer with its body read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		t.Fatalf("%v in %q", err, r.body)
	}
	return out
}

// code is the code of a Web API error.
func (r reply) code() string {
	var out struct{ Error struct{ Code string } }
	_ = json.Unmarshal([]byte(r.body), &out)
	return out.Error.Code
}

// call sends a request; path is relative to the Web API unless it starts with a slash.
func (o *org) call(method, path, body string, headers ...string) reply {
	o.t.Helper()
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "http") {
		path = "/api/data/v9.2/" + path
	}
	if !strings.HasPrefix(path, "http") {
		path = o.http.URL + path
	}
	req, err := http.NewRequest(method, path, bytes.NewReader([]byte(body)))
	if err != nil {
		o.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

// must is call with the status that it must have.
func (o *org) must(status int, method, path, body string, headers ...string) reply {
	o.t.Helper()
	r := o.call(method, path, body, headers...)
	if r.status != status {
		o.t.Fatalf("%s %s: %d, want %d: %s", method, path, r.status, status, r.body)
	}
	return r
}

const (
	ann   = "11111111-1111-4111-8111-111111111111"
	bob   = "22222222-2222-4222-8222-222222222222"
	acme  = "33333333-3333-4333-8333-333333333333"
	other = "44444444-4444-4444-8444-444444444444"
)

func TestRows(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	made := o.must(204, "PATCH", "contacts("+ann+")", `{"firstname":"Ann","lastname":"Bee","emailaddress1":"ann@example.org"}`)
	if want := o.http.URL + "/api/data/v9.2/contacts(" + ann + ")"; made.header.Get("OData-EntityId") != want {
		t.Errorf("OData-EntityId %q, want %q", made.header.Get("OData-EntityId"), want)
	}
	got := o.must(200, "GET", "contacts("+ann+")?$select=fullname", "").json(t)
	if got["fullname"] != "Ann Bee" || got["contactid"] != ann {
		t.Errorf("got %v", got)
	}
}
