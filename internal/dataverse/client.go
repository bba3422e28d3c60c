// Package dataverse is the thin client of the Dataverse Web API: rows, queries,
// changes, batches, metadata, lists, activities, event registration, and the bodies
// that its webhooks post. It makes requests and sorts answers; it decides nothing and
// repeats nothing, except where a method says so: CreateOnce, Bulk and Bypassing.
//
// A file is a chapter. The source is the project's reference "dataverse-api",
// cited by section number. What the reference does not prove stands in assumed.go.
package dataverse

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// maxAnswer is the most bytes of one answer that are read: a page of 5000 rows
// with every column and annotation stays well below it.
const maxAnswer = 256 << 20

// maxURL is the longest URL the Web API accepts, in bytes (section 2.5).
const maxURL = 32768

// Config says where an organisation is and how to get there.
type Config struct {
	// URL is the address of the organisation, without /api: https://org.crm4.dynamics.com.
	URL string
	// APIVersion is the version in the path; empty means v9.2.
	APIVersion string
	// HTTP sends the requests. Its transport carries every layer (Bearer among
	// them); nil means http.DefaultClient, which has none.
	HTTP *http.Client
	// Assumed overrides entries of the table in assumed.go.
	Assumed map[string]string
}

// Client talks to one organisation. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	base    *url.URL // ends in a slash: https://org.crm4.dynamics.com/api/data/v9.2/
	assumed assumptions
	now     func() time.Time // for a Retry-After that is a date
	nonce   func() string    // for the boundaries of a batch
	bypass  string           // what writes ask to leave out; see Bypassing
	shared  *shared
}

// New returns a client of the organisation in cfg. The error says what is wrong
// with the configuration; nothing is sent.
func New(cfg Config) (*Client, error) {
	const op = "dataverse.New"
	u, err := url.Parse(strings.TrimSpace(cfg.URL))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &fault.Error{Op: op, Kind: fault.NotValid, Says: "the organisation URL is not a web address; write it as https://org.crm4.dynamics.com"}
	}
	version := cfg.APIVersion
	if version == "" {
		version = "v9.2"
	}
	if strings.ContainsAny(version, "/?#% ") {
		return nil, &fault.Error{Op: op, Kind: fault.NotValid, Says: "the API version is not valid; write it as v9.2"}
	}
	assumed, err := assume(cfg.Assumed)
	if err != nil {
		return nil, &fault.Error{Op: op, Kind: fault.NotValid, Err: err}
	}
	hc := http.Client{}
	if cfg.HTTP != nil {
		hc = *cfg.HTTP
	}
	// A redirect would turn a PATCH into a GET and could carry the token elsewhere.
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	u.Path = strings.TrimSuffix(u.Path, "/") + "/api/data/" + version + "/"
	return &Client{http: &hc, base: u, assumed: assumed, now: time.Now, nonce: rand.Text, shared: &shared{}}, nil
}

// Request is one call of the Web API.
type Request struct {
	Op     string // what we are doing, for errors: "dataverse.Get"
	On     string // to what: a table and a GUID; never personal data
	Method string
	// Path is relative to /api/data/v9.2/, with its query already escaped.
	Path   string
	Header http.Header
	// Body is sent as JSON; a []byte or json.RawMessage is sent as it is; nil is no body.
	Body any
	// harmless marks a POST that only reads: a batch of GETs.
	harmless bool
}

// reads reports whether repeating r changes nothing, so that losing its answer
// leaves nothing uncertain.
func (r Request) reads() bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.harmless
}

// Answer is what Dataverse said to a request it did not refuse.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Call sends r and decodes the JSON answer into a T. An answer that is not JSON
// of that shape is Garbled.
func Call[T any](ctx context.Context, c *Client, r Request) (T, error) {
	var out T
	a, err := c.Send(ctx, r)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(a.Body, &out); err != nil {
		return out, garbled(r.Op, r.On, a.Status, "the answer is not the JSON we expect")
	}
	return out, nil
}

// Send sends r with the headers of section 2.2 and reads the whole answer. Every
// answer outside 2xx (304 aside) is an error, sorted by errors.go; what was read of
// such an answer comes along.
func (c *Client) Send(ctx context.Context, r Request) (Answer, error) {
	if c.bypassing(r) {
		return c.sendBypassing(ctx, r)
	}
	return c.sendOnce(ctx, r)
}

func (c *Client) sendOnce(ctx context.Context, r Request) (Answer, error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return Answer{}, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, lost(r, err)
	}
	defer resp.Body.Close()
	body, err := readAll(resp)
	a := Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if err != nil && a.Status < 300 {
		return a, &fault.Error{Op: r.Op, On: r.On, Kind: fault.Garbled, Status: resp.StatusCode, Says: "the answer of Dataverse ended too early", Err: cause(err)}
	}
	if ok := a.Status >= 200 && a.Status < 300 || a.Status == http.StatusNotModified; !ok {
		return a, c.refusal(r, a)
	}
	return a, nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	body, err := encode(r.Body)
	if err != nil {
		return nil, &fault.Error{Op: r.Op, On: r.On, Kind: fault.NotValid, Says: "a value cannot be written as JSON"}
	}
	target := c.base.String() + strings.TrimPrefix(r.Path, "/")
	if len(target) > maxURL {
		return nil, &fault.Error{Op: r.Op, On: r.On, Kind: fault.NotValid,
			Says: fmt.Sprintf("the query is %d characters long and the Web API takes %d; ask for fewer values at once or use a batch", len(target), maxURL)}
	}
	var rd io.Reader
	if body != nil {
		rd = bytes.NewReader(body) // NewRequest derives GetBody from it
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, target, rd)
	if err != nil {
		return nil, &fault.Error{Op: r.Op, On: r.On, Kind: fault.NotValid, Says: "the request cannot be written as a URL"}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("OData-Version", "4.0")
	req.Header.Set("OData-MaxVersion", "4.0")
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for k, v := range r.Header {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	return req, nil
}

func encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	case json.RawMessage:
		return b, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// readAll reads the body into a buffer of the announced size, up to maxAnswer.
func readAll(resp *http.Response) ([]byte, error) {
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= maxAnswer {
		buf.Grow(int(n) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && buf.Len() > maxAnswer {
		err = errors.New("the answer is larger than 256 MB")
	}
	return buf.Bytes(), err
}

// lost sorts a failure to get any answer: a request that was never sent is
// Unreachable, a write that may have been is Uncertain. A layer of the transport
// that already sorted the error is believed.
func lost(r Request, err error) error {
	if f := fault.As(err); f != nil {
		if f.On == "" && r.On != "" {
			return fmt.Errorf("%s %s: %w", r.Op, r.On, f)
		}
		return fmt.Errorf("%s: %w", r.Op, f)
	}
	f := &fault.Error{Op: r.Op, On: r.On, Kind: fault.Uncertain, Says: "the answer of Dataverse was lost; the change may have been made", Err: cause(err)}
	if r.reads() || neverSent(err) {
		f.Kind, f.Says = fault.Unreachable, "Dataverse cannot be reached; check the network and the organisation URL"
	}
	return f
}

// neverSent reports whether err arose before a byte of the request left.
func neverSent(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &dns) || errors.As(err, &cert)
}

// cause strips the URL, which can hold a filter on an address, from an error of
// net/http.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
