package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// statusOf is the HTTP status that says what a kind says.
var statusOf = map[fault.Kind]int{
	fault.NotValid:    http.StatusBadRequest,
	fault.NotFound:    http.StatusNotFound,
	fault.Denied:      http.StatusForbidden,
	fault.Conflict:    http.StatusConflict,
	fault.Busy:        http.StatusServiceUnavailable,
	fault.Unreachable: http.StatusServiceUnavailable,
	fault.Uncertain:   http.StatusBadGateway,
	fault.Garbled:     http.StatusBadGateway,
	fault.Broken:      http.StatusInternalServerError,
}

// titleOf is the kind as a heading.
var titleOf = map[fault.Kind]string{
	fault.NotValid:    "The request is not valid",
	fault.NotFound:    "Not found",
	fault.Denied:      "Not allowed",
	fault.Conflict:    "In conflict with what is there",
	fault.Busy:        "Busy",
	fault.Unreachable: "Not reachable",
	fault.Uncertain:   "It may have been done",
	fault.Garbled:     "An answer could not be understood",
	fault.Broken:      "A bug in the connector",
}

// problemOf is what a caller may know of err: its kind, its sentence and the
// remote's code. The rest may name files, addresses or queries and stays here.
func problemOf(err error) openapi.Problem {
	kind := fault.Of(err)
	status, known := statusOf[kind]
	if !known {
		kind, status = fault.Broken, http.StatusInternalServerError
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		kind, status = fault.NotValid, http.StatusRequestEntityTooLarge
	}
	p := openapi.Problem{Type: "about:blank", Title: titleOf[kind], Status: status, Kind: openapi.ProblemKind(kind)}
	if e := fault.As(err); e != nil && kind != fault.Broken {
		p.Detail, p.Code = some(e.Says), some(e.Code)
	}
	switch {
	case tooLarge != nil:
		p.Detail = some("the body is larger than " + strconv.FormatInt(tooLarge.Limit, 10) + " bytes: send less at once")
	case kind == fault.Broken:
		p.Detail = some("this is not your mistake; the log of the connector says more")
	}
	return p
}

// writeProblem answers with the problem of err.
func writeProblem(w http.ResponseWriter, err error) {
	if e := fault.As(err); e != nil && e.Kind == fault.Busy && e.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((e.After+time.Second-1)/time.Second)))
	}
	writeStatus(w, problemOf(err))
}

func writeStatus(w http.ResponseWriter, p openapi.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller went away; there is nobody to tell
}

// some points at v, or at nothing when v is the zero value.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// value is what p points at, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func notValid(op, says string) error {
	return &fault.Error{Op: op, Kind: fault.NotValid, Says: says}
}
