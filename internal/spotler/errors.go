package spotler

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

// The error types that say something is not there. Older answers pair the first
// with 400 (Mail+ API sections 3.2 and 12).
const (
	codeContactNotFound  = "CONTACT_NOT_FOUND"
	codeResourceNotFound = "RESOURCE_NOT_FOUND"
)

// errorBody is Spotler's error answer (Mail+ API section 3.2).
type errorBody struct{ errorType, message string }

// decodeError reads an error answer as well as it can. ok is false when the
// body is there but is not a JSON object, which means that somebody else than
// Spotler's API answered.
func decodeError(body []byte) (e errorBody, ok bool) {
	if len(body) == 0 {
		return errorBody{}, true
	}
	var wire struct {
		ErrorType json.RawMessage `json:"errorType"`
		Message   json.RawMessage `json:"message"`
	}
	if body[0] != '{' || json.Unmarshal(body, &wire) != nil {
		return errorBody{}, false
	}
	return errorBody{errorType: code(text(wire.ErrorType)), message: text(wire.Message)}, true
}

// judge turns the status and the body of an answer into nil or a fault: the only
// place where Spotler's statuses and error types become kinds.
func (c *Client) judge(k call, rt route, resp *http.Response, body []byte) error {
	status := resp.StatusCode
	f := &fault.Error{Op: k.op, Status: status}
	wait, told := transport.RetryAfter(resp.Header, time.Now())
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusServiceUnavailable && told:
		f.Kind, f.After, f.Says = fault.Busy, wait, "Spotler asks us to slow down; it is tried again by itself"
		return f
	case isHTML(resp, body):
		f.Kind, f.Says = fault.Garbled, "a web page came instead of an answer from Spotler's API: check the address, or a proxy in between"
		return f
	case status >= 200 && status < 300:
		if len(body) > 0 && !json.Valid(body) {
			return garbled(k.op, status, errNotJSON)
		}
		return nil
	}
	e, ok := decodeError(body)
	f.Code = e.errorType
	f.Kind, f.Says = kindOf(status, e.errorType, rt)
	if !ok && f.Kind == fault.NotFound {
		// "Not there" is believed only from Spotler itself: absence leads to erasure.
		f.Kind, f.Says = fault.Garbled, "something else than Spotler's API answered: check the address"
	}
	if quote := sayable(e.message, k.secret); quote != "" && f.Kind == fault.NotValid {
		f.Says += "; it says: " + quote
	}
	return f
}

var errNotJSON = errors.New("the answer is not JSON")

// garbled is the error for a 2xx whose body cannot be read. err must not quote it.
func garbled(op string, status int, err error) error {
	return &fault.Error{Op: op, Kind: fault.Garbled, Status: status, Err: err,
		Says: "Spotler's answer could not be read"}
}

// isHTML reports whether a page came. XML is not a page, and fails as JSON.
func isHTML(resp *http.Response, body []byte) bool {
	if len(body) == 0 {
		return false
	}
	if strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html") {
		return body[0] != '{' && body[0] != '['
	}
	start := bytes.ToLower(body[:min(len(body), 64)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// code keeps an error type or result code only if it looks like one, because it
// is shown and counted.
func code(s string) string {
	if len(s) > 64 {
		return ""
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return ""
		}
	}
	return s
}

// sayableLength bounds what is repeated of a remote's text, in bytes.
const sayableLength = 100

// sayable is what may be repeated of a message of Spotler's: one short line, or
// nothing when it holds an address or a value that we sent.
func sayable(message string, secret func(string) bool) string {
	message = strings.Join(strings.FieldsFunc(message, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == utf8.RuneError
	}), " ")
	if message == "" || strings.ContainsAny(message, "@＠<") || strings.Contains(strings.ToLower(message), "%40") {
		return ""
	}
	if secret != nil && secret(message) {
		return ""
	}
	if len(message) > sayableLength {
		cut := sayableLength
		for !utf8.RuneStart(message[cut]) {
			cut--
		}
		message = message[:cut] + "…"
	}
	return message
}
