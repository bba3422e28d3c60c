package spotlersim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/spotlersim"
)

func vectors(t *testing.T) *spotlersim.Sim {
	t.Helper()
	sim, err := spotlersim.New(spotlersim.Config{Now: newClock(begin).now,
		Accounts: []spotlersim.Account{{Key: demoKey, Secret: demoSecret}}})
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

const (
	prod   = "https://restapi.mailplus.nl/integrationservice-1.1.0"
	common = `oauth_consumer_key="ck-demo", oauth_nonce="0123456789abcdef", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1704067200", oauth_version="1.0"`
	v1     = "uwBCie72MTHLTB/Iqo3IrllDnEQ="
)

// The vectors of the reference, and the ways in which clients write them.
func TestSignatureVectors(t *testing.T) {
	updates := "/contact/updates/list?fromDate=2024-01-01T00%3A00%3A00%2B01%3A00&toDate=2024-01-01T00%3A15%3A00%2B01%3A00&after=0&pageSize=1000"
	query := "?oauth_consumer_key=ck-demo&oauth_nonce=0123456789abcdef&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1704067200&oauth_version=1.0&oauth_signature=uwBCie72MTHLTB%2FIqo3IrllDnEQ%3D"
	cases := []struct {
		name, method, url, header, body string
		status                          int
	}{
		{"V1", "GET", prod + "/contact/properties/list", common + `, oauth_signature="uwBCie72MTHLTB%2FIqo3IrllDnEQ%3D"`, "", 200},
		{"V1 raw signature", "GET", prod + "/contact/properties/list", common + `, oauth_signature="` + v1 + `"`, "", 200},
		{"V1 tight", "GET", prod + "/contact/properties/list", strings.ReplaceAll(common, ", ", ",") + `,oauth_signature="` + v1 + `"`, "", 200},
		{"V1 signature first, realm", "GET", prod + "/contact/properties/list", `realm="x, y", oauth_signature="` + v1 + `", ` + common, "", 200},
		{"V1 explicit port", "GET", strings.Replace(prod, ".nl/", ".nl:443/", 1) + "/contact/properties/list", common + `, oauth_signature="` + v1 + `"`, "", 200},
		{"V1 upper host", "GET", strings.Replace(prod, "restapi", "RESTAPI", 1) + "/contact/properties/list", common + `, oauth_signature="` + v1 + `"`, "", 200},
		{"V1 in the query", "GET", prod + "/contact/properties/list" + query, "", "", 200},
		{"V2", "GET", prod + updates, common + `, oauth_signature="y1N6%2BI7gmzCZKmol5SrzAIkYQt8%3D"`, "", 200},
		{"V2 raw signature", "GET", prod + updates, common + `, oauth_signature="y1N6+I7gmzCZKmol5SrzAIkYQt8="`, "", 200},
		{"V3", "POST", prod + "/contact", common + `, oauth_signature="c1ldyRCrjq6OY3VXUtzsP0sIkqI%3D"`,
			`{"update":true,"contact":{"externalId":"a","properties":{"email":"a@b.example"}}}`, 204},
		{"another path", "GET", prod + "/contact/x", common + `, oauth_signature="` + v1 + `"`, "", 401},
		{"another method", "POST", prod + "/contact/properties/list", common + `, oauth_signature="` + v1 + `"`, "{}", 401},
		{"no signature", "GET", prod + "/contact/properties/list", common, "", 401},
		{"doubled parameter", "GET", prod + "/contact/properties/list", common + `, oauth_nonce="2", oauth_signature="` + v1 + `"`, "", 401},
		{"nothing", "GET", prod + "/contact/properties/list", "", "", 401},
		{"unquoted end", "GET", prod + "/contact/properties/list", common + `, oauth_signature="`, "", 401},
	}
	for _, c := range cases {
		r := httptest.NewRequest(c.method, c.url, strings.NewReader(c.body))
		if c.header != "" {
			r.Header.Set("Authorization", "OAuth "+c.header)
		}
		w := httptest.NewRecorder()
		vectors(t).Handler().ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, w.Code, w.Body, c.status)
		}
	}
}

func TestAuthenticationRefused(t *testing.T) {
	s := start(t)
	repeated := s.request("GET", "/contact/properties/list", "")
	if status, _ := s.send(repeated); status != 200 {
		t.Fatal(status)
	}
	if status, body := s.send(repeated.Clone(t.Context())); status != 401 || !strings.Contains(body, "NOT_AUTHORIZED") {
		t.Errorf("the same nonce again: %d %s", status, body)
	}
	s.assume(`{"nonce_replay":false}`)
	if status, _ := s.send(repeated.Clone(t.Context())); status != 200 {
		t.Errorf("without the check: %d", status)
	}
	early := s.request("GET", "/contact/properties/list", "")
	s.add(301 * time.Second)
	if status, _ := s.send(early); status != 401 {
		t.Errorf("old timestamp: %d", status)
	}
	s.assume(`{"clock_skew":0}`)
	if status, _ := s.send(early.Clone(t.Context())); status != 200 {
		t.Errorf("without the check: %d", status)
	}
	s.secret = "wrong"
	s.refused(401, "NOT_AUTHORIZED", "GET", "/contact/properties/list", "")
	s.key = "unknown"
	s.refused(401, "AUTH_NOT_FOUND", "GET", "/contact/properties/list", "")
	s.assume(`{"auth_status":403}`)
	s.refused(403, "AUTH_NOT_FOUND", "GET", "/contact/properties/list", "")
}

// An id may hold anything; it is signed as it is written on the wire.
func TestSignedOddities(t *testing.T) {
	s := start(t)
	for _, id := range []string{"a b", "a/b", "ä+ö", "100%", "a&b=c", "{6f0c}", "."} {
		s.want(204, "POST", "/contact", `{"update":true,"contact":{"externalId":`+quote(id)+`,"properties":{"email":"n`+
			strings.Map(func(r rune) rune {
				if r < 'a' || r > 'z' {
					return 'x'
				}
				return r
			}, id)+`@b.example"}}}`)
	}
	if got := s.get("a/b").ExternalID; got == "" {
		t.Error("an id with a slash was not found")
	}
	s.want(200, "GET", "/contact/search?MPSearchQuery=email%3Dnaxb@b.example&pageSize=1", "")
	s.want(200, "GET", "/contact/search?pageSize=1&MPSearchQuery=email=naxb@b.example", "")
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

func FuzzAuthorization(f *testing.F) {
	f.Add(`OAuth `+common, "a=b")
	f.Add(`OAuth realm="x",oauth_signature="`, "%")
	f.Add(`Bearer x`, "")
	sim, err := spotlersim.New(spotlersim.Config{Accounts: []spotlersim.Account{{Key: demoKey, Secret: demoSecret}}})
	if err != nil {
		f.Fatal(err)
	}
	h := sim.Handler()
	f.Fuzz(func(t *testing.T, header, query string) {
		r := httptest.NewRequest("GET", prod+"/contact/properties/list", http.NoBody)
		r.Header.Set("Authorization", header)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 401 {
			t.Errorf("%q %q: %d", header, query, w.Code)
		}
	})
}
