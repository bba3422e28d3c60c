//go:build !race

package dataversesim

import (
	"fmt"
	"testing"
	"time"
)

// A filtered page of 5,000 out of 100,000 rows takes under 150 ms, as FetchXML.
func TestFetchSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("loads 100,000 rows")
	}
	o := newOrg(t, Config{Seed: 1})
	tx := o.sim.begin(o.sim.user)
	tx.silent = true
	for i := range 100_000 {
		if _, f := tx.insert("contact", map[string]any{"lastname": fmt.Sprintf("N%06d", i), "donotemail": i%2 == 0}); f != nil {
			t.Fatal(f)
		}
	}
	tx.commit()
	address := fetchOf("<filter>" + cond("donotemail", "eq", "1") + cond("lastname", "like", "%9%") + "</filter>")
	best := time.Hour
	for range 5 {
		start := time.Now()
		o.must(200, "GET", address, "")
		best = min(best, time.Since(start))
	}
	t.Logf("a filtered page of 5,000 out of 100,000: %v", best)
	if best > 150*time.Millisecond {
		t.Errorf("took %v", best)
	}
}
