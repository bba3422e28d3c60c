package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/spotler-connector/connector/internal/fault"
)

// Classify turns the errors of the transport below into a *fault.Error that
// carries no address: Unreachable when the request cannot have left, Uncertain
// when it may have arrived. Put it lowest in the stack, so that every layer
// above may ask for the kind.
//
// A cancelled context comes back as it is, except for a request that may change
// something and was already sent: that one is Uncertain as well, and still
// answers errors.Is(err, context.Canceled).
//
// Bound requests by their context rather than by http.Client.Timeout, which
// replaces our error by one of its own that no longer knows whether it arrived.
func Classify() Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			// Headers are written into a buffer of the connection before anything
			// is flushed: a request whose headers were never written cannot have
			// arrived. From there on we assume it did.
			var wrote atomic.Bool
			trace := &httptrace.ClientTrace{
				WroteHeaders: func() { wrote.Store(true) },
				WroteRequest: func(i httptrace.WroteRequestInfo) {
					if i.Err == nil {
						wrote.Store(true)
					}
				},
			}
			resp, err := next.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
			if err == nil {
				return resp, nil
			}
			return nil, classified(r, err, wrote.Load())
		})
	}
}

func classified(r *http.Request, err error, wrote bool) error {
	if fault.As(err) != nil {
		return err
	}
	cancelled := errors.Is(r.Context().Err(), context.Canceled)
	if cancelled && (!wrote || readsOnly(r)) {
		return context.Canceled
	}
	cause := safeCause(err)
	if cancelled {
		cause = context.Canceled
	}
	f := &fault.Error{Op: "transport", On: place(r), Kind: KindOf(err, wrote), Err: cause}
	f.Says = "the request was sent but no answer came, so it may have been done"
	if f.Kind == fault.Unreachable {
		f.Says = "the connection could not be made: check the address, the network and the certificate"
	}
	return f
}

// KindOf is what can be done about err, which a http.RoundTripper returned.
// wrote says whether the request may have been written; who does not know says
// true. A cancelled context has no kind of ours: it is passed on as Unreachable
// when nothing was written, else as Uncertain.
func KindOf(err error, wrote bool) fault.Kind {
	if f := fault.As(err); f != nil {
		return f.Kind
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fault.Unreachable
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fault.Unreachable
	}
	if !wrote || isHandshake(err) {
		return fault.Unreachable
	}
	return fault.Uncertain
}

// readsOnly reports whether r asks and changes nothing.
func readsOnly(r *http.Request) bool {
	return r.Method == "" || r.Method == http.MethodGet || r.Method == http.MethodHead
}
