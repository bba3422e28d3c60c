package spotlersim_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the API's signature method
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

// The account of every test, unless it says otherwise.
const demoKey, demoSecret = "ck-demo", "s3cr&t"

var begin = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time        { return time.UnixMilli(c.at.Load()).UTC() }
func (c *clock) add(d time.Duration)   { c.at.Add(d.Milliseconds()) }
func newClock(at time.Time) (c *clock) { c = new(clock); c.at.Store(at.UnixMilli()); return c }

// rig is a simulator on a real port with a client that signs.
type rig struct {
	testing.TB
	*clock
	sim         *spotlersim.Sim
	url         string
	key, secret string
	base        string
	nonce       atomic.Int64
}

func start(t testing.TB, accounts ...spotlersim.Account) *rig {
	t.Helper()
	if len(accounts) == 0 {
		accounts = []spotlersim.Account{{Name: "demo", Key: demoKey, Secret: demoSecret}}
	}
	c := newClock(begin)
	sim, err := spotlersim.New(spotlersim.Config{Seed: 7, Accounts: accounts, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(sim.Handler())
	server.Config.ConnState = sim.ConnState
	server.Start()
	t.Cleanup(server.Close)
	return &rig{TB: t, clock: c, sim: sim, url: server.URL, key: accounts[0].Key, secret: accounts[0].Secret, base: spotlersim.BaseCurrent}
}

// assume changes one assumption.
func (s *rig) assume(change string) {
	s.Helper()
	if status, body := s.control("PUT", "/control/assumptions", change); status != 200 {
		s.Fatalf("assumptions: %d %s", status, body)
	}
}

func (s *rig) control(method, path, body string) (int, string) {
	s.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	return s.send(req)
}

func (s *rig) send(req *http.Request) (int, string) {
	s.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	if resp.StatusCode >= 400 && resp.StatusCode != 410 && !strings.HasPrefix(req.URL.Path, "/control") {
		if ct := resp.Header.Get("Content-Type"); ct != "application/json" {
			s.Errorf("error with content type %q", ct)
		}
	}
	return resp.StatusCode, string(b)
}

// request builds a signed call below the base.
func (s *rig) request(method, path, body string) *http.Request {
	s.Helper()
	req, err := http.NewRequest(method, s.url+s.base+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	params := s.oauth()
	params["oauth_signature"] = signature(req, s.secret, params)
	var parts []string
	for k, v := range params {
		parts = append(parts, fmt.Sprintf(`%s="%s"`, k, escape(v)))
	}
	req.Header.Set("Authorization", "OAuth "+strings.Join(parts, ", "))
	return req
}

func (s *rig) oauth() map[string]string {
	return map[string]string{
		"oauth_consumer_key": s.key, "oauth_nonce": strconv.FormatInt(s.nonce.Add(1), 10), "oauth_signature_method": "HMAC-SHA1",
		"oauth_timestamp": strconv.FormatInt(s.now().Unix(), 10), "oauth_version": "1.0",
	}
}

func (s *rig) call(method, path, body string) (int, string) {
	s.Helper()
	return s.send(s.request(method, path, body))
}

// want calls and demands a status; it returns the answer.
func (s *rig) want(status int, method, path, body string) string {
	s.Helper()
	got, answer := s.call(method, path, body)
	if got != status {
		s.Errorf("%s %s %s: %d %s, want %d", method, path, body, got, answer, status)
	}
	return answer
}

// refused calls and demands an error answer.
func (s *rig) refused(status int, kind, method, path, body string) {
	s.Helper()
	answer := s.want(status, method, path, body)
	var e map[string]string
	if json.Unmarshal([]byte(answer), &e) != nil || e["errorType"] != kind || e["message"] == "" {
		s.Errorf("%s %s %s: %s, want %s", method, path, body, answer, kind)
	}
}

// person is a contact as a client reads it.
type person struct {
	ExternalID  string         `json:"externalId"`
	EncryptedID string         `json:"encryptedId"`
	Created     any            `json:"created"`
	LastChanged any            `json:"lastChanged"`
	TestGroup   bool           `json:"testGroup"`
	Properties  map[string]any `json:"properties"`
	Channels    []struct {
		Name  string
		Value bool
	} `json:"channels"`
}

func (s *rig) get(id string) person {
	s.Helper()
	var p person
	decode(s, s.want(200, "GET", "/contact/"+url.PathEscape(id), ""), &p)
	return p
}

// on lists the bits of a set that are enabled.
func (p person) on(set string) []int {
	out := []int{}
	options, _ := p.Properties[set].([]any)
	for _, o := range options {
		if m := o.(map[string]any); m["enabled"] == true {
			out = append(out, int(m["bit"].(float64)))
		}
	}
	return out
}

func decode(t testing.TB, text string, v any) {
	t.Helper()
	if err := json.NewDecoder(bytes.NewBufferString(text)).Decode(v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// signature is an independent signer: RFC 5849 through net/url.
func signature(req *http.Request, secret string, params map[string]string) string {
	var pairs []string
	for k, v := range params {
		pairs = append(pairs, escape(k)+"="+escape(v))
	}
	for k, vs := range req.URL.Query() {
		for _, v := range vs {
			pairs = append(pairs, escape(k)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	u := *req.URL
	u.RawQuery, u.ForceQuery = "", false
	base := req.Method + "&" + escape(u.String()) + "&" + escape(strings.Join(pairs, "&"))
	h := hmac.New(sha1.New, []byte(escape(secret)+"&"))
	h.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
