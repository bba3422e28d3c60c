package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/sandbox/people"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// demoCommand shows the main job on one machine: two simulated remotes, the
// connector, a thousand people, and a working day in fast motion.
type demoCommand struct {
	Once     bool          `help:"End after the comparison instead of keeping everything running."`
	JSON     bool          `name:"json" help:"Print one JSON object at the end instead of live progress."`
	Tamper   int           `help:"Spoil this many people in Spotler before the comparison, to see that it is noticed."`
	People   int           `default:"1000" help:"How many people there are."`
	Changes  int           `default:"2500" help:"How many rows change during the day."`
	Seed     uint64        `default:"1" help:"The same seed makes the same people and the same day."`
	Over     time.Duration `default:"10s" help:"How long the day takes."`
	Database string        `help:"sqlite:PATH or postgres://…; without it, a new SQLite file in a temporary folder."`
}

const demoEnvironment connector.Environment = "demo"

// demoResult is what demo --json prints.
type demoResult struct {
	People            int     `json:"people"`
	Changes           int     `json:"changes"`
	JobsCompleted     int     `json:"jobs_completed"`
	JobsFailed        int     `json:"jobs_failed"`
	Identical         int     `json:"identical"`
	Different         int     `json:"different"`
	Lost              int     `json:"lost"`
	OutOfOrder        int     `json:"out_of_order"`
	MarketingRequests int64   `json:"marketing_requests"`
	CRMRequests       int64   `json:"crm_requests"`
	Seconds           float64 `json:"seconds"`

	// What came back from Spotler, and was joined in Dynamics: how many of each are as
	// they should be. Those who are not count as different.
	Back *people.BackReport `json:"way_back,omitempty"`
	// Echoes are our own writes that the poll recognised.
	Echoes int `json:"echoes"`

	Store    string   `json:"store"`
	Tampered int      `json:"tampered"`
	Details  []string `json:"details,omitempty"` // the first differences: a GUID and the names of fields
}

func (r demoResult) good() bool { return r.Different == 0 && r.Lost == 0 && r.OutOfOrder == 0 }

// Run plays the day. It fails when the two sides are not the same afterwards.
func (c *demoCommand) Run(ctx context.Context, io streams) error {
	dir, err := os.MkdirTemp("", "spotler-connector-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d, err := c.start(ctx, dir, io)
	if err != nil {
		return err
	}
	lived := make(chan error, 1)
	go func() { lived <- d.house.live(ctx) }()
	result, err := d.play(ctx)
	if err == nil {
		err = d.report(result)
	}
	if err == nil && !c.Once {
		d.invite()
		<-ctx.Done()
	}
	cancel()
	return errors.Join(err, <-lived, d.house.Close(), d.sandbox.Close())
}

// demo is one demonstration that runs.
type demo struct {
	*demoCommand
	io      streams
	sandbox *sandbox.Sandbox
	house   *house
	world   *people.World
	crowd   *counting
	screen  *demoScreen
}

func (c *demoCommand) start(ctx context.Context, dir string, io streams) (*demo, error) {
	s, err := sandbox.Start(sandbox.Options{Seed: c.Seed})
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	set, err := c.settings(dir, s, listener.Addr().String())
	if err != nil {
		return nil, errors.Join(err, listener.Close(), s.Close())
	}
	tune := defaultTuning()
	tune.patience, tune.grace, tune.retry = 3*time.Second, 3*time.Second, time.Second
	log := slog.New(slog.NewTextHandler(&logFile{path: filepath.Join(dir, "connector.log")}, nil))
	h, err := build(ctx, set, tune, log)
	if err != nil {
		return nil, errors.Join(err, listener.Close(), s.Close())
	}
	h.listener = listener
	crowd := newCounting()
	w := &people.World{Dataverse: s.DataverseURL, Spotler: s.SpotlerURL, Tenant: sandbox.Tenant, ClientID: sandbox.ClientID, ClientSecret: sandbox.ClientSecret, HTTP: crowd.client()}
	return &demo{demoCommand: c, io: io, sandbox: s, house: h, world: w, crowd: crowd, screen: newDemoScreen(io.out, c.JSON)}, nil
}

// settings are those of an ordinary installation, with the sandbox as both remotes.
func (c *demoCommand) settings(dir string, s *sandbox.Sandbox, addr string) (settings.Settings, error) {
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return settings.Settings{}, err
	}
	database := c.Database
	if database == "" {
		database = "sqlite:" + filepath.Join(dir, "connector.db")
	}
	env := map[string]string{
		"LISTEN": addr, "DATA_DIR": dir, "DATABASE": database, "NAME": string(demoEnvironment),
		"DATAVERSE_URL": s.DataverseURL, "DATAVERSE_ORGANISATION_ID": sandbox.Organisation, "DATAVERSE_TOKEN_URL": s.TokenURL(),
		"DATAVERSE_CLIENT_ID": sandbox.ClientID, "DATAVERSE_CLIENT_SECRET": sandbox.ClientSecret,
		"SPOTLER_URL": s.SpotlerURL + sandbox.SpotlerBasePath, "SPOTLER_KEY": sandbox.SpotlerKey, "SPOTLER_SECRET": sandbox.SpotlerSecret,
		"HOOK_URL": "http://" + addr, "HOOK_SECRETS": hex.EncodeToString(secret),
		// Sixty people are deactivated or deleted within seconds here; that is the
		// story of the day and not an accident.
		"FENCE_LIMIT": "1000",
		"MAPPING":     filepath.Join(dir, "mapping.yaml"), "SUBSCRIBERS_BECOME": "lead",
	}
	text, err := demoMapping()
	if err == nil {
		err = os.WriteFile(env["MAPPING"], text, 0o600)
	}
	if err != nil {
		return settings.Settings{}, err
	}
	var environ []string
	for k, v := range env {
		environ = append(environ, "SPOTLER_CONNECTOR_"+k+"="+v)
	}
	return settings.Load(settings.Source{Environ: environ, Hostname: "demo"})
}

// play plants the people, brings everybody to Spotler, lets the day happen, waits
// until all is quiet, and compares both sides.
func (d *demo) play(ctx context.Context) (demoResult, error) {
	began := time.Now()
	r := demoResult{People: d.People, Store: d.house.store.Name()}
	cast := people.Populate(d.Seed, d.People)
	if err := cast.Plant(ctx, d.world); err != nil {
		return r, err
	}
	if err := d.world.Watch(ctx); err != nil {
		return r, err
	}
	d.screen.say("%d people are in Dynamics. Dataverse %s, Spotler %s, connector %s", d.People, d.sandbox.DataverseURL, d.sandbox.SpotlerURL, d.house.Addr())
	if err := d.firstLoad(ctx, cast); err != nil {
		return r, err
	}
	day := cast.Day(people.Plan{Changes: d.Changes})
	err := d.world.Run(ctx, day, people.Pace{Over: d.Over, Tell: func(p people.Progress) {
		r.Changes = p.Changes
		d.progress(ctx, fmt.Sprintf("day: %d of %d, %d rows changed, now: %s", p.Done, p.Of, p.Changes, p.Kind))
	}})
	if err != nil {
		return r, err
	}
	if err := d.quiet(ctx, "the day is over; what is left:"); err != nil {
		return r, err
	}
	if err := d.wayBack(ctx, &r); err != nil {
		return r, err
	}
	return d.compare(ctx, r, began)
}

// firstLoad asks for a sync of everybody, as an administrator does after the
// installation.
func (d *demo) firstLoad(ctx context.Context, cast *people.Cast) error {
	var puts []store.Put
	for _, p := range cast.People {
		record := connector.Record{Table: p.Table, ID: connector.RecordID(p.ID)}
		puts = append(puts, store.Put{Environment: demoEnvironment, Lane: store.LaneOf(demoEnvironment, record), Operation: connector.SyncContact, Class: store.Backfill, Source: "cli", Key: "first-load/" + record.String()})
	}
	if _, err := d.house.store.Put(ctx, puts); err != nil {
		return err
	}
	return d.quiet(ctx, "first load:")
}

// quiet waits until nothing is left to do: no event on its way, no op, no telling.
func (d *demo) quiet(ctx context.Context, what string) error {
	for {
		if err := control(ctx, "POST", d.sandbox.DataverseURL+"/control/events/flush", nil, nil); err != nil {
			return err
		}
		n, err := d.house.store.Count(ctx, demoEnvironment)
		if err != nil {
			return err
		}
		left := n.Ops[store.OpQueued] + n.Ops[store.OpRunning]
		d.progress(ctx, what)
		if left+n.Tellings == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (d *demo) progress(ctx context.Context, what string) {
	if !d.screen.due() {
		return
	}
	n, err := d.house.store.Count(ctx, demoEnvironment)
	if err != nil {
		return
	}
	d.screen.line("%s  jobs: %d done, %d waiting, %d failed; %d people in Spotler; %d rows to tell", what, n.Ops[store.OpDone],
		n.Ops[store.OpQueued]+n.Ops[store.OpRunning], n.Ops[store.OpFailed]+n.Ops[store.OpDead], n.Links, n.Tellings)
}

func (d *demo) compare(ctx context.Context, r demoResult, began time.Time) (demoResult, error) {
	n, err := d.house.store.Count(ctx, demoEnvironment)
	if err != nil {
		return r, err
	}
	r.JobsCompleted, r.JobsFailed = n.Ops[store.OpDone], n.Ops[store.OpFailed]+n.Ops[store.OpDead]
	if r.MarketingRequests, err = received(ctx, d.sandbox.SpotlerURL); err != nil {
		return r, err
	}
	if r.CRMRequests, err = received(ctx, d.sandbox.DataverseURL); err != nil {
		return r, err
	}
	r.CRMRequests -= d.crowd.requests(d.sandbox.DataverseURL) // what the people themselves asked
	if d.Tamper > 0 {
		spoiled, err := d.world.Tamper(ctx, d.Tamper, d.Seed, people.Rules{})
		if err != nil {
			return r, err
		}
		r.Tampered = len(spoiled)
	}
	report, err := d.world.Compare(ctx, people.Rules{})
	if err != nil {
		return r, err
	}
	r.People, r.Identical, r.Different = report.People, report.Identical, report.People-report.Identical+len(report.Unexpected)
	r.Lost, r.OutOfOrder = len(report.Lost), len(report.OutOfOrder)
	r.Seconds = time.Since(began).Seconds()
	r.Details = details(report)
	if r.Back != nil {
		r.Different += len(r.Back.Wrong)
		r.Details = append(r.Details, r.Back.Wrong[:min(len(r.Back.Wrong), 20)]...)
	}
	return r, nil
}

// details names the first differences: which record, and which fields.
func details(report *people.Report) []string {
	var out []string
	for _, x := range report.Different {
		out = append(out, fmt.Sprintf("%s differs in %v", x.ID, x.Fields))
	}
	for _, x := range []struct {
		ids  []string
		what string
	}{{report.Lost, "is not in Spotler"}, {report.Kept, "should have been erased"}, {report.Unexpected, "is in Spotler but not in Dynamics"}, {report.OutOfOrder, "was written out of order"}} {
		for _, id := range x.ids {
			out = append(out, id+" "+x.what)
		}
	}
	return out[:min(len(out), 20)]
}

// invite says where everything is while it keeps running.
func (d *demo) invite() {
	_, _ = fmt.Fprintf(d.io.out, `
Everything keeps running; press Ctrl-C to end it.
  Dataverse  %[1]s/api/data/v9.2/   rows: %[1]s/control/rows/contacts
  Spotler    %[2]s%[3]s   contacts: %[2]s/control/contacts
  connector  %[4]s   metrics: %[4]s/metrics
Look around from another terminal:
  export SPOTLER_CONNECTOR_SERVER=%[4]s SPOTLER_CONNECTOR_TOKEN=%[5]s
  spotler-connector status
  spotler-connector jobs list --state failed
`, d.sandbox.DataverseURL, d.sandbox.SpotlerURL, sandbox.SpotlerBasePath, d.house.Addr(), d.house.firstTok)
}

func (d *demo) report(r demoResult) error {
	if d.JSON {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintln(d.io.out, string(text))
	} else {
		d.screen.end(r)
	}
	if !r.good() {
		return exitError{code: exitFailed, says: fmt.Sprintf("The two sides are not the same: %d different, %d lost, %d out of order.", r.Different, r.Lost, r.OutOfOrder)}
	}
	return nil
}
