package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/spotler"
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

// Against an account that has the published contract only, what is missing is what
// we assume, and all of it.
func TestProbeNamesExactlyWhatIsAssumed(t *testing.T) {
	s, err := sandbox.Start(sandbox.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.SpotlerURL+"/control/assumptions", strings.NewReader(`{"contract_2022":true}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the sandbox did not take the switch: %v", err)
	}
	_ = resp.Body.Close()
	var out, errw bytes.Buffer
	code := run(t.Context(), []string{"probe", "--url", s.SpotlerURL + sandbox.SpotlerBasePath, "--key", sandbox.SpotlerKey, "--json"}, []string{probeSecretEnviron + "=" + sandbox.SpotlerSecret}, &out, &errw)
	var p probed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil || code != exitFailed {
		t.Fatalf("exit %d, %v: %s", code, err, errw.String())
	}
	var got, want []string
	for _, m := range p.Missing {
		got = append(got, m.Name)
	}
	for _, a := range spotler.Assumptions() {
		if strings.Contains(a.Value, " ") { // a verb and a path, not a form of words
			want = append(want, a.Name)
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) || len(p.Unknown) != 0 || len(p.Problems) != 0 || p.Listed != 65 {
		t.Errorf("missing %v\nwant %v\nunknown %v, problems %v, %d listed", got, want, p.Unknown, p.Problems, p.Listed)
	}
}
