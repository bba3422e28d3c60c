package leadssim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// route is one row of the API's table (reference: section 9.2).
type route struct {
	method, path string
	serve        func(*call) (any, *refusal)
	scope        string // GatorLeadsApi when empty
	segments     []string
}

// call is one authorised request.
type call struct {
	*http.Request
	sim     *Sim
	client  *client // of the path, nil when it names none
	args    map[string]string
	version int
	now     time.Time
}

// refusal is an error answer (reference: G21).
type refusal struct {
	status  int
	message string
	field   string // with wrong: what a modelState says
	wrong   string
}

// table lists literal paths before the ones they would also match.
func table() []route {
	const at = "leads/client/{clientId}/"
	rows := []route{
		{method: "GET", path: "leads/clients", serve: (*call).userClients},
		{method: "GET", path: "leads/clients/{clientId}", serve: (*call).clientDetails},
		{method: "GET", path: "leads/settings/leadtypes", serve: (*call).leadTypes},
		{method: "GET", path: "leads/settings/leadtypenames/{clientId}", serve: (*call).leadTypeNames},
		{method: "GET", path: at + "leads/types", serve: (*call).typeCounts},
		{method: "GET", path: at + "company/{leadId}", serve: (*call).company},
		{method: "GET", path: at + "latestleads/{minutes}/{numberToGet}", serve: (*call).latestLeads},
		{method: "POST", path: at + "leads/search/{types}/{page}/{take}", serve: (*call).searchTypes},
		{method: "POST", path: at + "leads/{type}/search/{startDate}/{endDate}/{page}/{take}", serve: (*call).searchType},
		{method: "GET", path: at + "leads/{type}/{startDate}/{endDate}/{page}/{take}", serve: (*call).leadsOfType},
		{method: "GET", path: at + "lead/{leadId}", serve: (*call).lead},
		{method: "POST", path: at + "purl/create", serve: (*call).createPurl},
		{method: "GET", path: at + "trackedlinks/markprocessed/{processId}", serve: (*call).markProcessed},
		{method: "GET", path: at + "trackedlinks/{take}", serve: (*call).trackedLinks},
		{method: "GET", path: at + "analytics/contactsdailyconnections", serve: (*call).contactsDaily},
		{method: "GET", path: at + "analytics/companydailyconnections", serve: (*call).companiesDaily},
		{method: "POST", path: "signon/partner/create", serve: (*call).createPartner, scope: scopePartner},
	}
	for i := range rows {
		rows[i].segments = strings.Split(rows[i].path, "/")
	}
	return rows
}

// match compares the segments of a path; letters are equal in either case, as
// the server's framework has it. args are the segments that stood for {…}.
func (o *route) match(segments []string) (args map[string]string, ok bool) {
	if len(segments) != len(o.segments) {
		return nil, false
	}
	args = map[string]string{}
	for i, want := range o.segments {
		if want[0] != '{' {
			if !strings.EqualFold(want, segments[i]) {
				return nil, false
			}
			continue
		}
		arg, err := url.PathUnescape(segments[i])
		if err != nil || arg == "" {
			return nil, false
		}
		args[want[1:len(want)-1]] = arg
	}
	return args, true
}

func locate(routes []route, r *http.Request) (op *route, args map[string]string, known bool) {
	segments := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for i := range routes {
		found, ok := routes[i].match(segments)
		if ok && routes[i].method == r.Method {
			return &routes[i], found, true
		}
		known = known || ok
	}
	return nil, nil, known
}

// labels names the routes of requests for the counters, without ids.
func labels(routes []route) func(*http.Request) string {
	return func(r *http.Request) string {
		if r.URL.Path == TokenPath {
			return TokenPath
		}
		if op, _, _ := locate(routes, r); op != nil {
			return "/" + op.path
		}
		return "(none)"
	}
}

// serve answers one request that is not the control plane's.
func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == TokenPath {
		s.token(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.happen(s.clock())
	out, no := s.answer(r)
	if no != nil {
		_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
		answer(w, no.status, no.body(s.assume.ModelState))
		return
	}
	answer(w, http.StatusOK, out)
}

func (s *Sim) answer(r *http.Request) (any, *refusal) {
	g, ok := s.bearer(r)
	if !ok {
		return nil, &refusal{status: http.StatusUnauthorized, message: "Authorization has been denied for this request."}
	}
	op, args, known := locate(s.routes, r)
	switch {
	case op == nil && known:
		return nil, &refusal{status: http.StatusMethodNotAllowed, message: "The requested resource does not support http method '" + r.Method + "'."}
	case op == nil:
		return nil, &refusal{status: http.StatusNotFound, message: "No HTTP resource was found that matches the request."}
	}
	scope := op.scope
	if scope == "" {
		scope = scopeLeads
	}
	if !g.allows(scope) {
		return nil, &refusal{status: http.StatusForbidden, message: "The token does not have the scope " + scope + "."}
	}
	c := &call{Request: r, sim: s, args: args, now: s.clock()}
	if no := c.readVersion(); no != nil {
		return nil, no
	}
	if id, has := args["clientId"]; has {
		if c.client = s.clientOf(id); c.client == nil {
			return nil, &refusal{status: s.assume.StrangerStatus, message: "The client is not there, or not yours."}
		}
	}
	return op.serve(c)
}

// readVersion reads the header api-version (reference: G20).
func (c *call) readVersion() *refusal {
	text := c.Header.Get("api-version")
	if text == "" && !c.sim.assume.VersionRequired {
		c.version = 2
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 2 {
		return invalid("api-version", "The header api-version is required and must be 1 or 2.")
	}
	c.version = n
	return nil
}

func (s *Sim) clientOf(id string) *client {
	for _, c := range s.clients {
		if strings.EqualFold(c.id, id) {
			return c
		}
	}
	return nil
}

func invalid(field, wrong string) *refusal {
	return &refusal{status: http.StatusBadRequest, message: "The request is invalid.", field: field, wrong: wrong}
}

func notFound(what string) *refusal {
	return &refusal{status: http.StatusNotFound, message: what + " was not found."}
}

// body writes an error the way the server's framework does.
func (no *refusal) body(shape string) any {
	out := map[string]any{"message": no.message}
	switch {
	case no.field == "":
	case shape == "array":
		out["modelState"] = []map[string][]string{{no.field: {no.wrong}}}
	default:
		out["modelState"] = map[string][]string{no.field: {no.wrong}}
	}
	return out
}

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// read decodes the body into v; an empty body leaves v as it is.
func (c *call) read(v any) *refusal {
	b, err := io.ReadAll(http.MaxBytesReader(nil, c.Body, maxBody))
	if err == nil && len(b) > 0 {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return invalid("body", "The body cannot be read as JSON of the declared shape.")
	}
	return nil
}

// number reads an argument that is a whole number of 32 bits from least.
func (c *call) number(name string, least int) (int, *refusal) {
	n, err := strconv.ParseInt(c.args[name], 10, 32)
	if err != nil || int(n) < least {
		return 0, invalid(name, "The value '"+c.args[name]+"' is not valid.")
	}
	return int(n), nil
}

// dateLayout is how the API writes and reads moments, always GMT.
const dateLayout = "2006-01-02T15:04:05"

func dateOut(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	text := at.UTC().Format(dateLayout)
	return &text
}

// parseDate reads a moment; a day alone is its beginning.
func parseDate(name, text string) (time.Time, *refusal) {
	for _, layout := range []string{dateLayout, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, invalid(name, "The value '"+text+"' is not a date like yyyy-MM-ddTHH:mm:ss.")
}
