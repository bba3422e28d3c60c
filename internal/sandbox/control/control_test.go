package control_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

type rig struct {
	*testing.T
	url     string
	served  atomic.Int64
	faults  *control.Faults
	counter *control.Counters
}

func start(t *testing.T) *rig {
	t.Helper()
	s := &rig{T: t, faults: control.NewFaults(1), counter: control.NewCounters(func(*http.Request) string { return "/thing/{id}" })}
	mux := http.NewServeMux()
	s.faults.Mount(mux)
	s.counter.Mount(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.served.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"whole":"answer"}`)
	})
	server := httptest.NewUnstartedServer(s.counter.Wrap(s.faults.Wrap(mux)))
	server.Config.ConnState = s.counter.ConnState
	server.Start()
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *rig) call(method, path, body string) (int, http.Header, string, error) {
	s.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b), err
}

func TestKinds(t *testing.T) {
	cases := []struct {
		kind   control.Kind
		fault  control.Fault
		status int
		body   string
		broken bool
		served int64
	}{
		{kind: control.Status, fault: control.Fault{Status: 429, RetryAfter: 7, Body: `{}`}, status: 429, body: "{}"},
		{kind: control.Status, status: 500},
		{kind: control.HTML, status: 502, body: "<!DOCTYPE html>"},
		{kind: control.DropBefore, broken: true},
		{kind: control.DropAfterCommit, broken: true, served: 1},
		{kind: control.Truncate, broken: true, served: 1},
		{kind: control.Garble, status: 200, body: "\x00\xff}{", served: 1},
		{kind: control.Garble, fault: control.Fault{Body: "[[["}, status: 200, body: "[[[", served: 1},
		{kind: control.Latency, fault: control.Fault{MinMS: 1, MaxMS: 2}, status: 200, body: "{", served: 1},
	}
	for _, c := range cases {
		t.Run(string(c.kind), func(t *testing.T) {
			s := start(t)
			f := c.fault
			f.Name, f.Kind, f.Times = "f", c.kind, 1
			b, _ := json.Marshal(f)
			if status, _, says, _ := s.call("POST", "/control/faults", string(b)); status != 201 {
				t.Fatalf("adding the fault: %d %s", status, says)
			}
			// POST, because http.Transport repeats an idempotent request by itself.
			status, header, body, err := s.call("POST", "/x", "{}")
			if (err != nil) != c.broken {
				t.Fatalf("error %v, want broken=%v", err, c.broken)
			}
			if !c.broken && (status != c.status || !strings.HasPrefix(body, c.body)) {
				t.Errorf("got %d %q", status, body)
			}
			if f.RetryAfter > 0 && header.Get("Retry-After") != "7" {
				t.Error("Retry-After is missing")
			}
			if s.served.Load() != c.served {
				t.Errorf("the handler ran %d times, want %d", s.served.Load(), c.served)
			}
			if status, _, body, err := s.call("POST", "/x", "{}"); err != nil || status != 200 || body != `{"whole":"answer"}` {
				t.Errorf("after its one time: %d %q %v", status, body, err)
			}
		})
	}
}

func TestMatching(t *testing.T) {
	cases := []struct {
		method, path string
		hit          bool
	}{
		{"", "", true},
		{"POST", "", true},
		{"GET", "", false},
		{"", "/base/contact", true},
		{"", "/contact", false},
		{"", "*/contact/list", true},
		{"", "/base/*/list", true},
		{"", "*contact*", true},
		{"", "*/contact", false},
		{"", "/base/*/lists", false},
		{"", "*", true},
	}
	for _, c := range cases {
		s := start(t)
		if err := s.faults.Add(control.Fault{Name: "f", Method: c.method, Path: c.path, Kind: control.Status, Status: 418}); err != nil {
			t.Fatal(err)
		}
		status, _, _, err := s.call("POST", "/base/contact/list", "")
		if err != nil || (status == 418) != c.hit {
			t.Errorf("%s %s: status %d, want hit=%v (%v)", c.method, c.path, status, c.hit, err)
		}
	}
}

func TestFaultsOverHTTP(t *testing.T) {
	s := start(t)
	for _, body := range []string{``, `{`, `{"name":"x"}`, `{"kind":"status"}`, `{"name":"x","kind":"status","status":99}`,
		`[{"name":"x","kind":"html"},{"name":"y","kind":"?"}]`, `{"name":"x","kind":"html","probability":2}`,
		`{"name":"x","kind":"html","typo":1}`, `{"name":"x","kind":"html","times":-1}`} {
		if status, _, _, err := s.call("POST", "/control/faults", body); err != nil || status != 400 {
			t.Errorf("%s: status %d %v", body, status, err)
		}
	}
	if n := len(s.faults.List()); n != 0 {
		t.Fatalf("%d faults were added by wrong requests", n)
	}
	s.call("POST", "/control/faults", `[{"name":"a","kind":"html"},{"name":"b","kind":"html"},{"name":"a","kind":"status"}]`)
	if l := s.faults.List(); len(l) != 2 || l[1].Kind != control.Status {
		t.Errorf("the same name must replace: %v", l)
	}
	if status, _, _, _ := s.call("DELETE", "/control/faults/zzz", ""); status != 404 {
		t.Errorf("removing nothing: %d", status)
	}
	if status, _, _, _ := s.call("DELETE", "/control/faults/b", ""); status != 204 {
		t.Errorf("removing one: %d", status)
	}
	s.call("DELETE", "/control/faults", "")
	if status, _, _, _ := s.call("GET", "/x", ""); status != 200 {
		t.Errorf("after removing all: %d", status)
	}
	if status, _, body, _ := s.call("PUT", "/control/latency", `{"min_ms":1,"max_ms":2}`); status != 200 {
		t.Errorf("latency: %d %s", status, body)
	}
	if status, _, body, _ := s.call("GET", "/control/latency", ""); status != 200 || strings.TrimSpace(body) != `{"min_ms":1,"max_ms":2}` {
		t.Errorf("latency: %d %s", status, body)
	}
	if status, _, _, _ := s.call("GET", "/x", ""); status != 200 {
		t.Errorf("with latency: %d", status)
	}
}

func TestProbabilityIsSeeded(t *testing.T) {
	var runs [2]string
	for i := range runs {
		s := start(t)
		_ = s.faults.Add(control.Fault{Name: "f", Kind: control.Status, Status: 503, Probability: 0.5})
		for range 40 {
			status, _, _, err := s.call("GET", "/x", "")
			if err != nil {
				t.Fatal(err)
			}
			runs[i] += string(rune('0' + status/100))
		}
	}
	if runs[0] != runs[1] || !strings.Contains(runs[0], "2") || !strings.Contains(runs[0], "5") {
		t.Errorf("%s\n%s", runs[0], runs[1])
	}
}

func TestCounters(t *testing.T) {
	s := start(t)
	_ = s.faults.Add(control.Fault{Name: "f", Path: "/drop", Kind: control.DropBefore})
	_ = s.faults.Add(control.Fault{Name: "g", Path: "/busy", Kind: control.Status, Status: 429})
	s.call("POST", "/x", "12345")
	s.call("GET", "/busy", "")
	s.call("POST", "/drop", "x")
	status, _, body, err := s.call("DELETE", "/control/counters", "")
	if err != nil || status != 200 {
		t.Fatal(status, err)
	}
	var c control.Count
	if err := json.NewDecoder(bytes.NewBufferString(body)).Decode(&c); err != nil {
		t.Fatal(err)
	}
	if c.Requests["POST /thing/{id}"] != 2 || c.Requests["GET /thing/{id}"] != 1 || c.Total != 3 {
		t.Errorf("requests %v", c.Requests)
	}
	if c.BytesIn != 6 || c.BytesOut != int64(len(`{"whole":"answer"}`)) {
		t.Errorf("bytes %d in, %d out", c.BytesIn, c.BytesOut)
	}
	if c.Statuses["2xx"] != 1 || c.Statuses["4xx"] != 1 || c.Statuses["dropped"] != 1 {
		t.Errorf("statuses %v", c.Statuses)
	}
	if c.NewConnections < 1 {
		t.Error("no connections were counted")
	}
	if now := s.counter.Read(); now.Total != 0 || len(now.Requests) != 0 {
		t.Errorf("after the reset: %+v", now)
	}
}

func FuzzFaultPattern(f *testing.F) {
	f.Add("*/contact/*", "/a/contact/b")
	f.Add("**", "/")
	f.Add("/a*", "/a")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		s := control.NewFaults(1)
		if s.Add(control.Fault{Name: "f", Path: pattern, Kind: control.Status, Status: 200}) != nil {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		s.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	})
}

func BenchmarkEmpty(b *testing.B) {
	h := control.NewFaults(1).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/x", nil)
	w := httptest.NewRecorder()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
