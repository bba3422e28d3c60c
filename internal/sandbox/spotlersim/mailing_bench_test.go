package spotlersim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// BenchmarkInteractions reads a page of 10,000 interactions of a mailing to
// 100,000 people.
func BenchmarkInteractions(b *testing.B) {
	s := start(b)
	var people strings.Builder
	for i := range 100_000 {
		if i > 0 {
			people.WriteByte(',')
		}
		fmt.Fprintf(&people, `{"external_id":"p%d","properties":{"email":"p%d@people.example"}}`, i, i)
	}
	s.ok("POST", "/control/contacts", `{"contacts":[`+people.String()+`]}`, nil)
	s.sendTo("")
	s.assume(`{"clock_skew":0}`)
	s.live(30 * 24 * time.Hour)
	for b.Loop() {
		s.want(200, "GET", "/mailing-interaction/sent?pageSize=10000&after=50000", "")
	}
}
