package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// desk is a terminal at a real API over a real store.
type desk struct {
	*testing.T
	store  *store.Store
	clock  *storetest.Clock
	url    string
	token  string
	before func(r *http.Request) // runs before the API answers
	off    string                // why the last environment is off
	trap   sync.Mutex            // guards before
}

const (
	anna = "contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11"
	bert = "contact/7f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b12"
)

// sit opens an API with these environments.
func sit(t *testing.T, names ...connector.Environment) *desk {
	t.Helper()
	d := &desk{T: t, clock: storetest.NewClock()}
	d.store = storetest.OpenSQLite(t, d.clock)
	s := settings.Settings{Node: "alpha"}
	for _, name := range names {
		if err := d.store.Prepare(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		s.Environments = append(s.Environments, settings.Environment{Name: name, Tables: connector.People, JobLog: settings.LogAll,
			Fence:     settings.Fence{Limit: 100, Share: 5, Window: time.Hour},
			Dataverse: settings.Dataverse{URL: "https://" + string(name) + ".example", Organisation: "6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11"}})
	}
	var err error
	if d.token, err = api.FirstToken(t.Context(), d.store, d.clock.Now()); err != nil {
		t.Fatal(err)
	}
	handler := api.New(api.Options{Store: d.store, Settings: s, Version: "1.2.3", Started: d.clock.Now(), Now: d.clock.Now,
		Off: func(e connector.Environment) string {
			if e == names[len(names)-1] {
				return d.off
			}
			return ""
		},
		Arguments: func(j connector.Job) ([]byte, error) { return operations.Arguments{Job: j}.Encode() },
		Report:    func(err error) { t.Error(err) }})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.trap.Lock()
		if d.before != nil {
			d.before(r)
		}
		d.trap.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// meanwhile runs f before each answer of the API.
func (d *desk) meanwhile(f func(r *http.Request)) {
	d.trap.Lock()
	defer d.trap.Unlock()
	d.before = f
}

// typed is what a command printed, and its exit code.
type typed struct {
	code     int
	out, err string
}

// types runs a command line at the desk.
func (d *desk) types(args ...string) typed {
	d.Helper()
	return typing(d.T, []string{serverEnviron + "=" + d.url, tokenEnviron + "=" + d.token}, args...)
}

func typing(t *testing.T, environ []string, args ...string) typed {
	t.Helper()
	var out, errw bytes.Buffer
	code := run(t.Context(), args, environ, &out, &errw)
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && !strings.HasPrefix(line, " ") {
			t.Errorf("%s prints %d columns: %s", args[0], n, line)
		}
	}
	return typed{code, out.String(), errw.String()}
}

// ok runs a command that must succeed.
func (d *desk) ok(args ...string) string {
	d.Helper()
	got := d.types(args...)
	if got.code != exitOK {
		d.Fatalf("%v: exit %d, says %s%s", args, got.code, got.out, got.err)
	}
	return got.out
}

// asJSON runs a command with --json and reads its answer as strictly as it can.
func asJSON[T any](d *desk, args ...string) (T, int) {
	d.Helper()
	got := d.types(append(args, "--json")...)
	var v T
	dec := json.NewDecoder(strings.NewReader(got.out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil || dec.More() {
		d.Fatalf("%v prints %q: %v; %s", args, got.out, err, got.err)
	}
	return v, got.code
}

// settle ends every job that waits.
func (d *desk) settle(env connector.Environment, state store.OpState, outcome connector.Outcome, cause string) {
	d.Helper()
	d.ends(env, func(*store.Settlement) {}, store.Settlement{State: state, Outcome: outcome, Cause: cause})
}

// ends ends every job that waits as how says, with what more adds.
func (d *desk) ends(env connector.Environment, more func(*store.Settlement), how store.Settlement) {
	d.Helper()
	ctx := context.Background()
	var batch store.Batch
	err := d.store.Admit(ctx, func(ctx context.Context, a *store.Admission) error {
		ready, err := a.Peek(ctx, env, 100)
		if err == nil && len(ready) > 0 {
			batch, err = a.Take(ctx, env, ready, time.Minute)
		}
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	taken, err := d.store.Take(ctx, batch, "alpha", time.Minute)
	if err != nil || len(taken) == 0 {
		d.Fatalf("%d jobs taken: %v", len(taken), err)
	}
	var ends []store.Settlement
	for _, op := range taken {
		end := how
		end.Lane, end.Epoch, end.Op = op.Lane, op.Epoch, op.ID
		more(&end)
		ends = append(ends, end)
	}
	if _, err := d.store.Finish(ctx, ends); err != nil {
		d.Fatal(err)
	}
}

func TestTokenSources(t *testing.T) {
	d := sit(t, "shop")
	dir := t.TempDir()
	file := filepath.Join(dir, "first-token")
	if err := os.WriteFile(file, []byte(d.token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		environ []string
		args    []string
		want    int
		says    string
	}{
		{"variable", []string{tokenEnviron + "=" + d.token}, nil, exitOK, ""},
		{"flag before variable", []string{tokenEnviron + "=wrong"}, []string{"--token", d.token}, exitOK, ""},
		{"file", nil, []string{"--token-file", file}, exitOK, ""},
		{"file before variable", []string{tokenEnviron + "=wrong"}, []string{"--token-file", file}, exitOK, ""},
		{"data folder", []string{dataEnviron + "=" + dir}, nil, exitOK, ""},
		{"none", nil, nil, exitDenied, "there is no API token"},
		{"wrong", []string{tokenEnviron + "=wrong"}, nil, exitDenied, "does not know this token"},
		{"no such file", nil, []string{"--token-file", filepath.Join(dir, "nothing")}, exitDenied, "cannot be read"},
		{"empty file", nil, []string{"--token-file", empty}, exitDenied, "empty"},
		{"two lines", []string{tokenEnviron + "=a\nb"}, nil, exitDenied, "characters"},
		{"both", nil, []string{"--token", "x", "--token-file", file}, exitUsage, "can't be used together"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			got := typing(t, append([]string{serverEnviron + "=" + d.url}, tt.environ...), append([]string{"jobs", "list"}, tt.args...)...)
			if got.code != tt.want || !strings.Contains(got.err, tt.says) {
				t.Errorf("exit %d, want %d: %s", got.code, tt.want, got.err)
			}
		})
	}
}

func TestServerThatDoesNotAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := "http://" + l.Addr().String()
	_ = l.Close()
	got := typing(t, nil, "status", "--server", free, "--token", "x")
	if want := "spotler-connector: no connector listens at " + free + ": start it with: spotler-connector serve\n"; got.code != exitTransient || got.err != want {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	for _, address := range []string{"127.0.0.1:8080", "ftp://x", "http://", "http://user:secret@x", "http://a b"} {
		got := typing(t, nil, "status", "--server", address, "--token", "x")
		if got.code != exitUsage || !strings.Contains(got.err, "correct --server") || strings.Contains(got.err, "secret") {
			t.Errorf("%s: exit %d: %s", address, got.code, got.err)
		}
	}
}

// What is no connector must be told from one that says no.
func TestStrangeAnswers(t *testing.T) {
	problem := "application/problem+json"
	tests := []struct {
		name, kind, body string
		status           int
		want             int
		says             string
	}{
		{"HTML", "text/html", "<html>", 200, exitTransient, "check --server"},
		{"HTML error", "text/html", "<html>", 502, exitTransient, "check --server"},
		{"truncated", "application/json", `{"environments":[{"na`, 200, exitTransient, "check --server"},
		{"wrong types", "application/json", `{"environments":"none"}`, 200, exitTransient, "check --server"},
		{"empty", "application/json", "", 200, exitTransient, "check --server"},
		{"redirect", "text/html", "", 302, exitTransient, "check --server"},
		{"no kind", problem, `{"status":404}`, 404, exitTransient, "check --server"},
		{"unknown kind", problem, `{"kind":"tired","status":404}`, 404, exitTransient, "check --server"},
		{"not valid", problem, `{"kind":"not valid","detail":"mend it"}`, 400, exitUsage, "spotler-connector: mend it\n"},
		{"denied", problem, `{"kind":"denied","detail":"not yours"}`, 403, exitDenied, "not yours"},
		{"not found", problem, `{"kind":"not found","title":"Not found"}`, 404, exitNotFound, "spotler-connector: Not found\n"},
		{"conflict", problem, `{"kind":"conflict"}`, 409, exitUsage, "the connector answered: conflict"},
		{"busy", problem, `{"kind":"busy","detail":"later"}`, 503, exitTransient, "later"},
		{"broken", problem, `{"kind":"broken","detail":"see the log"}`, 500, exitFailed, "see the log"},
		{"escape", problem, `{"kind":"not found","detail":"a\u001b[2Jb"}`, 404, exitNotFound, "a [2Jb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("User-Agent"); !strings.HasPrefix(got, api.UserAgent) {
					t.Errorf("User-Agent %q", got)
				}
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer server.Close()
			got := typing(t, nil, "status", "--server", server.URL, "--token", "x")
			if got.code != tt.want || !strings.Contains(got.err, tt.says) || strings.Count(got.err, "\n") != 1 || got.out != "" {
				t.Errorf("exit %d, want %d: %q", got.code, tt.want, got.err)
			}
		})
	}
}

// A request that may have arrived is uncertain, one that did not is not.
func TestHangUp(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }))
	defer server.Close()
	c, err := connection{Server: server.URL, Token: "x"}.connect(streams{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read[openapi.Status](succeed(c.api.GetStatus(t.Context()))); !errors.Is(err, fault.Unreachable) {
		t.Errorf("a question: %v", fault.Of(err))
	}
	if _, err := read[openapi.Fence](succeed(c.api.ReleaseFence(t.Context(), "shop"))); !errors.Is(err, fault.Uncertain) {
		t.Errorf("a change: %v", fault.Of(err))
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := read[openapi.Status](succeed(c.api.GetStatus(gone))); err == nil || !strings.Contains(err.Error(), "stopped") {
		t.Errorf("stopped: %v", err)
	}
}

func TestEnvironmentLeftOut(t *testing.T) {
	if got := sit(t, "shop").types("jobs", "list"); got.code != exitOK {
		t.Errorf("one: exit %d: %s", got.code, got.err)
	}
	d := sit(t, "shop", "club")
	got := d.types("jobs", "list")
	if want := "spotler-connector: there are several environments: choose one with --env shop, --env club\n"; got.code != exitUsage || got.err != want {
		t.Errorf("two: exit %d: %s", got.code, got.err)
	}
	if got := d.types("jobs", "list", "-e", "pub"); got.code != exitNotFound || !strings.Contains(got.err, "no environment pub") {
		t.Errorf("another: exit %d: %s", got.code, got.err)
	}
}

// FuzzRead: whatever answers, a command ends with an answer or one sentence.
func FuzzRead(f *testing.F) {
	f.Add(200, "application/json", `{"jobs":[{"id":"1","state":"done"}],"next":"1"}`)
	f.Add(404, "application/problem+json", `{"kind":"not found"}`)
	f.Add(200, "text/html", "<html>")
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		r := httptest.NewRequest(http.MethodGet, "http://x/", nil)
		answer := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: http.NoBody, Request: r}
		answer.Body = readCloser{strings.NewReader(body)}
		page, err := read[openapi.JobList](succeed(answer, nil))
		if err != nil {
			if err.Error() == "" || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("says %q", err)
			}
			return
		}
		var out bytes.Buffer
		p := printer{out: &out, zone: time.UTC}
		showJobs(&p, page)
		for _, j := range page.Jobs {
			showJob(&p, j)
		}
		if p.err != nil || strings.ContainsRune(out.String(), 0x1b) {
			t.Errorf("prints %q: %v", out.String(), p.err)
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
