package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"syscall"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// answer is what the connector said, with its body read and closed.
type answer struct {
	*http.Response
	body []byte
}

// read decodes an answer that says yes; what is none is passed on.
func read[T any](a answer, err error) (T, error) {
	var out T
	if err != nil {
		return out, err
	}
	if !isJSON(a.Response, "application/json") || json.Unmarshal(a.body, &out) != nil {
		return out, stranger(a.Response)
	}
	return out, nil
}

// succeed turns what the generated client returns into an answer that says yes, or
// into an error that is one plain sentence with the fix.
func succeed(r *http.Response, err error) (answer, error) {
	if err != nil {
		return answer{}, unanswered(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return answer{}, unanswered(&url.Error{Op: r.Request.Method, URL: r.Request.URL.String(), Err: err})
	}
	if r.StatusCode >= 200 && r.StatusCode < 300 {
		return answer{r, body}, nil
	}
	var p openapi.Problem
	if !isJSON(r, "application/problem+json") || json.Unmarshal(body, &p) != nil || !p.Kind.Valid() {
		return answer{}, stranger(r)
	}
	return answer{}, refused(p)
}

// refused is a problem of the API in its own sentence.
func refused(p openapi.Problem) error {
	says := p.Title
	if p.Detail != nil && *p.Detail != "" {
		says = *p.Detail
	}
	if p.Status == http.StatusUnauthorized {
		says = "the connector does not know this token: give another one with --token-file or " + tokenEnviron
	}
	if says == "" {
		says = "the connector answered: " + string(p.Kind)
	}
	return plain{&fault.Error{Op: "api", Kind: fault.Kind(p.Kind), Status: p.Status, Says: printable(says)}}
}

// stranger is what a proxy, or another program on the port, answered.
func stranger(r *http.Response) error {
	return plain{&fault.Error{Op: "api", Kind: fault.Garbled, Status: r.StatusCode,
		Says: "what answers at " + place(r.Request.URL) + " does not speak as this version of the connector does: check --server"}}
}

// unanswered is a request that got no answer.
func unanswered(err error) error {
	at := "its address"
	var u *url.Error
	if errors.As(err, &u) {
		if parsed, perr := url.Parse(u.URL); perr == nil {
			at = place(parsed)
		}
	}
	f := &fault.Error{Op: "api", Kind: fault.Unreachable, Err: err}
	switch {
	case errors.Is(err, context.Canceled):
		f.Says = "stopped; what the connector has accepted goes on"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Says = "no connector listens at " + at + ": start it with: spotler-connector serve"
	case errors.Is(err, context.DeadlineExceeded) || u != nil && u.Timeout():
		f.Says = "the connector at " + at + " took too long to answer: look at its log, then try again"
	default:
		f.Says = "the connector at " + at + " cannot be reached: check --server, or start it with: spotler-connector serve"
	}
	if u != nil && u.Op != "Get" && f.Kind == fault.Unreachable && !errors.Is(err, syscall.ECONNREFUSED) {
		f.Kind = fault.Uncertain
	}
	return plain{f}
}

// place is the part of an address that may be printed.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host }

func isJSON(r *http.Response, want string) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == want
}
