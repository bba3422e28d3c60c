package leadssim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The scopes that the endpoint knows (reference: section 9.1).
const (
	scopeLeads   = "GatorLeadsApi"
	scopeOffline = "offline_access"
	scopePartner = "SsoPartnerApi"
)

var scopes = []string{"openid", scopeLeads, "GatorMailApi", "GatorSurveyApi", scopeOffline, scopePartner}

// grant is what a token stands for.
type grant struct {
	scope   []string
	expires time.Time // zero for a refresh token
}

func (g grant) allows(scope string) bool { return slices.Contains(g.scope, scope) }

// tokens are those that were given out.
type tokens struct {
	access, refresh map[string]grant
	refuseRefresh   bool
}

func newTokens() tokens {
	return tokens{access: map[string]grant{}, refresh: map[string]grant{}}
}

// tokenOut is a right answer.
type tokenOut struct {
	Access  string `json:"access_token"`
	Expires int    `json:"expires_in"` // seconds
	Type    string `json:"token_type"`
	Refresh string `json:"refresh_token,omitempty"`
}

// token is POST /core/connect/token: the grants password, refresh_token and,
// for partners, client_credentials. The client signs in by Basic. Errors have
// the form of OAuth 2.0 (reference: G21).
func (s *Sim) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fail := func(status int, code string) { answer(w, status, map[string]string{"error": code}) }
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		fail(http.StatusMethodNotAllowed, "invalid_request")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		fail(http.StatusBadRequest, "invalid_request")
		return
	}
	if name, secret, ok := r.BasicAuth(); !ok || name != s.cfg.Client.Name || secret != s.cfg.Client.Secret {
		fail(s.assume.InvalidClientStatus, "invalid_client")
		return
	}
	scope := strings.Fields(r.PostForm.Get("scope"))
	for _, name := range scope {
		if !slices.Contains(scopes, name) {
			fail(http.StatusBadRequest, "invalid_scope")
			return
		}
	}
	g, code := s.granted(r, scope)
	if code != "" {
		fail(http.StatusBadRequest, code)
		return
	}
	answer(w, http.StatusOK, s.hand(g))
}

// granted decides on one request; code is why not.
func (s *Sim) granted(r *http.Request, scope []string) (g grant, code string) {
	f := r.PostForm
	switch f.Get("grant_type") {
	case "password":
		if f.Get("username") != s.cfg.User.Name || f.Get("password") != s.cfg.User.Secret {
			return grant{}, "invalid_grant"
		}
		if len(scope) == 0 || slices.Contains(scope, scopePartner) {
			return grant{}, "invalid_scope"
		}
		return grant{scope: scope}, ""
	case "refresh_token":
		old, known := s.tokens.refresh[f.Get("refresh_token")]
		if !known || s.tokens.refuseRefresh {
			return grant{}, "invalid_grant"
		}
		if s.assume.RotateRefresh {
			delete(s.tokens.refresh, f.Get("refresh_token"))
		}
		return old, ""
	case "client_credentials":
		if !slices.Equal(scope, []string{scopePartner}) {
			return grant{}, "invalid_scope"
		}
		return grant{scope: scope}, ""
	case "":
		return grant{}, "invalid_request"
	default:
		return grant{}, "unsupported_grant_type"
	}
}

// hand gives out tokens for g.
func (s *Sim) hand(g grant) tokenOut {
	out := tokenOut{Access: s.secret(), Expires: s.assume.Seconds, Type: "Bearer"}
	now := s.clock()
	for token, old := range s.tokens.access {
		if !now.Before(old.expires) {
			delete(s.tokens.access, token)
		}
	}
	s.tokens.access[out.Access] = grant{g.scope, now.Add(time.Duration(s.assume.Seconds) * time.Second)}
	if g.allows(scopeOffline) {
		out.Refresh = s.secret()
		s.tokens.refresh[out.Refresh] = grant{scope: g.scope}
	}
	return out
}

func (s *Sim) secret() string {
	return fmt.Sprintf("%016x%016x", s.rand.Uint64(), s.rand.Uint64())
}

// bearer finds the grant of a request.
func (s *Sim) bearer(r *http.Request) (grant, bool) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	g, known := s.tokens.access[token]
	return g, known && strings.EqualFold(kind, "Bearer") && s.clock().Before(g.expires)
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"message":"An error has occurred."}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
