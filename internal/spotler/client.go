// Package spotler is a thin book of Spotler Mail+: one method per call, one file
// per chapter of the vendor's manual. It decides nothing, stores nothing and
// repeats nothing; it turns answers into our words and errors into kinds.
package spotler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // the zone must be known on machines without a zone database

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

// Config is what a Client needs to know of its account.
type Config struct {
	// Base is the address of the REST API, such as
	// https://restapi.mailplus.nl/integrationservice-1.1.0 (Mail+ API section 1).
	Base string
	// HTTP sends the requests. Its transport is stacked by the caller and signs them;
	// nil sends them unsigned and waits for an answer for a minute.
	HTTP *http.Client
	// Zone is where times without an offset are meant; nil means Europe/Amsterdam.
	Zone *time.Location
	// Paths overrides entries of the table in paths.go, by name; a path is written
	// as verb and path: "PUT contact/inactivate/{id}".
	Paths map[string]string
}

// Client speaks to one Spotler Mail+ account. It may be used by many goroutines.
type Client struct {
	base     string // without a slash at the end
	http     *http.Client
	dates    Dates
	words    language
	pageSize int
}

// pageSize is Spotler's own default; its maximum is 10000 (Mail+ API 3.6).
const pageSize = 1000

// New returns a client, or a fault.NotValid that says which setting is wrong.
// No request is made.
func New(c Config) (*Client, error) {
	base, err := url.Parse(strings.TrimSpace(c.Base))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" ||
		base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return nil, &fault.Error{Op: "spotler.New", Kind: fault.NotValid,
			Says: "the address of Spotler must be like https://restapi.mailplus.nl/integrationservice-1.1.0, without a query or a password"}
	}
	zone := c.Zone
	if zone == nil {
		if zone, err = time.LoadLocation("Europe/Amsterdam"); err != nil {
			return nil, &fault.Error{Op: "spotler.New", Kind: fault.Broken, Says: "the time zone database is not built in", Err: err}
		}
	}
	words, err := newLanguage(c.Paths)
	if err != nil {
		return nil, err
	}
	sender := http.Client{Timeout: time.Minute}
	if c.HTTP != nil {
		sender = *c.HTTP
	}
	// An answer that points elsewhere is not one of Spotler's; following it would
	// carry a signed request to a host nobody configured.
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		base: strings.TrimRight(base.String(), "/"), http: &sender,
		dates: Dates{Zone: zone}, words: words, pageSize: pageSize,
	}, nil
}

// call is one request: an entry of the table of paths with what belongs in it.
type call struct {
	op     string // "spotler.PostContacts"
	path   string // the name in the table of paths
	id     string
	of     string // the second id of a path that has two
	query  string // encoded
	body   []byte // JSON, nil when there is none
	secret func(text string) bool
}

// answer is what came back; body is nil when it was empty.
type answer struct {
	status int
	body   []byte
}

// do makes the one kind of request this client knows. Anything but a 2xx is an
// error; the answer then still carries its status.
func (c *Client) do(ctx context.Context, k call) (answer, error) {
	rt := c.words.routes[k.path]
	path, err := rt.fill(k.id, k.of)
	if err != nil {
		return answer{}, withOp(err, k.op)
	}
	address := c.base + "/" + path
	if k.query != "" {
		address += "?" + k.query
	}
	var body io.Reader
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	req, err := http.NewRequestWithContext(transport.WithRoute(ctx, rt.path), rt.verb, address, body)
	if err != nil {
		return answer{}, &fault.Error{Op: k.op, Kind: fault.Broken, Says: "the request could not be built"}
	}
	req.Header.Set("Accept", "application/json")
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, notAnswered(k.op, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{status: resp.StatusCode}, cutShort(ctx, k.op, resp.StatusCode, err)
	}
	a := answer{status: resp.StatusCode, body: bytes.TrimSpace(text)}
	if k.secret == nil {
		k.secret = repeats(k)
	}
	return a, c.judge(k, rt, resp, a.body)
}

// read makes a request and decodes its answer.
func read[T any](ctx context.Context, c *Client, k call, decode func([]byte) (T, error)) (T, error) {
	a, err := c.do(ctx, k)
	if err != nil {
		var none T
		return none, err
	}
	v, err := decode(a.body)
	if err != nil {
		var none T
		return none, garbled(k.op, a.status, err)
	}
	return v, nil
}

func withOp(err error, op string) error {
	if f := fault.As(err); f != nil {
		g := *f
		g.Op = op
		return &g
	}
	return fmt.Errorf("%s: %w", op, err)
}

// notAnswered is the error for a request that got no answer. Who stacked a
// transport.Classify has the kind already; else we assume that it arrived.
func notAnswered(op string, err error) error {
	kind := transport.KindOf(err, true)
	err = transport.Redact(err)
	if fault.As(err) != nil || errors.Is(err, context.Canceled) {
		return withOp(err, op)
	}
	return &fault.Error{Op: op, Kind: kind, Err: err, Says: "no answer came from Spotler"}
}

// cutShort is the error for an answer that broke off in its body.
func cutShort(ctx context.Context, op string, status int, err error) error {
	if f := fault.As(err); f != nil {
		return withOp(f, op)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return &fault.Error{Op: op, Kind: fault.Uncertain, Status: status, Err: transport.Redact(err),
		Says: "Spotler's answer broke off, so it may have been done"}
}
