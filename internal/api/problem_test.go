package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

func TestProblemOf(t *testing.T) {
	tests := []struct {
		err    error
		status int
		detail string
	}{
		{&fault.Error{Op: "x", Kind: fault.NotValid, Says: "say it differently"}, 400, "say it differently"},
		{&fault.Error{Op: "x", Kind: fault.NotFound, Says: "not here"}, 404, "not here"},
		{fmt.Errorf("store: %w", &fault.Error{Op: "x", Kind: fault.Conflict, Says: "changed", Err: errors.New("password=hunter2")}), 409, "changed"},
		{&fault.Error{Op: "x", Kind: fault.Denied}, 403, ""},
		{&fault.Error{Op: "x", Kind: fault.Uncertain}, 502, ""},
		{&fault.Error{Op: "x", Kind: fault.Broken, Says: "hunter2"}, 500, "the log of the connector says more"},
		{errors.New("hunter2"), 500, "the log of the connector says more"},
		{&fault.Error{Op: "x", Kind: "new kind"}, 500, "the log of the connector says more"},
		{&fault.Error{Op: "x", Kind: fault.NotValid, Says: "not JSON", Err: &http.MaxBytesError{Limit: 7}}, 413, "larger than 7 bytes"},
	}
	for i, tt := range tests {
		p := problemOf(tt.err)
		if p.Status != tt.status || !strings.Contains(value(p.Detail), tt.detail) || p.Title == "" || !p.Kind.Valid() {
			t.Errorf("case %d: %+v %q", i, p, value(p.Detail))
		}
		if strings.Contains(value(p.Detail), "hunter2") {
			t.Errorf("case %d: the detail tells what stays here", i)
		}
	}
}

// Every kind of trouble has a status, a title and a word in the document.
func TestEveryKindIsKnown(t *testing.T) {
	for kind := range statusOf {
		if titleOf[kind] == "" || !openapi.ProblemKind(kind).Valid() {
			t.Errorf("kind %q has no title or is not in the document", kind)
		}
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	w := httptest.NewRecorder()
	writeProblem(w, &fault.Error{Op: "x", Kind: fault.Busy, After: 1200 * time.Millisecond})
	if w.Code != 503 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
