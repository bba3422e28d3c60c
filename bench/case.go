package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
)

// changes is how many edits a run makes.
const changes = rig.People * rig.Versions

// caseResult is what one case gave.
type caseResult struct {
	Store   string    `json:"store"`
	Source  string    `json:"source"`
	Shape   rig.Shape `json:"shape"`
	Latency any       `json:"latency_ms"` // a number, or "10-30"

	ChangesPerS       float64 `json:"changes_per_s"`
	RatioToBare       float64 `json:"ratio_to_bare"`       // 0 when there is no valid bare run
	RequestsPerChange float64 `json:"requests_per_change"` // CRM and marketing, until all was told
	MarketingRequests int64   `json:"marketing_requests"`
	CRMRequests       int64   `json:"crm_requests"`
	ContactsWritten   int     `json:"contacts_written"`
	OrderViolations   int     `json:"order_violations"`
	Lost              int     `json:"lost"`
	Repeats           int     `json:"repeats"` // contacts written with the version they had
	PeakRSSMB         float64 `json:"peak_rss_mb"`
	Connections       int64   `json:"connections"` // to both remotes, and of hooks, from the start of the connector

	Seconds      float64           `json:"seconds"`      // first edit to last version at the receiver
	EditSeconds  float64           `json:"edit_seconds"` // until the simulated CRM had made them all
	ToldSeconds  float64           `json:"told_seconds"` // until Dataverse had heard everything
	Ops          int64             `json:"ops"`
	RowsPerOp    float64           `json:"rows_written_per_op"`
	Bytes        int64             `json:"bytes"` // of bodies, both remotes, both directions
	CPUSeconds   float64           `json:"connector_cpu_seconds"`
	SandboxCPU   float64           `json:"sandbox_cpu_seconds"`
	Transactions *int64            `json:"transactions"` // null where the database does not tell
	Durability   map[string]string `json:"durability"`
	Requests     map[string]int64  `json:"requests"`
	Failed       string            `json:"failed,omitempty"` // why the case gave no figures
}

// The longest that a case may take, and then until it is quiet.
const (
	caseTimeout  = 45 * time.Second
	quietTimeout = 30 * time.Second
)

// errNoTime is why a case was not run.
var errNoTime = errors.New("not run: the time of a quick run was up")

// measure runs one case.
func (b *bench) measure(ctx context.Context, s spec) caseResult {
	out := caseResult{Store: s.Store, Source: s.Source, Shape: s.Shape, Latency: s.Latency.MinMS}
	if s.Latency.MinMS != s.Latency.MaxMS {
		out.Latency = latency(s.Latency)
	}
	progress("%s ms", s)
	err := errNoTime
	if !b.quick || time.Since(b.began) < quickTime {
		err = b.measureInto(ctx, s, &out)
	}
	if err != nil {
		out.Failed = err.Error()
		progress("%s: %v", s, err)
	}
	return out
}

func (b *bench) measureInto(ctx context.Context, s spec, out *caseResult) (err error) {
	set := map[string]string{}
	profile, err := b.profileAt(ctx, set)
	if err != nil {
		return err
	}
	maps.Copy(set, b.set)
	theirs := maps.Clone(b.rig.SandboxVariables)
	sandboxProfile, err := b.profileAt(ctx, theirs)
	if err != nil {
		return err
	}
	b.rig.SandboxVariables = theirs
	site, err := b.rig.Site(ctx, rig.Options{Store: s.Store, Hook: s.Source == "hook", Set: set})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && profile != "" {
			_ = fetch(ctx, "GET", profile+"/debug/pprof/goroutine?debug=2", b.profileName(s.String(), "goroutines"))
		}
		err = errors.Join(err, site.Close())
	}()
	if err := site.SetLatency(ctx, s.Latency); err != nil {
		return err
	}
	stop := b.takeProfile(ctx, profile, s.String())
	stopTheirs := b.takeProfile(ctx, sandboxProfile, s.String()+" sandbox")
	m := meter{site: site, store: s.Store, bench: b}
	if err := m.begin(ctx); err != nil {
		return err
	}
	if err := m.drive(ctx, s.Shape, out); err != nil {
		return err
	}
	err = m.end(ctx, out)
	stop()
	stopTheirs()
	return err
}

// meter reads what a run used.
type meter struct {
	bench  *bench
	site   *rig.Site
	store  string
	before rig.Reading
	ops    int64
	txs    int64
	cpu    time.Duration
	theirs time.Duration // of the sandbox
	began  time.Time
}

func (m *meter) begin(ctx context.Context) error {
	status, env, err := m.site.Connector.Status(ctx)
	if err != nil {
		return err
	}
	if status.Store.Durability != nil && m.bench.result.Durability == nil {
		m.bench.result.Durability = map[string]map[string]string{}
	}
	if status.Store.Durability != nil {
		m.bench.result.Durability[m.store] = *status.Store.Durability
	}
	m.ops = env.Jobs.Done + env.Jobs.Failed + env.Jobs.Dead
	if m.txs, err = m.site.Transactions(ctx); err != nil {
		return err
	}
	if m.cpu, err = m.site.Connector.CPU(); err != nil {
		return err
	}
	if m.theirs, err = m.site.Sandbox.CPU(); err != nil {
		return err
	}
	m.before, err = m.site.Read(ctx)
	return err
}

// drive makes the edits and waits until the receiver holds the last version of
// everybody.
func (m *meter) drive(ctx context.Context, shape rig.Shape, out *caseResult) error {
	body := rig.EditBody(rig.Edits(shape, 0))
	ctx, cancel := context.WithTimeout(ctx, caseTimeout)
	defer cancel()
	edited := make(chan error, 1)
	m.began = time.Now()
	var editing atomic.Int64
	go func() {
		err := m.site.Edit(ctx, body)
		editing.Store(int64(time.Since(m.began)))
		edited <- err
	}()
	reached := 0
	err := rig.Until(ctx, 2*time.Millisecond, func(ctx context.Context) (bool, error) {
		o, err := m.site.Order(ctx, rig.Versions)
		reached = o.Reached
		return reached == rig.People, err
	})
	took := time.Since(m.began)
	out.Lost = rig.People - reached
	if err != nil {
		return fmt.Errorf("%d of %d contacts have their last version: %w: %s", reached, rig.People, err, m.site.Connector.Log())
	}
	out.Seconds = took.Seconds()
	out.ChangesPerS = changes / took.Seconds()
	if err := <-edited; err != nil {
		return err
	}
	out.EditSeconds = time.Duration(editing.Load()).Seconds()
	return nil
}

// end waits until Dataverse has heard everything, and reads what it took.
func (m *meter) end(ctx context.Context, out *caseResult) error {
	quiet, cancel := context.WithTimeout(ctx, quietTimeout)
	defer cancel()
	if err := m.site.Delivered(quiet); err != nil {
		return err
	}
	if err := m.site.Connector.Quiet(quiet); err != nil {
		return err
	}
	out.ToldSeconds = time.Since(m.began).Seconds()
	after, err := m.site.Read(ctx)
	if err != nil {
		return err
	}
	_, env, err := m.site.Connector.Status(ctx)
	if err != nil {
		return err
	}
	out.Ops = env.Jobs.Done + env.Jobs.Failed + env.Jobs.Dead - m.ops
	m.compare(after, out)
	rss, err := m.site.Connector.PeakRSS()
	if err != nil {
		return err
	}
	out.PeakRSSMB = float64(rss) / (1 << 20)
	cpu, err := m.site.Connector.CPU()
	if err != nil {
		return err
	}
	out.CPUSeconds = (cpu - m.cpu).Seconds()
	if cpu, err = m.site.Sandbox.CPU(); err != nil {
		return err
	}
	out.SandboxCPU = (cpu - m.theirs).Seconds()
	txs, err := m.site.Transactions(ctx)
	if m.txs >= 0 && err == nil {
		n := txs - m.txs
		out.Transactions = &n
	}
	out.Durability = m.bench.result.Durability[m.store]
	return err
}

func (m *meter) compare(after rig.Reading, out *caseResult) {
	out.CRMRequests, out.MarketingRequests = after.CRM.Total-m.before.CRM.Total, after.Mail.Total-m.before.Mail.Total
	out.RequestsPerChange = float64(out.CRMRequests+out.MarketingRequests) / changes
	out.ContactsWritten = after.Order.Writes - m.before.Order.Writes
	out.OrderViolations = after.Order.Violations - m.before.Order.Violations
	out.Repeats = after.Order.Repeats - m.before.Order.Repeats
	const ours = 2 // the driver's own, one to each remote
	out.Connections = after.CRM.NewConnections + after.Mail.NewConnections + after.Hooks.Connections - ours
	out.Bytes = after.CRM.BytesIn + after.CRM.BytesOut + after.Mail.BytesIn + after.Mail.BytesOut - m.before.CRM.BytesIn - m.before.CRM.BytesOut - m.before.Mail.BytesIn - m.before.Mail.BytesOut
	if out.Ops > 0 {
		out.RowsPerOp = float64(after.Rows-m.before.Rows-changes) / float64(out.Ops)
	}
	out.Requests = map[string]int64{}
	for api, now := range map[string][2]map[string]int64{"dataverse ": {m.before.CRM.Requests, after.CRM.Requests}, "spotler ": {m.before.Mail.Requests, after.Mail.Requests}} {
		for route, n := range now[1] {
			if n -= now[0][route]; n > 0 {
				out.Requests[api+route] = n
			}
		}
	}
}

// profileAt has the connector serve profiles, when they are wanted.
func (b *bench) profileAt(ctx context.Context, set map[string]string) (string, error) {
	if b.profile == "" {
		return "", nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	set["SPOTLER_CONNECTOR_TEST_PROFILE"] = l.Addr().String()
	return "http://" + l.Addr().String(), l.Close()
}

// takeProfile begins a CPU profile; the function that it returns ends it and
// keeps it, and one of the memory, under the name of the case.
func (b *bench) takeProfile(ctx context.Context, at, name string) (stop func()) {
	if at == "" {
		return func() {}
	}
	say := func(err error) {
		if err != nil {
			progress("profile: %v", err)
		}
	}
	say(fetch(ctx, "POST", at+"/debug/cpu/start", os.DevNull))
	return func() {
		say(fetch(ctx, "POST", at+"/debug/cpu/stop", b.profileName(name, "cpu")))
		say(fetch(ctx, "GET", at+"/debug/pprof/heap", b.profileName(name, "heap")))
	}
}

func (b *bench) profileName(name, kind string) string {
	return filepath.Join(b.profile, strings.ReplaceAll(name, " ", "-")+"."+kind)
}

func fetch(ctx context.Context, method, from, to string) error {
	req, err := http.NewRequestWithContext(ctx, method, from, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	return os.WriteFile(to, body, 0o600)
}
