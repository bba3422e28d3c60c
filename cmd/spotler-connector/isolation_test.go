package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// Two environments with the same GUIDs and addresses, other secrets and other
// mappings, run side by side in one house: nothing of one appears in the other.
func TestEnvironmentsAreStrangers(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		first := begin2(t, "first", "0a90000a-0000-4000-8000-00000000000a")
		second := begin2(t, "second", "0a90000a-0000-4000-8000-00000000000b")
		dir := t.TempDir()
		sheet := filepath.Join(dir, "second.yaml")
		text := "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: \"->\"}\n  - {spotler: organisation, contact: lastname, direction: \"->\"}\n"
		if err := os.WriteFile(sheet, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		file := fmt.Sprintf("listen: %s\ndata_dir: %s\ndatabase: \"%s\"\nenvironments:\n%s%s", l.Addr(), dir, database,
			first.yaml("http://"+l.Addr().String(), ""), second.yaml("http://"+l.Addr().String(), sheet))
		set, err := settings.Load(settings.Source{File: []byte(file), Hostname: "test"})
		if err != nil {
			t.Fatal(err)
		}
		first.live(set, l)
		second.house = first.house
		first.crm(person(1, map[string]any{"lastname": "First"}))
		second.crm(person(1, map[string]any{"lastname": "Second"}))
		first.quiet()
		second.quiet()
		a, b := first.spotler()[id(1)], second.spotler()[id(1)]
		if a.Properties["lastName"] != "First" || a.Properties["organisation"] != nil || b.Properties["organisation"] != "Second" || b.Properties["lastName"] != nil {
			t.Errorf("first %v, second %v", a.Properties, b.Properties)
		}
		// An erasure in one leaves the other alone.
		first.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(1)})
		first.quiet()
		if len(first.spotler()) != 0 || len(second.spotler()) != 1 {
			t.Errorf("first has %d, second %d", len(first.spotler()), len(second.spotler()))
		}
		if len(first.asked()) != 2 || len(second.asked()) != 1 || !strings.HasPrefix(string(second.asked()[0].Lane), "second/") {
			t.Errorf("ops: %d and %d", len(first.asked()), len(second.asked()))
		}
		notTheSameHash(t, first, second)
		// The hook of one does not take the events of the other.
		first.refuses(second)
	})
}

func notTheSameHash(t *testing.T, a, b *story) {
	t.Helper()
	ours, err := a.house.store.Hasher(t.Context(), a.env)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := b.house.store.Hasher(t.Context(), b.env)
	if err != nil {
		t.Fatal(err)
	}
	if ours("x") == theirs("x") {
		t.Error("the two share a hash key")
	}
}

// refuses posts an event of the other organisation, with the other's secret and
// then with the right one, to the hook of s.
func (s *story) refuses(other *story) {
	s.Helper()
	for secret, want := range map[string]int{other.secret(): http.StatusUnauthorized, s.secret(): http.StatusForbidden} {
		body := fmt.Sprintf(`{"MessageName":"Update","PrimaryEntityName":"contact","PrimaryEntityId":"%s","OrganizationId":"%s","OperationId":"%s","InputParameters":[]}`, id(1), other.organisation(), id(77))
		if got := s.post(s.house.hookOf(s.env), secret, body); got != want {
			s.Errorf("an event of a stranger: HTTP %d, want %d", got, want)
		}
	}
}

// begin2 starts the remotes of one of two environments.
func begin2(t *testing.T, name connector.Environment, organisation string) *story {
	t.Helper()
	s, err := sandbox.Start(sandbox.Options{Seed: 7, Organisation: organisation, Key: "key-" + string(name), Secret: "secret-" + string(name)})
	if err != nil {
		t.Fatal(err)
	}
	st := &story{T: t, env: name, sandbox: s}
	t.Cleanup(func() {
		st.end()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func (s *story) secret() string { return "secret-of-the-hook-of-" + string(s.env) }

func (s *story) organisation() connector.RecordID {
	e, _ := s.house.settings.Environment(s.env)
	return e.Dataverse.Organisation
}

func (s *story) yaml(hook, mapping string) string {
	organisation := "0a90000a-0000-4000-8000-00000000000a"
	if s.env == "second" {
		organisation = "0a90000a-0000-4000-8000-00000000000b"
	}
	out := fmt.Sprintf("  - name: %s\n    dataverse: {url: \"%s\", organisation_id: %s, token_url: \"%s\", client_id: %s, client_secret: %s}\n", s.env, s.sandbox.DataverseURL, organisation, s.sandbox.TokenURL(), sandbox.ClientID, sandbox.ClientSecret)
	out += fmt.Sprintf("    spotler: {url: \"%s%s\", key: key-%s, secret: secret-%s}\n    hook: {url: \"%s\", secrets: [\"%s\"]}\n", s.sandbox.SpotlerURL, sandbox.SpotlerBasePath, s.env, s.env, hook, s.secret())
	if mapping != "" {
		out += fmt.Sprintf("    mapping: %s\n", mapping)
	}
	return out
}

func (h *house) hookOf(env connector.Environment) string {
	for _, e := range h.envs {
		if e.settings.Name == env {
			return e.hook
		}
	}
	return ""
}

// post sends a body to a hook and returns the status.
func (s *story) post(hook, secret, body string) int {
	s.Helper()
	req, err := http.NewRequest(http.MethodPost, s.house.Addr()+"/hooks/dataverse/"+hook, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("x-spotler-connector-secret", secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode
}

// The captured body of a real organisation becomes an op in its lane.
func TestCapturedEvent(t *testing.T) {
	const fixtures = "../../../shared/fixtures/webhook-bodies"
	body, err := os.ReadFile(filepath.Join(fixtures, "update-contact.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the captured bodies are missing")
		}
		t.Skip("the captured bodies are not here")
	}
	// The environment stays off, because the sandbox is another organisation; its
	// hook takes events in all the same, and the work waits.
	s := begin2(t, "main", sandbox.Organisation)
	s.open("sqlite:"+t.TempDir()+"/c.db", map[string]string{"DATAVERSE_ORGANISATION_ID": "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"})
	if got := s.post(s.house.hookOf(s.env), hookSecret, string(body)); got != http.StatusAccepted {
		t.Fatalf("HTTP %d", got)
	}
	ops := s.ops()
	if len(ops) != 1 || ops[0].Lane != "main/contact/6d81597f-0f9f-e711-8122-000d3aa2331c" || ops[0].Operation != connector.SyncContact || ops[0].State != store.OpQueued {
		t.Errorf("ops: %+v", ops)
	}
	if why := s.house.off(s.env); !strings.Contains(why, "organisation") {
		t.Errorf("the environment is not off: %q", why)
	}
}
