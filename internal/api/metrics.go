package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// Metrics is what Prometheus may know: figures by environment, never a record.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	events   *prometheus.CounterVec
	polled   *prometheus.CounterVec
}

// MetricsStore is what the figures are read from. *store.Store is one.
type MetricsStore interface {
	Count(ctx context.Context, env connector.Environment) (store.Counts, error)
	Gates(ctx context.Context) ([]store.Gate, error)
}

// scrapeTimeout bounds the reading of the figures.
const scrapeTimeout = 5 * time.Second

const namespace = "spotler_connector"

// NewMetrics makes the metrics of the environments of o; of o it needs Store,
// Settings, Version, Now and Report.
func NewMetrics(o Options) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "remote_requests_total",
			Help: "Requests sent to a remote API, by class of the answer."}, []string{"environment", "api", "method", "class"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "remote_request_seconds",
			Help: "Time until a remote API answered.", Buckets: []float64{.005, .02, .05, .1, .25, .5, 1, 2.5, 5, 15, 60}}, []string{"environment", "api"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "hook_requests_total",
			Help: "Requests to the hook of an environment, by HTTP status."}, []string{"environment", "status"}),
	}
	m.polled = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "polled_total",
		Help: "What the reading of Spotler's changes brought: contacts, of them echoes of our own writes, bounces, new work, work that was known, strangers, and items that could not be read."}, []string{"environment", "what"})
	build := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info", Help: "Always 1; the version is a label.",
		ConstLabels: prometheus.Labels{"version": o.Version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.took, m.events, m.polled, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), figures{o.Store, o.Settings.Environments, o.Now, o.Report})
	return m
}

// Request counts one request to a remote API of an environment. class is 2xx to
// 5xx, or error when no answer came.
func (m *Metrics) Request(env connector.Environment, api, method, class string, took time.Duration) {
	m.requests.WithLabelValues(string(env), api, method, class).Inc()
	m.took.WithLabelValues(string(env), api).Observe(took.Seconds())
}

// Hook counts one request to the hook of an environment; an unknown hook is of
// the environment "".
func (m *Metrics) Hook(env connector.Environment, status int) {
	m.events.WithLabelValues(string(env), fmt.Sprint(status)).Inc()
}

// Polled counts what one reading of Spotler's changes brought.
func (m *Metrics) Polled(env connector.Environment, p openapi.Polled) {
	for what, n := range map[string]int{"contacts": p.Contacts, "echoes": p.Echoes, "bounces": p.Bounces, "new": p.New, "known": p.Known, "strangers": p.Strangers, "unread": p.Unread} {
		m.polled.WithLabelValues(string(env), what).Add(float64(n))
	}
}

// Handler answers /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// figures reads the state of the environments when it is asked.
type figures struct {
	store        MetricsStore
	environments []settings.Environment
	now          func() time.Time
	report       func(error)
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, append([]string{"environment"}, labels...), nil)
}

var (
	upDesc       = prometheus.NewDesc(namespace+"_store_up", "1 when the figures could be read; when 0, they are absent, not zero.", nil, nil)
	jobsDesc     = describe("jobs", "Jobs by state.", "state")
	lanesDesc    = describe("lanes", "Lanes by state.", "state")
	tellingsDesc = describe("tellings", "What Dataverse must still hear, or refused to.", "state")
	linkedDesc   = describe("linked_people", "People who are in Spotler.")
	waitDesc     = describe("oldest_ready_seconds", "How long the longest waiting lane could have been worked on.")
	gateDesc     = describe("gate_closed", "1 while a gate holds work back.", "gate")
	alertDesc    = describe("alert", "1 while a person must mend something.", "gate")
)

var laneNames = map[store.LaneState]string{store.LaneIdle: "idle", store.LaneReady: "ready", store.LaneDispatched: "dispatched", store.LaneRunning: "running"}

// Describe implements prometheus.Collector.
func (figures) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, jobsDesc, lanesDesc, tellingsDesc, linkedDesc, waitDesc, gateDesc, alertDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (f figures) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout) // the interface has no context
	defer cancel()
	read, err := f.read(ctx)
	if err != nil {
		f.report(fmt.Errorf("api: metrics: %w", err))
		to <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, 0)
		return
	}
	for _, m := range read {
		to <- m
	}
	to <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, 1)
}

// read returns all figures or none: half of them would look like a change.
func (f figures) read(ctx context.Context) ([]prometheus.Metric, error) {
	gates, err := f.store.Gates(ctx)
	if err != nil {
		return nil, err
	}
	var out []prometheus.Metric
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out = append(out, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
	}
	for _, e := range f.environments {
		c, err := f.store.Count(ctx, e.Name)
		if err != nil {
			return nil, err
		}
		env := string(e.Name)
		for state := store.OpQueued; state <= store.OpCancelled; state++ {
			gauge(jobsDesc, float64(c.Ops[state]), env, state.String())
		}
		for state, name := range laneNames {
			gauge(lanesDesc, float64(c.Lanes[state]), env, name)
		}
		gauge(tellingsDesc, float64(c.Tellings), env, "pending")
		gauge(tellingsDesc, float64(c.DeadTellings), env, "dead")
		gauge(linkedDesc, float64(c.Links), env)
		wait := 0.0
		if !c.OldestReady.IsZero() {
			wait = max(0, f.now().Sub(c.OldestReady).Seconds())
		}
		gauge(waitDesc, wait, env)
		for _, g := range gatesOf(gates, e) {
			closed := g.Closed(f.now())
			gauge(gateDesc, one(closed), env, g.API)
			gauge(alertDesc, one(closed && g.Alert), env, g.API)
		}
	}
	return out, nil
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
