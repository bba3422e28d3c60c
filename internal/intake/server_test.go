package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	organisation = connector.RecordID("00aa00aa-bb11-cc22-dd33-44ee44ee44ee")
	hookID       = "k3J9xQ"
)

func testEnvironment() *Environment {
	return &Environment{Name: "acme", Organisation: organisation, Secrets: []settings.Secret{settings.NewSecret("blue"), settings.NewSecret("green")}, Tables: connector.People}
}

// memory is a store that refuses what refuse says.
type memory struct {
	mu     sync.Mutex
	groups [][]store.Put
	refuse func([]store.Put) error
	away   bool
}

func (m *memory) Put(_ context.Context, puts []store.Put) ([]store.PutResult, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return nil, errors.New("no connection")
	}
	if m.refuse != nil {
		if err := m.refuse(puts); err != nil {
			return nil, err
		}
	}
	m.groups = append(m.groups, puts)
	return make([]store.PutResult, len(puts)), nil
}

func (m *memory) Ping(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return errors.New("no connection")
	}
	return nil
}

func (m *memory) puts() (all []store.Put) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range m.groups {
		all = append(all, g...)
	}
	return all
}

// hooks is a handler on a store, with what it counted and logged.
type hooks struct {
	http.Handler
	seen map[Outcome]int
	log  *strings.Builder
}

func serve(s Store) *hooks {
	h := &hooks{seen: map[Outcome]int{}, log: &strings.Builder{}}
	env := testEnvironment()
	h.Handler = New(Options{Store: s, Log: slog.New(slog.NewTextHandler(h.log, nil)),
		Environments: func(hook string) (*Environment, bool) { return env, hook == hookID },
		Seen:         func(_ connector.Environment, o Outcome) { h.seen[o]++ }})
	return h
}

func (h *hooks) post(path, secret string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, body)
	if secret != "" {
		r.Header.Set(SecretHeader, secret)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// contextOf writes an execution context; more adds members.
func contextOf(message string, table connector.Table, id connector.RecordID, more string) string {
	return fmt.Sprintf(`{"MessageName":%q,"PrimaryEntityName":%q,"PrimaryEntityId":%q,"OrganizationId":%q,"OperationId":"4af10637-4ea2-e711-8122-000d3aa2331c"%s}`,
		message, table, id, organisation, more)
}

func ID(n int) connector.RecordID {
	return connector.RecordID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "fixtures", "webhook-bodies")
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recorded webhook bodies are missing")
		}
		t.Skip("the recorded webhook bodies are not on this machine")
	}
	out := map[string][]byte{}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(n)] = b
	}
	return out
}

func problemOf(t testing.TB, w *httptest.ResponseRecorder) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Title == "" || p.Detail == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("no problem: %d %q %v", w.Code, w.Body, err)
	}
	return p
}
