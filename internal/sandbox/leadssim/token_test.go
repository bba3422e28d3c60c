package leadssim_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	s := start(t)
	password := "grant_type=password&username=user&password=pass&scope=GatorLeadsApi"
	for form, want := range map[string]string{
		"grant_type=password&username=user&password=no&scope=GatorLeadsApi": "invalid_grant",
		"grant_type=password&username=user&password=pass&scope=Everything":  "invalid_scope",
		"grant_type=password&username=user&password=pass":                   "invalid_scope",
		"grant_type=refresh_token&refresh_token=nonsense":                   "invalid_grant",
		"grant_type=magic": "unsupported_grant_type",
		"":                 "invalid_request",
	} {
		if status, out := s.grant(form); status != 400 || out["error"] != want {
			t.Errorf("%s: %d %v, want %s", form, status, out, want)
		}
	}
	req, _ := http.NewRequest("POST", s.url+"/core/connect/token", strings.NewReader(password))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("app", "wrong")
	if status, text := s.send(req); status != 400 || !strings.Contains(text, "invalid_client") {
		t.Errorf("wrong client: %d %s", status, text)
	}
	if _, out := s.grant(password); out["refresh_token"] != nil {
		t.Error("a refresh token without offline_access")
	}

	refresh := s.signIn()
	s.want(200, "GET", "/leads/clients", "", nil)
	s.now.Add(3600)
	if text := s.want(401, "GET", "/leads/clients", "", nil); !strings.Contains(text, "Authorization has been denied") {
		t.Error(text)
	}
	again := "grant_type=refresh_token&refresh_token=" + refresh
	status, out := s.grant(again)
	if status != 200 || out["refresh_token"] == refresh {
		t.Fatalf("refresh: %d %v", status, out)
	}
	s.token = out["access_token"].(string)
	s.want(200, "GET", "/leads/clients", "", nil)
	if status, _ := s.grant(again); status != 400 {
		t.Errorf("a used refresh token: %d", status)
	}
	s.control(204, "DELETE", "tokens", "", nil)
	s.want(401, "GET", "/leads/clients", "", nil)
	s.control(204, "PUT", "tokens", `{"refuse_refresh":true}`, nil)
	if status, out := s.grant("grant_type=refresh_token&refresh_token=" + out["refresh_token"].(string)); status != 400 || out["error"] != "invalid_grant" {
		t.Errorf("refused refresh: %d %v", status, out)
	}
}

func TestErrors(t *testing.T) {
	s := start(t)
	s.signIn()
	for path, want := range map[string]int{
		"/leads/nonsense": 404,
		"/leads/clients/" + strings.Repeat("0", 36):     403,
		"{c}/lead/00000000-0000-4000-8000-000000000000": 404,
		"{c}/company/nobody":                            404,
		"{c}/latestleads/61/5":                          400,
		"{c}/latestleads/x/5":                           400,
		"{c}/leads/Nonsense/2024-01-01/2024-02-01/1/10": 400,
		"{c}/leads/Lead/yesterday/2024-02-01/1/10":      400,
		"{c}/leads/Lead/2024-01-01/2024-02-01/0/10":     400,
		"{c}/trackedlinks/0":                            400,
		"{c}/analytics/contactsdailyconnections":        400,
		"{c}/purl/create":                               405,
	} {
		var out struct {
			Message    string
			ModelState map[string][]string
		}
		s.want(want, "GET", path, "", &out)
		if out.Message == "" || (want == 400) != (len(out.ModelState) == 1) {
			t.Errorf("%s: %+v", path, out)
		}
	}
	for _, body := range []string{`[`, `{"searchType":"Odd"}`, `{"matchType":"Odd"}`} {
		s.want(400, "POST", "{c}/leads/search/all/1/10", body, nil)
	}
	for _, version := range []string{"", "0", "3", "two"} {
		s.version = version
		s.want(400, "GET", "/leads/clients", "", nil)
	}
	s.control(200, "PUT", "assumptions", `{"version_required":false,"model_state":"array","stranger_status":404}`, nil)
	s.version = ""
	s.want(404, "GET", "/leads/clients/nobody", "", nil)
	if text := s.want(400, "GET", "{c}/latestleads/61/5", "", nil); !strings.Contains(text, `"modelState":[{"minutes":[`) {
		t.Error(text)
	}
}

func TestPartner(t *testing.T) {
	s := start(t)
	s.signIn()
	s.want(403, "POST", "/signon/partner/create", `{}`, nil)
	leads := s.token
	_, out := s.grant("grant_type=client_credentials&scope=SsoPartnerApi")
	s.token = out["access_token"].(string)
	s.want(403, "GET", "/leads/clients", "", nil)
	s.want(400, "POST", "/signon/partner/create", `{"firstName":"A"}`, nil)
	s.want(200, "POST", "/signon/partner/create", `{"firstName":"A","lastName":"B","email":"a@b.example","companyName":"C","products":{"gatorLeads":{"domain":"c.example","registerUpsell":{"trackingQueue":true}}}}`, nil)
	s.token = leads
	var all []struct{ Name string }
	s.want(200, "GET", "/leads/clients", "", &all)
	if len(all) != 2 || all[1].Name != "C" {
		t.Errorf("clients %+v", all)
	}
}
