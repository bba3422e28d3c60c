package leadssim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/leadssim"
)

var begin = time.Date(2024, 3, 6, 12, 0, 0, 0, time.UTC)

// rig is a simulator on a real port with a client that signs in.
type rig struct {
	testing.TB
	sim     *leadssim.Sim
	url     string
	now     atomic.Int64
	token   string
	version string
}

func start(t testing.TB) *rig {
	t.Helper()
	s := &rig{TB: t, version: "2"}
	s.now.Store(begin.Unix())
	sim, err := leadssim.New(leadssim.Config{
		Seed: 5, Client: leadssim.Credentials{Name: "app", Secret: "app-secret"}, User: leadssim.Credentials{Name: "user", Secret: "pass"},
		Companies: 6, Now: func() time.Time { return time.Unix(s.now.Load(), 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(sim.Handler())
	server.Config.ConnState = sim.ConnState
	server.Start()
	t.Cleanup(server.Close)
	s.sim, s.url = sim, server.URL
	return s
}

// grant asks for a token as a form says.
func (s *rig) grant(form string) (int, map[string]any) {
	s.Helper()
	req, _ := http.NewRequest("POST", s.url+leadssim.TokenPath, strings.NewReader(form))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("app", "app-secret")
	status, text := s.send(req)
	var out map[string]any
	s.decode(text, &out)
	return status, out
}

// signIn gets a token by password.
func (s *rig) signIn() string {
	s.Helper()
	status, out := s.grant(url.Values{"grant_type": {"password"}, "username": {"user"}, "password": {"pass"}, "scope": {"openid GatorLeadsApi offline_access"}}.Encode())
	if status != 200 || out["token_type"] != "Bearer" || out["expires_in"] != 3600.0 {
		s.Fatalf("token: %d %v", status, out)
	}
	s.token = out["access_token"].(string)
	return out["refresh_token"].(string)
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
	return resp.StatusCode, string(b)
}

func (s *rig) decode(text string, into any) {
	s.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		s.Fatalf("%s: %v", text, err)
	}
}

// call calls the API; {c} in the path is the client.
func (s *rig) call(method, path, body string) (int, string) {
	s.Helper()
	req, err := http.NewRequest(method, s.url+strings.ReplaceAll(path, "{c}", "/leads/client/"+s.sim.LeadsID()), strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if s.version != "" {
		req.Header.Set("api-version", s.version)
	}
	return s.send(req)
}

// want calls, demands a status and decodes the answer.
func (s *rig) want(status int, method, path, body string, into any) string {
	s.Helper()
	got, text := s.call(method, path, body)
	if got != status {
		s.Fatalf("%s %s: %d %s, want %d", method, path, got, text, status)
	}
	if into != nil {
		s.decode(text, into)
	}
	return text
}

func (s *rig) control(status int, method, path, body string, into any) {
	s.Helper()
	req, _ := http.NewRequest(method, s.url+"/control/"+path, strings.NewReader(body))
	got, text := s.send(req)
	if got != status {
		s.Fatalf("%s %s %s: %d %s, want %d", method, path, body, got, text, status)
	}
	if into != nil {
		s.decode(text, into)
	}
}

// visit lets somebody look at pages and returns the lead.
func (s *rig) visit(who, pages string, ago time.Duration) string {
	s.Helper()
	key := "domain"
	if strings.Contains(who, "@") {
		key = "email"
	}
	urls, _ := json.Marshal(strings.Fields(pages))
	var out struct{ Lead string }
	s.control(201, "POST", "visits", fmt.Sprintf(`{%q:%q,"urls":%s,"ago_seconds":%f,"origin":{"campaign":"Spring","medium":"cpc","term":"crm link"}}`, key, who, urls, ago.Seconds()), &out)
	return out.Lead
}
