package transport

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// RetryReads repeats a GET or HEAD without a body that met a broken connection
// or a 502, 503 or 504, at most twice more. It repeats nothing else: whether a
// write may run again is a question for the operation, and a 429 or a 503 that
// names a Retry-After is a pause the engine decides about.
type RetryReads struct {
	// Sleep waits d or until ctx ends, whose error it then returns; nil means a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Jitter gives numbers in [0,1); nil means random ones.
	Jitter func() float64
}

const (
	readAttempts  = 3
	firstReadWait = 200 * time.Millisecond
)

// Layer repeats reads; put it above pacing and signing.
func (o RetryReads) Layer() Layer {
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if !readsOnly(r) || r.Body != nil && r.Body != http.NoBody {
				return next.RoundTrip(r)
			}
			return o.repeat(next, r)
		})
	}
}

func (o RetryReads) repeat(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		resp, err := next.RoundTrip(r)
		if attempt == readAttempts || r.Context().Err() != nil || !worthRepeating(resp, err) {
			return resp, err
		}
		if resp != nil {
			// A short rest is read so that the connection can be used again; when that
			// fails, the next attempt opens another one.
			_, _ = io.CopyN(io.Discard, resp.Body, 16<<10)
			resp.Body.Close()
		}
		wait := firstReadWait << (attempt - 1)
		wait = wait/2 + time.Duration(o.Jitter()*float64(wait))
		if err := o.Sleep(r.Context(), wait); err != nil {
			return nil, err
		}
	}
}

func worthRepeating(resp *http.Response, err error) bool {
	if err != nil {
		k := KindOf(err, true)
		return k == fault.Unreachable || k == fault.Uncertain
	}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	case http.StatusServiceUnavailable:
		return resp.Header.Get("Retry-After") == ""
	}
	return false
}

// sleep waits d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
