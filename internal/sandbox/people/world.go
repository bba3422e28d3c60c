// Package people is everybody a demonstration needs: a population, a working
// day of people changing things in Dynamics, and somebody who compares the two
// sides afterwards, person by person.
//
// What should be the case is stated here from the manual, on its own: nothing
// of the connector's mapping or decisions is used, so that the two can
// disagree. Both simulators are met over HTTP only.
package people

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// World is where the two simulators are. Fill in the addresses; the rest has
// defaults. It is safe for use by many goroutines.
type World struct {
	Dataverse string // address of the organisation, without /api: "http://127.0.0.1:8081"
	Spotler   string // address of the Spotler simulator, without a base
	Account   string // the Spotler account's name or key; empty is the first

	// The people's own application user in Dataverse, so that their changes are
	// not the connector's. An empty ClientID asks for no token.
	Tenant, ClientID, ClientSecret string

	HTTP *http.Client // nil is one that waits for an answer for a minute

	mu    sync.Mutex
	token string
	until time.Time
}

// Request is one call of the Dataverse Web API.
type Request struct {
	Method string
	Path   string         // below /api/data/v9.2/
	Body   map[string]any // nil for DELETE
}

const (
	webAPI   = "/api/data/v9.2/"
	attempts = 6
)

func (w *World) client() *http.Client {
	if w.HTTP != nil {
		return w.HTTP
	}
	return &http.Client{Timeout: time.Minute}
}

// answer is what came back, with the body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send performs one call without repeating it.
func (w *World) send(req *http.Request) (*answer, error) {
	resp, err := w.client().Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return &answer{resp.StatusCode, resp.Header, body}, nil
}

// bearer returns a token of the people's application user.
func (w *World) bearer(ctx context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.token != "" && time.Now().Before(w.until) {
		return w.token, nil
	}
	tenant := w.Tenant
	if tenant == "" {
		tenant = "common"
	}
	u, err := url.Parse(w.Dataverse)
	if err != nil {
		return "", fmt.Errorf("people: the address of Dataverse: %w", err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {w.ClientID}, "client_secret": {w.ClientSecret},
		"scope": {u.Scheme + "://" + u.Host + "/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.Dataverse+"/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := w.send(req)
	if err != nil {
		return "", err
	}
	var t struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	if a.status != http.StatusOK || json.Unmarshal(a.body, &t) != nil || t.Token == "" {
		return "", &fault.Error{Op: "people.token", Kind: fault.Denied, Status: a.status, Says: "Dataverse gave no token: check the client id and secret"}
	}
	w.token, w.until = t.Token, time.Now().Add(time.Duration(t.Expires-60)*time.Second)
	return w.token, nil
}

func (w *World) forget() {
	w.mu.Lock()
	w.token = ""
	w.mu.Unlock()
}

// dataverse calls the Web API and repeats what was refused for the moment. The
// second result says whether an earlier attempt may have had its effect.
func (w *World) dataverse(ctx context.Context, method, path, contentType string, body []byte) (*answer, bool, error) {
	again := false
	for try := 1; ; try++ {
		a, err := w.dataverseOnce(ctx, method, path, contentType, body)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, fault.Denied) {
			return nil, again, err
		}
		wait := time.Duration(try*try) * 20 * time.Millisecond
		switch {
		case err != nil:
			again = true
		case a.status == http.StatusUnauthorized && try == 1:
			w.forget()
		case a.status == http.StatusTooManyRequests || a.status >= 500 && a.status != http.StatusNotImplemented:
			if n, e := strconv.Atoi(a.header.Get("Retry-After")); e == nil && n > 0 {
				wait = time.Duration(n) * time.Second
			}
		default:
			return a, again, nil
		}
		if try == attempts {
			if err != nil {
				return nil, again, err
			}
			return a, again, nil
		}
		if !pause(ctx, wait) {
			return nil, again, ctx.Err()
		}
	}
}

func (w *World) dataverseOnce(ctx context.Context, method, path, contentType string, body []byte) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, w.Dataverse+webAPI+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if w.ClientID != "" {
		token, err := w.bearer(ctx)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if method == http.MethodPatch {
		req.Header.Set("If-Match", "*") // a person edits what is there and makes nothing new by it
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("OData-Version", "4.0")
	req.Header.Set("OData-MaxVersion", "4.0")
	return w.send(req)
}

// pause waits and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// trouble is the error of an answer, without what a person wrote.
func trouble(op string, a *answer) error {
	var says struct {
		Error json.RawMessage `json:"error"`
	}
	_ = json.Unmarshal(a.body, &says)
	var coded struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(says.Error, &coded)
	return &fault.Error{Op: op, Kind: fault.NotValid, Status: a.status, Code: coded.Code}
}

// control calls the control plane of the simulator at base.
func (w *World) control(ctx context.Context, base string, c controlCall) error {
	var b []byte
	if c.body != nil {
		var err error
		if b, err = json.Marshal(c.body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, c.method, base+c.path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	a, err := w.send(req)
	if err != nil {
		return err
	}
	if a.status >= 300 {
		return &fault.Error{Op: "people.control", On: req.URL.Path, Kind: fault.NotValid, Status: a.status, Says: "the simulator's control plane refused the call"}
	}
	if c.into == nil {
		return nil
	}
	return json.Unmarshal(a.body, c.into)
}

// spotler calls the control plane of the Spotler simulator for our account.
func (w *World) spotler(ctx context.Context, c controlCall) error {
	if w.Account != "" {
		join := "?"
		if strings.Contains(c.path, "?") {
			join = "&"
		}
		c.path += join + url.Values{"account": {w.Account}}.Encode()
	}
	return w.control(ctx, w.Spotler, c)
}
