package spotlersim

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// call is one authenticated request on its way through an operation.
type call struct {
	*http.Request
	sim     *Sim
	account *account
	key     *key
	rules   *Assumptions
	base    string
	args    []string // the segments that stood for {…}
	op      *operation
}

// noContent is the answer 204.
type noContent struct{}

// bareStatus is an answer without a body that is not 204.
type bareStatus int

// serve answers one API request.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	rules := s.assume.Load()
	base, op, args, known := s.routes.locate(r)
	if base == "" {
		http.NotFound(w, r) // outside the application: the web server's own page
		return
	}
	k, no := s.authenticate(r, rules)
	if no == nil && !k.account.admit(s.clock(), rules) {
		w.Header().Set("Retry-After", "1")
		no = refuse(http.StatusTooManyRequests, BackendException, "Too many requests")
	}
	if no == nil && (op == nil || !op.served(rules)) {
		no = refuse(http.StatusNotFound, ResourceNotFound, "Resource not found")
		if known && op == nil {
			no.Status = http.StatusMethodNotAllowed
		}
	}
	if no == nil {
		no = negotiable(r)
	}
	if no != nil {
		drain(r)
		no.write(w)
		return
	}
	s.catchUp(k.account)
	c := &call{Request: r, sim: s, account: k.account, key: k, rules: rules, base: base, args: args, op: op}
	answer, no := op.serve(c)
	if no != nil {
		no.write(w)
		return
	}
	write(w, answer)
}

// negotiable refuses what the simulator does not speak: XML.
func negotiable(r *http.Request) *refusal {
	if ct := r.Header.Get("Content-Type"); ct != "" && r.ContentLength != 0 {
		if kind, _, err := mime.ParseMediaType(ct); err != nil || !strings.Contains(kind, "json") {
			return refuse(http.StatusUnsupportedMediaType, InvalidParams, "Unsupported media type")
		}
	}
	accept := r.Header.Get("Accept")
	if accept != "" && !strings.Contains(accept, "json") && !strings.Contains(accept, "*/*") && !strings.Contains(accept, "application/*") {
		return refuse(http.StatusNotAcceptable, InvalidParams, "Not acceptable")
	}
	return nil
}

// drain reads what is left of a body, so that the connection can be used again.
func drain(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, maxBody) }

// write sends a right answer. The content type is bare: one first-party client
// compares it for equality (reference: section 3.2).
func write(w http.ResponseWriter, answer any) {
	status := http.StatusOK
	switch a := answer.(type) {
	case noContent:
		w.WriteHeader(http.StatusNoContent)
		return
	case bareStatus:
		w.WriteHeader(int(a))
		return
	case answered:
		status, answer = a.status, a.body
	}
	b, err := json.Marshal(answer)
	if err != nil {
		refuse(http.StatusInternalServerError, BackendException, "The answer cannot be written").write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// maxBody bounds a request's body, in bytes: far above 100 contacts.
const maxBody = 32 << 20

// read decodes the body into v.
func (c *call) read(v any) *refusal {
	var b []byte
	var err error
	if n := c.ContentLength; n > 0 && n <= maxBody {
		b = make([]byte, n)
		_, err = io.ReadFull(c.Body, b)
	} else {
		b, err = io.ReadAll(http.MaxBytesReader(nil, c.Body, maxBody))
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, InvalidParams, "The request body cannot be read")
	}
	return nil
}
