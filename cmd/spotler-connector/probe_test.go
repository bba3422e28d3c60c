package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// account serves a field and a listing with one call that looks like ours.
func probedAccount(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range map[string]string{
		"GET /integrationservice-1.1.0/contact/properties/list": `[{"name":"email","type":"email"},{"name":"shade","type":"colour"}]`,
		"GET /integrationservice/api-docs":                      `{"swaggerVersion":"1.2","apis":[{"path":"/automation"}]}`,
		"GET /integrationservice/api-docs/automation":           `{"apis":[{"path":"/automation/all","operations":[{"method":"GET"}]},{"path":"/automation/trigger/{code}","operations":[{"method":"POST"}]}]}`,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Authorization"), `oauth_consumer_key="k"`) {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/integrationservice-1.1.0"
}

func TestProbe(t *testing.T) {
	url := probedAccount(t)
	secret := []string{probeSecretEnviron + "=s"}
	var out, errw bytes.Buffer
	if code := run(t.Context(), []string{"probe", "--url", url, "--key", "k", "--json"}, secret, &out, &errw); code != exitFailed {
		t.Fatalf("exit %d: %s", code, errw.String())
	}
	var p probed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Listed != 2 || p.Properties != 2 || len(p.Unknown) != 1 || len(p.Problems) != 1 || p.Problems[0].Property != "shade" || p.Overrides["automation.list"] != "GET automation/all" {
		t.Errorf("got %+v", p)
	}
	out.Reset()
	if code := run(t.Context(), []string{"probe", "--url", url, "--key", "k"}, secret, &out, &errw); code != exitFailed {
		t.Fatalf("exit %d: %s", code, errw.String())
	}
	for _, line := range []string{"The account lists 2 calls and has 2 fields.", "  spotler:\n    overrides:\n", "      automation.list: GET automation/all\n", "  shade: its type colour is not known"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
	for name, c := range map[string]struct {
		args, environ []string
		code          int
	}{
		"another key": {[]string{"probe", "--url", url, "--key", "other"}, secret, exitDenied},
		"no secret":   {[]string{"probe", "--url", url, "--key", "k"}, nil, exitUsage},
		"no settings": {[]string{"probe"}, nil, exitUsage},
	} {
		if code := run(t.Context(), c.args, c.environ, io.Discard, io.Discard); code != c.code {
			t.Errorf("%s: exit %d, want %d", name, code, c.code)
		}
	}
}
