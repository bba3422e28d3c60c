package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// TokenStore keeps the tokens of the API, as digests. *store.Store is one.
type TokenStore interface {
	Tokens(ctx context.Context) ([]store.Token, error)
	AddToken(ctx context.Context, t store.Token) error
	DropToken(ctx context.Context, id string) (bool, error)
}

// tokenPrefix lets people and scanners recognise a token that went astray.
const tokenPrefix = "spotler_connector_"

// tokenBytes of randomness cannot be guessed, so a plain digest is enough and a
// slow password hash would only slow every request.
const tokenBytes = 32

// MakeToken stores a new token and returns it with its secret, which is stored
// nowhere. An empty environment means all of them.
func MakeToken(ctx context.Context, tokens TokenStore, name string, env connector.Environment, now time.Time) (store.Token, string, error) {
	return makeToken(ctx, tokens, rand.Reader, store.Token{ID: uuid.NewString(), Name: name, Environment: env, CreatedAt: now})
}

func makeToken(ctx context.Context, tokens TokenStore, random io.Reader, t store.Token) (store.Token, string, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return store.Token{}, "", fmt.Errorf("api: make token: %w", err)
	}
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	t.Hash = digest(secret)
	if err := tokens.AddToken(ctx, t); err != nil {
		return store.Token{}, "", fmt.Errorf("api: make token: %w", err)
	}
	return t, secret, nil
}

// FirstToken makes an administrator's token when there is no token at all, which
// is so at first start. Its secret is empty when there was one already.
func FirstToken(ctx context.Context, tokens TokenStore, now time.Time) (secret string, err error) {
	all, err := tokens.Tokens(ctx)
	if err != nil {
		return "", fmt.Errorf("api: first token: %w", err)
	}
	if len(all) > 0 {
		return "", nil
	}
	_, secret, err = MakeToken(ctx, tokens, "first token", "", now)
	return secret, err
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// identify returns the token whose secret this is. Every token is compared, in
// constant time, so that the time of an answer says nothing.
func identify(ctx context.Context, tokens TokenStore, secret string) (store.Token, bool, error) {
	all, err := tokens.Tokens(ctx)
	if err != nil {
		return store.Token{}, false, err // trouble is not a refusal
	}
	presented := []byte(digest(secret))
	var found store.Token
	ok := false
	for _, t := range all {
		if subtle.ConstantTimeCompare(presented, []byte(t.Hash)) == 1 {
			found, ok = t, true
		}
	}
	return found, ok, nil
}

// caller is who sends a request.
type caller struct {
	token  store.Token
	source string // "cli" or "api": what is noted as the source of a job
}

// administrator reports whether the caller may do everything.
func (c caller) administrator() bool { return c.token.Environment == "" }

// may reports whether the caller may see an environment.
func (c caller) may(env connector.Environment) bool {
	return c.administrator() || c.token.Environment == env
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, ok := ctx.Value(callerKey{}).(caller)
	if !ok {
		// Unreachable behind authenticate. A caller that may see nothing, not one
		// that may see all: the zero environment would be an administrator's.
		return caller{token: store.Token{Environment: "-"}}
	}
	return c
}

// UserAgent is how the command line names itself, so that its jobs say cli.
const UserAgent = "spotler-connector-cli"

// authenticate lets only requests with a known bearer token pass.
func authenticate(tokens TokenStore, report func(error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			unauthorized(w, "send a token: Authorization: Bearer <token>")
			return
		}
		token, ok, err := identify(r.Context(), tokens, strings.TrimSpace(secret))
		switch {
		case err != nil:
			if !errors.Is(err, context.Canceled) {
				report(fmt.Errorf("api: authenticate: %w", err))
			}
			writeProblem(w, &fault.Error{Op: "api", Kind: fault.Busy, After: 5 * time.Second, Says: "tokens cannot be checked at the moment; try again in some seconds", Err: err})
			return
		case !ok:
			unauthorized(w, "the token is not known: make a new one with a token for all environments")
			return
		}
		c := caller{token: token, source: "api"}
		if strings.HasPrefix(r.UserAgent(), UserAgent) {
			c.source = "cli"
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func unauthorized(w http.ResponseWriter, says string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="spotler-connector"`)
	p := problemOf(&fault.Error{Kind: fault.Denied, Says: says})
	p.Status = http.StatusUnauthorized
	writeStatus(w, p)
}

// authorize keeps a token to its environment, for every route at once: an
// environment that it is not for looks like one that does not exist, and routes
// without an environment that change or list tokens are an administrator's.
func authorize(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := callerOf(r.Context())
		if env := r.PathValue("env"); env != "" && !c.may(connector.Environment(env)) {
			writeProblem(w, noEnvironment(env))
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/v1/tokens") && !c.administrator() {
			writeProblem(w, &fault.Error{Op: "api", Kind: fault.Denied, Says: "this token is for one environment; use one for all environments"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func noEnvironment(name string) error {
	on := ""
	if _, err := connector.ParseEnvironment(name); err == nil {
		on = " " + name
	}
	return &fault.Error{Op: "api", Kind: fault.NotFound, Says: "there is no environment" + on + " for this token"}
}
