package intake

import (
	"errors"
	"io"
	"net/http"
)

// keepBody is the largest buffer that is kept for the next body, in bytes: the
// largest body that Dataverse sends whole.
const keepBody = 256 << 10

// errBroken says that the caller did not send what it had announced.
var errBroken = errors.New("the body broke off before its end")

// readBody reads the whole body into buf, which grows when it must. A body over
// MaxBody is an *http.MaxBytesError, without reading it when its length is known.
func readBody(w http.ResponseWriter, r *http.Request, buf []byte) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return buf, &http.MaxBytesError{Limit: MaxBody}
	}
	if n := int(r.ContentLength) + 1; n > cap(buf) { // one more byte, so that the end is met without growing
		buf = make([]byte, 0, n)
	}
	body := http.MaxBytesReader(w, r.Body, MaxBody)
	buf = buf[:0]
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		var large *http.MaxBytesError
		switch {
		case errors.Is(err, io.EOF):
			return buf, nil
		case errors.As(err, &large):
			return buf, err
		case err != nil:
			return buf, errBroken // the transport's own error may name addresses
		}
	}
}
