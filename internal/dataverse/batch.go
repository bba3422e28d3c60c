package dataverse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// The limits of a batch (section 2.7).
const (
	MaxBatch    = 1000
	maxBatchURL = 65536
)

// errNotTried marks what a stopped batch did not get to.
var errNotTried = errors.New("not tried")

// BatchRequest is one request inside a $batch.
type BatchRequest struct {
	Method string
	Path   string // relative, with its query escaped: contacts(<id>)
	Header http.Header
	Body   []byte // JSON; nil is none
	// ChangeSet puts neighbours with the same number, other than 0, into one atomic
	// change set: all of them happen or none. A GET cannot be in one.
	ChangeSet int
	// ContentID names a request of a change set, so that a later one of the same set
	// can speak of its row: "$NAME" as the start of a Path, or as an @odata.bind. Empty
	// is its number in the set.
	ContentID string
}

// BatchResponse is the answer to one request of a batch. Err is sorted as if the
// request had been sent alone; then Body holds what was said, if anything.
type BatchResponse struct {
	Status int
	Header http.Header
	Body   []byte
	Err    error
}

// Batch sends up to MaxBatch requests as one and returns an answer for each, in
// their order. Without continueOnError Dataverse stops at the first failure; what
// stood behind it is Unreachable, because it was not tried. A write whose answer is
// missing is Uncertain. The error is for a batch that has no answers at all.
func (c *Client) Batch(ctx context.Context, requests []BatchRequest, continueOnError bool) ([]BatchResponse, error) {
	if c.bypass != "" && c.MayBypass() && !onlyReads(requests) {
		return c.batchBypassing(ctx, requests, continueOnError)
	}
	return c.batchOnce(ctx, requests, continueOnError)
}

func (c *Client) batchOnce(ctx context.Context, requests []BatchRequest, continueOnError bool) ([]BatchResponse, error) {
	const op = "dataverse.Batch"
	if len(requests) == 0 {
		return nil, nil
	}
	whole := Request{Op: op, On: fmt.Sprintf("%d requests", len(requests)), Method: http.MethodPost, Path: "$batch", harmless: onlyReads(requests)}
	if err := checkBatch(whole, requests); err != nil {
		return nil, err
	}
	boundary := "batch_" + c.nonce()
	whole.Body = c.writeBatch(requests, boundary)
	whole.Header = http.Header{"Content-Type": {`multipart/mixed; boundary="` + boundary + `"`}}
	if continueOnError {
		whole.Header["Prefer"] = []string{"odata.continue-on-error"}
	}
	a, err := c.Send(ctx, whole)
	theirs := answerBoundary(a.Header)
	if theirs == "" { // a refusal of the whole; a stopped batch may carry its parts under an error status
		if err == nil {
			err = garbled(op, whole.On, a.Status, "the answer to a batch is not a batch")
		}
		return nil, err
	}
	parts, complete := readBatch(a.Body, theirs)
	return c.match(requests, parts, complete, continueOnError), nil
}

func onlyReads(requests []BatchRequest) bool {
	for _, r := range requests {
		if r.Method != http.MethodGet {
			return false
		}
	}
	return true
}

func checkBatch(whole Request, requests []BatchRequest) error {
	bad := func(says string) error {
		return &fault.Error{Op: whole.Op, On: whole.On, Kind: fault.NotValid, Says: says}
	}
	if len(requests) > MaxBatch {
		return bad(fmt.Sprintf("a batch takes at most %d requests; split it", MaxBatch))
	}
	for _, r := range requests {
		switch {
		case r.Method == "" || r.Path == "" || strings.ContainsAny(r.Method+r.Path, " \t\r\n"):
			return bad("a request of the batch has no method or a path with white space; escape it")
		case len(r.Path) > maxBatchURL:
			return bad(fmt.Sprintf("a URL in the batch is longer than %d characters; ask for fewer values at once", maxBatchURL))
		case r.ChangeSet != 0 && r.Method == http.MethodGet:
			return bad("a change set cannot hold a GET")
		case r.ContentID != "" && (r.ChangeSet == 0 || !plainIdentifier(r.ContentID)):
			return bad("a content id belongs to a request of a change set and is made of letters, digits and _")
		}
		for k, vs := range r.Header {
			if strings.ContainsAny(k+strings.Join(vs, ""), "\r\n") {
				return bad("a header of the batch holds a line break")
			}
		}
	}
	return nil
}

// match joins answers and requests by their order. When answers are missing from a
// complete batch, order alone proves nothing, so only those that name their row
// count.
func (c *Client) match(requests []BatchRequest, parts []batchPart, complete, continueOnError bool) []BatchResponse {
	out := make([]BatchResponse, len(requests))
	groups := groupsOf(requests)
	stopped := false
	n := min(len(groups), len(parts))
	for i, part := range parts[:n] {
		c.settle(requests[groups[i].from:groups[i].to], part, out[groups[i].from:groups[i].to])
		stopped = !continueOnError && part.status >= 400 // an unreadable part proves nothing
	}
	stopped = stopped && complete && len(parts) < len(groups)
	doubt := complete && !stopped && len(parts) != len(groups)
	for i, g := range groups {
		for k := g.from; k < g.to; k++ {
			r := inner(requests[k])
			switch {
			case i >= n && stopped:
				out[k] = BatchResponse{Err: &fault.Error{Op: r.Op, On: r.On, Kind: fault.Unreachable, Says: "not tried, because an earlier request of the batch failed", Err: errNotTried}}
			case i >= n, doubt && !proven(requests[k], out[k]):
				out[k] = BatchResponse{Err: unanswered(r)}
			}
		}
	}
	return out
}

// unanswered is the error for a request whose answer is missing.
func unanswered(r Request) error {
	if r.reads() {
		return &fault.Error{Op: r.Op, On: r.On, Kind: fault.Unreachable, Says: "the batch holds no answer to this read"}
	}
	return &fault.Error{Op: r.Op, On: r.On, Kind: fault.Uncertain, Says: "the batch holds no answer to this request; the change may have been made"}
}

// proven reports whether an answer names the row of its request.
func proven(r BatchRequest, a BatchResponse) bool {
	id := entityID(a.Header)
	return id != "" && strings.Contains(r.Path, string(id))
}

// settle sorts the answers of one group: one request, or a change set.
func (c *Client) settle(requests []BatchRequest, part batchPart, out []BatchResponse) {
	if part.set != nil && len(part.set) == len(requests) {
		for i, p := range part.set {
			out[i] = c.sorted(requests[i], p)
		}
		return
	}
	for i := range requests {
		switch {
		case part.set == nil && (len(requests) == 1 && requests[0].ChangeSet == 0 || part.failed()):
			out[i] = c.sorted(requests[i], part) // one error stands for a whole change set
		default:
			out[i] = BatchResponse{Err: unanswered(inner(requests[i]))}
		}
	}
}

// sorted turns a part into the answer to r.
func (c *Client) sorted(r BatchRequest, part batchPart) BatchResponse {
	a := BatchResponse{Status: part.status, Header: part.header, Body: part.body}
	req := inner(r)
	switch {
	case part.status == 0:
		a.Err = garbled(req.Op, req.On, 0, "a part of the batch cannot be read")
	case part.status < 200 || part.status >= 300 && part.status != http.StatusNotModified:
		a.Err = c.refusal(req, Answer{Status: part.status, Header: part.header, Body: part.body})
	}
	return a
}

// inner describes a request of a batch for errors: its path without the query,
// which may hold personal data.
func inner(r BatchRequest) Request {
	on, _, _ := strings.Cut(r.Path, "?")
	on = strings.TrimSuffix(strings.Replace(on, "(", " ", 1), ")")
	if strings.ContainsAny(on, "='@%") { // an alternate key
		on, _, _ = strings.Cut(on, " ")
	}
	return Request{Op: "dataverse.Batch", On: on, Method: r.Method}
}

// GetRequest is q as a request of a batch; DecodeRows reads its answer.
func (c *Client) GetRequest(q Query) BatchRequest {
	q.Select = c.there(q.Table, q.Select)
	return BatchRequest{Method: http.MethodGet, Path: q.path(), Header: q.header()}
}

// UpsertRequest changes or creates a row (see Upsert). body is JSON.
func (c *Client) UpsertRequest(t schema.Table, id connector.RecordID, body []byte) BatchRequest {
	return BatchRequest{Method: http.MethodPatch, Path: rowPath(t, id), Body: body}
}

// UpdateRequest changes an existing row and never creates one (see Update).
func (c *Client) UpdateRequest(t schema.Table, id connector.RecordID, body []byte) BatchRequest {
	return BatchRequest{Method: http.MethodPatch, Path: rowPath(t, id), Header: http.Header{"If-Match": {"*"}}, Body: body}
}

// SkippingSteps asks Dataverse not to run some registered steps for a request, by
// their ids; everything else that is registered runs (Microsoft Learn: "Bypass custom
// Dataverse logic"). Without the privilege prvBypassCustomBusinessLogic the request is
// Denied. Dataverse takes three ids unless the organisation allows more.
func SkippingSteps(r BatchRequest, steps ...connector.RecordID) BatchRequest {
	if len(steps) == 0 {
		return r
	}
	ids := make([]string, len(steps))
	for i, id := range steps {
		ids[i] = string(id)
	}
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h["MSCRM.BypassBusinessLogicExecutionStepIds"] = []string{strings.Join(ids, ",")}
	r.Header = h
	return r
}

// CreateRequest makes a row; body should carry the key, so that repeating it is
// harmless.
func (c *Client) CreateRequest(t schema.Table, body []byte) BatchRequest {
	return BatchRequest{Method: http.MethodPost, Path: t.Set, Body: body}
}

// JSON encodes fields as the body of a BatchRequest.
func (f Fields) JSON() ([]byte, error) {
	b, err := encode(map[string]any(f))
	if err != nil {
		return nil, &fault.Error{Op: "dataverse.Fields", Kind: fault.NotValid, Says: "a value cannot be written as JSON"}
	}
	return b, nil
}

// DecodeRows reads the answer to a GetRequest: its rows, and the link to the rest,
// which RowsFrom follows; "" when these are all. An answer with Err returns Err.
func DecodeRows(a BatchResponse, t schema.Table) (rows []Row, next string, err error) {
	if a.Err != nil {
		return nil, "", a.Err
	}
	p, err := newReader(t).page(a.Body)
	if err != nil || len(p.removed) > 0 {
		return nil, "", garbled("dataverse.Batch", string(t.Name), a.Status, "a page of rows cannot be read")
	}
	return p.rows, p.next, nil
}
