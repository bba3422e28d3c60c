package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func TestMetrics(t *testing.T) {
	h := start(t)
	if _, err := h.client(h.admin).SyncRecordsWithResponse(t.Context(), "shop", nil, openapi.NewSync{Records: []string{anna, bert}}); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Pause(t.Context(), store.Gate{Environment: "club", API: store.GateSpotler, PausedUntil: store.Forever, Reason: "x", Alert: true}); err != nil {
		t.Fatal(err)
	}
	m := api.NewMetrics(api.Options{Store: h.store, Version: "test", Now: func() time.Time { return now.Add(time.Minute) }, Report: func(err error) { t.Error(err) },
		Settings: settings.Settings{Environments: []settings.Environment{{Name: "shop"}, {Name: "club"}}}})
	m.Request("shop", "spotler", "POST", "2xx", 20*time.Millisecond)
	m.Hook("shop", 202)
	code, body := get(t, m.Handler(), "/metrics")
	for _, want := range []string{
		`spotler_connector_store_up 1`, `spotler_connector_build_info{version="test"} 1`,
		`spotler_connector_jobs{environment="shop",state="queued"} 2`, `spotler_connector_jobs{environment="club",state="queued"} 0`,
		`spotler_connector_lanes{environment="shop",state="ready"} 2`, `spotler_connector_oldest_ready_seconds{environment="shop"} 60`,
		`spotler_connector_gate_closed{environment="club",gate="spotler"} 1`, `spotler_connector_alert{environment="club",gate="spotler"} 1`,
		`spotler_connector_remote_requests_total{api="spotler",class="2xx",environment="shop",method="POST"} 1`,
		`spotler_connector_hook_requests_total{environment="shop",status="202"} 1`, `go_goroutines`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if code != 200 || strings.Contains(body, anna[len("contact/"):]) {
		t.Errorf("status %d, or a record is in the metrics", code)
	}
}

// Figures that could not be read are absent, not zero.
func TestMetricsWithoutAStore(t *testing.T) {
	h := start(t)
	var reports []error
	m := api.NewMetrics(api.Options{Store: broken{h.store}, Now: time.Now, Report: func(err error) { reports = append(reports, err) },
		Settings: settings.Settings{Environments: []settings.Environment{{Name: "shop"}}}})
	code, body := get(t, m.Handler(), "/metrics")
	if code != 200 || !strings.Contains(body, "spotler_connector_store_up 0") || strings.Contains(body, "spotler_connector_jobs{") || strings.Contains(body, "hunter2") || len(reports) != 1 {
		t.Errorf("%d, %d reports: %s", code, len(reports), body)
	}
}

func TestHealth(t *testing.T) {
	stopping, stopped := make(chan struct{}), make(chan struct{})
	close(stopped)
	well := func(context.Context) error { return nil }
	ill := func(context.Context) error { return errors.New("password=hunter2") }
	tests := []struct {
		path     string
		ping     func(context.Context) error
		stopping chan struct{}
		want     int
		reports  int
	}{
		{"/healthz", ill, stopped, 200, 0},
		{"/readyz", well, stopping, 200, 0},
		{"/readyz", ill, stopping, 503, 1},
		{"/readyz", well, stopped, 503, 0},
		{"/other", well, stopping, 404, 0},
	}
	for i, tt := range tests {
		reports := 0
		code, body := get(t, api.Health(tt.ping, tt.stopping, func(error) { reports++ }), tt.path)
		if code != tt.want || reports != tt.reports || strings.Contains(body, "hunter2") {
			t.Errorf("case %d: %d %q, %d reports", i, code, body, reports)
		}
	}
}
