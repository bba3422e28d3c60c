package storetest

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/spotler-connector/connector/internal/store"
)

// budgetShared: two nodes that lease from one budget get, in any window, no more than
// it allows, and in a busy one nearly all of it.
func budgetShared(b bench) {
	allowance := store.Allowance{Requests: 300, Execution: 60 * time.Second, Window: 15 * time.Second, Share: 0.97}
	granted, charged := 0, time.Duration(0)
	const cost = 50 * time.Millisecond
	for range 600 { // thirty seconds, two nodes
		b.clock.Advance(50 * time.Millisecond)
		for range 2 {
			n, wait, err := b.s.LeaseBudget(context.Background(), store.BudgetLease{Environment: env, API: store.GateDataverse, Allowance: allowance, Want: 5, Cost: cost})
			if err != nil {
				b.Fatal(err)
			}
			if n == 0 && wait <= 0 {
				b.Fatal("nothing was granted, and nobody said when to come back")
			}
			granted += n
			charged += time.Duration(n) * cost
		}
	}
	if granted < 570 || granted > 600 {
		b.Errorf("%d requests in two windows of 300", granted)
	}
}

// bucketOfTime: slow requests use the budget of execution up, however few they are.
func bucketOfTime(t *testing.T) {
	var b store.Bucket
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	allowance := store.Allowance{Requests: 300, Execution: 6 * time.Second, Window: 15 * time.Second, Share: 1}
	granted, spent := 0, time.Duration(0)
	for range 300 {
		now = now.Add(100 * time.Millisecond)
		n, _ := b.Lease(store.BudgetLease{Allowance: allowance, Want: 1, Cost: 500 * time.Millisecond, Spent: spent}, now)
		granted += n
		spent = time.Duration(n) * 100 * time.Millisecond // each took 600 ms
	}
	if busy := time.Duration(granted) * 600 * time.Millisecond; busy < 11*time.Second || busy > 13*time.Second {
		t.Errorf("%d requests that took %v in thirty seconds", granted, busy)
	}
}

// bucketNeverOverflows: whatever the demand looks like, no window of the remote holds
// more than it allows.
func bucketNeverOverflows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b store.Bucket
		start := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
		now := start
		allowance := store.Allowance{Requests: rapid.IntRange(20, 500).Draw(t, "limit"), Window: 10 * time.Second, Share: 0.97}
		var sent []time.Duration
		for range 400 {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 10, 50, 300, 2000}).Draw(t, "pause")) * time.Millisecond)
			n, wait := b.Lease(store.BudgetLease{Allowance: allowance, Want: rapid.IntRange(1, 200).Draw(t, "want")}, now)
			if n == 0 && wait <= 0 {
				t.Fatal("nothing was granted, and nobody said when to come back")
			}
			for range n {
				sent = append(sent, now.Sub(start))
			}
			first := 0
			for first < len(sent) && sent[first] <= now.Sub(start)-allowance.Window {
				first++
			}
			if in := len(sent) - first; in > allowance.Requests {
				t.Fatalf("%d requests in a window of %d", in, allowance.Requests)
			}
			sent = sent[first:]
		}
	})
}
