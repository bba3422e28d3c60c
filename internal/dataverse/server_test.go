package dataverse

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

const (
	idA = connector.RecordID("cdcfa450-cb0c-ea11-a813-000d3a1b1223")
	idB = connector.RecordID("9fd4a450-cb0c-ea11-a813-000d3a1b1223")
)

// serve starts a Web API whose every answer is made by h, and a client of it.
func serve(t testing.TB, h http.HandlerFunc) (*Client, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(Config{URL: s.URL, HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; odata.metadata=minimal")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func table(t testing.TB, name connector.Table) schema.Table {
	t.Helper()
	tab, ok := schema.Of(name)
	if !ok {
		t.Fatalf("no table %s", name)
	}
	return tab
}

// fixture reads recorded bytes of a real system.
func fixture(t testing.TB, path ...string) []byte {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "fixtures")
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recorded fixtures are missing")
		}
		t.Skip("the recorded fixtures are not on this machine")
	}
	b, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantKind(t *testing.T, err error, kind fault.Kind) *fault.Error {
	t.Helper()
	if fault.Of(err) != kind {
		t.Fatalf("got %q (%v), want %q", fault.Of(err), err, kind)
	}
	return fault.As(err)
}

func TestConfig(t *testing.T) {
	for _, bad := range []Config{{}, {URL: "org.crm4.dynamics.com"}, {URL: "ftp://x"}, {URL: "https://u:p@x"}, {URL: "https://x?y"},
		{URL: "https://x", APIVersion: "../v9"}, {URL: "https://x", Assumed: map[string]string{"nonsense": "1"}}, {URL: "https://x", Assumed: map[string]string{AssumedBatchURL: "sideways"}}} {
		if _, err := New(bad); fault.Of(err) != fault.NotValid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestHeadersAndPath(t *testing.T) {
	var got *http.Request
	var body string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		b, _ := io.ReadAll(r.Body)
		body = string(b)
		w.WriteHeader(204)
	})
	if err := c.Update(context.Background(), table(t, "contact"), idA, Fields{"firstname": "A&B"}, 0); err != nil {
		t.Fatal(err)
	}
	if got.Method != "PATCH" || got.URL.Path != "/api/data/v9.2/contacts("+string(idA)+")" || body != `{"firstname":"A&B"}` {
		t.Errorf("%s %s %s", got.Method, got.URL.Path, body)
	}
	for k, v := range map[string]string{"Accept": "application/json", "OData-Version": "4.0", "OData-MaxVersion": "4.0", "Content-Type": "application/json; charset=utf-8", "If-Match": "*"} {
		if got.Header.Get(k) != v {
			t.Errorf("%s: %q", k, got.Header.Get(k))
		}
	}
	if err := c.Update(context.Background(), table(t, "contact"), idA, Fields{}, 42); err != nil || got.Header.Get("If-Match") != `W/"42"` {
		t.Errorf("%v %q", err, got.Header.Get("If-Match"))
	}
	if err := c.Upsert(context.Background(), table(t, "contact"), idA, Fields{}); err != nil || got.Header.Get("If-Match") != "" {
		t.Errorf("upsert: %v %q", err, got.Header.Get("If-Match"))
	}
}

func TestRefusals(t *testing.T) {
	errBody := func(code, message string) string {
		return `{"error":{"code":"` + code + `","message":"` + message + `"}}`
	}
	tests := []struct {
		name         string
		status       int
		body         string
		retry        string
		read, write  fault.Kind
		code         string
		says, hidden string
	}{
		{"gone", 404, errBody("0x80040217", "contact With Id = "+string(idA)+" Does Not Exist"), "", fault.NotFound, fault.NotFound, "0x80040217", "", ""},
		{"lookup gone", 404, errBody("0x80040217", "account With Id = "+string(idB)+" Does Not Exist"), "", fault.NotFound, fault.NotValid, "0x80040217", "", ""},
		{"wrong set", 404, errBody("0x80060888", "Resource not found for the segment 'conacs'."), "", fault.NotValid, fault.NotValid, "0x80060888", "conacs", ""},
		{"proxy 404", 404, "<html>not found</html>", "", fault.Garbled, fault.Garbled, "", "", "html"},
		{"privilege", 403, errBody("0x80040220", "Principal user (Id=x, type=8) is missing prvReadContact privilege"), "", fault.Denied, fault.Denied, "0x80040220", "prvReadContact", ""},
		{"not a member", 403, errBody("0x80072560", "The user is not a member of the organization."), "", fault.Denied, fault.Denied, "0x80072560", "application user", ""},
		{"401", 401, "", "", fault.Denied, fault.Denied, "", "", ""},
		{"412", 412, errBody("0x80060882", "version"), "", fault.Conflict, fault.Conflict, "0x80060882", "", ""},
		{"duplicate 400", 400, errBody("0x80040237", "Cannot insert duplicate key."), "", fault.Conflict, fault.Conflict, "0x80040237", "", ""},
		{"429 decimal", 429, errBody("-2147015902", "Number of requests"), "17", fault.Busy, fault.Busy, "0x80072322", "", ""},
		{"503 wait", 503, "<html>", "5", fault.Busy, fault.Busy, "", "", "html"},
		{"503", 503, "", "", fault.Unreachable, fault.Uncertain, "", "", ""},
		{"502", 502, "bad gateway", "", fault.Unreachable, fault.Uncertain, "", "", ""},
		{"504", 504, "", "", fault.Unreachable, fault.Uncertain, "", "", ""},
		{"metadata", 400, errBody("0x80060891", "metadata cache"), "", fault.Busy, fault.Busy, "0x80060891", "", ""},
		{"sql", 500, errBody("0x80044151", "Generic SQL error"), "", fault.Busy, fault.Busy, "0x80044151", "", ""},
		{"plug-in", 400, errBody("0x80040265", "jan@example.nl is on the list"), "", fault.NotValid, fault.NotValid, "0x80040265", "", "jan@"},
		{"quoted person", 400, errBody("0x80040265", "'Jan de Vries' is refused"), "", fault.NotValid, fault.NotValid, "0x80040265", "", "Vries"},
		{"no code", 400, errBody("", "something"), "", fault.NotValid, fault.NotValid, "", "something", ""},
		{"html 400", 400, "<html>", "", fault.Garbled, fault.Garbled, "", "", "html"},
		{"redirect", 302, "", "", fault.Denied, fault.Denied, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.retry != "" {
					w.Header().Set("Retry-After", tt.retry)
				}
				answer(w, tt.status, tt.body)
			})
			_, err := c.Get(context.Background(), table(t, "contact"), idA)
			wantKind(t, err, tt.read)
			err = c.Update(context.Background(), table(t, "contact"), idA, Fields{}, 0)
			f := wantKind(t, err, tt.write)
			if f.Code != tt.code || !strings.Contains(err.Error(), tt.says) || tt.hidden != "" && strings.Contains(err.Error(), tt.hidden) {
				t.Errorf("%v", err)
			}
			if tt.retry != "" && f.After <= 0 {
				t.Errorf("no wait: %v", err)
			}
			if tt.name == "privilege" && f.On != "contact" {
				t.Errorf("On is %q", f.On)
			}
		})
	}
}

func TestCodes(t *testing.T) {
	for in, want := range map[string]string{"0x80040217": codeNoRow, "0X80040217": codeNoRow, "-2147220969": codeNoRow, "2147746327": codeNoRow,
		"": "", "0x0": "", "0": "", "99999999999999": "", "0xZZ": "", "a@b": "", "invalid_client": "invalid_client"} {
		if got := normalCode(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		retry, date string
		want        time.Duration
	}{
		{"", "", 0}, {"17", "", 17 * time.Second}, {"0.5", "", 500 * time.Millisecond}, {"-3", "", 0}, {"NaN", "", 0}, {"soon", "", 0}, {"1e300", "", longestPause},
		{"Thu, 01 Jan 2026 12:00:30 GMT", "", 30 * time.Second},
		{"Thu, 01 Jan 2026 11:00:00 GMT", "", 0},
		{"Thu, 01 Jan 2026 12:00:30 GMT", "Thu, 01 Jan 2026 12:00:20 GMT", 10 * time.Second},
	} {
		if got := retryAfter(http.Header{"Retry-After": {tt.retry}, "Date": {tt.date}}, now); got != tt.want {
			t.Errorf("%q %q: %v, want %v", tt.retry, tt.date, got, tt.want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	c, s := serve(t, func(http.ResponseWriter, *http.Request) {})
	s.Close()
	wantKind(t, c.Update(context.Background(), table(t, "contact"), idA, Fields{}, 0), fault.Unreachable)
	c, _ = serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	wantKind(t, c.Update(context.Background(), table(t, "contact"), idA, Fields{}, 0), fault.Uncertain)
	for _, err := range c.Rows(context.Background(), Query{Table: table(t, "contact"), Filter: Eq("emailaddress1", "jan@example.nl")}) {
		wantKind(t, err, fault.Unreachable)
		if strings.Contains(err.Error(), "jan") {
			t.Errorf("an address in the error: %v", err)
		}
	}
}

func TestGarbledReads(t *testing.T) {
	for _, body := range []string{"", "<html>", `{"value":[`, `{"value":{}}`, `{}`, `[]`, `null`, `{"value":[1]}`, `{"value":[{"fullname":"x"}]}`, `{"value":[{"contactid":"no"}]}`, `{"value":[]} x`} {
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, 200, body) })
		_, err := c.Get(context.Background(), table(t, "contact"), idA)
		wantKind(t, err, fault.Garbled)
		n := 0
		for _, err := range c.Rows(context.Background(), Query{Table: table(t, "contact")}) {
			n++
			wantKind(t, err, fault.Garbled)
		}
		if n != 1 {
			t.Errorf("%q: %d pairs", body, n)
		}
	}
}
