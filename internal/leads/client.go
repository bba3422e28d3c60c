// Package leads is a thin book of Spotler Leads: one method per call. It decides
// nothing, stores nothing and repeats a request only after a token that ran out.
package leads

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

// Config is what a Client needs to know of its account (Leads API section 9.1).
type Config struct {
	// Base is the address of the API; empty is https://api.communigator.co.uk.
	Base string
	// TokenURL is where tokens come from; empty is the vendor's.
	TokenURL string
	// ID and Secret are the OAuth client; User and Password belong to an environment
	// or a person of the account.
	ID, Secret, User, Password string
	// ClientID is the id of the Spotler Leads client, a GUID: whose web site it is.
	ClientID string
	// APIVersion is sent with every call; 0 is 2, assumed (G20). Version 1 tells no
	// people behind a lead.
	APIVersion int
	// FirstPage is the number of the first page; nil is 1, assumed (section 9.2).
	FirstPage *int
	// HTTP sends the requests; nil waits for an answer for a minute.
	HTTP *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Client speaks to one Spotler Leads client. It may be used by many goroutines.
type Client struct {
	base      string
	clientID  string
	version   string
	firstPage int
	http      *http.Client
	tokens    *tokens
	partner   *tokens
}

// The vendor's addresses (Leads API section 1).
const (
	defaultBase  = "https://api.communigator.co.uk"
	defaultToken = "https://oauth.communigator.co.uk/core/connect/token"
)

// New returns a client, or a fault.NotValid that says which setting is wrong. No
// request is made.
func New(c Config) (*Client, error) {
	if c.Base == "" {
		c.Base = defaultBase
	}
	if c.TokenURL == "" {
		c.TokenURL = defaultToken
	}
	for _, address := range []string{c.Base, c.TokenURL} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, wants("leads.New", "the addresses of Spotler Leads must be like "+defaultBase+", without a query or a password")
		}
	}
	if c.ID == "" || c.User == "" {
		return nil, wants("leads.New", "Spotler Leads needs the id and secret of an OAuth client, and a user with a password")
	}
	if c.APIVersion == 0 {
		c.APIVersion = 2
	}
	first := 1
	if c.FirstPage != nil {
		first = *c.FirstPage
	}
	if c.APIVersion < 1 || first < 0 || first > 1 {
		return nil, wants("leads.New", "the version of the API starts at 1, and the first page is 0 or 1")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	sender := http.Client{Timeout: time.Minute}
	if c.HTTP != nil {
		sender = *c.HTTP
	}
	// An answer that points elsewhere would carry the token to a host nobody configured.
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base: strings.TrimRight(c.Base, "/"), clientID: c.ClientID, version: strconv.Itoa(c.APIVersion), firstPage: first, http: &sender,
		tokens:  &tokens{config: c, http: &sender, turn: make(chan struct{}, 1)},
		partner: &tokens{config: c, http: &sender, turn: make(chan struct{}, 1), partner: true},
	}, nil
}

// call is one request. Ids and other parts of the path are escaped by path.
type call struct {
	op, verb, path string
	query          url.Values
	body           any // nil sends none
	partner        bool
}

// path joins segments, each of which stays one whatever it holds.
func path(segments ...string) string {
	var b []byte
	for i, s := range segments {
		if i > 0 {
			b = append(b, '/')
		}
		b = transport.AppendEscaped(b, s)
	}
	return string(b)
}

// ofClient is the path of something that belongs to the configured client.
func (c *Client) ofClient(segments ...string) string {
	return path(append([]string{"leads", "client", c.clientID}, segments...)...)
}

// do makes a request with a token. When the token is refused it is thrown away and
// the request is made once more: a 401 did nothing.
func (c *Client) do(ctx context.Context, k call) ([]byte, error) {
	if strings.Contains(k.path, "//") || strings.HasSuffix(k.path, "/") || strings.Contains("/"+k.path+"/", "/../") || strings.Contains("/"+k.path+"/", "/./") {
		return nil, wants(k.op, "an id is missing, or cannot be part of an address: set the id of the Spotler Leads client")
	}
	tokens := c.tokens
	if k.partner {
		tokens = c.partner
	}
	for again := false; ; again = true {
		token, err := tokens.get(ctx)
		if err != nil {
			return nil, err
		}
		body, status, err := c.once(ctx, k, token)
		if status != http.StatusUnauthorized || again {
			return body, err
		}
		tokens.refused(token)
	}
}

func (c *Client) once(ctx context.Context, k call, token string) ([]byte, int, error) {
	address := c.base + "/" + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	var body io.Reader
	if k.body != nil {
		text, err := json.Marshal(k.body)
		if err != nil {
			return nil, 0, wants(k.op, "the request cannot be written as JSON")
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(transport.WithRoute(ctx, k.op), k.verb, address, body)
	if err != nil {
		return nil, 0, &fault.Error{Op: k.op, Kind: fault.Broken, Says: "the request could not be built"}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Api-Version", c.version)
	return exchange(c.http, req, k.op)
}

// exchange sends a request and judges its answer.
func exchange(sender *http.Client, req *http.Request, op string) ([]byte, int, error) {
	resp, err := sender.Do(req)
	if err != nil {
		return nil, 0, notAnswered(op, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, resp.StatusCode, notAnswered(op, err)
	case len(text) > maxBody:
		return nil, resp.StatusCode, garbled(op, resp.StatusCode, errTooLong)
	}
	body := bytes.TrimSpace(text)
	return body, resp.StatusCode, judge(op, resp, body)
}

// maxBody bounds an answer, in bytes; a page of leads takes far less.
const maxBody = 32 << 20

var errTooLong = errors.New("the answer is longer than any that was asked for")

// read makes a request and decodes its answer.
func read[T any](ctx context.Context, c *Client, k call, decode func([]byte) (T, error)) (T, error) {
	var none T
	body, err := c.do(ctx, k)
	if err != nil {
		return none, err
	}
	v, err := decode(body)
	if err != nil {
		return none, garbled(k.op, http.StatusOK, err)
	}
	return v, nil
}

// String hides the credentials.
func (Config) String() string { return "(account of Spotler Leads)" }

// GoString hides the credentials from %#v as well.
func (c Config) GoString() string { return c.String() }
