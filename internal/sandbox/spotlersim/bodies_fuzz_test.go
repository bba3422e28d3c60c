package spotlersim_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever is sent in a body, and wherever, the answer is one that the contract
// has: no server error, and a refusal always says its kind.
func FuzzBodies(f *testing.F) {
	var calls [][2]string
	cases := operationCases()
	for _, key := range inOrder(cases) { // the same in every process
		method, _, _ := strings.Cut(key, " ")
		for _, c := range cases[key] {
			if c.body != "" && len(c.body) < 1000 {
				calls = append(calls, [2]string{method, c.path})
				f.Add(uint16(len(calls)-1), c.body)
			}
		}
	}
	for _, odd := range []string{``, `null`, `[]`, `{"contact":null}`, `{"contacts":[null]}`, `{"product":{"visible":"perhaps"}}`, `{"product":{"customProperties":{"colour":null}}}`, `<html>`, `{"tags":[null]}`, `{"formParams":{"f1":null}}`, `{"score":1e400}`} {
		f.Add(uint16(0), odd)
	}
	f.Fuzz(func(t *testing.T, which uint16, body string) {
		s, known := world(t)
		call := calls[int(which)%len(calls)]
		r, w := s.request(call[0], known.Replace(call[1]), body), httptest.NewRecorder()
		s.sim.Handler().ServeHTTP(w, r)
		var said map[string]any
		switch {
		case w.Code >= 500 || w.Code == 401:
			t.Errorf("%s %s: %d %s", call[0], call[1], w.Code, w.Body)
		case w.Code >= 400 && w.Code != 410:
			if json.Unmarshal(w.Body.Bytes(), &said) != nil || said["errorType"] == nil && said["result"] == nil {
				t.Errorf("%s %s: %d without a kind: %s", call[0], call[1], w.Code, w.Body)
			}
		}
	})
}
