package dataversesim

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxBody is the largest request the Web API reads, in bytes.
const maxBody = 128 << 20

// serveAPI carries one HTTP request into the Web API and its answer back.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	if !s.authorized(w, r) {
		return
	}
	start := s.cfg.Now()
	if f := s.limits.enter(start); f != nil {
		s.answer(w, f.response())
		return
	}
	defer func() {
		now := s.cfg.Now()
		s.limits.leave(now, now.Sub(start))
	}()
	body, err := readBody(r)
	if err != nil {
		s.answer(w, fail(http.StatusRequestEntityTooLarge, "0x80060888", "The request body cannot be read.").response())
		return
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/data/"), "/")
	req := &request{method: r.Method, path: path, raw: r.URL.RawQuery, header: r.Header, body: body, base: baseOf(r)}
	req.prefs = parsePreferences(r.Header)
	s.answer(w, s.serve(req))
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
		requests, millis := s.limits.remaining(s.cfg.Now())
		h.Set("X-Ms-Ratelimit-Burst-Remaining-Xrm-Requests", strconv.Itoa(requests))
		h.Set("X-Ms-Ratelimit-Time-Remaining-Xrm-Requests", strconv.FormatInt(millis, 10))
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
