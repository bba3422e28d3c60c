// Package transport holds one RoundTripper per concern: signing, pacing,
// repeating reads, counting and redacting. A client stacks what it needs.
package transport

import "net/http"

// Layer adds one concern to a transport.
type Layer func(http.RoundTripper) http.RoundTripper

// Stack wraps base so that the first layer sees a request first.
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
