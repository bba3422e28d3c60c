package main

import (
	"testing"
	"time"
)

// The whole budget is used, hardly anything is refused and nothing is lost, with one
// node and with two that share it; windows of two seconds instead of fifteen.
func TestBudgetIsUsed(t *testing.T) {
	for _, nodes := range []int{1, 2} {
		t.Run(map[int]string{1: "one node", 2: "two nodes"}[nodes], func(t *testing.T) {
			t.Parallel()
			r, err := Run(t.Context(), Load{Requests: 40, Execution: 8 * time.Second, Window: 2 * time.Second, Total: 200}, nodes)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r)
			if r.Used < 0.85 || r.Refused > 0.02 || r.Lost != 0 { // short windows: the full figures are those of the command
				t.Error(r)
			}
		})
	}
}
