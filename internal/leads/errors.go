package leads

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

var errNotJSON = errors.New("the answer is not JSON")

func wants(op, says string) error { return &fault.Error{Op: op, Kind: fault.NotValid, Says: says} }

// garbled is the error for an answer that cannot be read. err must not quote it.
func garbled(op string, status int, err error) error {
	return &fault.Error{Op: op, Kind: fault.Garbled, Status: status, Err: err, Says: "the answer of Spotler Leads could not be read"}
}

// notAnswered is the error for a request that got no whole answer.
func notAnswered(op string, err error) error {
	if errors.Is(err, context.Canceled) {
		return &fault.Error{Op: op, Kind: fault.Uncertain, Err: context.Canceled, Says: "the request was given up before its answer came"}
	}
	return &fault.Error{Op: op, Kind: transport.KindOf(err, true), Err: transport.Redact(err), Says: "no answer came from Spotler Leads"}
}

// statuses is the table of what a refusal means (Leads API section 9.1 and G21,
// assumed: the vendor documents 200 only).
var statuses = map[int]struct {
	kind fault.Kind
	says string
}{
	http.StatusBadRequest:            {fault.NotValid, "Spotler Leads does not accept the request"},
	http.StatusUnauthorized:          {fault.Denied, "Spotler Leads does not accept the token: check the user, its password and the OAuth client"},
	http.StatusForbidden:             {fault.Denied, "Spotler Leads refuses this user: check its rights and the scope GatorLeadsApi"},
	http.StatusNotFound:              {fault.NotFound, "Spotler Leads does not have it"},
	http.StatusConflict:              {fault.Conflict, "Spotler Leads has it already, or it was changed meanwhile"},
	http.StatusRequestTimeout:        {fault.Busy, "Spotler Leads is too busy; it is tried again by itself"},
	http.StatusRequestEntityTooLarge: {fault.NotValid, "the request is too large for Spotler Leads"},
	http.StatusTooManyRequests:       {fault.Busy, "Spotler Leads asks us to slow down; it is tried again by itself"},
}

// judge turns an answer into nil or a fault.
func judge(op string, resp *http.Response, body []byte) error {
	status := resp.StatusCode
	f := &fault.Error{Op: op, Status: status}
	wait, told := transport.RetryAfter(resp.Header, time.Now())
	known, ok := statuses[status]
	switch {
	case status >= 200 && status < 300:
		if !json.Valid(body) { // an empty body, too: every call answers something
			return garbled(op, status, errNotJSON)
		}
		return nil
	case status == http.StatusServiceUnavailable && told:
		f.Kind, f.Says = fault.Busy, "Spotler Leads asks us to slow down; it is tried again by itself"
	case ok:
		f.Kind, f.Says = known.kind, known.says
	case status >= 500:
		f.Kind, f.Says = fault.Uncertain, "Spotler Leads met an error of its own; the request may have been done"
	case status >= 400:
		f.Kind, f.Says = fault.NotValid, "Spotler Leads does not accept the request"
	default:
		f.Kind, f.Says = fault.Garbled, "Spotler Leads answered with a status that does not belong to its API: check the address"
	}
	if f.Kind == fault.Busy {
		f.After = wait
	}
	explain(f, body)
	return f
}

// explain adds what the body tells: the code of OAuth, or the fields that are wrong.
// Texts of the remote are not repeated: they may quote what was sent.
func explain(f *fault.Error, body []byte) {
	o, err := newObject(body)
	if err != nil {
		if len(body) > 0 && f.Kind == fault.NotFound {
			// "Not there" is believed only from the API itself.
			f.Kind, f.Says = fault.Garbled, "something else than Spotler Leads answered: check the address"
		}
		return
	}
	if code := o.text("error"); strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") == "" && len(code) < 64 {
		f.Code = code
	}
	var state map[string]json.RawMessage
	if json.Unmarshal(o.fields["modelstate"], &state) != nil || len(state) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(state))
	for _, name := range names[:min(len(names), 5)] {
		if len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._[]") == "" {
			f.Says += "; wrong: " + name
		}
	}
}
