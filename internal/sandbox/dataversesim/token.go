package dataversesim

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// tokenSeconds is how long a bearer token lives (reference: dataverse-api 2.1).
const tokenSeconds = 3599

// tokens are the bearer tokens that were handed out.
type tokens struct {
	mu    sync.RWMutex
	until map[string]time.Time
}

func (t *tokens) add(token string, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until[token] = until
}

func (t *tokens) valid(token string, now time.Time) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	until, ok := t.until[token]
	return ok && now.Before(until)
}

func (t *tokens) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.until)
}

// serveToken answers POST /{tenant}/oauth2/v2.0/token: client credentials.
func (s *Sim) serveToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, kind, says string) {
		answerJSON(w, status, map[string]any{"error": kind, "error_description": says, "error_codes": []int{}})
	}
	if r.Method != http.MethodPost {
		refuse(http.StatusMethodNotAllowed, "invalid_request", "AADSTS900561: The endpoint only accepts POST requests.")
		return
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		refuse(http.StatusBadRequest, "invalid_request", "AADSTS900144: The request body must contain the following parameter: 'grant_type'.")
		return
	}
	if err := r.ParseForm(); err != nil {
		refuse(http.StatusBadRequest, "invalid_request", "AADSTS90014: The request body cannot be read.")
		return
	}
	form := r.PostForm
	switch {
	case s.cfg.TenantID != "" && r.PathValue("tenant") != s.cfg.TenantID:
		refuse(http.StatusBadRequest, "invalid_request", "AADSTS90002: Tenant not found. Check to make sure you have the correct tenant ID.")
	case form.Get("grant_type") != "client_credentials":
		refuse(http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
	case !s.scopeFits(r, form.Get("scope")):
		refuse(http.StatusBadRequest, "invalid_scope", "AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid.")
	case s.cfg.ClientID != "" && form.Get("client_id") != s.cfg.ClientID:
		refuse(http.StatusBadRequest, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
	case s.cfg.ClientID != "" && form.Has("client_assertion"):
		if err := s.assertion(r); err != nil {
			refuse(http.StatusUnauthorized, "invalid_client", err.Error())
			return
		}
		s.answerToken(w)
	case s.cfg.ClientID != "" && subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(s.cfg.ClientSecret)) != 1:
		refuse(http.StatusUnauthorized, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
	default:
		s.answerToken(w)
	}
}

func (s *Sim) answerToken(w http.ResponseWriter) {
	answerJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": tokenSeconds, "ext_expires_in": tokenSeconds, "access_token": s.newToken()})
}

// scopeFits says whether scope asks for this organisation: its address with
// /.default behind it, either as it is reached or by its domain name.
func (s *Sim) scopeFits(r *http.Request, scope string) bool {
	resource, ok := strings.CutSuffix(scope, "/.default")
	u, err := url.Parse(strings.TrimSuffix(resource, "/"))
	return ok && err == nil && (u.Scheme == "https" || u.Scheme == "http") && (u.Host == r.Host || u.Host == s.domain())
}

func (s *Sim) newToken() string {
	s.mu.Lock()
	a, b := newGUID(s.rand), newGUID(s.rand)
	s.mu.Unlock()
	token := base64.RawURLEncoding.EncodeToString(append(a[:], b[:]...))
	s.tokens.add(token, s.clock().Add(tokenSeconds*time.Second))
	return token
}

// authorized checks the bearer token; without a configured client everybody is let in.
func (s *Sim) authorized(w http.ResponseWriter, r *http.Request) bool {
	if s.cfg.ClientID == "" {
		return true
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && s.tokens.valid(token, s.clock()) {
		return true
	}
	w.Header().Set("WWW-Authenticate", `Bearer authorization_uri=https://login.microsoftonline.com/`+s.cfg.TenantID+`/oauth2/authorize, resource_id=https://`+s.domain()+`/`)
	w.WriteHeader(http.StatusUnauthorized)
	return false
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader went away: nobody is left to tell
}
