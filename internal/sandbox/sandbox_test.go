package sandbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/spotler-connector/connector/internal/sandbox"
)

// All three remotes answer at addresses of their own, with the credentials that
// the sandbox names, and nothing is left when it is closed.
func TestStart(t *testing.T) {
	defer goleak.VerifyNone(t)
	defer http.DefaultClient.CloseIdleConnections()
	s, err := sandbox.Start(sandbox.Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, at := range []string{s.DataverseURL, s.SpotlerURL, s.LeadsURL} {
		if status := do(t, "GET", at+"/control/counters", "", nil); status != http.StatusOK {
			t.Errorf("%s: %d", at, status)
		}
	}
	form := url.Values{"grant_type": {"password"}, "username": {sandbox.LeadsUser}, "password": {sandbox.LeadsPassword}, "scope": {"GatorLeadsApi"}}.Encode()
	var token struct {
		Access string `json:"access_token"`
	}
	if status := do(t, "POST", s.LeadsTokenURL(), form, &token); status != http.StatusOK || token.Access == "" {
		t.Fatalf("token: %d", status)
	}
	var site []struct {
		ID        string
		Companies []struct{ Domain string }
	}
	do(t, "GET", s.LeadsURL+"/control/site", "", &site)
	if len(site) != 1 || site[0].ID != sandbox.LeadsID || len(site[0].Companies) == 0 {
		t.Errorf("site %+v", site)
	}
}

func do(t *testing.T, method, at, form string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, at, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(sandbox.LeadsClient, sandbox.LeadsSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

// The organisation comes back from its file; a file that is none stops the start.
func TestDataverseFile(t *testing.T) {
	defer goleak.VerifyNone(t)
	defer http.DefaultClient.CloseIdleConnections()
	file := filepath.Join(t.TempDir(), "org.gz")
	start := func() *sandbox.Sandbox {
		s, err := sandbox.Start(sandbox.Options{Seed: 3, DataverseFile: file})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := start()
	if status := do(t, "POST", s.DataverseURL+"/control/rows/contacts", `[{"contactid":"11111111-1111-4111-8111-111111111111","lastname":"Bee"}]`, nil); status != http.StatusOK {
		t.Fatal(status)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start()
	var rows []struct{ Lastname string }
	do(t, "GET", again.DataverseURL+"/control/rows/contacts", "", &rows)
	http.DefaultClient.CloseIdleConnections()
	if err := again.Close(); err != nil || len(rows) != 1 || rows[0].Lastname != "Bee" {
		t.Error(rows, err)
	}
	if err := os.WriteFile(file, []byte("no snapshot"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := sandbox.Start(sandbox.Options{Seed: 3, DataverseFile: file}); err == nil || !strings.Contains(err.Error(), "not a snapshot") {
		t.Error(s, err)
	}
}
