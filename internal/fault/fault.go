// Package fault sorts errors by what can be done about them.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies an error by what can be done about it, not by where it arose.
// A Kind is itself an error, so errors.Is(err, fault.Busy) reads as a question.
type Kind string

// The kinds. Each is an answer to "and now?".
const (
	NotValid    Kind = "not valid"   // the request is wrong: repeating it cannot help
	NotFound    Kind = "not found"   // the thing is not there
	Denied      Kind = "denied"      // an operator must fix a key, a licence or a role
	Conflict    Kind = "conflict"    // somebody else changed it first, or it exists already
	Busy        Kind = "busy"        // the remote asked us to slow down; it did not take the work
	Unreachable Kind = "unreachable" // the request never arrived: nothing happened
	Uncertain   Kind = "uncertain"   // the request may have arrived: it may have happened
	Garbled     Kind = "garbled"     // the remote answered nonsense; what it did is uncertain
	Broken      Kind = "broken"      // a bug of ours
)

// Error makes a Kind usable with errors.Is.
func (k Kind) Error() string { return string(k) }

// Transient reports whether the same request may succeed later by itself.
func (k Kind) Transient() bool {
	return k == Busy || k == Unreachable || k == Uncertain || k == Garbled
}

// Error adds the circumstances to a kind. Only Kind is required.
type Error struct {
	Op     string        // what we were doing: "spotler.PostContacts"
	On     string        // to what: a table, a GUID, a field; never personal data or a secret
	Kind   Kind          //
	Status int           // the HTTP status, if there was one
	Code   string        // the remote's own code: "CONTACT_OPTOUT", "0x80040217"
	Says   string        // one plain sentence for the person who meets it, with the fix
	After  time.Duration // how long the remote asked us to wait, when Kind is Busy
	Err    error         // the cause, if there was one
}

// Error prints the circumstances in one line.
func (e *Error) Error() string {
	s := e.Op
	if e.On != "" {
		s += " " + e.On
	}
	s += ": " + string(e.Kind)
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Code != "" {
		s += " [" + e.Code + "]"
	}
	if e.Says != "" {
		s += ": " + e.Says
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, fault.Busy) true for an error of that kind.
func (e *Error) Is(target error) bool { k, ok := target.(Kind); return ok && k == e.Kind }

// Of returns the kind of err: the outermost fault.Error or Kind in its chain.
// nil has no kind (""); an error nobody classified is Broken.
func Of(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	var k Kind
	if errors.As(err, &k) {
		return k
	}
	return Broken
}

// As returns the outermost fault.Error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
