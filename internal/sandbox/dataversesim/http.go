package dataversesim

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is the largest request the Web API reads, in bytes.
const maxBody = 128 << 20

// serveAPI carries one HTTP request into the Web API and its answer back.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	if !s.authorized(w, r) {
		return
	}
	start := s.clock()
	if f := s.limits.enter(start); f != nil {
		s.answer(w, f.response())
		return
	}
	s.answer(w, s.admitted(r, start))
}

// admitted answers a request that the limits let in, and charges it to them.
func (s *Sim) admitted(r *http.Request, start time.Time) *response {
	rows, items := 0, 1
	defer func() {
		now := s.clock()
		if !s.assume.Load().CountItems {
			items = min(items, 1)
		}
		s.entitled.add(now, items)
		s.limits.leave(now, now.Sub(start), rows)
	}()
	body, err := readBody(r)
	if err != nil {
		return fail(http.StatusRequestEntityTooLarge, "0x80060888", "The request body cannot be read.").response()
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/data/"), "/")
	req := &request{method: r.Method, path: path, raw: r.URL.RawQuery, header: r.Header, body: body, base: baseOf(r)}
	req.prefs = parsePreferences(r.Header)
	resp := s.serve(req)
	rows, items = resp.rows, max(1, resp.items)
	return resp
}

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	limited := http.MaxBytesReader(nil, r.Body, maxBody)
	if r.ContentLength < 0 || r.ContentLength > maxBody {
		return io.ReadAll(limited)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(limited, body)
	return body, err
}

// baseOf is the absolute address of the Web API as the caller wrote it, which
// keeps the prefix that a mount may have stripped.
func baseOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	prefix := ""
	if at := strings.Index(r.RequestURI, "/api/data/"); at > 0 && r.RequestURI[0] == '/' {
		prefix = r.RequestURI[:at]
	}
	v, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/data/"), "/")
	return scheme + "://" + r.Host + prefix + "/api/data/" + v + "/"
}

func (s *Sim) answer(w http.ResponseWriter, resp *response) {
	h := w.Header()
	h["OData-Version"] = odataVersion
	id := s.requestID()
	h.Set("X-Ms-Service-Request-Id", id)
	h["REQ_ID"] = []string{id}
	if s.limits.on.Load() {
		s.limits.describe(h, s.clock())
	}
	if s.skew.Load() != 0 {
		h.Set("Date", s.cfg.Now().UTC().Format(http.TimeFormat))
	}
	for _, f := range resp.header {
		if f.name == "OData-EntityId" {
			h["OData-EntityId"] = []string{f.value}
			continue
		}
		h.Add(f.name, f.value)
	}
	if resp.contentType != "" {
		h.Set("Content-Type", resp.contentType)
	}
	if len(resp.body) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(resp.body)))
	}
	w.WriteHeader(resp.status)
	_, _ = w.Write(resp.body) // the reader went away: nobody is left to tell
}

var odataVersion = []string{"4.0"}
