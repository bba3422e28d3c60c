// Package leadssim is Spotler Leads (GatorLeads) in memory, served over real
// HTTP: its token endpoint and its API, with companies and people who come to a
// web site.
//
// It is written from the published contract, never from our own client: the
// two must be able to disagree. Where nothing is published it assumes, and every
// assumption is a switch (see Assumptions). It is deterministic: the same seed
// and the same calls at the same times give the same answers.
package leadssim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// TokenPath is where tokens are asked (reference: section 9.1). The real ones
// are on a host of their own.
const TokenPath = "/core/connect/token"

// Config is what a simulator starts from.
type Config struct {
	Seed      uint64
	Client    Credentials      // the OAuth client
	User      Credentials      // the user of the password grant
	LeadsID   string           // the GatorLeads client, a lower-case GUID; drawn from the seed when empty
	Companies int              // made-up companies that may visit from the start
	Now       func() time.Time // nil is the real clock
	Assume    *Assumptions     // nil is DefaultAssumptions
}

// Credentials are a name and its secret.
type Credentials struct{ Name, Secret string }

// Sim is a running simulator. It is safe for use by many goroutines.
type Sim struct {
	cfg      Config
	faults   *control.Faults
	counters *control.Counters
	routes   []route

	mu      sync.Mutex
	rand    *rand.Rand    // ids and tokens
	life    *rand.Rand    // what visitors do
	ahead   time.Duration // by which the clock was moved
	assume  Assumptions
	tokens  tokens
	clients []*client
	bands   []Band
	planned []visit // the first that ends first
}

// client is one GatorLeads client: a tracked web site.
type client struct {
	id, name  string
	domains   []string
	expires   time.Time
	companies []*Company
	people    []*Person
	leads     []*lead // in order of the first visit
	byID      map[string]*lead
	queue     queue
	types     map[string]typeName // by the key of LeadTypeNames
	pages     []Page
	persons   int64 // handed out as personId
}

// New returns a simulator with one client. It fails when a name or secret is empty.
func New(cfg Config) (*Sim, error) {
	if cfg.Client.Name == "" || cfg.Client.Secret == "" || cfg.User.Name == "" || cfg.User.Secret == "" {
		return nil, errors.New("leadssim: the name or secret of the client or of the user is empty")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	routes := table()
	s := &Sim{
		cfg: cfg, faults: control.NewFaults(cfg.Seed), counters: control.NewCounters(labels(routes)), assume: DefaultAssumptions(),
		rand: rand.New(rand.NewPCG(cfg.Seed, 0x6c65616473)), life: rand.New(rand.NewPCG(cfg.Seed, 0x76697369746f7273)),
		tokens: newTokens(), bands: DefaultBands(), routes: routes,
	}
	if cfg.Assume != nil {
		s.assume = *cfg.Assume
	}
	if err := s.assume.Check(); err != nil {
		return nil, fmt.Errorf("leadssim: %w", err)
	}
	c := s.addClient("Sandbox", "www.example", true)
	if cfg.LeadsID != "" {
		c.id = cfg.LeadsID
	}
	s.found(c, cfg.Companies)
	return s, nil
}

// addClient adds a tracked web site.
func (s *Sim) addClient(name, domain string, queue bool) *client {
	c := &client{id: s.guid(), name: name, domains: []string{domain}, expires: s.clock().AddDate(1, 0, 0), byID: map[string]*lead{}, types: standardTypes(), pages: standardPages(domain)}
	c.queue.enabled = queue
	c.queue.batches = map[string][]*view{}
	s.clients = append(s.clients, c)
	return c
}

// Handler serves the token endpoint, the API and the control plane under /control/.
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

// LeadsID is the id of the first GatorLeads client.
func (s *Sim) LeadsID() string { return s.clients[0].id }

// clock is the simulator's time in GMT, without parts of a second: the API
// writes none. The caller holds the mutex, or nobody else has the simulator yet.
func (s *Sim) clock() time.Time { return s.cfg.Now().Add(s.ahead).UTC().Truncate(time.Second) }

// guid returns a lower-case GUID of version 4.
func (s *Sim) guid() string {
	a, b := s.rand.Uint64(), s.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}
