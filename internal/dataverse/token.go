package dataverse

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

// TokenConfig names the app registration that speaks for us (section 2.1).
type TokenConfig struct {
	TokenURL     string // https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token
	ClientID     string
	ClientSecret string
	Scope        string // https://org.crm4.dynamics.com/.default
	// Certificate signs instead of the secret, when it is not nil.
	Certificate *Certificate
	// Assertion is how the certificate signs, PS256 or RS256; empty is what the table
	// of assumptions says.
	Assertion string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// ErrCredentialRefused says that the sign-in service does not accept the secret or
// the certificate: it is wrong, has expired or belongs to another registration.
var ErrCredentialRefused = errors.New("the sign-in service refused the credential")

const (
	renewEarly   = 5 * time.Minute  // before expiry, while the old token still works
	renewPause   = 30 * time.Second // between attempts to renew a token that still works
	tokenTimeout = 30 * time.Second
)

// TokenSource returns a source that fetches a token with the client credentials
// and keeps it until shortly before it expires. ctx lives as long as the source.
// Errors never hold the secret: Denied says that the registration or its secret is
// wrong, Busy that the authority wants us to wait, Unreachable that it does not
// answer or talks nonsense: whatever it says, our own request was never sent.
func TokenSource(ctx context.Context, cfg TokenConfig, hc *http.Client) oauth2.TokenSource {
	client := http.Client{}
	if hc != nil {
		client = *hc
	}
	if client.Timeout == 0 {
		client.Timeout = tokenTimeout
	}
	// A redirect could carry the secret elsewhere.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	if cfg.Assertion == "" {
		cfg.Assertion = Assumed()[AssumedAssertion]
	}
	return &tokens{
		certificate: cfg.Certificate, algorithm: cfg.Assertion,
		ctx: context.WithValue(ctx, oauth2.HTTPClient, &client),
		now: now,
		conf: clientcredentials.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, TokenURL: cfg.TokenURL,
			Scopes: []string{cfg.Scope}, AuthStyle: oauth2.AuthStyleInParams},
	}
}

// tokens keeps one token. The context is held because oauth2.TokenSource has none.
type tokens struct {
	ctx  context.Context
	conf clientcredentials.Config
	now  func() time.Time
	// certificate is nil when a secret is used.
	certificate *Certificate
	algorithm   string

	mu       sync.Mutex
	token    *oauth2.Token
	renewing bool
	again    time.Time // not before this instant is a working token renewed again
}

// Token returns a token that is valid now. One caller renews it early, while the
// others go on with the old one; without a working token all wait for one answer.
func (t *tokens) Token() (*oauth2.Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	old := t.token
	works := old != nil && (old.Expiry.IsZero() || now.Before(old.Expiry))
	if works && (t.renewing || old.Expiry.IsZero() || now.Before(old.Expiry.Add(-renewEarly)) || now.Before(t.again)) {
		return old, nil
	}
	fresh, err := t.renew(now, works)
	t.again = now.Add(renewPause) // a token that lives shorter than renewEarly is not fetched per request
	switch {
	case err == nil:
		t.token = fresh
		return fresh, nil
	case works: // the authority has trouble, but the old token still serves
		return old, nil
	}
	return nil, tokenError(err, t.now)
}

// renew fetches a token; the lock is let go meanwhile when the others have a token
// that works.
func (t *tokens) renew(now time.Time, works bool) (*oauth2.Token, error) {
	if !works {
		return t.fetch(now)
	}
	t.renewing = true
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.renewing = false
	}()
	return t.fetch(now)
}

// fetch asks for a token. An assertion is signed anew each time, as it lives ten minutes.
func (t *tokens) fetch(now time.Time) (*oauth2.Token, error) {
	conf := t.conf
	if t.certificate != nil {
		signed, err := t.certificate.assertion(conf.ClientID, conf.TokenURL, t.algorithm, rand.Text(), now)
		if err != nil {
			return nil, &fault.Error{Op: "dataverse.Token", Kind: fault.NotValid, Says: "the certificate cannot sign; check that it is an RSA key of 2048 bits or more"}
		}
		conf.ClientSecret = ""
		conf.EndpointParams = url.Values{"client_assertion": {signed},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	}
	return conf.Token(t.ctx)
}

// drop forgets a token that Dataverse refused, unless it was replaced meanwhile.
func (t *tokens) drop(refused *oauth2.Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == refused {
		t.token = nil
	}
}

var aadCode = regexp.MustCompile(`AADSTS\d+`)

// tokenError sorts a failure to get a token. The original text is dropped: it
// repeats the answer of the authority, which we do not control.
func tokenError(err error, now func() time.Time) error {
	if f := fault.As(err); f != nil {
		return f
	}
	f := &fault.Error{Op: "dataverse.Token", Kind: fault.Unreachable, Says: "the sign-in service gave an answer that is not a token; check the token URL"}
	var refused *oauth2.RetrieveError
	var network *url.Error
	switch {
	case errors.As(err, &refused):
		if refused.Response != nil {
			f.Status = refused.Response.StatusCode
		}
		f.Code = aadCode.FindString(refused.ErrorDescription)
		if f.Code == "" {
			f.Code = normalCode(refused.ErrorCode)
		}
		switch {
		case f.Status == http.StatusTooManyRequests:
			f.Kind, f.Says, f.After = fault.Busy, "the sign-in service asks us to wait", retryAfter(refused.Response.Header, now)
		case f.Status >= 500:
			f.Kind, f.Says = fault.Unreachable, "the sign-in service has a failure of its own"
		default:
			f.Kind, f.Says = fault.Denied, "the sign-in service does not know us; check the tenant, the client id, the client secret or certificate and its expiry date"
			codes := strings.Split(Assumed()[AssumedCredential], ",")
			if f.Status == http.StatusUnauthorized || slices.Contains(codes, f.Code) || slices.Contains(codes, refused.ErrorCode) {
				f.Err = ErrCredentialRefused
			}
		}
	case errors.As(err, &network):
		f.Kind, f.Says, f.Err = fault.Unreachable, "the sign-in service cannot be reached; check the network and the token URL", network.Err
	}
	return f
}

// Bearer is the layer that puts the token of ts on every request. When Dataverse
// answers 401, the token is dropped and the request sent once more with a fresh
// one, if its body can be read again; the second 401 is the answer. Only a source
// made by TokenSource can drop its token.
func Bearer(ts oauth2.TokenSource) transport.Layer {
	return func(next http.RoundTripper) http.RoundTripper { return &bearer{tokens: ts, next: next} }
}

type bearer struct {
	tokens oauth2.TokenSource
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := b.tokens.Token()
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	resp, err := b.next.RoundTrip(signed(req, token))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	source, canDrop := b.tokens.(interface{ drop(*oauth2.Token) })
	if !canDrop {
		return resp, nil
	}
	source.drop(token)
	again, ok := rewound(req)
	if !ok {
		return resp, nil
	}
	fresh, err := b.tokens.Token()
	if err != nil {
		if again.Body != nil {
			again.Body.Close()
		}
		resp.Body.Close()
		return nil, err
	}
	resp.Body.Close()
	return b.next.RoundTrip(signed(again, fresh))
}

// signed copies req, as a RoundTripper must not change what it was given.
func signed(req *http.Request, token *oauth2.Token) *http.Request {
	c := req.Clone(req.Context())
	token.SetAuthHeader(c)
	return c
}

// rewound returns req with its body from the start, if that is possible.
func rewound(req *http.Request) (*http.Request, bool) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, false
	}
	c := req.Clone(req.Context())
	c.Body = body
	return c, true
}
