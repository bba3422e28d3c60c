package sandbox_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
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
