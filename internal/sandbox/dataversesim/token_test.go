package dataversesim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestToken(t *testing.T) {
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, ClientID: "app", ClientSecret: "hush", TenantID: "tenant", Now: func() time.Time { return now }})
	form := func(change ...string) string {
		v := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"hush"}, "scope": {o.http.URL + "/.default"}}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v.Encode()
	}
	const urlencoded = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		name, path, kind, body string
		status                 int
		says                   string
	}{
		{"wrong content type", "tenant", "application/json", `{}`, 400, "invalid_request"},
		{"wrong scope", "tenant", urlencoded, form("scope", "https://elsewhere.example/.default"), 400, "AADSTS70011"},
		{"scope without default", "tenant", urlencoded, form("scope", o.http.URL), 400, "AADSTS70011"},
		{"wrong secret", "tenant", urlencoded, form("client_secret", "shout"), 401, "AADSTS7000215"},
		{"wrong client", "tenant", urlencoded, form("client_id", "other"), 400, "AADSTS700016"},
		{"wrong grant", "tenant", urlencoded, form("grant_type", "password"), 400, "unsupported_grant_type"},
		{"wrong tenant", "elsewhere", urlencoded, form(), 400, "AADSTS90002"},
	} {
		r := o.must(c.status, "POST", "/"+c.path+"/oauth2/v2.0/token", c.body, "Content-Type", c.kind)
		if !strings.Contains(r.body, c.says) {
			t.Errorf("%s: %s", c.name, r.body)
		}
	}
	for _, kind := range []string{"", "Bearer nonsense", "Basic x"} {
		if r := o.must(401, "GET", "WhoAmI", "", "Authorization", kind); !strings.Contains(r.header.Get("WWW-Authenticate"), "authorization_uri") {
			t.Errorf("headers %v", r.header)
		}
	}
	take := func() string {
		r := o.must(200, "POST", "/tenant/oauth2/v2.0/token", form(), "Content-Type", urlencoded)
		return "Bearer " + r.json(t)["access_token"].(string)
	}
	bearer := take()
	o.must(200, "GET", "WhoAmI", "", "Authorization", bearer)
	now = now.Add(time.Hour)
	o.must(401, "GET", "WhoAmI", "", "Authorization", bearer)
	bearer = take()
	o.must(204, "POST", "/control/tokens/expire", "")
	o.must(401, "GET", "WhoAmI", "", "Authorization", bearer)
}
