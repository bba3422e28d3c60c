package leads

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

// tokens keeps one token: asked for with the password, renewed with the refresh
// token when there is one (Leads API section 9.1). One goroutine asks, the others wait.
type tokens struct {
	config  Config
	partner bool // of the OAuth client itself, for partners
	http    *http.Client
	turn    chan struct{}

	mu      sync.Mutex
	access  string
	refresh string
	until   time.Time
}

// scope holds offline_access, for a refresh token.
const scope = "openid GatorLeadsApi offline_access"

// partnerScope is what a partner's OAuth client may do (Leads API section 9.1).
const partnerScope = "SsoPartnerApi"

// early is how long before its end a token is renewed, so that none ends on its way.
const early = time.Minute

func (t *tokens) get(ctx context.Context) (string, error) {
	if token, _ := t.kept(); token != "" {
		return token, nil
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", notAnswered("leads.Token", ctx.Err())
	}
	token, refresh := t.kept()
	if token != "" {
		return token, nil
	}
	if refresh != "" {
		token, err := t.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
		if !errors.Is(err, fault.Denied) {
			return token, err
		}
	}
	if t.partner {
		return t.ask(ctx, url.Values{"grant_type": {"client_credentials"}, "scope": {partnerScope}})
	}
	return t.ask(ctx, url.Values{"grant_type": {"password"}, "username": {t.config.User}, "password": {t.config.Password}, "scope": {scope}})
}

func (t *tokens) kept() (access, refresh string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.config.Now().Add(early).Before(t.until) {
		access = t.access
	}
	return access, t.refresh
}

// refused throws a token away unless it was replaced meanwhile.
func (t *tokens) refused(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.access == token {
		t.access, t.until = "", time.Time{}
	}
}

func (t *tokens) ask(ctx context.Context, form url.Values) (string, error) {
	const op = "leads.Token"
	req, err := http.NewRequestWithContext(transport.WithRoute(ctx, op), http.MethodPost, t.config.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", &fault.Error{Op: op, Kind: fault.Broken, Says: "the request for a token could not be built"}
	}
	req.SetBasicAuth(t.config.ID, t.config.Secret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	began := t.config.Now()
	body, status, err := exchange(t.http, req, op)
	if f := fault.As(err); f != nil && f.Status == http.StatusBadRequest && (f.Code == "invalid_grant" || f.Code == "invalid_client") {
		denied := *f
		denied.Kind, denied.Says = fault.Denied, "Spotler Leads does not accept the user, its password or the OAuth client"
		return "", &denied
	}
	if err != nil {
		return "", err
	}
	o, err := newObject(body)
	if err != nil || o.text("access_token") == "" {
		return "", garbled(op, status, errNoToken)
	}
	lasts := time.Duration(o.whole("expires_in")) * time.Second
	if o.bad != nil || lasts <= 0 || lasts > 366*24*time.Hour {
		return "", garbled(op, status, errNoToken)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.access, t.until, t.refresh = o.text("access_token"), began.Add(max(lasts, 2*early)), o.text("refresh_token")
	return t.access, nil
}

var errNoToken = errors.New("the answer holds no token, or not for how long it lasts")
