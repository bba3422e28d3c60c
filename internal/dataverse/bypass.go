package dataverse

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// ErrMayNotBypass says that the application user lacks the privilege to bypass
// custom logic.
var ErrMayNotBypass = errors.New("the application user may not bypass custom logic")

const (
	bypassHeader    = "MSCRM.BypassBusinessLogicExecution"
	bypassPrivilege = "prvBypassCustom"
)

// The kinds of logic that Bypassing can leave out (section 2.2).
const (
	CustomSync  = "CustomSync"
	CustomAsync = "CustomAsync" // webhooks and flows too
)

// shared is what all views of one client remember together.
type shared struct {
	noBulk       sync.Map // "CreateMultiple contact": the table has no such message
	mayNotBypass atomic.Bool
	able         atomic.Pointer[Capabilities] // what Within said; nil for everything
}

// Bypassing is a view of c whose writes ask Dataverse not to run custom logic of the
// given kinds. When the application user lacks the privilege, the refused write is
// sent again without asking, and nobody asks any more.
func (c *Client) Bypassing(kinds ...string) *Client {
	view := *c
	view.bypass = strings.Join(kinds, ",")
	return &view
}

// MayBypass reports whether asking is still believed to be allowed.
func (c *Client) MayBypass() bool { return !c.shared.mayNotBypass.Load() }

// bypassing reports whether r must ask.
func (c *Client) bypassing(r Request) bool {
	return c.bypass != "" && !r.reads() && r.Path != "$batch" && c.MayBypass()
}

// sendBypassing sends a write that asks; a refusal for that reason did nothing, so
// the write goes out once more.
func (c *Client) sendBypassing(ctx context.Context, r Request) (Answer, error) {
	plain := r
	r.Header = withHeader(r.Header, bypassHeader, c.bypass)
	a, err := c.sendOnce(ctx, r)
	if !errors.Is(err, ErrMayNotBypass) {
		return a, err
	}
	c.shared.mayNotBypass.Store(true)
	return c.sendOnce(ctx, plain)
}

// batchBypassing sends a batch whose writes ask; those that were refused for that
// reason, and those that a stopped batch did not try, go out once more.
func (c *Client) batchBypassing(ctx context.Context, requests []BatchRequest, continueOnError bool) ([]BatchResponse, error) {
	asking := make([]BatchRequest, len(requests))
	for i, r := range requests {
		if r.Method != http.MethodGet {
			r.Header = withHeader(r.Header, bypassHeader, c.bypass)
		}
		asking[i] = r
	}
	out, err := c.batchOnce(ctx, asking, continueOnError)
	if err != nil {
		return out, err
	}
	var again []int
	for i, a := range out {
		if errors.Is(a.Err, ErrMayNotBypass) || len(again) > 0 && errors.Is(a.Err, errNotTried) {
			again = append(again, i)
		}
	}
	if len(again) == 0 {
		return out, nil
	}
	c.shared.mayNotBypass.Store(true)
	rest := make([]BatchRequest, len(again))
	sets := setNumbers(requests)
	for k, i := range again {
		rest[k] = requests[i]
		rest[k].ChangeSet = sets[i]
	}
	answers, err := c.batchOnce(ctx, rest, continueOnError)
	for k, i := range again {
		if err != nil {
			out[i] = BatchResponse{Err: err}
			continue
		}
		out[i] = answers[k]
	}
	return out, nil
}

// setNumbers numbers the change sets anew, so that two sets of one number stay two
// when what stood between them is left out.
func setNumbers(requests []BatchRequest) []int {
	out := make([]int, len(requests))
	for n, g := range groupsOf(requests) {
		for i := g.from; i < g.to && requests[i].ChangeSet != 0; i++ {
			out[i] = n + 1
		}
	}
	return out
}

func withHeader(h http.Header, name, value string) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h[name] = []string{value}
	return h
}
