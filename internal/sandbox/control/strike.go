package control

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

const proxyPage = `<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>The upstream server did not answer in time.</p></body></html>
`

// strike lets r go wrong in the way f says.
func (f *Fault) strike(w http.ResponseWriter, r *http.Request, next http.Handler) {
	switch f.Kind {
	case Status:
		f.answer(w, r, http.StatusInternalServerError, "application/json", "")
	case HTML:
		f.answer(w, r, http.StatusBadGateway, "text/html", proxyPage)
	case DropBefore:
		hangUp(w)
	case DropAfterCommit:
		next.ServeHTTP(&paper{header: http.Header{}}, r)
		hangUp(w)
	case Truncate:
		p := &paper{header: http.Header{}, keep: true}
		next.ServeHTTP(p, r)
		p.copyHalf(w)
	case Garble:
		p := &paper{header: http.Header{}, keep: true}
		next.ServeHTTP(p, r)
		p.copyGarbled(w, f.Body)
	case Latency: // has been waited for already
		next.ServeHTTP(w, r)
	}
}

// answer reads the request to its end, so that the connection can be used
// again, and answers for the handler.
func (f *Fault) answer(w http.ResponseWriter, r *http.Request, status int, contentType, body string) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 64<<20))
	if f.Status != 0 {
		status = f.Status
	}
	if f.ContentType != "" {
		contentType = f.ContentType
	}
	if f.Body != "" {
		body = f.Body
	}
	w.Header().Set("Content-Type", contentType)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// hangUp closes the connection without an answer. Where the connection cannot
// be taken over, as in HTTP/2, the server is told to abort instead.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// paper takes what a handler answers without showing it to anybody.
type paper struct {
	header http.Header
	status int
	keep   bool
	body   bytes.Buffer
}

func (p *paper) Header() http.Header { return p.header }

func (p *paper) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *paper) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	if p.keep {
		p.body.Write(b)
	}
	return len(b), nil
}

func (p *paper) copyHeader(w http.ResponseWriter) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
}

// copyHalf announces the whole answer and sends the first half. An answer
// without a body is dropped, which is its only way to be cut short.
func (p *paper) copyHalf(w http.ResponseWriter) {
	whole := p.body.Bytes()
	if len(whole) < 2 {
		hangUp(w)
		return
	}
	p.WriteHeader(http.StatusOK)
	p.copyHeader(w)
	w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
	w.WriteHeader(p.status)
	_, _ = w.Write(whole[:len(whole)/2])
	_ = http.NewResponseController(w).Flush()
	hangUp(w)
}

// copyGarbled sends with says as the body or, without it, the body with its
// start destroyed, so that it is no JSON; status and headers stay.
func (p *paper) copyGarbled(w http.ResponseWriter, says string) {
	p.WriteHeader(http.StatusOK)
	body := []byte(says)
	if says == "" {
		body = append([]byte("\x00\xff}{"), p.body.Bytes()...)
	}
	p.copyHeader(w)
	w.Header().Del("Content-Length")
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	status := p.status
	if status == http.StatusNoContent {
		status = http.StatusOK // 204 cannot carry a body
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// oneOrMany is an array that may be written as its only element.
type oneOrMany[T any] []T

// UnmarshalJSON accepts T or [T, …].
func (m *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if trimmed := bytes.TrimLeft(b, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		return d.Decode((*[]T)(m))
	}
	var one T
	if err := d.Decode(&one); err != nil {
		return err
	}
	*m = []T{one}
	return nil
}
