package control

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
)

// Kind says in which way a call goes wrong.
type Kind string

// The kinds of trouble a remote system is known to give.
const (
	Latency         Kind = "latency"           // answer rightly, but late
	Status          Kind = "status"            // answer Status (and RetryAfter, Body) and do nothing
	DropBefore      Kind = "drop_before"       // close the connection and do nothing
	DropAfterCommit Kind = "drop_after_commit" // do it, then close the connection unanswered
	HTML            Kind = "html"              // answer a proxy's HTML page and do nothing
	Truncate        Kind = "truncate"          // do it, announce the whole answer, send half of it
	Garble          Kind = "garble"            // do it, answer bytes that are not what they claim
)

// Fault is one rule. The first rule that matches and still has Times left wins;
// latency rules add to whatever follows them.
type Fault struct {
	Name        string  `json:"name"`                  // unique; adding the same name replaces
	Method      string  `json:"method,omitempty"`      // empty matches every method
	Path        string  `json:"path,omitempty"`        // a prefix, or a pattern when it holds a *; empty matches all
	Kind        Kind    `json:"kind"`                  //
	Status      int     `json:"status,omitempty"`      // for status (500 when absent) and html (502 when absent)
	RetryAfter  int     `json:"retry_after,omitempty"` // seconds; sent as the header Retry-After when above 0
	Body        string  `json:"body,omitempty"`        // for status, html and garble; a plain one when empty
	ContentType string  `json:"content_type,omitempty"`
	MinMS       int     `json:"min_ms,omitempty"`      // for latency: at least so many milliseconds
	MaxMS       int     `json:"max_ms,omitempty"`      // for latency: at most; MinMS when lower
	Times       int     `json:"times,omitempty"`       // how often it may strike; 0 until it is removed
	Probability float64 `json:"probability,omitempty"` // 0 and 1 both mean always
	Struck      int     `json:"struck"`                // how often it has struck; set by the simulator
}

// Check returns what makes f unusable, in one sentence, or nil.
func (f Fault) Check() error {
	switch f.Kind {
	case Latency, Status, DropBefore, DropAfterCommit, HTML, Truncate, Garble:
	default:
		return fmt.Errorf("kind %q: choose latency, status, drop_before, drop_after_commit, html, truncate or garble", f.Kind)
	}
	switch {
	case f.Name == "":
		return errors.New("name is empty: give the fault a name by which it can be removed")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status %d: use 200 to 599", f.Status)
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Errorf("probability %v: use 0 to 1", f.Probability)
	case f.MinMS < 0 || f.MaxMS < 0 || f.Times < 0 || f.RetryAfter < 0:
		return errors.New("min_ms, max_ms, times and retry_after cannot be below 0")
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("path %q is not a pattern: %w", f.Path, err)
	}
	return nil
}

// matches reports whether f is about r. A * in Path stands for any run of
// characters, slashes included, so "/api/*/contacts" and "*/contact/list" work.
func (f *Fault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	if f.Path == "" {
		return true
	}
	if !strings.Contains(f.Path, "*") {
		return strings.HasPrefix(r.URL.Path, f.Path)
	}
	return like(f.Path, r.URL.Path)
}

// like matches s against a pattern in which * stands for any run of characters.
func like(pattern, s string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for found {
		var piece string
		piece, rest, found = strings.Cut(rest, "*")
		if !found {
			return strings.HasSuffix(s, piece)
		}
		at := strings.Index(s, piece)
		if at < 0 {
			return false
		}
		s = s[at+len(piece):]
	}
	return s == ""
}
