package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api"
	"github.com/spotler-connector/connector/internal/intake"
	"github.com/spotler-connector/connector/internal/lanes"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schedule"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/postgres"
	"github.com/spotler-connector/connector/internal/store/sqlite"
)

// tuning are figures that only tests, the demo and benchmarks change.
type tuning struct {
	slots  int           // batches that may be out at once
	linger time.Duration // how long a lane waits for company
	// lease is how long a node may be silent about a lane: it prolongs its leases while
	// it works, so a long request needs no long lease.
	lease      time.Duration
	leadership time.Duration // how long the leader may be silent
	grace      time.Duration // for what is running when the process stops
	patience   time.Duration // for one request to a remote
	tell       time.Duration // how often tellings are looked for
	retry      time.Duration // how often an environment that did not start is tried again
	reclaim    time.Duration
	paused     bool   // no work is handed out
	profile    string // address of the profiles; empty is none
}

func defaultTuning() tuning {
	return tuning{slots: 8, linger: 30 * time.Millisecond, lease: 3 * time.Second, leadership: 2 * time.Second, reclaim: 300 * time.Millisecond, grace: 20 * time.Second, patience: 30 * time.Second, tell: 100 * time.Millisecond, retry: 10 * time.Second}
}

// house is the whole connector in one process: every room, wired.
type house struct {
	settings settings.Settings
	tuning   tuning
	log      *slog.Logger
	started  time.Time
	now      func() time.Time

	store    *store.Store
	close    []func() error
	executor lanes.Executor
	pump     *lanes.Pump
	worker   *lanes.Worker
	runner   *operations.Runner
	clock    *schedule.Clock
	metrics  *api.Metrics
	stopping chan struct{}
	envs     []*environment
	hooks    map[string]*environment
	firstTok string
	server   *http.Server
	listener net.Listener
}

// build opens the store and wires the rooms; nothing runs yet.
func build(ctx context.Context, s settings.Settings, t tuning, log *slog.Logger) (*house, error) {
	h := &house{settings: s, tuning: t, log: log, started: time.Now(), now: time.Now, hooks: map[string]*environment{}, stopping: make(chan struct{})}
	if err := h.openStore(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	h.metrics = api.NewMetrics(h.apiOptions())
	h.runner = &operations.Runner{Store: h.store, Environment: h.running, Now: h.now, Jitter: rand.Float64, Log: log}
	h.worker = &lanes.Worker{Store: h.store, Node: s.Node, Lease: t.lease, Runner: h.runner, Log: log}
	h.pump = &lanes.Pump{Store: h.store, Executor: h.executor, Node: s.Node, Environments: h.enabled, Slots: t.slots, Linger: t.linger, Lease: t.lease, Leadership: t.leadership, Reclaim: t.reclaim, Log: log, Now: h.now}
	h.clock = &schedule.Clock{Leads: h.pump.Leads, Log: log}
	for _, e := range s.Environments {
		env, err := newEnvironment(ctx, h, e)
		if err != nil {
			return nil, errors.Join(err, h.Close())
		}
		h.envs = append(h.envs, env)
		h.hooks[env.hook] = env
	}
	var err error
	if h.firstTok, err = api.FirstToken(ctx, h.store, h.now()); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	h.server = &http.Server{Handler: h.routes(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	return h, nil
}

// openStore opens the database of the settings and the executor that goes with it.
func (h *house) openStore(ctx context.Context) error {
	seal, err := sealer(h.settings.Key)
	if err != nil {
		return err
	}
	if h.settings.Database.Kind == settings.SQLite {
		db, err := sqlite.Open(ctx, h.settings.Database.Path, seal, h.now)
		if err != nil {
			return err
		}
		h.store, h.executor = db.Store, lanes.NewLocal(h.tuning.slots, h.tuning.grace)
		h.close = append(h.close, db.Close)
		return nil
	}
	url := h.settings.Database.URL.Reveal()
	db, err := postgres.Open(ctx, postgres.Options{URL: url}, seal)
	if err != nil {
		return err
	}
	h.store = db
	h.close = append(h.close, db.Close)
	river, err := lanes.NewRiver(ctx, lanes.RiverOptions{URL: url, Workers: h.tuning.slots, Grace: h.tuning.grace, Log: h.log, Poll: time.Second})
	if err != nil {
		return err
	}
	h.executor = river
	h.close = append(h.close, river.Close)
	return nil
}

// Close closes what build opened, last first.
func (h *house) Close() error {
	var errs []error
	for i := len(h.close) - 1; i >= 0; i-- {
		errs = append(errs, h.close[i]())
	}
	h.close = nil
	return errors.Join(errs...)
}

// running returns an environment that has started.
func (h *house) running(name connector.Environment) *operations.Environment {
	for _, e := range h.envs {
		if e.settings.Name == name {
			return e.started.Load()
		}
	}
	return nil
}

// enabled lists the environments that have started.
func (h *house) enabled() []connector.Environment {
	var out []connector.Environment
	for _, e := range h.envs {
		if e.started.Load() != nil {
			out = append(out, e.settings.Name)
		}
	}
	return out
}

// off says why an environment has not started.
func (h *house) off(name connector.Environment) string {
	for _, e := range h.envs {
		if e.settings.Name == name {
			if e.started.Load() != nil {
				return ""
			}
			if why, _ := e.why.Load().(string); why != "" {
				return why
			}
			return "It is starting."
		}
	}
	return ""
}

// warnings are what an environment misses of its schemas, and since when.
func (h *house) warnings(name connector.Environment) ([]string, time.Time) {
	for _, e := range h.envs {
		if w := e.watched.Load(); e.settings.Name == name && w != nil {
			return w.warnings(), w.since
		}
	}
	return nil, time.Time{}
}

// apiOptions is what the HTTP API is made of.
func (h *house) apiOptions() api.Options {
	return api.Options{Store: h.store, Settings: h.settings, Version: release(), Started: h.started, Now: h.now, Off: h.off,
		Load:     operations.PutLoad,
		Poll:     h.poll,
		Answer:   operations.PutAnswer,
		Explain:  h.explain,
		Mappings: mappingDesk{h}, Triggers: triggerDesk{h}, Warnings: h.warnings,
		Arguments: func(j connector.Job) ([]byte, error) { return operations.Arguments{Job: j}.Encode() },
		Report:    func(err error) { h.log.Error("the API ran into trouble", "err", err) }}
}

// routes is everything that is served.
func (h *house) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(intake.Path, intake.New(intake.Options{Store: h.store, Environments: h.hook, Now: h.now, Log: h.log, Seen: h.seen}))
	mux.Handle("/api/", api.New(h.apiOptions()))
	mux.Handle("GET /metrics", h.metrics.Handler())
	mux.Handle("/", api.Health(h.store.Ping, h.stopping, func(err error) { h.log.Error("the database does not answer", "err", err) }))
	return mux
}

// hookStatus is the HTTP status that goes with what became of a hook's request.
var hookStatus = map[intake.Outcome]int{intake.Accepted: http.StatusAccepted, intake.Ignored: http.StatusNoContent, intake.Unauthorised: http.StatusUnauthorized,
	intake.Stranger: http.StatusForbidden, intake.TooLarge: http.StatusRequestEntityTooLarge, intake.NotAnEvent: http.StatusBadRequest, intake.NotStored: http.StatusServiceUnavailable}

func (h *house) seen(env connector.Environment, outcome intake.Outcome) {
	h.metrics.Hook(env, hookStatus[outcome])
}

func (h *house) hook(id string) (*intake.Environment, bool) {
	e, ok := h.hooks[id]
	if !ok {
		return nil, false
	}
	return e.intake(), true
}

// intake is what intake must know of the environment.
func (e *environment) intake() *intake.Environment {
	return &intake.Environment{Name: e.settings.Name, Organisation: e.settings.Dataverse.Organisation, Secrets: e.settings.Hook.Secrets, Tables: e.settings.Tables}
}

// listen opens the address of the settings; Addr is then known.
func (h *house) listen(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", h.settings.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w: is another connector running? Choose another address with the setting listen", err)
	}
	h.listener = l
	return nil
}

// Addr is where the house listens, as a URL.
func (h *house) Addr() string { return "http://" + h.listener.Addr().String() }

// live runs every loop until ctx ends, stops admission first, and returns when all
// that was begun has ended.
func (h *house) live(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var loops sync.WaitGroup
	errs := make(chan error, 8)
	loop := func(name string, f func(context.Context) error) {
		loops.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				errs <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	serving := make(chan error, 1)
	go func() { serving <- h.server.Serve(h.listener) }()
	loop("executor", func(ctx context.Context) error { return h.executor.Run(ctx, h.worker.Do) })
	if !h.tuning.paused {
		loop("pump", h.pump.Run)
	}
	if h.store.Name() == settings.Postgres {
		loop("listener", func(ctx context.Context) error {
			return postgres.Listen(ctx, h.settings.Database.URL.Reveal(), h.store)
		})
	}
	keeping := schedule.Housekeeping{Store: h.store, Done: h.settings.Keep.Done, Folder: h.backups(), Now: h.now}
	loop("clock", func(ctx context.Context) error { h.clock.Run(ctx, keeping.Steps()); return nil })
	for _, e := range h.envs {
		loop("environment "+string(e.settings.Name), e.live)
	}
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-errs:
	case failure = <-serving:
	}
	close(h.stopping)
	end()
	return errors.Join(failure, h.stop(ctx, &loops))
}

// backups is where the daily copies of SQLite go.
func (h *house) backups() string { return filepath.Join(h.settings.DataDir, "backups") }

// stop ends the server and waits for the loops, whose context has ended.
// Requests that do not end within the grace period are cut off: Dataverse sends an
// event again, or the safety net finds it.
func (h *house) stop(ctx context.Context, loops *sync.WaitGroup) error {
	calm, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.tuning.grace)
	defer cancel()
	err := h.server.Shutdown(calm)
	if errors.Is(err, context.DeadlineExceeded) {
		h.log.Warn("some requests did not end in time and were cut off")
		err = h.server.Close()
	}
	loops.Wait()
	return err
}
