package dataversesim

import (
	"bytes"
	"mime"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// maxBatch is how many requests a batch may hold (reference: dataverse-api 2.7).
const maxBatch = 1000

// operation is one part of a batch: one request, or a change set of several.
type operation struct {
	request   *request
	contentID string
	set       []operation
}

// batch answers POST $batch.
func batch(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodPost {
		return nil, wrongMethod(r)
	}
	ops, f := parseBatch(r)
	if f != nil {
		return nil, f
	}
	answer := batchWriter{mark: "batchresponse_" + s.requestID()}
	for _, op := range ops {
		if ok := s.run(op, &answer); !ok && !r.prefs.continueOnError {
			answer.failed = true
			break
		}
	}
	return answer.response(), nil
}

// run carries one part out and reports whether it succeeded.
func (s *Sim) run(op operation, w *batchWriter) bool {
	if op.request != nil {
		resp := s.serve(op.request)
		w.part(w.mark, "", resp)
		return resp.status < 400
	}
	return s.runSet(op.set, w)
}

// runSet carries a change set out: all of it, or nothing and the answer of
// the first request that failed.
func (s *Sim) runSet(ops []operation, w *batchWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.begin(s.user)
	links := map[string]string{}
	answers := make([]*response, 0, len(ops))
	for _, op := range ops {
		op.request.tx, op.request.links = tx, links
		op.request.announce(tx)
		resp := s.serveLinked(op.request)
		if resp.status >= 400 {
			tx.rollback()
			w.part(w.mark, "", resp)
			return false
		}
		for _, h := range resp.header {
			if h.name == "OData-EntityId" && op.contentID != "" {
				links["$"+op.contentID] = h.value
			}
		}
		answers = append(answers, resp)
	}
	tx.commit()
	w.changeSet(ops, answers, "changesetresponse_"+s.requestID())
	return true
}

// serveLinked serves a request of a change set whose address may start with $1.
func (s *Sim) serveLinked(r *request) *response {
	if !strings.HasPrefix(r.path, "$") {
		return s.serve(r)
	}
	name, rest, below := strings.Cut(r.path, "/")
	made, ok := r.links[name]
	if !ok {
		return badSyntax("Content-ID Reference: '%s' does not exist in the batch context.", name).response()
	}
	r.path = strings.TrimPrefix(made, r.base)
	if below {
		r.path += "/" + rest
	}
	return s.serve(r)
}

func parseBatch(r *request) ([]operation, *failure) {
	boundary, ok := boundaryOf(r.header.Get("Content-Type"))
	if !ok {
		return nil, badSyntax("The content type of a batch must be multipart/mixed with a boundary.")
	}
	parts, ok := split(r.body, boundary)
	if !ok {
		return nil, badSyntax("The batch is malformed: a boundary is missing, or its lines do not end in CR LF.")
	}
	var ops []operation
	total := 0
	for _, part := range parts {
		op, f := parsePart(r, part)
		if f != nil {
			return nil, f
		}
		if total += max(1, len(op.set)); total > maxBatch {
			return nil, badSyntax("The batch request holds more than %d requests.", maxBatch)
		}
		ops = append(ops, op)
	}
	return ops, nil
}

func boundaryOf(contentType string) (string, bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	return params["boundary"], err == nil && kind == "multipart/mixed" && params["boundary"] != ""
}

// split cuts a multipart body at its boundary. Lines must end in CR LF.
func split(body []byte, boundary string) ([][]byte, bool) {
	mark := []byte("--" + boundary)
	at := bytes.Index(body, mark)
	if at < 0 || at > 0 && body[at-1] != '\n' {
		return nil, false
	}
	body = body[at+len(mark):]
	inner := append([]byte("\r\n"), mark...)
	var parts [][]byte
	for !bytes.HasPrefix(body, []byte("--")) {
		if !bytes.HasPrefix(body, []byte("\r\n")) {
			return nil, false
		}
		end := bytes.Index(body, inner)
		if end < 0 {
			return nil, false
		}
		if end > 2 {
			parts = append(parts, body[2:end])
		}
		body = body[end+len(inner):]
	}
	return parts, true
}

func parsePart(r *request, part []byte) (operation, *failure) {
	head, body := cutHead(part)
	header := parseHeader(head)
	if boundary, ok := boundaryOf(header.Get("Content-Type")); ok {
		return parseSet(r, body, boundary)
	}
	if !strings.HasPrefix(header.Get("Content-Type"), "application/http") {
		return operation{}, badSyntax("A part of the batch is neither application/http nor a change set.")
	}
	req, f := parseRequest(r, body)
	return operation{request: req, contentID: header.Get("Content-Id")}, f
}

func parseSet(r *request, body []byte, boundary string) (operation, *failure) {
	parts, ok := split(body, boundary)
	if !ok {
		return operation{}, badSyntax("A change set is malformed: a boundary is missing, or its lines do not end in CR LF.")
	}
	op := operation{set: []operation{}}
	for _, part := range parts {
		one, f := parsePart(r, part)
		if f != nil {
			return op, f
		}
		if one.request == nil || one.request.method == http.MethodGet {
			return op, badSyntax("A change set cannot hold a GET request or another change set.")
		}
		op.set = append(op.set, one)
	}
	return op, nil
}

// parseRequest reads a request line, headers and a body.
func parseRequest(r *request, text []byte) (*request, *failure) {
	head, body := cutHead(text)
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	method, target, ok := strings.Cut(string(line), " ")
	target, _, hasProtocol := strings.Cut(target, " HTTP/")
	if !ok || !hasProtocol {
		return nil, badSyntax("A request line in the batch is malformed.")
	}
	path, raw, _ := strings.Cut(target, "?")
	if at := strings.Index(path, "/api/data/v9."); at >= 0 {
		_, path, _ = strings.Cut(path[at+len("/api/data/v"):], "/")
	}
	if strings.Contains(path, "%") {
		path = unescape(path)
	}
	path = strings.TrimPrefix(path, "/")
	if path == "$batch" {
		return nil, badSyntax("A batch cannot hold a batch.")
	}
	out := &request{method: method, path: path, raw: raw, header: parseHeader(rest), body: body, base: r.base, batched: true}
	out.prefs = parsePreferences(out.header)
	return out, nil
}

// cutHead separates headers from what follows the empty line.
func cutHead(text []byte) (head, body []byte) {
	if bytes.HasPrefix(text, []byte("\r\n")) {
		return nil, text[2:]
	}
	head, body, _ = bytes.Cut(text, []byte("\r\n\r\n"))
	return head, body
}

func parseHeader(head []byte) http.Header {
	h := http.Header{}
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, []byte("\r\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if ok {
			key := textproto.CanonicalMIMEHeaderKey(string(name))
			h[key] = append(h[key], string(bytes.TrimSpace(value)))
		}
	}
	return h
}

// batchWriter writes the multipart answer.
type batchWriter struct {
	mark   string
	body   []byte
	failed bool
	status int // of the part that failed last
	rows   int
	items  int
}

func (w *batchWriter) part(mark, contentID string, resp *response) {
	b := append(append(append(w.body, "--"...), mark...), "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"...)
	if contentID != "" {
		b = append(append(append(b, "Content-ID: "...), contentID...), "\r\n"...)
	}
	b = append(strconv.AppendInt(append(b, "\r\nHTTP/1.1 "...), int64(resp.status), 10), ' ')
	b = append(append(b, http.StatusText(resp.status)...), "\r\n"...)
	if resp.contentType != "" {
		b = append(append(append(b, "Content-Type: "...), resp.contentType...), "\r\n"...)
	}
	b = append(b, "OData-Version: 4.0\r\n"...)
	for _, h := range resp.header {
		b = append(append(append(append(b, h.name...), ": "...), h.value...), "\r\n"...)
	}
	b = append(append(append(b, "\r\n"...), resp.body...), "\r\n"...)
	w.body = b
	w.rows += resp.rows
	w.items += max(1, resp.items)
	if resp.status >= 400 {
		w.status = resp.status
	}
}

func (w *batchWriter) changeSet(ops []operation, answers []*response, mark string) {
	w.body = append(w.body, "--"+w.mark+"\r\nContent-Type: multipart/mixed; boundary="+mark+"\r\n\r\n"...)
	for i, resp := range answers {
		w.part(mark, ops[i].contentID, resp)
	}
	w.body = append(w.body, "--"+mark+"--\r\n"...)
}

func (w *batchWriter) response() *response {
	resp := &response{status: http.StatusOK, contentType: "multipart/mixed; boundary=" + w.mark, rows: w.rows, items: max(1, w.items)}
	if w.failed {
		resp.status = w.status
	}
	resp.body = append(w.body, "--"+w.mark+"--\r\n"...)
	return resp
}
