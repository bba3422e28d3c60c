package spotlersim

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// operation is one row of the API's table: what is called, and who answers.
type operation struct {
	method string
	path   string // below the base; {…} stands for one segment
	serve  func(*call) (any, *refusal)
	later  bool // not in the published contract of 2022

	segments []string
}

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

// operations lists literal paths before the ones they would also match.
var operations = index(append([]operation{
	{method: "GET", path: "contact/properties/list", serve: (*call).propertiesList},
	{method: "GET", path: "contact/updates/list", serve: (*call).updatesList},
	{method: "GET", path: "contact/bounces/list", serve: (*call).bouncesList},
	{method: "GET", path: "contact/search", serve: (*call).search},
	{method: "POST", path: "contact/list", serve: (*call).postContacts},
	{method: "POST", path: "contact", serve: (*call).postContact},
	{method: "PUT", path: "contact/anonymize/{externalId}", serve: (*call).anonymize},
	{method: "PUT", path: "contact/inactivate/{externalId}", serve: (*call).inactivate, later: true},
	{method: "GET", path: "contact/{externalId}", serve: (*call).getContact},
	{method: "PUT", path: "contact/{externalId}", serve: (*call).putContact},
}, mailingOperations()...))

func index(ops []operation) []operation {
	for i := range ops {
		ops[i].segments = strings.Split(ops[i].path, "/")
	}
	return ops
}

// locate finds the base and the operation of a request, and its arguments. The
// operation is nil when there is none; known says that another method would do.
func locate(r *http.Request) (base string, op *operation, args []string, known bool) {
	path := r.URL.EscapedPath()
	rest, ok := strings.CutPrefix(path, BaseV110+"/")
	base = BaseV110
	if !ok {
		rest, ok = strings.CutPrefix(path, BaseCurrent+"/")
		base = BaseCurrent
	}
	if !ok {
		return "", nil, nil, false
	}
	segments := strings.Split(strings.TrimSuffix(rest, "/"), "/") // a slash at the end does no harm
	for i := range operations {
		o := &operations[i]
		found, ok := o.match(segments)
		if ok && o.method == r.Method {
			return base, o, found, true
		}
		known = known || ok
	}
	return base, nil, nil, known
}

func (o *operation) match(segments []string) (args []string, ok bool) {
	if len(segments) != len(o.segments) {
		return nil, false
	}
	for i, want := range o.segments {
		if want[0] != '{' {
			if want != segments[i] {
				return nil, false
			}
			continue
		}
		arg, err := url.PathUnescape(segments[i])
		if err != nil || arg == "" {
			return nil, false
		}
		args = append(args, arg)
	}
	return args, true
}

// label names the route of a request for the counters, without ids.
func label(r *http.Request) string {
	_, op, _, _ := locate(r)
	if op == nil {
		return "(none)"
	}
	return "/" + op.path
}

// serve answers one API request.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	rules := s.assume.Load()
	base, op, args, known := locate(r)
	if base == "" {
		http.NotFound(w, r) // outside the application: the web server's own page
		return
	}
	k, no := s.authenticate(r, rules)
	if no == nil && !k.account.admit(s.clock(), rules) {
		w.Header().Set("Retry-After", "1")
		no = refuse(http.StatusTooManyRequests, BackendException, "Too many requests")
	}
	if no == nil && (op == nil || op.later && rules.Contract2022) {
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
	switch a := answer.(type) {
	case noContent:
		w.WriteHeader(http.StatusNoContent)
		return
	case bareStatus:
		w.WriteHeader(int(a))
		return
	}
	b, err := json.Marshal(answer)
	if err != nil {
		refuse(http.StatusInternalServerError, BackendException, "The answer cannot be written").write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
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
