package operations

import (
	"fmt"
	"testing"

	connector "github.com/spotler-connector/connector"
)

// A canary covers its share of the records, and the same ones whenever it is asked.
func TestCanaryCovers(t *testing.T) {
	c := &Canary{Environment: &Environment{}, Share: 100}
	e, again := &Environment{Canary: c}, &Canary{Environment: c.Environment, Share: c.Share}
	covered := 0
	for n := range 50_000 {
		r := connector.Record{Table: connector.Contact, ID: connector.RecordID(fmt.Sprintf("6f0c1d9e-0000-4000-8000-%012x", n))}
		if c.Covers(r) != again.Covers(r) || c.Covers(r) != (e.For(r) == c.Environment) {
			t.Fatalf("%s is covered now and not then", r)
		}
		if c.Covers(r) {
			covered++
		}
		if !(&Canary{Share: wholeShare}).Covers(r) || (&Canary{}).Covers(r) || (*Canary)(nil).Covers(r) {
			t.Fatal("all, none and no canary are not what they say")
		}
	}
	if covered < 400 || covered > 600 {
		t.Errorf("1%% of 50,000 records are %d", covered)
	}
}
