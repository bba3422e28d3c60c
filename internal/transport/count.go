package transport

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// Counted is one request as metrics may see it: nothing in it is personal as
// long as the route is the fixed part of the path.
type Counted struct {
	Route    string
	Method   string
	Class    string        // "2xx" … "5xx", or "error" when no answer came
	Status   int           // 0 when no answer came
	Sent     int64         // bytes of the request body; -1 when not known beforehand
	Received int64         // bytes of the answer's body that were read
	Took     time.Duration // until the header of the answer came
}

// Count calls observe once per request: when the answer's body ends or is
// closed, or at once when there is none. route gives the label; use Route, or
// one that never returns a part a person typed. observe must not block.
func Count(route func(*http.Request) string, observe func(Counted)) Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			c := Counted{Route: route(r), Method: r.Method, Class: "error", Sent: r.ContentLength}
			began := time.Now()
			resp, err := next.RoundTrip(r)
			c.Took = time.Since(began)
			if err != nil {
				observe(c)
				return nil, err
			}
			c.Status, c.Class = resp.StatusCode, class(resp.StatusCode)
			if resp.Body == nil || resp.Body == http.NoBody {
				observe(c)
				return resp, nil
			}
			b := &countedBody{ReadCloser: resp.Body}
			b.end = func() { c.Received = b.received; observe(c) }
			resp.Body = b
			return resp, nil
		})
	}
}

func class(status int) string {
	if status < 100 || status > 599 {
		return "other"
	}
	return [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}[status/100-1]
}

type countedBody struct {
	io.ReadCloser
	received int64
	once     sync.Once
	end      func()
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.received += int64(n)
	if err != nil {
		b.once.Do(b.end)
	}
	return n, err
}

func (b *countedBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.end)
	return err
}
