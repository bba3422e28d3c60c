//go:build !race

package dataversesim

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// 100,000 contacts load in under ten seconds and take less than 3 KB each.
func TestLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	sim := New(Config{Seed: 1})
	defer sim.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 100_000
	start := time.Now()
	contacts := sim.setNamed("contacts")
	for i := range n {
		body := object{{"contactid", numbered(i)}, {"firstname", "First"}, {"lastname", fmt.Sprint("Last", i)}, {"emailaddress1", fmt.Sprintf("p%d@example.org", i)},
			{"jobtitle", "Clerk"}, {"telephone1", "0100000000"}, {"address1_city", "Utrecht"}, {"birthdate", "1980-05-17"}, {"gendercode", number("1")}}
		sim.mu.Lock()
		tx := sim.begin(sim.person)
		tx.silent = true
		_, f := tx.edit(contacts, "POST", guid{}, body)
		tx.commit()
		sim.mu.Unlock()
		if f != nil {
			t.Fatal(f)
		}
	}
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%d contacts in %v, %d bytes each", n, took.Round(time.Millisecond), each)
	if len(contacts.rows) != n || took > 10*time.Second || each > 3<<10 {
		t.Errorf("%d contacts in %v, %d bytes each: want under 10 s and 3 KB", len(contacts.rows), took, each)
	}
}
