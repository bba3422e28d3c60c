package leadssim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Whatever is asked of the API, the answer is JSON with a status of the
// contract, and an error says what it is.
func FuzzServe(f *testing.F) {
	s, err := New(Config{Client: Credentials{"a", "b"}, User: Credentials{"c", "d"}, Companies: 3, Now: func() time.Time { return time.Unix(1_700_000_000, 0) }})
	if err != nil {
		f.Fatal(err)
	}
	at := "/leads/client/" + s.LeadsID()
	for _, seed := range [][3]string{
		{"GET", "/leads/clients", ""}, {"POST", at + "/leads/search/all,lead/1/5", `{"utm":{}}`}, {"GET", at + "/leads/lead/2024-01-01/2024-01-01T00:00:00/9223372036854775807/9223372036854775807", ""},
		{"GET", at + "/trackedlinks/3", ""}, {"GET", at + "/trackedlinks/markprocessed/x", ""}, {"GET", at + "/analytics/companydailyconnections?startDate=0001-01-01", ""},
		{"POST", at + "/purl/create", `{"emailAddress":1}`}, {"POST", TokenPath, "grant_type=password"}, {"GET", "//%2f", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	token := s.hand(grant{scope: []string{scopeLeads}}).Access
	s.planVisits(s.clients[0], 10, s.clock(), s.clock())
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://h"+path, strings.NewReader(body))
		if err != nil || strings.HasPrefix(r.URL.Path, "/control/") {
			return
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("api-version", "2")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var out any
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatalf("%s %s: %d %q", method, path, w.Code, w.Body)
		}
		fields, _ := out.(map[string]any)
		if w.Code >= 500 || w.Code >= 400 && fields["message"] == nil && fields["error"] == nil {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	})
}
