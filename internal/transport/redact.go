package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"

	"github.com/spotler-connector/connector/internal/fault"
)

// RedactErrors makes sure that no error of the layers below carries the query
// string, the path or anything else a remote or a person typed. What remains is
// verb, host, route and a cause from a short list. Use it where Classify is not
// used, or above layers that are not ours.
//
// http.Client adds the full address to every error again: pass what Do returns
// through Redact as well.
func RedactErrors() Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil {
				return resp, nil
			}
			if f := fault.As(err); f != nil {
				return nil, f
			}
			return nil, &redacted{at: place(r), cause: safeCause(err)}
		})
	}
}

// Redact returns err without the address that http.Client wrapped around it. A
// *fault.Error or the end of a context inside comes back bare; of anything else
// only a cause from a short list is kept. nil stays nil.
func Redact(err error) error {
	if err == nil {
		return nil
	}
	if f := fault.As(err); f != nil {
		return f
	}
	var r *redacted
	if errors.As(err, &r) {
		return r
	}
	var u *url.Error
	if errors.As(err, &u) {
		if c := safeCause(u.Err); !errors.Is(c, errHidden) {
			return c
		}
	}
	return safeCause(err)
}

// redacted is an error that was cleaned of addresses.
type redacted struct {
	at    string
	cause error
}

func (e *redacted) Error() string { return e.at + ": " + e.cause.Error() }
func (e *redacted) Unwrap() error { return e.cause }

// errHidden stands for a cause whose own text might repeat an address or an answer.
var errHidden = errors.New("the exchange failed (details withheld, they may be personal)")

// safeCause is the innermost cause of err whose text cannot be personal.
func safeCause(err error) error {
	for _, end := range []error{context.Canceled, context.DeadlineExceeded, os.ErrDeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed} {
		if errors.Is(err, end) {
			return end
		}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return &net.DNSError{Err: dns.Err, Name: dns.Name, IsNotFound: dns.IsNotFound, IsTimeout: dns.IsTimeout, IsTemporary: dns.IsTemporary}
	}
	if cause := handshakeCause(err); cause != nil {
		return cause
	}
	var t interface{ Timeout() bool }
	if errors.As(err, &t) && t.Timeout() {
		return os.ErrDeadlineExceeded
	}
	return errHidden
}

// handshakeCause is the TLS or certificate error in err's chain, or nil. These
// speak of hosts and certificates only.
func handshakeCause(err error) error {
	var verify *tls.CertificateVerificationError
	if errors.As(err, &verify) {
		return verify
	}
	var alert tls.AlertError
	if errors.As(err, &alert) {
		return alert
	}
	var authority x509.UnknownAuthorityError
	if errors.As(err, &authority) {
		return authority
	}
	var name x509.HostnameError
	if errors.As(err, &name) {
		return name
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return errors.New("tls: the other side does not speak TLS")
	}
	return nil
}

func isHandshake(err error) bool {
	var alert tls.AlertError
	return !errors.As(err, &alert) && handshakeCause(err) != nil
}
