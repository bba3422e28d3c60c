// Package transport holds one RoundTripper per concern: signing, pacing,
// repeating reads, counting and redacting. A client stacks what it needs.
package transport

import "net/http"

// Layer adds one concern to a transport.
type Layer func(http.RoundTripper) http.RoundTripper

// Stack wraps base so that the first layer sees a request first. The usual order
// is LimitBody, RetryReads, Pacer, Count, OAuth1, Classify: each repetition is
// paced, counted and signed anew, the time that is counted is the remote's own,
// and every layer above Classify may ask an error for its kind.
func Stack(base http.RoundTripper, layers ...Layer) http.RoundTripper {
	for i := len(layers) - 1; i >= 0; i-- {
		base = layers[i](base)
	}
	return base
}

// roundTripper turns a function into a http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
