package transport

import (
	"errors"
	"io"
	"net/http"

	"github.com/spotler-connector/connector/internal/fault"
)

// DefaultBodyLimit is how much of an answer LimitBody lets through, in bytes,
// when it is not told otherwise.
const DefaultBodyLimit = 64 << 20

// LimitBody lets at most limit bytes of an answer through, after decompression,
// so that a remote cannot exhaust memory; 0 means DefaultBodyLimit. Reading
// beyond it gives a fault.Garbled, never a short body that looks complete.
func LimitBody(limit int64) Layer {
	if limit <= 0 {
		limit = DefaultBodyLimit
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err != nil || resp.Body == nil || resp.Body == http.NoBody {
				return resp, err
			}
			resp.Body = &limitedBody{body: resp.Body, left: limit, on: place(r), status: resp.StatusCode}
			return resp, nil
		})
	}
}

type limitedBody struct {
	body   io.ReadCloser
	left   int64
	on     string
	status int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more tells the end from the limit
	}
	n, err := b.body.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, &fault.Error{Op: "transport", On: b.on, Kind: fault.Garbled, Status: b.status,
			Says: "the answer is larger than we accept", Err: errTooLarge}
	}
	b.left -= int64(n)
	return n, err
}

func (b *limitedBody) Close() error { return b.body.Close() }

var errTooLarge = errors.New("body limit reached")
