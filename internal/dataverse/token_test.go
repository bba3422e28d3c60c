package dataverse

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

const secret = "s3cr3t-value"

func authority(t *testing.T, h http.HandlerFunc, now func() time.Time) TokenConfig {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return TokenConfig{TokenURL: s.URL + "/tenant/oauth2/v2.0/token", ClientID: "id", ClientSecret: secret, Scope: "https://org/.default", Now: now}
}

func TestTokenIsKeptAndRenewedEarly(t *testing.T) {
	var n atomic.Int32
	var fails atomic.Bool
	at := time.Now()
	cfg := authority(t, func(w http.ResponseWriter, r *http.Request) {
		if fails.Load() {
			answer(w, 503, "")
			return
		}
		if r.FormValue("client_secret") != secret || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "https://org/.default" {
			t.Errorf("form: %v", r.Form)
		}
		answer(w, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"t%d"}`, n.Add(1)))
	}, func() time.Time { return at })
	ts := TokenSource(context.Background(), cfg, nil)
	want := func(access string) {
		t.Helper()
		tok, err := ts.Token()
		if err != nil || tok.AccessToken != access {
			t.Fatalf("%v %v, want %s", tok, err, access)
		}
	}
	want("t1")
	want("t1")
	at = at.Add(56 * time.Minute) // 4 minutes left
	fails.Store(true)
	want("t1") // the authority has trouble, the token still works
	fails.Store(false)
	want("t1") // not asked again at once
	at = at.Add(time.Minute)
	want("t2")
	at = at.Add(2 * time.Hour)
	fails.Store(true)
	_, err := ts.Token()
	wantKind(t, err, fault.Unreachable)
}

func TestTokenErrors(t *testing.T) {
	tests := []struct {
		status int
		body   string
		kind   fault.Kind
		code   string
	}{
		{401, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided: ` + secret + `"}`, fault.Denied, "AADSTS7000215"},
		{400, `{"error":"invalid_request"}`, fault.Denied, "invalid_request"},
		{500, `oops`, fault.Unreachable, ""},
		{429, `{}`, fault.Busy, ""},
		{200, `<html>` + secret, fault.Unreachable, ""},
		{200, `{}`, fault.Unreachable, ""},
		{307, ``, fault.Denied, ""},
	}
	for _, tt := range tests {
		cfg := authority(t, func(w http.ResponseWriter, r *http.Request) {
			if tt.status == 307 {
				w.Header().Set("Location", "http://127.0.0.1:1/")
			}
			answer(w, tt.status, tt.body)
		}, nil)
		hc := &http.Client{Transport: Bearer(TokenSource(context.Background(), cfg, nil))(http.DefaultTransport)}
		c, err := New(Config{URL: "http://127.0.0.1:1", HTTP: hc})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Create(context.Background(), table(t, "contact"), Fields{})
		f := wantKind(t, err, tt.kind)
		if f.Code != tt.code || strings.Contains(err.Error(), secret) {
			t.Errorf("%d: %v", tt.status, err)
		}
	}
}

func TestBearerRenewsOnce(t *testing.T) {
	var tokens, calls atomic.Int32
	refuse := func(string) bool { return false }
	cfg := authority(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, fmt.Sprintf(`{"token_type":"Bearer","expires_in":3599,"access_token":"t%d"}`, tokens.Add(1)))
	}, nil)
	org := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		if r.Method == "PATCH" && string(body) != `{"firstname":"x"}` {
			t.Errorf("body %q", body)
		}
		if refuse(r.Header.Get("Authorization")) {
			answer(w, 401, "")
			return
		}
		w.WriteHeader(204)
	}))
	defer org.Close()
	hc := &http.Client{Transport: transport.Stack(org.Client().Transport, Bearer(TokenSource(context.Background(), cfg, nil)))}
	c, err := New(Config{URL: org.URL, HTTP: hc})
	if err != nil {
		t.Fatal(err)
	}
	update := func() error {
		return c.Update(context.Background(), table(t, "contact"), idA, Fields{"firstname": "x"}, 0)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := update(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if tokens.Load() != 1 {
		t.Errorf("%d tokens", tokens.Load())
	}
	refuse = func(a string) bool { return a == "Bearer t1" }
	if err := update(); err != nil || tokens.Load() != 2 {
		t.Errorf("%v, %d tokens", err, tokens.Load())
	}
	refuse = func(string) bool { return true }
	calls.Store(0)
	wantKind(t, update(), fault.Denied)
	if calls.Load() != 2 {
		t.Errorf("%d calls", calls.Load())
	}
}
