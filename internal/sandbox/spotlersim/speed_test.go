package spotlersim_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// The speed that the simulator owes whoever measures the connector against it.
// What is measured is the handler, without a network: the best of a few tries,
// and of the load the middlemost call times their number, since the machine has
// other things to do.
func TestSpeed(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("loads 100,000 contacts; under the race detector the figures say nothing")
	}
	s := start(t)
	s.assume(`{"nonce_replay":false}`)
	h := s.sim.Handler()
	serve := func(method, path, body string) time.Duration {
		t.Helper()
		r, w := s.request(method, path, body), httptest.NewRecorder()
		begun := time.Now()
		h.ServeHTTP(w, r)
		took := time.Since(begun)
		if w.Code != 200 {
			t.Fatalf("%s %s: %d", method, path, w.Code)
		}
		return took
	}
	bodies := make([]string, 1000)
	for i := range bodies {
		bodies[i] = hundred(i * 100)
	}
	var wall time.Duration
	calls := make([]time.Duration, len(bodies))
	for i, body := range bodies {
		calls[i] = serve("POST", "/contact/list", body)
		wall += calls[i]
	}
	slices.Sort(calls)
	load := calls[len(calls)/2] * time.Duration(len(calls))
	t.Logf("%d contacts loaded: %v by the clock", len(bodies)*100, wall)
	list, page := time.Hour, time.Hour
	for i := range 10 {
		list = min(list, serve("POST", "/contact/list", bodies[i*7]))
		page = min(page, serve("GET", "/contact/updates/list?pageSize=10000&"+window(-time.Hour, time.Hour), ""))
	}
	for _, m := range []struct {
		what      string
		took, max time.Duration
	}{
		{fmt.Sprintf("%d contacts loaded", len(bodies)*100), load, 5 * time.Second},
		{"POST /contact/list of 100", list, 5 * time.Millisecond},
		{"a page of 10,000 updates", page, 200 * time.Millisecond},
	} {
		t.Logf("%s: %v (at most %v)", m.what, m.took, m.max)
		if m.took > m.max {
			t.Errorf("%s took %v, more than %v", m.what, m.took, m.max)
		}
	}
}

// hundred is a body of 100 contacts, the first with the number from.
func hundred(from int) string {
	var b strings.Builder
	b.WriteString(`{"update":true,"contacts":[`)
	for i := from; i < from+100; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"externalId":"c%d","properties":{"email":"c%d@b.example","firstName":"Jan","lastName":"Vries","city":"Ede","freeField1":%d,"permissions":[{"bit":1,"enabled":true}]}}`, i, i, i)
	}
	return b.String() + "]}"
}
