// Package spotlersim is Spotler Mail+ in memory, served over real HTTP, so that
// the connector can be tested, measured and shown without an account.
//
// It is written from the published contract and from the ways other people's
// clients are known to use it, never from our own client: the two must be able
// to disagree. Where nothing is published it assumes, and every assumption is a
// switch (see Assumptions). It is deterministic: the same seed and the same
// calls in the same order give the same answers.
package spotlersim

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// The two places where the API answers. They are one application with an older
// and a newer way of writing a few answers (reference: section 3.7).
const (
	BaseV110    = "/integrationservice-1.1.0" // bare arrays, dates as epoch milliseconds
	BaseCurrent = "/integrationservice"       // wrapped pages, dates as ISO 8601
)

// Config is what a simulator starts from.
type Config struct {
	Seed     uint64
	Accounts []Account        // at least one
	Now      func() time.Time // nil is the real clock
	Assume   *Assumptions     // nil is DefaultAssumptions
	Journal  int              // writes remembered per account; 0 is 50,000
}

// Sim is a running simulator: several accounts behind one handler. It is safe
// for use by many goroutines.
type Sim struct {
	now      func() time.Time
	ahead    atomic.Int64 // nanoseconds by which the clock was moved
	seed     uint64
	journal  int // writes remembered per account
	mu       sync.RWMutex
	accounts []*account      // guarded by mu
	keys     map[string]*key // guarded by mu
	routes   *routes
	assume   atomic.Pointer[Assumptions]
	faults   *control.Faults
	counters *control.Counters
}

// New returns a simulator with empty accounts. It fails when there is no
// account, a key is empty or two accounts share one.
func New(cfg Config) (*Sim, error) {
	if len(cfg.Accounts) == 0 {
		return nil, errors.New("spotlersim: no account is configured")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Journal == 0 {
		cfg.Journal = 50_000
	}
	assume := DefaultAssumptions()
	if cfg.Assume != nil {
		assume = *cfg.Assume
	}
	if err := assume.Check(); err != nil {
		return nil, fmt.Errorf("spotlersim: %w", err)
	}
	s := &Sim{now: cfg.Now, seed: cfg.Seed, journal: cfg.Journal, keys: map[string]*key{}, routes: newRoutes(), faults: control.NewFaults(cfg.Seed)}
	s.counters = control.NewCounters(s.routes.label)
	s.assume.Store(&assume)
	for i, conf := range cfg.Accounts {
		if err := s.open(conf); err != nil {
			return nil, fmt.Errorf("spotlersim: account %d: %w", i+1, err)
		}
	}
	return s, nil
}

// Handler serves the API under both bases and the control plane under /control/.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	s.faults.Mount(mux)
	s.counters.Mount(mux)
	s.mountControl(mux)
	mux.HandleFunc("/control/", func(w http.ResponseWriter, _ *http.Request) {
		control.Refuse(w, http.StatusNotFound, "the control plane has no such call")
	})
	api := s.counters.Wrap(s.faults.Wrap(http.HandlerFunc(s.serve)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if control.Own(r) {
			mux.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// ConnState counts connections; hang it in http.Server.ConnState.
func (s *Sim) ConnState(c net.Conn, state http.ConnState) { s.counters.ConnState(c, state) }

// Faults lets a test in the same process break calls without HTTP.
func (s *Sim) Faults() *control.Faults { return s.faults }

// Counters lets a test in the same process count calls without HTTP.
func (s *Sim) Counters() *control.Counters { return s.counters }

// Assume changes the assumptions for the calls that follow.
func (s *Sim) Assume(a Assumptions) error {
	if err := a.Check(); err != nil {
		return err
	}
	s.assume.Store(&a)
	return nil
}

// clock is the simulator's time: the configured one plus what was added by hand.
func (s *Sim) clock() time.Time { return s.now().Add(time.Duration(s.ahead.Load())) }
