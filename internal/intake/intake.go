// Package intake takes in what Dataverse posts: it checks who is calling, turns an
// event into requests for ops, and answers when they are durable.
package intake

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// Path is where hooks are served; the random id of an environment follows it.
const Path = "/hooks/dataverse/"

// SecretHeader carries the secret of a hook. The registered endpoint sends it
// (authtype 5, reference: dataverse-api 1.2).
const SecretHeader = "x-spotler-connector-secret"

// MaxBody is the largest body that is read. Dataverse itself takes a body over
// 256 KB apart (reference: dataverse-api 1.5).
const MaxBody = 1 << 20

// Outcome is what became of a request, for counting.
type Outcome string

// The outcomes.
const (
	Accepted     Outcome = "accepted" // its requests are durable
	Ignored      Outcome = "ignored"  // rightly nothing to do
	Unauthorised Outcome = "unauthorised"
	Stranger     Outcome = "wrong organisation"
	TooLarge     Outcome = "too large"
	NotAnEvent   Outcome = "not an event"
	NotStored    Outcome = "not stored" // the store is in trouble
)

// Store is what intake needs of the store.
type Store interface {
	// Put stores requests in one transaction and returns when they are durable.
	Put(ctx context.Context, puts []store.Put) ([]store.PutResult, error)
	// Ping tells a store that is away from one that refuses data.
	Ping(ctx context.Context) error
}

// Environment is what intake must know of an environment.
type Environment struct {
	Name         connector.Environment
	Organisation connector.RecordID
	Secrets      []settings.Secret // those that are valid now: one, or two while they are changed
	Tables       []connector.Table // the synchronised ones
}

// Options says what intake works with. Store and Environments are required.
type Options struct {
	Store Store
	// Environments finds the environment with that hook id. It is called for every
	// request, so a reload takes effect at once.
	Environments func(hook string) (*Environment, bool)
	Now          func() time.Time // nil means time.Now
	Log          *slog.Logger     // nil means slog.Default
	// Seen counts requests; env is empty when nobody knows which one was meant. It is
	// called by many goroutines.
	Seen func(env connector.Environment, outcome Outcome)
}

// intake is the handler.
type intake struct {
	Options
	group  *group
	bodies sync.Pool
	// nobody is compared with when there is no such hook, so that the answer takes
	// as long as for a wrong secret.
	nobody *Environment
	spoken
}

// New serves POST /hooks/dataverse/{hook}. Every answer that is not 2xx is a
// problem (RFC 9457).
//
// Unknown hook, wrong or missing secret: 401, all alike. Another organisation: 403.
// Over MaxBody: 413. No execution context: 400, naming what is wrong. Store in
// trouble: 503, because Dataverse tries once more after that status only
// (reference: dataverse-api 1.6). Requests stored: 202. Nothing to do: 204.
func New(o Options) http.Handler {
	in := newIntake(o)
	mux := http.NewServeMux()
	mux.HandleFunc(Path+"{hook}", in.hook)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, "There is no such address", "hooks are posted to "+Path+" and the hook id of an environment")
	})
	return mux
}

func newIntake(o Options) *intake {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Seen == nil {
		o.Seen = func(connector.Environment, Outcome) {}
	}
	in := &intake{Options: o, group: &group{store: o.Store, longest: maxGroup}, nobody: &Environment{Secrets: []settings.Secret{settings.NewSecret("nobody")}}}
	in.bodies.New = func() any { return new([]byte) }
	return in
}

// hook answers one request.
func (in *intake) hook(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, http.StatusMethodNotAllowed, "The method is not allowed", "post the event")
		return
	}
	env, ok := in.authorise(r)
	if !ok {
		in.seen(env.Name, Unauthorised, nil)
		answer(w, http.StatusUnauthorized, "The hook or its secret is wrong", "send the secret of this hook in the header "+SecretHeader)
		return
	}
	x, err := in.event(w, r)
	if err != nil {
		in.refuse(w, env, err)
		return
	}
	if x.OrganizationID != env.Organisation {
		in.seen(env.Name, Stranger, nil)
		answer(w, http.StatusForbidden, "The event is of another organisation", "OrganizationId is not the organisation of this environment; check which hook is registered where")
		return
	}
	puts, err := Requests(env, x)
	switch {
	case err != nil:
		in.refuse(w, env, err)
	case len(puts) == 0:
		in.seen(env.Name, Ignored, nil)
		w.WriteHeader(http.StatusNoContent)
	default:
		in.keep(w, r, env, puts)
	}
}

// authorise finds the environment and checks the secret. Every way to fail does
// the same work; then the environment is only good for its name.
func (in *intake) authorise(r *http.Request) (*Environment, bool) {
	env, known := in.Environments(r.PathValue("hook"))
	if !known || env == nil || len(env.Secrets) == 0 {
		env, known = in.nobody, false
	}
	given := r.Header.Get(SecretHeader)
	if given == "" {
		given = r.URL.Query().Get("code")
	}
	right := false
	for i := range max(2, len(env.Secrets)) { // two comparisons, however many secrets there are
		match := env.Secrets[min(i, len(env.Secrets)-1)].Matches(given)
		right = right || match
	}
	return env, right && known
}

// keep answers when the requests are durable.
func (in *intake) keep(w http.ResponseWriter, r *http.Request, env *Environment, puts []store.Put) {
	err := in.group.put(r.Context(), puts)
	if err != nil {
		in.seen(env.Name, NotStored, err)
		w.Header().Set("Retry-After", "5")
		answer(w, http.StatusServiceUnavailable, "The event could not be stored", "the connector's database is in trouble; what is lost is found again within some minutes")
		return
	}
	in.seen(env.Name, Accepted, nil)
	w.WriteHeader(http.StatusAccepted)
}

// refuse answers a body that is no event.
func (in *intake) refuse(w http.ResponseWriter, env *Environment, err error) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		in.seen(env.Name, TooLarge, nil)
		answer(w, http.StatusRequestEntityTooLarge, "The body is too large", "a body may have 1 MiB")
		return
	}
	in.seen(env.Name, NotAnEvent, err)
	answer(w, http.StatusBadRequest, "The body is not an event of Dataverse", explain(err))
}

// event reads the body and decodes it.
func (in *intake) event(w http.ResponseWriter, r *http.Request) (dataverse.ExecutionContext, error) {
	buf := in.bodies.Get().(*[]byte)
	defer in.bodies.Put(buf)
	body, err := readBody(w, r, *buf)
	if cap(body) <= keepBody {
		*buf = body[:0]
	}
	if err != nil {
		return dataverse.ExecutionContext{}, err
	}
	return dataverse.DecodeExecutionContext(body) // it copies the body
}
