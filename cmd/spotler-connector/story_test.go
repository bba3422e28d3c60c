package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/sandbox/people"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// hookSecret is the secret of the hook in stories.
const hookSecret = "a-secret-of-stories"

// story is a whole house between two simulated remotes. A test changes something
// on one side, waits until all is quiet, and looks at both ends.
type story struct {
	*testing.T
	env     connector.Environment
	sandbox *sandbox.Sandbox
	house   *house
	stop    context.CancelFunc
	ended   chan error
	token   string // of the API, once a story asked for it
}

// databases are where stories run: the same story must hold on both.
func databases(t *testing.T, tell func(t *testing.T, database string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		tell(t, "sqlite:"+t.TempDir()+"/connector.db")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		tell(t, storetest.PostgresURL(t))
	})
}

// begin starts a house with one environment; more are settings beyond the usual.
func begin(t *testing.T, database string, more map[string]string) *story {
	t.Helper()
	return beginIn(t, sandbox.Options{Seed: 7}, database, more)
}

// beginIn is begin with remotes of another kind.
func beginIn(t *testing.T, o sandbox.Options, database string, more map[string]string) *story {
	t.Helper()
	s, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	st := &story{T: t, env: "main", sandbox: s}
	t.Cleanup(func() {
		st.end()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	st.open(database, more)
	return st
}

func (s *story) open(database string, more map[string]string) {
	s.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	values := map[string]string{
		"LISTEN": l.Addr().String(), "DATA_DIR": s.TempDir(), "DATABASE": database, "NAME": string(s.env),
		"DATAVERSE_URL": s.sandbox.DataverseURL, "DATAVERSE_ORGANISATION_ID": sandbox.Organisation, "DATAVERSE_TOKEN_URL": s.sandbox.TokenURL(),
		"DATAVERSE_CLIENT_ID": sandbox.ClientID, "DATAVERSE_CLIENT_SECRET": sandbox.ClientSecret,
		"SPOTLER_URL": s.sandbox.SpotlerURL + sandbox.SpotlerBasePath, "SPOTLER_KEY": sandbox.SpotlerKey, "SPOTLER_SECRET": sandbox.SpotlerSecret,
		"HOOK_URL": "http://" + l.Addr().String(), "HOOK_SECRETS": hookSecret,
	}
	for k, v := range more {
		values[k] = v
	}
	var environ []string
	for k, v := range values {
		environ = append(environ, "SPOTLER_CONNECTOR_"+k+"="+v)
	}
	set, err := settings.Load(settings.Source{Environ: environ, Hostname: "test"})
	if err != nil {
		s.Fatal(err)
	}
	s.live(set, l)
}

// live builds and runs a house.
func (s *story) live(set settings.Settings, l net.Listener) {
	s.Helper()
	tune := defaultTuning()
	tune.patience, tune.grace, tune.retry, tune.tell = 10*time.Second, 5*time.Second, 100*time.Millisecond, 10*time.Millisecond
	var log io.Writer = io.Discard
	if testing.Verbose() {
		log = s.Output()
	}
	h, err := build(s.Context(), set, tune, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		s.Fatal(err)
	}
	h.listener = l
	ctx, cancel := context.WithCancel(context.Background())
	s.house, s.stop, s.ended = h, cancel, make(chan error, 1)
	go func() { s.ended <- h.live(ctx) }()
	s.until("every environment is on, or known to be off", func() bool {
		for _, e := range h.envs {
			if h.off(e.settings.Name) == "It is starting." {
				return false
			}
		}
		return true
	})
}

func (s *story) end() {
	if s.stop == nil {
		return
	}
	s.stop()
	if err := <-s.ended; err != nil {
		s.Error(err)
	}
	if err := s.house.Close(); err != nil {
		s.Error(err)
	}
	s.stop = nil
}

// until waits for a condition; the limit only ends a test that would fail anyway.
func (s *story) until(what string, true_ func() bool) {
	s.Helper()
	s.within(30*time.Second, what, true_)
}

func (s *story) within(limit time.Duration, what string, true_ func() bool) {
	s.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	pause := 2 * time.Millisecond
	for !true_() {
		select {
		case <-deadline.C:
			s.Fatalf("it never came: %s", what)
		case <-time.After(pause): // to look costs the house time, so it looks less and less often
			pause = min(pause*3/2, 40*time.Millisecond)
		}
	}
}

// quiet waits until no event is on its way, no op is open and all is told.
func (s *story) quiet() {
	s.Helper()
	s.quietly(30 * time.Second)
}

func (s *story) quietly(limit time.Duration) {
	s.Helper()
	s.within(limit, "all is quiet", func() bool {
		s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/events/flush", nil, nil)
		n := s.count()
		return n.Ops[store.OpQueued]+n.Ops[store.OpRunning]+n.Tellings == 0
	})
}

func (s *story) count() store.Counts {
	s.Helper()
	n, err := s.house.store.Count(context.Background(), s.env)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

func (s *story) control(method, address string, body, into any) {
	s.Helper()
	if err := control(context.Background(), method, address, body, into); err != nil {
		s.Fatal(err)
	}
}

// edit is a change in Dynamics, as a person makes it.
type edit struct {
	Method string         `json:"method,omitempty"`
	Set    string         `json:"set"`
	ID     string         `json:"id"`
	Body   map[string]any `json:"body,omitempty"`
}

// crm makes changes in Dynamics.
func (s *story) crm(edits ...edit) {
	s.Helper()
	var out struct {
		Failed []any `json:"failed"`
	}
	s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/edits", edits, &out)
	if len(out.Failed) > 0 {
		s.Fatalf("Dynamics refused: %v", out.Failed)
	}
}

// id is the n-th GUID of a story.
func id(n int) string { return string(storetest.ID(n)) }

// person makes a contact in Dynamics.
func person(n int, more map[string]any) edit {
	body := map[string]any{"firstname": "Ann", "lastname": fmt.Sprintf("Jansen%d", n), "emailaddress1": fmt.Sprintf("ann%d@example.test", n)}
	for k, v := range more {
		body[k] = v
	}
	return edit{Method: http.MethodPost, Set: "contacts", ID: id(n), Body: body}
}

// permission makes a permission row of a contact.
func permission(n, of int, name string, on bool) edit {
	return edit{Method: http.MethodPost, Set: "dh_spotlerpermissions", ID: id(n), Body: map[string]any{"dh_name": name, "dh_subscribed": on, "dh_Customer_contact@odata.bind": "/contacts(" + id(of) + ")"}}
}

// inSpotler is a contact as Spotler itself shows it.
type inSpotler struct {
	ExternalID string         `json:"external_id"`
	State      string         `json:"state"`
	Properties map[string]any `json:"properties"`
}

// spotler reads all contacts by external id.
func (s *story) spotler() map[string]inSpotler {
	s.Helper()
	var out struct {
		Contacts []inSpotler `json:"contacts"`
	}
	s.control(http.MethodGet, s.sandbox.SpotlerURL+"/control/contacts", nil, &out)
	by := map[string]inSpotler{}
	for _, c := range out.Contacts {
		by[c.ExternalID] = c
	}
	return by
}

// bits are the permissions of a contact by name.
func (c inSpotler) bits() map[string]bool {
	out := map[string]bool{}
	text, _ := json.Marshal(c.Properties["permissions"])
	var items []struct {
		Bit     int64 `json:"bit"`
		Enabled bool  `json:"enabled"`
	}
	_ = json.Unmarshal(text, &items)
	for _, i := range items {
		for n, name := range people.Permissions {
			if i.Bit == 1<<n {
				out[name] = i.Enabled
			}
		}
	}
	return out
}

// row reads a row of Dynamics with all its columns; nil when there is none.
func (s *story) row(set, id string) map[string]any {
	s.Helper()
	var rows []map[string]any
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/rows/"+set, nil, &rows)
	for _, r := range rows {
		for _, v := range r {
			if v == id {
				key := strings.TrimSuffix(set, "s") + "id"
				if r[key] == id {
					return r
				}
			}
		}
	}
	return nil
}

// job makes a Spotler Job row, as a workflow or a person does, and waits for it.
func (s *story) job(n int, operation connector.Operation, body map[string]any) map[string]any {
	s.Helper()
	fields := map[string]any{"dh_name": operation.String(), "dh_operation": int(operation)}
	for k, v := range body {
		fields[k] = v
	}
	s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(n), Body: fields})
	s.quiet()
	return s.row("dh_spotlerjobs", id(n))
}

func state(row map[string]any) connector.JobState {
	n, _ := row["statuscode"].(float64)
	return schema.JobState(int(n))
}

// ops lists the ops of the environment, newest first.
func (s *story) ops() []store.Op {
	s.Helper()
	out, err := s.house.store.Ops(context.Background(), store.OpFilter{Environment: s.env, Limit: 1000})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// asked are the ops that somebody asked for, newest first: without what the clock does.
func (s *story) asked() []store.Op {
	s.Helper()
	own := string(store.EnvironmentLane(s.env, ""))
	return slices.DeleteFunc(s.ops(), func(o store.Op) bool { return strings.HasPrefix(string(o.Lane), own) })
}
