package spotlersim_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The speed that the simulator owes whoever measures the connector against it.
// What is measured is the handler, without a network: the best of a few tries,
// since the machine has other things to do.
func TestSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("loads 100,000 contacts")
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
	var load time.Duration
	for _, body := range bodies {
		load += serve("POST", "/contact/list", body)
	}
	list, page := time.Hour, time.Hour
	for i := range 10 {
		list = min(list, serve("POST", "/contact/list", bodies[i*97]))
		page = min(page, serve("GET", "/contact/updates/list?pageSize=10000&"+window(-time.Hour, time.Hour), ""))
	}
	for _, m := range []struct {
		what      string
		took, max time.Duration
	}{
		{"100,000 contacts loaded", load, 5 * time.Second},
		{"POST /contact/list of 100", list, 5 * time.Millisecond},
		{"a page of 10,000 updates", page, 200 * time.Millisecond},
	} {
		t.Logf("%s: %v (at most %v)", m.what, m.took, m.max)
		if m.took > m.max*slower {
			t.Errorf("%s took %v, more than %v", m.what, m.took, m.max*slower)
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
