package intake

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
)

func TestCallers(t *testing.T) {
	body := contextOf("Update", "contact", ID(1), "")
	stranger := strings.Replace(body, "00aa00aa", "11aa00aa", 1)
	for _, tt := range []struct {
		name, path, secret, body string
		status                   int
		outcome                  Outcome
	}{
		{"new secret", Path + hookID, "blue", body, 202, Accepted},
		{"old secret", Path + hookID, "green", body, 202, Accepted},
		{"secret in the query", Path + hookID + "?code=blue", "", body, 202, Accepted},
		{"no secret", Path + hookID, "", body, 401, Unauthorised},
		{"wrong secret", Path + hookID, "guess", body, 401, Unauthorised},
		{"wrong secret in the query", Path + hookID + "?code=guess", "", body, 401, Unauthorised},
		{"wrong header beside the right query", Path + hookID + "?code=blue", "guess", body, 401, Unauthorised},
		{"no such hook", Path + "nobody", "blue", body, 401, Unauthorised},
		{"no such hook and its stand-in's secret", Path + "nobody", "nobody", body, 401, Unauthorised},
		{"another organisation", Path + hookID, "blue", stranger, 403, Stranger},
		{"not JSON", Path + hookID, "blue", "<html>", 400, NotAnEvent},
		{"nothing", Path + hookID, "blue", "", 400, NotAnEvent},
		{"no context", Path + hookID, "blue", `{"MessageName":"Update"}`, 400, NotAnEvent},
		{"a NUL", Path + hookID, "blue", strings.TrimSuffix(body, "}") + `,"SharedVariables":"\u0000"}`, 400, NotAnEvent},
		{"no row", Path + hookID, "blue", contextOf("Update", "contact", connector.NilRecordID, ""), 400, NotAnEvent},
		{"no identity", Path + hookID, "blue", strings.Replace(body, "OperationId", "Something", 1), 400, NotAnEvent},
		{"too large", Path + hookID, "blue", body + strings.Repeat(" ", MaxBody), 413, TooLarge},
		{"another message", Path + hookID, "blue", contextOf("AddMember", "list", ID(1), ""), 204, Ignored},
		{"another table", Path + hookID, "blue", contextOf("Update", "opportunity", ID(1), ""), 204, Ignored},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := serve(&memory{})
			w := h.post(tt.path, tt.secret, strings.NewReader(tt.body))
			if w.Code != tt.status || h.seen[tt.outcome] != 1 || len(h.seen) != 1 {
				t.Errorf("%d %v %s", w.Code, h.seen, w.Body)
			}
			if tt.status >= 300 {
				problemOf(t, w)
			} else if w.Body.Len() > 0 {
				t.Errorf("an answer nobody reads: %s", w.Body)
			}
			for _, secret := range []string{"guess", "code=", "blue", "green"} {
				if strings.Contains(h.log.String()+w.Body.String(), secret) {
					t.Errorf("%q was repeated: %s %s", secret, h.log, w.Body)
				}
			}
		})
	}
}

func TestUnknownHookLooksLikeAWrongSecret(t *testing.T) {
	h := serve(&memory{})
	a, b := h.post(Path+"nobody", "blue", strings.NewReader("x")), h.post(Path+hookID, "guess", strings.NewReader("x"))
	if a.Code != b.Code || a.Body.String() != b.Body.String() || len(a.Header()) != len(b.Header()) {
		t.Errorf("%d %v %s\n%d %v %s", a.Code, a.Header(), a.Body, b.Code, b.Header(), b.Body)
	}
}

func TestAnEnvironmentWithoutSecretsLetsNobodyIn(t *testing.T) {
	h := New(Options{Store: &memory{}, Environments: func(string) (*Environment, bool) { return &Environment{Name: "acme", Organisation: organisation}, true }})
	for _, secret := range []string{"", "nobody", "blue"} {
		r := httptest.NewRequest(http.MethodPost, Path+hookID, strings.NewReader(contextOf("Update", "contact", ID(1), "")))
		r.Header.Set(SecretHeader, secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%q: %d", secret, w.Code)
		}
	}
}

func TestMethodsAndPaths(t *testing.T) {
	h := serve(&memory{})
	for _, m := range []string{"GET", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(m, Path+hookID, nil))
		if p := problemOf(t, w); p.Status != 405 || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d", m, w.Code)
		}
	}
	for _, path := range []string{"/hooks", Path, Path + "a/b", "/x"} {
		if w := h.post(path, "blue", nil); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	h := serve(&memory{})
	for body, says := range map[string]string{
		`{"jan@example.nl":1}`: "MessageName",
		`{"MessageName":"Update","PrimaryEntityName":"contact","PrimaryEntityId":"jan@example.nl"}`: "PrimaryEntityId",
		contextOf("Update", "contact", "", ""):                                                      "names no row",
	} {
		w := h.post(Path+hookID, "blue", strings.NewReader(body))
		if p := problemOf(t, w); p.Status != 400 || !strings.Contains(p.Detail, says) || strings.Contains(p.Detail, "jan") {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if strings.Contains(h.log.String(), "jan") {
		t.Error("the log repeats the body")
	}
	if n := strings.Count(h.log.String(), "\n"); n != 1 {
		t.Errorf("%d lines for the same trouble", n)
	}
}

func TestBrokenOffBody(t *testing.T) {
	h := serve(&memory{})
	w := h.post(Path+hookID, "blue", &brokenReader{})
	if p := problemOf(t, w); p.Status != 400 || !strings.Contains(p.Detail, "broke off") {
		t.Errorf("%+v", p)
	}
}

type brokenReader struct{ n int }

func (b *brokenReader) Read(p []byte) (int, error) {
	if b.n++; b.n > 2 {
		return 0, errors.New("read tcp 10.0.0.1")
	}
	return copy(p, "{"), nil
}

func TestStoreAway(t *testing.T) {
	m := &memory{away: true}
	h := serve(m)
	w := h.post(Path+hookID, "blue", strings.NewReader(contextOf("Update", "contact", ID(1), "")))
	if p := problemOf(t, w); p.Status != 503 || h.seen[NotStored] != 1 || w.Header().Get("Retry-After") == "" || !strings.Contains(h.log.String(), "no connection") {
		t.Errorf("%+v %v %s", p, h.seen, h.log)
	}
}

func TestRecordedBodies(t *testing.T) {
	want := map[string]int{"update-contact.json": 202, "custom-api.json": 403, "create-account-non-ascii.json": 403}
	for name, body := range fixtures(t) {
		status := want[name]
		if status == 0 {
			status = 403 // all but one are of other organisations
		}
		if w := serve(&memory{}).post(Path+hookID, "blue", strings.NewReader(string(body))); w.Code != status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
