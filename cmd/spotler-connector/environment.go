package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schedule"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/transport"
)

// environment is one environment of this process: its clients, and whether it has
// started. Hooks are taken in before that; the work waits.
type environment struct {
	house    *house
	settings settings.Environment
	hook     string
	sheet    *mapping.Sheet
	text     []byte // the sheet as it was written; nil for the default
	crm      *dataverse.Client
	mail     *spotler.Client
	started  atomic.Pointer[operations.Environment]
	why      atomic.Value // string: why it has not started
	sheetUse atomic.Pointer[store.SheetUse]
	watched  atomic.Pointer[watched]
	again    chan struct{} // asks that it starts anew
	dryRun   sync.Mutex    // one at a time
	// able says which tables Dataverse has; nil while nobody knows.
	able  atomic.Pointer[dataverse.Capabilities]
	still atomic.Bool // the poll stands still at its fence
	// updateSteps are the steps in Dataverse that tell us of changed people.
	updateSteps map[connector.Table]connector.RecordID
	// schemasRead is when the schemas were read for the last start.
	schemasRead atomic.Pointer[time.Time]
}

// newEnvironment makes the clients; nothing is asked of the remotes yet. A
// mapping that cannot be read is refused here.
func newEnvironment(ctx context.Context, h *house, s settings.Environment) (*environment, error) {
	e := &environment{house: h, settings: s, sheet: mapping.Default(), again: make(chan struct{}, 1)}
	if s.Mapping != "" {
		text, err := os.ReadFile(s.Mapping)
		if err != nil {
			return nil, &fault.Error{Op: "mapping", On: string(s.Name), Kind: fault.NotValid, Says: "the mapping file cannot be read; check the setting mapping", Err: err}
		}
		e.text = text
		if e.sheet, err = mapping.Parse(text); err != nil {
			return nil, fmt.Errorf("mapping of environment %s: %w", s.Name, err)
		}
	}
	if err := h.store.Prepare(ctx, s.Name); err != nil {
		return nil, err
	}
	var err error
	if e.hook, err = e.hookID(ctx); err != nil {
		return nil, err
	}
	if err := e.clients(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

// hookID is the random part of the hook's address: of the settings, or made once
// and kept.
func (e *environment) hookID(ctx context.Context) (string, error) {
	if e.settings.Hook.ID != "" {
		return e.settings.Hook.ID, nil
	}
	kept, err := e.house.store.Secret(ctx, e.settings.Name, "hook id")
	if err != nil || kept != nil {
		return string(kept), err
	}
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	id := hex.EncodeToString(raw)
	return id, e.house.store.PutSecret(ctx, e.settings.Name, "hook id", []byte(id))
}

// clients stacks the transports: every environment has its own, so that no
// connection, pause or budget is shared.
func (e *environment) clients(ctx context.Context) error {
	s := e.settings
	base := func() *http.Transport {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns, t.MaxIdleConnsPerHost, t.IdleConnTimeout = 32, 32, 90*time.Second
		e.house.close = append(e.house.close, func() error { t.CloseIdleConnections(); return nil })
		return t
	}
	crm := base()
	signIn := &http.Client{Transport: transport.Stack(crm, transport.LimitBody(1<<20), transport.Classify())}
	certificate, err := e.certificate()
	if err != nil {
		return err
	}
	tokens := dataverse.TokenSource(context.WithoutCancel(ctx), dataverse.TokenConfig{TokenURL: s.Dataverse.TokenURL, ClientID: s.Dataverse.ClientID, ClientSecret: s.Dataverse.ClientSecret.Reveal(),
		Certificate: certificate, Assertion: s.Dataverse.Overrides[dataverse.AssumedAssertion], Scope: s.Dataverse.Scope, Now: e.house.now}, signIn)
	e.crm, err = dataverse.New(dataverse.Config{URL: s.Dataverse.URL, Assumed: s.Dataverse.Overrides, HTTP: &http.Client{Transport: transport.Stack(crm,
		deadline(e.house.tuning.patience), transport.LimitBody(0), transport.RetryReads{}.Layer(), e.pacer(store.GateDataverse, 16, 48).Layer(), e.budget(store.GateDataverse, s.Dataverse.Limits),
		transport.Count(transport.Route, e.counted(store.GateDataverse)), dataverse.Bearer(tokens), transport.Classify())}})
	if err != nil {
		return fmt.Errorf("environment %s: %w", s.Name, err)
	}
	e.mail, err = spotler.New(spotler.Config{Base: s.Spotler.URL, Zone: s.Zone, Paths: s.Spotler.Overrides, HTTP: &http.Client{Transport: transport.Stack(base(),
		deadline(e.house.tuning.patience), transport.LimitBody(0), transport.RetryReads{}.Layer(), e.pacer(store.GateSpotler, 8, 16).Layer(),
		transport.Count(transport.Route, e.counted(store.GateSpotler)), transport.OAuth1{Key: s.Spotler.Key, Secret: s.Spotler.Secret.Reveal()}.Layer(), transport.Classify())}})
	if err != nil {
		return fmt.Errorf("environment %s: %w", s.Name, err)
	}
	return nil
}

// certificate is what signs in instead of a secret; nil when there is none. It is read
// once: a new one takes a new start.
func (e *environment) certificate() (*dataverse.Certificate, error) {
	d := e.settings.Dataverse
	if d.Certificate == "" {
		return nil, nil
	}
	data, err := os.ReadFile(d.Certificate)
	if err != nil {
		return nil, &fault.Error{Op: "certificate", On: string(e.settings.Name), Kind: fault.NotValid, Says: "the certificate cannot be read; check the setting dataverse.certificate and the rights of the file", Err: err}
	}
	c, err := dataverse.LoadCertificate(data, d.CertificatePassword.Reveal())
	if err != nil {
		return nil, fmt.Errorf("certificate of environment %s: %w", e.settings.Name, err)
	}
	return c, nil
}

// counted counts the requests to one API.
func (e *environment) counted(api string) func(transport.Counted) {
	return func(c transport.Counted) { e.house.metrics.Request(e.settings.Name, api, c.Method, c.Class, c.Took) }
}

// budgetShare is how much of what a remote allows a long run uses.
const budgetShare = 0.97

// budget keeps the requests to one API within what it allows in a window. On
// PostgreSQL all nodes share it; on SQLite there is one node.
func (e *environment) budget(api string, limits settings.Limits) transport.Layer {
	if limits.Requests == 0 {
		return func(next http.RoundTripper) http.RoundTripper { return next }
	}
	lease := store.BudgetLease{Environment: e.settings.Name, API: api, Allowance: store.Allowance{Requests: limits.Requests, Execution: limits.Execution, Window: limits.Window, Share: budgetShare}}
	var alone store.Bucket
	return transport.NewBudget(transport.BudgetSettings{Now: e.house.now, Lease: func(ctx context.Context, want int, cost, spent time.Duration) (int, time.Duration, error) {
		l := lease
		l.Want, l.Cost, l.Spent = want, cost, spent
		if e.house.store.Name() == settings.SQLite {
			granted, wait := alone.Lease(l, e.house.now())
			return granted, wait, nil
		}
		return e.house.store.LeaseBudget(ctx, l)
	}}).Layer()
}

// pacer keeps the requests to one API within what it can bear, and stores its
// pauses for every node.
func (e *environment) pacer(api string, start, most int) *transport.Pacer {
	return transport.NewPacer(transport.PacerSettings{Start: start, Max: most, MaxWait: 2 * time.Second, OnPause: func(until time.Time, reason string) {
		go func() { // it must not block the request that met the pause
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := e.house.store.Pause(ctx, store.Gate{Environment: e.settings.Name, API: api, PausedUntil: until, Reason: "The API asked for a pause (" + reason + ")."}); err != nil {
				e.house.log.Error("a pause could not be stored", "environment", e.settings.Name, "api", api, "err", err)
			}
		}()
	}})
}

// live starts the environment, again and again until it works, and runs what belongs to
// it until ctx ends. When its mapping or a schema changes it starts anew; lanes wait
// for nothing meanwhile, and work with what was before.
func (e *environment) live(ctx context.Context) error {
	for ctx.Err() == nil {
		if !e.startAtLast(ctx) {
			return nil
		}
		if err := e.liveOnce(ctx); err != nil {
			return err
		}
	}
	return nil
}

// startAtLast tries until the environment has started; false when ctx ended first.
func (e *environment) startAtLast(ctx context.Context) bool {
	for {
		err := e.start(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return false
		}
		e.why.Store(reasonOff(err))
		e.house.log.Error("an environment is off; it is tried again", "environment", e.settings.Name, "err", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(e.house.tuning.retry):
		}
	}
	e.house.log.Info("an environment is on", "environment", e.settings.Name)
	e.house.store.Wake(string(e.settings.Name))
	return true
}

// liveOnce runs until ctx ends or the environment must start anew.
func (e *environment) liveOnce(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var loops sync.WaitGroup
	loops.Go(func() { e.house.clock.Run(ctx, e.clockwork().Steps()) })
	loops.Go(func() { e.listen(ctx) })
	loops.Go(func() { e.heedSheet(ctx); end() })
	err := e.tell(ctx)
	end()
	loops.Wait()
	return err
}

// clockwork is what the clock does for the environment.
func (e *environment) clockwork() schedule.Environment {
	o := e.started.Load()
	return schedule.Environment{Name: o.Name, CRM: e.crm, Store: e.house.store, Mapping: o.Mapping, Tables: o.Tables, Synced: o.Synced,
		Net: e.settings.Net, Keep: e.house.settings.Keep, Now: e.house.now, Mail: o.Mail, Receipts: e.house.store,
		Poll: e.poll, PollEvery: e.settings.Poll.Every, Variables: e.crm, PermissionNames: e.permissionNames(o.Mapping), Schemas: e.lookAtSchemas,
		Changed: func(l store.Link, r mapping.Result, f mapping.Facts, hash func(string) string) bool {
			return o.Canary.Covers(l.Record) || operations.Changed(l, r, f, hash) // the canary's mapping is not this one
		}}
}

func reasonOff(err error) string {
	if f := fault.As(err); f != nil && f.Says != "" {
		return f.Says
	}
	return err.Error()
}

// start asks both remotes who they are, reads Spotler's fields, and checks the
// mapping against both schemas.
func (e *environment) start(ctx context.Context) error {
	who, err := e.crm.WhoAmI(ctx)
	if err != nil {
		return err
	}
	if who.OrganizationID != e.settings.Dataverse.Organisation {
		return &fault.Error{Op: "dataverse.WhoAmI", Kind: fault.NotValid, Says: fmt.Sprintf("Dataverse says it is organisation %s, the settings say %s: correct the address or the organisation id", who.OrganizationID, e.settings.Dataverse.Organisation)}
	}
	if err := e.learn(ctx); err != nil {
		return err
	}
	versions, err := e.sheets(ctx)
	if err != nil {
		return err
	}
	now, err := e.schemas(ctx, versions.inUse, versions.canary)
	if err != nil {
		return err
	}
	bound, err := e.bind(ctx, versions, now)
	if err != nil {
		return err
	}
	if err := e.checkMatch(bound, now.tables); err != nil {
		return err
	}
	steps, err := e.ensure(ctx, bound)
	if err != nil {
		return err
	}
	populate, err := e.populate(ctx)
	if err != nil {
		return err
	}
	started := e.working(bound, now, populate)
	if versions.canary != nil {
		newer, err := versions.canary.Bind(now.list(), now.fields(), mapping.In(e.settings.Zone), mapping.HoldBack())
		if err != nil {
			return fmt.Errorf("canary mapping of environment %s: %w", e.settings.Name, err)
		}
		started.Canary = &operations.Canary{Environment: e.working(newer, now, populate), Share: versions.use.Share}
		started.Canary.Environment.SkipSteps(steps...)
		started.Canary.Environment.SkipUpdates(e.updateSteps)
	}
	read := e.house.now()
	e.schemasRead.Store(&read)
	started.SkipSteps(steps...)
	started.SkipUpdates(e.updateSteps)
	e.sheetUse.Store(&versions.use)
	e.started.Store(started)
	if err := e.release(ctx, bound.HeldBack()); err != nil {
		return err
	}
	return e.wake(ctx, versions, now.properties)
}

// bind joins the sheet in use to both schemas. A version that worked before goes on
// without what does not fit any more; a new one must fit whole.
func (e *environment) bind(ctx context.Context, s sheets, now schemas) (*mapping.Bound, error) {
	options := []mapping.Option{mapping.In(e.settings.Zone)}
	if s.proven {
		options = append(options, mapping.HoldBack())
	}
	bound, err := s.inUse.Bind(now.list(), now.fields(), options...)
	if err != nil {
		return nil, fmt.Errorf("mapping of environment %s: %w", e.settings.Name, err)
	}
	if err := e.adopt(ctx, s); err != nil {
		return nil, err
	}
	before, err := e.known(ctx)
	if err != nil {
		return nil, err
	}
	e.watched.Store(&watched{s.use.Since, s.inUse.Drift(before, now.list(), now.fields()), bound.HeldBack()})
	for _, r := range bound.HeldBack() {
		e.house.log.Warn("a row of the mapping does not fit any more and is held back", "environment", e.settings.Name, "row", r.Row, "says", r.Says)
	}
	return bound, e.remember(ctx, s, now)
}

// working is the environment with one version of the mapping.
func (e *environment) working(bound *mapping.Bound, now schemas, populate *operations.Populate) *operations.Environment {
	s := e.settings
	return &operations.Environment{
		Name: s.Name, CRM: e.crm, Mail: e.mail, Mapping: bound, Tables: now.tables, Synced: e.synced(),
		Policy:      decide.Policy{AnonymizeInactive: s.AnonymizeWhenInactive, Readmit: decide.Readmit(s.Readmit)},
		Fence:       fenceOf(s.Fence),
		FenceWindow: s.Fence.Window, Hold: s.Fence.Hold, JobLog: s.JobLog, Purge: s.PurgeExistingProperties, Patience: e.house.tuning.patience, Populate: populate,
		Fields: spotler.NewSchemaCache(e.mail, fieldsKept, e.house.now), Zone: s.Zone,
		Prefer: decide.Preference(s.Poll.Prefer), Skew: s.Poll.Skew, Turns: s.Poll.Freeze, BounceTasks: bounceTasks(s.Poll.Tasks), Types: typesOf(now.properties),
		Subscribers: e.subscribers(now.tables),
	}
}

// fieldsKept is how long the fields of Spotler are taken as known before they are read
// again.
const fieldsKept = 5 * time.Minute

// wakeAtOnce bounds how many ops one start wakes.
const wakeAtOnce = 10_000

// wake asks again for what ended because of the mapping, a field of Spotler or a
// mistake of ours, when one of these has changed since the last start.
func (e *environment) wake(ctx context.Context, versions sheets, properties []spotler.Property) error {
	const name = "causes"
	fields, err := json.Marshal(properties)
	if err != nil {
		return fmt.Errorf("fields of Spotler: %w", err)
	}
	sum := sha256.New()
	for _, part := range [][]byte{[]byte(versions.use.Version), fields, []byte(release())} {
		sum.Write(part)
		sum.Write([]byte{0})
	}
	now := hex.EncodeToString(sum.Sum(nil)[:8])
	before, err := e.house.store.Cursor(ctx, e.settings.Name, name)
	if err != nil || before == now {
		return err
	}
	if before != "" {
		n, err := e.house.store.WakeDead(ctx, e.settings.Name, []string{string(fault.NotValid), string(fault.NotFound), string(fault.Broken)}, now, wakeAtOnce)
		if err != nil {
			return err
		}
		if n > 0 {
			e.house.log.Info("the mapping, the fields of Spotler or this program changed: jobs that failed are tried again", "environment", e.settings.Name, "jobs", n)
		}
	}
	return e.house.store.SetCursor(ctx, e.settings.Name, name, now)
}

func fenceOf(f settings.Fence) decide.FencePolicy {
	return decide.FencePolicy{PerHour: f.Limit, Share: float64(f.Share) / 100, Off: f.Limit == 0}
}

// tables are ours and the standard ones, with the organisation's own columns.
func (e *environment) tables() map[connector.Table]schema.Table {
	out := map[connector.Table]schema.Table{}
	for _, t := range schema.Tables() {
		t.Columns = append(t.Columns[:len(t.Columns):len(t.Columns)], e.settings.Columns[t.Name]...)
		out[t.Name] = t
	}
	return out
}

func propertiesOf(in []spotler.Property) []mapping.Property {
	out := make([]mapping.Property, len(in))
	for i, p := range in {
		out[i] = mapping.Property{Name: p.Name, Description: p.Description, Type: string(p.Type)}
		for _, entry := range p.Entries {
			out[i].Entries = append(out[i].Entries, mapping.Entry{Bit: entry.Bit, Description: entry.Description, Rank: entry.Rank})
		}
	}
	return out
}

// tell carries tellings to Dataverse while this node leads.
func (e *environment) tell(ctx context.Context) error {
	t := &operations.Teller{Env: e.started.Load(), Store: e.house.store, Now: e.house.now, Jitter: e.house.runner.Jitter, Log: e.house.log}
	tick := time.NewTicker(e.house.tuning.tell)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !e.house.pump.Leads() || e.house.pump.Crowded(e.settings.Name) && time.Since(last) < tellInCrowd {
			continue
		}
		last = time.Now()
		for full := true; full && ctx.Err() == nil; {
			var err error
			if _, full, err = t.Once(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, fault.Busy) {
				e.house.log.Warn("Dataverse did not hear; it is told again", "environment", e.settings.Name, "err", err)
			}
		}
	}
}

// tellInCrowd is how long Dataverse waits for news in a mass edit: people come first,
// and what is told of one row together is one write.
const tellInCrowd = 2 * time.Second

// deadline bounds every request. The lease outlasts it, so a lane is never handed
// out while a request of an earlier worker may still be running.
func deadline(d time.Duration) transport.Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			ctx, cancel := context.WithTimeout(r.Context(), d)
			resp, err := next.RoundTrip(r.WithContext(ctx))
			if err != nil {
				cancel()
				return nil, err
			}
			resp.Body = &closer{resp.Body, cancel}
			return resp, nil
		})
	}
}
