package people

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/spotler-connector/connector/internal/fault"
)

// batchSize is how many requests the people put into one $batch.
const batchSize = 100

// apply carries out the requests of one action: alone, as a change set that
// succeeds or fails as a whole, or in several batches of independent requests.
func (w *World) apply(ctx context.Context, requests []Request, together bool) error {
	if len(requests) == 1 {
		return w.one(ctx, requests[0])
	}
	if together {
		return w.batch(ctx, requests, true)
	}
	for start := 0; start < len(requests); start += batchSize {
		if err := w.batch(ctx, requests[start:min(start+batchSize, len(requests))], false); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) one(ctx context.Context, r Request) error {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return err
		}
	}
	a, again, err := w.dataverse(ctx, r.Method, r.Path, "application/json", body)
	if err != nil {
		return err
	}
	if a.status >= 300 && !(again && settled(r.Method, a.status)) {
		return trouble("people."+r.Method, a)
	}
	return nil
}

// settled reports whether a refusal of a repeated request means that the first
// one had its effect.
func settled(method string, status int) bool {
	return method == http.MethodDelete && status == http.StatusNotFound ||
		method == http.MethodPost && status == http.StatusPreconditionFailed
}

const (
	mark    = "batch_people"
	setMark = "changeset_people"
)

func (w *World) batch(ctx context.Context, requests []Request, together bool) error {
	body, err := batchBody(requests, together)
	if err != nil {
		return err
	}
	a, again, err := w.dataverse(ctx, http.MethodPost, "$batch", "multipart/mixed; boundary="+mark, body)
	if err != nil {
		return err
	}
	if a.status >= 300 {
		return trouble("people.batch", a)
	}
	statuses := partStatuses(a.body)
	if len(statuses) == 0 {
		return &fault.Error{Op: "people.batch", Kind: fault.Garbled, Status: a.status, Says: "the answer to the batch has no parts"}
	}
	for _, status := range statuses {
		if status >= 300 && !again {
			return &fault.Error{Op: "people.batch", Kind: fault.NotValid, Status: status, Says: "Dataverse refused a part of the batch"}
		}
	}
	return nil
}

func batchBody(requests []Request, together bool) ([]byte, error) {
	var b bytes.Buffer
	part := mark
	if together {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n", mark, setMark)
		part = setMark
	}
	for i, r := range requests {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: %d\r\n\r\n", part, i+1)
		fmt.Fprintf(&b, "%s %s%s HTTP/1.1\r\nAccept: application/json\r\n", r.Method, webAPI, r.Path)
		if r.Method == http.MethodPatch {
			b.WriteString("If-Match: *\r\n")
		}
		if r.Body == nil {
			b.WriteString("\r\n\r\n")
			continue
		}
		body, err := json.Marshal(r.Body)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "Content-Type: application/json\r\n\r\n%s\r\n", body)
	}
	if together {
		fmt.Fprintf(&b, "--%s--\r\n", setMark)
	}
	fmt.Fprintf(&b, "--%s--\r\n", mark)
	return b.Bytes(), nil
}

// partStatuses reads the status lines of a multipart answer.
func partStatuses(body []byte) []int {
	var out []int
	for line := range bytes.Lines(body) {
		rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
		if !ok || len(rest) < 3 {
			continue
		}
		if status, err := strconv.Atoi(string(rest[:3])); err == nil {
			out = append(out, status)
		}
	}
	return out
}
