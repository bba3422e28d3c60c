// Package api is the HTTP API of a running connector, as api/openapi.yaml defines
// it: bearer tokens, problem documents, and a thin layer over the store.
package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// Store is what the API needs of the store. *store.Store is one.
type Store interface {
	TokenStore
	ConsentStore
	ReviewStore
	Name() string
	Settings(ctx context.Context) (map[string]string, error)
	Ops(ctx context.Context, f store.OpFilter) ([]store.Op, error)
	Op(ctx context.Context, env connector.Environment, id int64) (store.Taken, error)
	Put(ctx context.Context, puts []store.Put) ([]store.PutResult, error)
	Retry(ctx context.Context, env connector.Environment, id int64, key string) (store.PutResult, error)
	Count(ctx context.Context, env connector.Environment) (store.Counts, error)
	Gates(ctx context.Context) ([]store.Gate, error)
	Resume(ctx context.Context, env connector.Environment, api string) error
	Erasures(ctx context.Context, env connector.Environment, since time.Time) (int, error)
}

// Options is what an API is made of. Mappings, Triggers and Warnings may be left out;
// all other fields are required.
type Options struct {
	Store    Store
	Settings settings.Settings
	Version  string
	Started  time.Time
	Now      func() time.Time
	// Off says why an environment did not start; empty while it runs.
	Off func(connector.Environment) string
	// Arguments encodes what an operation needs beyond its lane, the way the
	// operations read it.
	Arguments func(connector.Job) ([]byte, error)
	// Load makes the request to synchronise every row of a table.
	Load func(env connector.Environment, table connector.Table, key, source string) (store.Put, error)
	// Poll asks Spotler now what changed there since it was asked last.
	Poll func(ctx context.Context, env connector.Environment) (openapi.Polled, error)
	// Answer makes the request to take the chosen side of a question to the other.
	Answer func(r store.Review, choice, key, source string) (store.Put, error)
	// Explain works out why a person is, or is not, in Spotler; values adds personal
	// ones. Jobs, ledger, receipts and gates are filled in from the rest of Explained.
	Explain  func(ctx context.Context, env connector.Environment, record connector.Record, values bool) (Explained, error)
	Mappings Mappings
	Triggers Triggers
	// Warnings are sentences about columns and fields that the mapping misses since a
	// moment, each with what to do.
	Warnings func(connector.Environment) (sentences []string, since time.Time)
	// Report hears of every error that is ours, once. It must not be answered.
	Report func(error)
}

// maxBody is more than a thousand records need.
const maxBody = 1 << 20

// New returns the handler of everything below /api/.
func New(o Options) http.Handler {
	s := &server{o}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, &fault.Error{Op: "api", Kind: fault.NotFound, Says: "there is no such path with this method: see api/openapi.yaml"})
	})
	strict := openapi.NewStrictHandlerWithOptions(s, nil, openapi.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  func(w http.ResponseWriter, _ *http.Request, err error) { writeProblem(w, badRequest(err)) },
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, err) },
	})
	routes := openapi.HandlerWithOptions(strict, openapi.StdHTTPServerOptions{
		BaseRouter:       mux,
		Middlewares:      []openapi.MiddlewareFunc{authorize},
		ErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) { writeProblem(w, badRequest(err)) },
	})
	return s.guard(authenticate(o.Store, o.Report, routes))
}

// server answers the operations of the document.
type server struct{ Options }

var _ openapi.StrictServerInterface = (*server)(nil)

// guard bounds a request and keeps a panic to it.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			err := &fault.Error{Op: "api", Kind: fault.Broken, Err: fmt.Errorf("panic in %s %s: %T", r.Method, r.Pattern, p)}
			s.Report(err)
			writeProblem(w, err)
		}()
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// fail answers with err, and reports it when it is ours. A caller who hung up
// is nobody's error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil && problemOf(err).Status >= http.StatusInternalServerError {
		s.Report(err)
	}
	writeProblem(w, err)
}

// badRequest is what the generated code could not read. Its text names the
// parameter, or what is wrong with the JSON; it quotes the value only in Err.
func badRequest(err error) error {
	says := "the body is not the JSON that api/openapi.yaml asks for"
	var format *openapi.InvalidParamFormatError
	var required *openapi.RequiredParamError
	switch {
	case errors.As(err, &format):
		says = "parameter " + format.ParamName + " has a wrong form: see api/openapi.yaml"
	case errors.As(err, &required):
		says = "parameter " + required.ParamName + " is missing"
	}
	return &fault.Error{Op: "api", Kind: fault.NotValid, Says: says, Err: err}
}

// environment returns the settings of an environment that exists.
func (s *server) environment(name string) (settings.Environment, error) {
	e, ok := s.Settings.Environment(connector.Environment(name))
	if !ok {
		return settings.Environment{}, noEnvironment(name)
	}
	return e, nil
}

// visible are the environments that the caller may see.
func (s *server) visible(ctx context.Context) []settings.Environment {
	var out []settings.Environment
	for _, e := range s.Settings.Environments {
		if callerOf(ctx).may(e.Name) {
			out = append(out, e)
		}
	}
	return out
}
