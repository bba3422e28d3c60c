// Package dataversesim is one Dataverse organisation in memory, behind real
// HTTP: the Web API, the token endpoint and the webhooks, for tests,
// demonstrations and benchmarks.
//
// It is written from the reference (dataverse-api 0-3) and never from our own
// client, so that the two can disagree. Where the platform can do more, it
// answers 501 and says so.
package dataversesim

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/control"
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// Config describes the organisation. The zero value works: everybody is let
// in and ids follow from Seed.
type Config struct {
	// Seed makes ids and faults repeatable: the same requests in the same order
	// give the same history.
	Seed uint64
	// OrganizationID is a GUID; empty derives one from Seed.
	OrganizationID string
	// OrganizationName is the unique name: org6eadd181; empty is "sandbox".
	OrganizationName string
	// ClientID and ClientSecret belong to the application user. An empty
	// ClientID switches authentication off.
	ClientID, ClientSecret string
	// Certificate belongs to the application user too: assertions that its key signed
	// are as good as the secret. nil is none.
	Certificate *x509.Certificate
	// TenantID must stand in the address of the token endpoint; empty accepts any.
	TenantID string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Workers is how many webhooks may be on their way at a time; 0 is 8.
	Workers int
	// Light leaves out the tables that come with Dynamics 365 apps: leads, lists,
	// campaigns and opportunities, as in a plain Power Apps organisation.
	Light bool
	// Assume overrides what the reference leaves open; nil is DefaultAssumptions.
	Assume *Assumptions
	// File is where Save writes the organisation and Load finds it; empty keeps it
	// in memory only.
	File string
}

// Sim is one organisation. Create it with New and end it with Close; it is safe
// for use by many goroutines.
type Sim struct {
	cfg Config

	mu      sync.RWMutex // guards what follows
	tables  map[string]*table
	sets    map[string]*table // by entity set
	ordered []*table          // in the order of the metadata
	model   *metadata.Model
	rand    *rand.Rand
	source  *rand.PCG // behind rand
	version int64
	seq     int64
	steps   steps
	classic bool
	uploads []staged   // solutions that were staged
	imports []imported // what became of those that were imported
	// expiredBelow is the version below which delta tokens are too old.
	expiredBelow int64

	user     ref // the application user: whoever comes through the Web API
	currency ref // the base currency
	person   ref // whoever edits through the control API
	unit     ref
	tokens   tokens
	limits   limiter
	// clock is the true time; Config.Now is what the organisation believes.
	clock    func() time.Time
	catalog  atomic.Pointer[catalog] // tables and sets, for those who hold no lock
	skew     atomic.Int64            // nanoseconds between the two
	entitled entitlement
	granted  atomic.Pointer[grants] // what the roles of the application user allow
	notReady atomic.Int64           // requests that find no metadata cache
	bus      bus
	journal  journal
	assume   atomic.Pointer[Assumptions]
	keysDue  atomic.Int64 // when the first pending index is ready, in nanoseconds since 1970; 0 is never
	pending  []pendingKey
	denied   struct {
		sync.RWMutex
		set map[string]bool
	}

	courier  courier
	client   *http.Client
	buffers  sync.Pool
	cancel   context.CancelFunc
	requests atomic.Uint64
	handler  http.Handler
	counters *control.Counters
}

// New makes an organisation with the tables of the schema, without rows.
func New(cfg Config) *Sim {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Workers <= 0 {
		cfg.Workers = 8
	}
	if cfg.OrganizationName == "" {
		cfg.OrganizationName = "sandbox"
	}
	s := &Sim{cfg: cfg, tables: map[string]*table{}, sets: map[string]*table{}, source: rand.NewPCG(cfg.Seed, 0xda7a), version: 1000}
	s.rand = rand.New(s.source)
	s.clock = cfg.Now
	s.cfg.Now = func() time.Time { return s.clock().Add(time.Duration(s.skew.Load())) }
	if s.cfg.OrganizationID == "" {
		s.cfg.OrganizationID = newGUID(s.rand).String()
	}
	s.tokens.until = map[string]time.Time{}
	s.bus.configure(Bus{})
	s.denied.set = map[string]bool{}
	assume := DefaultAssumptions()
	if cfg.Assume != nil {
		assume = *cfg.Assume
	}
	s.assume.Store(&assume)
	s.buffers.New = func() any { b := make([]byte, 0, 8<<10); return &b }
	model := metadata.Standard()
	if cfg.Light {
		model = model.Light()
	}
	s.adopt(model)
	s.furnish()
	s.open()
	return s
}

// furnish makes the rows that every organisation has.
func (s *Sim) furnish() {
	tx := s.begin(s.user)
	tx.silent = true
	must := tx.must
	s.unit = must(s.tables["businessunit"], guid{}, object{{"name", s.cfg.OrganizationName}})
	users := s.tables["systemuser"]
	s.user = ref{users, newGUID(s.rand)}
	tx.user = s.user
	must(users, s.user.id, object{{"fullname", "# Spotler Connector"}, {"applicationid", s.cfg.ClientID}})
	s.person = must(users, guid{}, object{{"fullname", "A Person"}})
	s.furnishCurrency(tx)
	for _, m := range platformMessages {
		id, _ := parseGUID(m.id)
		message := must(s.tables["sdkmessage"], id, object{{"name", m.name}})
		for _, t := range s.ordered {
			if !m.about(t) {
				continue
			}
			must(s.tables["sdkmessagefilter"], guid{}, object{{"primaryobjecttypecode", t.name}, {"secondaryobjecttypecode", "none"},
				{"sdkmessageid@odata.bind", "/sdkmessages(" + message.id.String() + ")"}})
		}
	}
	for _, t := range s.ordered {
		s.furnishPrivileges(tx, t)
	}
	s.furnishRoles(tx)
	tx.commit()
	for _, t := range s.tables {
		t.written = writes{}
	}
}

// must makes a row that fits its table by construction.
func (tx *transaction) must(t *table, id guid, body object) ref {
	sets, _, f := tx.assignments(t, body, nil)
	if f == nil {
		var r *row
		if r, f = tx.create(t, id, sets); f == nil {
			return ref{t, r.id}
		}
	}
	panic(f) // the rows of a new organisation fit its tables
}

// open starts the workers and builds the handler.
func (s *Sim) open() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConns: 2 * s.cfg.Workers, MaxIdleConnsPerHost: 2 * s.cfg.Workers, MaxConnsPerHost: s.cfg.Workers, IdleConnTimeout: 90 * time.Second, DisableCompression: true, DialContext: s.courier.dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.courier.start(s.cfg.Workers, func(e *event) string {
		trouble := s.deliver(ctx, e)
		s.settleJob(e, trouble)
		return trouble
	})
	faults, counters := control.NewFaults(s.cfg.Seed), control.NewCounters(s.label)
	mux := http.NewServeMux()
	faults.Mount(mux)
	counters.Mount(mux)
	s.mountControl(mux)
	mux.HandleFunc("/{tenant}/oauth2/v2.0/token", s.serveToken)
	for _, v := range []string{"v9.0", "v9.1", "v9.2"} {
		mux.HandleFunc("/api/data/"+v+"/", s.serveAPI)
	}
	s.handler, s.counters = counters.Wrap(faults.Wrap(mux)), counters
}

// Handler answers the Web API under /api/data/v9.x/, the token endpoint and the
// control API under /control/. It may be mounted below a prefix with http.StripPrefix.
func (s *Sim) Handler() http.Handler { return s.handler }

// Counters lets the server that carries the handler report its connections.
func (s *Sim) Counters() *control.Counters { return s.counters }

// Close ends all goroutines. Events that are still queued are dropped.
func (s *Sim) Close() {
	s.cancel()
	s.courier.close()
	s.bus.close()
	s.client.CloseIdleConnections()
}

func (s *Sim) nextSeq() int64 {
	s.seq++
	return s.seq
}

// label names a request for the counters, without ids.
func (s *Sim) label(r *http.Request) string {
	path := r.URL.Path
	if strings.HasSuffix(path, "/oauth2/v2.0/token") {
		return "token"
	}
	if !strings.HasPrefix(path, "/api/data/") {
		return "other"
	}
	_, path, _ = strings.Cut(path[len("/api/data/"):], "/")
	a, ok := parseAddress(path)
	if !ok || s.setNamed(a.set) == nil && function(a.set) == nil {
		return "other"
	}
	if a.key != "" {
		return a.set + "(id)"
	}
	if r.Method == http.MethodGet && strings.Contains(r.URL.RawQuery, "deltatoken=") {
		return a.set + " delta"
	}
	return a.set
}

// requestID is unique within the organisation.
func (s *Sim) requestID() string {
	var g guid
	binary.BigEndian.PutUint64(g[:8], s.cfg.Seed+0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(g[8:], s.requests.Add(1))
	return g.String()
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
