package api_test

import (
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
)

func TestWhoMayEnter(t *testing.T) {
	h := start(t)
	_, shop, err := api.MakeToken(t.Context(), h.store, "shop", "shop", now)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, method, path, token string
		want                      int
	}{
		{"no token", "GET", "/api/v1/status", "", 401},
		{"no token, no such path", "GET", "/api/v1/nothing", "", 401},
		{"a wrong token", "GET", "/api/v1/status", "spotler_connector_x", 401},
		{"a stored digest is no token", "GET", "/api/v1/status", digestOf(t, h), 401},
		{"everything", "GET", "/api/v1/environments/club/jobs", h.admin, 200},
		{"own environment", "GET", "/api/v1/environments/shop/jobs", shop, 200},
		{"another environment", "GET", "/api/v1/environments/club/jobs", shop, 404},
		{"another environment, one job", "GET", "/api/v1/environments/club/jobs/1", shop, 404},
		{"another environment, retry", "POST", "/api/v1/environments/club/jobs/1/retry", shop, 404},
		{"another environment, sync", "POST", "/api/v1/environments/club/sync", shop, 404},
		{"another environment, gate", "POST", "/api/v1/environments/club/gates/spotler/resume", shop, 404},
		{"another environment, fence", "POST", "/api/v1/environments/club/fence/release", shop, 404},
		{"no such environment", "GET", "/api/v1/environments/none/jobs", h.admin, 404},
		{"tokens of others", "GET", "/api/v1/tokens", shop, 403},
		{"make a token", "POST", "/api/v1/tokens", shop, 403},
		{"take a token", "DELETE", "/api/v1/tokens/x", shop, 403},
		{"no such path", "GET", "/api/v1/nothing", h.admin, 404},
		{"no such method", "DELETE", "/api/v1/status", h.admin, 404},
		{"bad parameter", "GET", "/api/v1/environments/shop/jobs?limit=many", h.admin, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _, p := h.send(tt.method, tt.path, tt.token, "{}"); got != tt.want {
				t.Errorf("%s %s: %d, want %d (%v)", tt.method, tt.path, got, tt.want, p)
			}
		})
	}
	if len(h.reports) != 0 {
		t.Errorf("a caller's mistake was reported as ours: %v", h.reports)
	}
}

func digestOf(t *testing.T, h *house) string {
	t.Helper()
	all, err := h.store.Tokens(t.Context())
	if err != nil || len(all) == 0 {
		t.Fatalf("tokens: %v", err)
	}
	return all[0].Hash
}

func TestTokens(t *testing.T) {
	h := start(t)
	c := h.client(h.admin)
	env := "shop"
	answer, err := c.CreateTokenWithResponse(t.Context(), openapi.NewToken{Name: "Hub", Environment: &env})
	if err != nil {
		t.Fatal(err)
	}
	made := ok(t, answer.JSON201, nil)
	if made.Token.Environment == nil || *made.Token.Environment != "shop" || len(made.Secret) < 43 {
		t.Errorf("made %+v", made.Token)
	}
	code, body, _ := h.send("GET", "/api/v1/tokens", h.admin, "")
	if code != 200 || strings.Contains(body, made.Secret) || strings.Contains(body, digestOf(t, h)) || strings.Count(body, `"id"`) != 2 {
		t.Errorf("tokens: %d %s", code, body)
	}
	status, err := h.client(made.Secret).GetStatusWithResponse(t.Context())
	if err != nil || status.JSON200 == nil || len(status.JSON200.Environments) != 1 || status.JSON200.Environments[0].Name != "shop" {
		t.Errorf("the status for shop's token: %v %s", err, status.Body)
	}
	for _, tt := range []struct {
		id   string
		want int
	}{{made.Token.Id, 204}, {made.Token.Id, 404}, {administratorsID(t, h), 409}} {
		if got, _, p := h.send("DELETE", "/api/v1/tokens/"+tt.id, h.admin, ""); got != tt.want {
			t.Errorf("delete %s: %d, want %d (%v)", tt.id, got, tt.want, p)
		}
	}
	if got, _, _ := h.send("GET", "/api/v1/status", made.Secret, ""); got != 401 {
		t.Errorf("a token that was taken back: %d", got)
	}
	for _, bad := range []string{`{"name":""}`, `{"name":"a\u0000b"}`, `{"name":"x","environment":""}`, `{"name":"x","environment":"none"}`, `{`, ``, `[]`} {
		if got, body, _ := h.send("POST", "/api/v1/tokens", h.admin, bad); got != 400 && got != 404 {
			t.Errorf("%s: %d %s", bad, got, body)
		}
	}
}

func administratorsID(t *testing.T, h *house) string {
	t.Helper()
	all, err := h.store.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range all {
		if token.Environment == "" {
			return token.ID
		}
	}
	t.Fatal("there is no token for all environments")
	return ""
}

func TestFirstTokenIsMadeOnce(t *testing.T) {
	h := start(t)
	if secret, err := api.FirstToken(t.Context(), h.store, now); secret != "" || err != nil {
		t.Errorf("a second first token %q, %v", secret, err)
	}
}
