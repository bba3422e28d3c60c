// Package control is the hand that a test or a demonstration lays on a
// simulator: it lets calls fail on demand and counts what arrives.
//
// Faults are data. A simulator wraps its own handler once and mounts the
// handlers of this package under its prefix; from then on everything happens
// over HTTP, so a benchmark, a test and a person with curl have the same means:
//
//	mux := http.NewServeMux()
//	faults, counters := control.NewFaults(seed), control.NewCounters(label)
//	faults.Mount(mux)   // /control/faults and /control/latency
//	counters.Mount(mux) // /control/counters
//	mux.Handle("/", api)
//	return counters.Wrap(faults.Wrap(mux))
//
// Requests under the prefix itself are never faulted, delayed or counted.
package control

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Prefix is where every control handler lives, in every simulator.
const Prefix = "/control/"

// Own reports whether r is addressed to the control plane.
func Own(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, Prefix) }

// Answer writes v as JSON with the given status.
func Answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader went away: nobody is left to tell
}

// Refuse answers a control request that cannot be carried out, with a sentence
// that says what to change.
func Refuse(w http.ResponseWriter, status int, says string) {
	Answer(w, status, map[string]string{"error": says})
}

// maxBody bounds what a control request may send, in bytes: seeding a
// simulator with many rows is the largest.
const maxBody = 256 << 20

// Read decodes the JSON body of a control request into v. When it fails it has
// answered 400 already and returns false.
func Read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		Refuse(w, http.StatusBadRequest, "the body is not the JSON this call expects: "+err.Error())
		return false
	}
	return true
}
