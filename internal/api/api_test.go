package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/sqlite"
)

var now = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

const (
	anna = "contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11"
	bert = "contact/7f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b12"
	lead = "lead/8f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b13"
)

// house is an API over a real SQLite store, with the environments shop (contacts
// and accounts) and club (off).
type house struct {
	t       *testing.T
	url     string
	store   *sqlite.DB
	admin   string
	mu      sync.Mutex
	reports []error
}

func start(t *testing.T) *house {
	t.Helper()
	ctx := t.Context()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "connector.db"), store.NewSealer(store.NewMasterKey([32]byte{1})), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, env := range []connector.Environment{"shop", "club"} {
		if err := db.Prepare(ctx, env); err != nil {
			t.Fatal(err)
		}
	}
	h := &house{t: t, store: db}
	if h.admin, err = api.FirstToken(ctx, db, now); err != nil || h.admin == "" {
		t.Fatalf("first token %q: %v", h.admin, err)
	}
	environment := func(name connector.Environment, tables ...connector.Table) settings.Environment {
		return settings.Environment{Name: name, Tables: tables, JobLog: settings.LogAll, Fence: settings.Fence{Limit: 100, Share: 5, Window: time.Hour},
			Dataverse: settings.Dataverse{URL: "https://" + string(name) + ".example", Organisation: "6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11", ClientSecret: settings.NewSecret("dataverse-secret")},
			Spotler:   settings.Spotler{URL: "https://mail.example", Key: "spotler-key", Secret: settings.NewSecret("spotler-secret")}}
	}
	server := httptest.NewServer(api.New(api.Options{
		Store: db, Version: "test", Started: now, Now: func() time.Time { return now },
		Settings: settings.Settings{Node: "alpha", Environments: []settings.Environment{environment("shop", connector.Contact, connector.Account), environment("club", connector.Contact)}},
		Off: func(e connector.Environment) string {
			if e == "club" {
				return "the organisation is another one"
			}
			return ""
		},
		Arguments: func(j connector.Job) ([]byte, error) { return json.Marshal(j) },
		Answer:    operations.PutAnswer,
		Poll: func(context.Context, connector.Environment) (openapi.Polled, error) {
			return openapi.Polled{Contacts: 3, New: 2}, nil
		},
		Report: func(err error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.reports = append(h.reports, err)
		},
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *house) client(token string) *openapi.ClientWithResponses {
	h.t.Helper()
	c, err := openapi.NewClientWithResponses(h.url, openapi.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", api.UserAgent+"/test")
		return nil
	}))
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// send is a request as anybody may write it.
func (h *house) send(method, path, token, body string) (int, string, openapi.Problem) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	var p openapi.Problem
	if answer.StatusCode >= 400 {
		if got := answer.Header.Get("Content-Type"); got != "application/problem+json" {
			h.t.Errorf("%s %s: an error of type %q: %s", method, path, got, content)
		}
		if err := json.Unmarshal(content, &p); err != nil || p.Status != answer.StatusCode || p.Title == "" || p.Kind == "" {
			h.t.Errorf("%s %s: %d is no problem document: %s", method, path, answer.StatusCode, content)
		}
	}
	return answer.StatusCode, string(content), p
}

func ok[T any](t *testing.T, v *T, err error) *T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if v == nil {
		t.Fatal("the answer has another status than the document says")
	}
	return v
}

func TestSyncAndJobs(t *testing.T) {
	h := start(t)
	c := h.client(h.admin)
	answer, err := c.SyncRecordsWithResponse(t.Context(), "shop", nil, openapi.NewSync{Records: []string{anna, bert, anna}})
	if err != nil {
		t.Fatal(err)
	}
	accepted := ok(t, answer.JSON202, nil)
	if len(accepted.Jobs) != 3 || accepted.Jobs[0].Id != accepted.Jobs[2].Id || accepted.Jobs[0].Id == accepted.Jobs[1].Id || accepted.Jobs[1].Record != bert {
		t.Errorf("accepted %+v", accepted.Jobs)
	}
	one := 1
	page, err := c.ListJobsWithResponse(t.Context(), "shop", &openapi.ListJobsParams{Limit: &one})
	if err != nil {
		t.Fatal(err)
	}
	first := ok(t, page.JSON200, nil)
	if len(first.Jobs) != 1 || first.Next == nil {
		t.Fatalf("first page %+v", first)
	}
	page, err = c.ListJobsWithResponse(t.Context(), "shop", &openapi.ListJobsParams{Limit: &one, Cursor: first.Next})
	if err != nil {
		t.Fatal(err)
	}
	second := ok(t, page.JSON200, nil)
	if len(second.Jobs) != 1 || second.Next != nil || second.Jobs[0].Id == first.Jobs[0].Id {
		t.Errorf("second page %+v", second)
	}
	record, state := anna, openapi.JobStateQueued
	page, err = c.ListJobsWithResponse(t.Context(), "shop", &openapi.ListJobsParams{Record: &record, State: &state})
	if err != nil || len(page.JSON200.Jobs) != 1 || page.JSON200.Jobs[0].Source != openapi.JobSourceCli || page.JSON200.Jobs[0].Label != "Sync Contact" {
		t.Errorf("jobs of one record: %v %s", err, page.Body)
	}
	retry, err := c.RetryJobWithResponse(t.Context(), "shop", accepted.Jobs[0].Id)
	if err != nil || retry.StatusCode() != 409 {
		t.Errorf("retry of a queued job: %v %s", err, retry.Body)
	}
	if got, _, _ := h.send("GET", "/api/v1/environments/club/jobs/"+accepted.Jobs[0].Id, h.admin, ""); got != 404 {
		t.Errorf("shop's job is seen in club: %d", got)
	}
}

func TestCreateJob(t *testing.T) {
	h := start(t)
	tests := []struct {
		name, body string
		want       int
		says       string
	}{
		{"label", `{"operation":"sync contact","record":"` + anna + `"}`, 202, ""},
		{"number", `{"operation":"480000007","record":"` + anna + `"}`, 202, ""},
		{"no person needed", `{"operation":"Add Tag","name":"fair"}`, 202, ""},
		{"unknown operation", `{"operation":"Dance","record":"` + anna + `"}`, 400, "there is no such operation"},
		{"no operation", `{"record":"` + anna + `"}`, 400, "there is no such operation"},
		{"no customer", `{"operation":"Sync Contact"}`, 400, "no Customer or Lead is set"},
		{"no parameter", `{"operation":"Set Score","record":"` + anna + `","name":"x"}`, 400, "Parameter Value is empty"},
		{"table left out", `{"operation":"Sync Contact","record":"` + lead + `"}`, 400, "add lead to its tables"},
		{"not a record", `{"operation":"Sync Contact","record":"jan@example.com"}`, 400, "record is not a record"},
		{"not a list", `{"operation":"Sync List","list":"` + anna + `"}`, 400, "list must be a marketing list"},
		{"NUL", `{"operation":"Add Tag","name":"a\u0000"}`, 400, "cannot be printed"},
		{"not JSON", `<html>`, 400, "not the JSON"},
		{"wrong type", `{"operation":7}`, 400, "not the JSON"},
		{"too large", `{"operation":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "larger than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, body, p := h.send("POST", "/api/v1/environments/shop/jobs", h.admin, tt.body)
			if got != tt.want {
				t.Fatalf("%d, want %d: %s", got, tt.want, body)
			}
			if tt.says != "" && (p.Detail == nil || !strings.Contains(*p.Detail, tt.says)) {
				t.Errorf("says %s, want %q", body, tt.says)
			}
			if strings.Contains(body, "jan@example.com") {
				t.Error("an address is in the answer")
			}
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	h := start(t)
	c, key, record := h.client(h.admin), "order-7", anna
	var ids []string
	for range 2 {
		answer, err := c.CreateJobWithResponse(t.Context(), "shop", &openapi.CreateJobParams{IdempotencyKey: &key},
			openapi.NewJob{Operation: "Purge Contact", Record: &record})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, ok(t, answer.JSON202, nil).Id)
	}
	if ids[0] != ids[1] {
		t.Errorf("one key made two jobs: %v", ids)
	}
}

func TestTooManyRecords(t *testing.T) {
	h := start(t)
	var b strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&b, `,"contact/6f0c1c9e-0d9b-4f0e-9a44-%012d"`, i+1)
	}
	for _, records := range []string{"", b.String()[1:]} {
		if got, body, _ := h.send("POST", "/api/v1/environments/shop/sync", h.admin, `{"records":[`+records+`]}`); got != 400 {
			t.Errorf("%d records: %d %s", strings.Count(records, "contact"), got, body)
		}
	}
}

func TestStatusGatesAndFence(t *testing.T) {
	h := start(t)
	for _, g := range []store.Gate{
		{Environment: "shop", API: store.GateSpotler, PausedUntil: store.Forever, Reason: "the key was refused: mend spotler.key", Alert: true},
		{Environment: "shop", API: store.GateDataverse, PausedUntil: now.Add(-time.Minute), Reason: "over"},
		{Environment: "shop", API: store.GateIrreversible, PausedUntil: store.Forever, Reason: "too many at once", Alert: true},
		{Environment: "club", API: store.GateSpotler, PausedUntil: now.Add(time.Minute), Reason: "busy"},
	} {
		if err := h.store.Pause(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	c := h.client(h.admin)
	answer, err := c.GetStatusWithResponse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status := ok(t, answer.JSON200, nil)
	shop, club := status.Environments[0], status.Environments[1]
	if shop.State != openapi.EnvironmentStatePaused || len(shop.Alerts) != 2 || len(shop.Gates) != 2 || !shop.Fence.Stopped || shop.Fence.Limit != 100 {
		t.Errorf("shop: %+v", shop)
	}
	if club.State != openapi.EnvironmentStateOff || club.Reason == nil {
		t.Errorf("club: %+v", club)
	}
	if status.Store.Kind != openapi.StoreKindSqlite || status.Store.Durability == nil || (*status.Store.Durability)["journal_mode"] != "wal" {
		t.Errorf("store: %+v", status.Store)
	}
	if strings.Contains(string(answer.Body), "secret") || strings.Contains(string(answer.Body), "spotler-key") {
		t.Errorf("a secret is in the status: %s", answer.Body)
	}

	gate, err := c.ResumeGateWithResponse(t.Context(), "shop", openapi.RemoteAPISpotler)
	if err != nil || gate.JSON200 == nil || gate.JSON200.Paused {
		t.Errorf("resume: %v %s", err, gate.Body)
	}
	fence, err := c.ReleaseFenceWithResponse(t.Context(), "shop")
	if err != nil || fence.JSON200 == nil || fence.JSON200.Stopped {
		t.Errorf("release: %v %s", err, fence.Body)
	}
	environments, err := c.ListEnvironmentsWithResponse(t.Context())
	if err != nil || environments.JSON200 == nil || environments.JSON200.Environments[0].State != openapi.EnvironmentStateOn {
		t.Errorf("environments: %v %s", err, environments.Body)
	}
	if got, _, _ := h.send("POST", "/api/v1/environments/shop/gates/irreversible/resume", h.admin, ""); got != 404 {
		t.Errorf("the fence was lifted as a gate: %d", got)
	}
}

// broken is a store that fails, and panics on Gates.
type broken struct{ *sqlite.DB }

func (broken) Count(context.Context, connector.Environment) (store.Counts, error) {
	return store.Counts{}, errors.New("password=hunter2 in a driver's message")
}
func (broken) Ops(context.Context, store.OpFilter) ([]store.Op, error) { panic("index out of range") }

func TestOurOwnTrouble(t *testing.T) {
	h := start(t)
	var reports []error
	server := httptest.NewServer(api.New(api.Options{Store: broken{h.store}, Now: time.Now, Off: func(connector.Environment) string { return "" },
		Settings: settings.Settings{Environments: []settings.Environment{{Name: "shop"}}}, Report: func(err error) { reports = append(reports, err) }}))
	defer server.Close()
	h.url = server.URL
	for i, path := range []string{"/api/v1/status", "/api/v1/environments/shop/jobs"} {
		got, body, p := h.send("GET", path, h.admin, "")
		if got != 500 || p.Kind != openapi.ProblemKindBroken || strings.Contains(body, "hunter2") || len(reports) != i+1 {
			t.Errorf("%s: %d %s, %d reports", path, got, body, len(reports))
		}
	}
}

// A database that does not answer must not read as a wrong token.
func TestTokensThatCannotBeRead(t *testing.T) {
	h := start(t)
	if err := h.store.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if got, body, _ := h.send("GET", "/api/v1/status", h.admin, ""); got != 503 {
		t.Errorf("%d %s", got, body)
	}
}
