package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Allowance is what a remote allows one environment: a number of requests and a time
// of execution per window. Execution 0 is not limited.
type Allowance struct {
	Requests  int
	Execution time.Duration
	Window    time.Duration
	// Share is how much of it is used, above 0 and at most 1, so that clocks and
	// networks do not have to agree to the millisecond.
	Share float64
}

// How a budget is used up. It fills evenly, so that a long run goes at an even pace;
// what a quiet time saved up may be used at once, up to burst; and the sum of the last
// window never exceeds full, whatever was saved up.
const (
	burst = 0.2
	full  = 0.99
	// parts is in how many parts a window is counted.
	parts = 100
)

// BudgetLease asks for requests of the budget that all nodes share.
type BudgetLease struct {
	Environment connector.Environment
	API         string
	Allowance   Allowance
	Want        int           // requests; at least one
	Cost        time.Duration // what one is expected to take
	// Spent corrects what earlier requests were expected to take: more, or less when
	// it is negative.
	Spent time.Duration
}

// Bucket is a budget in memory, for a process that shares it with nobody. The zero
// value is a full one.
type Bucket struct {
	mu sync.Mutex
	b  bucket
}

// Lease is what LeaseBudget does, without a database.
func (b *Bucket) Lease(l BudgetLease, now time.Time) (granted int, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.take(l, now)
}

// LeaseBudget takes requests out of the shared budget. It grants up to what is asked;
// when nothing is left, wait says when there will be something.
func (s *Store) LeaseBudget(ctx context.Context, l BudgetLease) (granted int, wait time.Duration, err error) {
	err = s.transact(ctx, "lease budget", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO budget (environment, api, requests, execution, used, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (environment, api) DO NOTHING`,
			string(l.Environment), l.API, int64(0), int64(0), "[]", ms(now.Add(-l.Allowance.Window))); err != nil {
			return err
		}
		var b bucket
		var at int64
		var used string
		err = tx.QueryRowContext(ctx, s.sql(`SELECT requests, execution, used, at FROM budget WHERE environment = ? AND api = ?`+s.dialect.ForUpdate), string(l.Environment), l.API).Scan(&b.requests, &b.execution, &used, &at)
		if errors.Is(err, sql.ErrNoRows) {
			return errors.New("the budget vanished while it was read")
		}
		if err == nil {
			err = json.Unmarshal([]byte(used), &b.used)
		}
		if err != nil {
			return err
		}
		b.at = fromMS(at)
		granted, wait = b.take(l, now)
		text, err := json.Marshal(b.used)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, tx, `UPDATE budget SET requests = ?, execution = ?, used = ?, at = ? WHERE environment = ? AND api = ?`, b.requests, b.execution, string(text), ms(b.at), string(l.Environment), l.API)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("store: budget of %s: %w", l.API, err)
	}
	return granted, wait, nil
}

// bucket is what was used in the last window, and two token buckets: requests in
// millionths, execution in microseconds, which may be below zero after requests that
// took longer than expected.
type bucket struct {
	requests  int64
	execution int64
	at        time.Time
	used      []slice // oldest first
}

// slice is what was used in one part of a window.
type slice struct {
	At        int64 `json:"t"` // number of the part since 1970
	Requests  int64 `json:"n"`
	Execution int64 `json:"x,omitempty"` // microseconds
}

// whole is one request in a bucket.
const whole = 1_000_000

// take fills the bucket up to now and takes what it can.
func (b *bucket) take(l BudgetLease, now time.Time) (granted int, wait time.Duration) {
	a := l.Allowance
	elapsed, window := max(0, now.Sub(b.at)), float64(a.Window)/a.Share
	b.at = now
	part := a.Window / parts
	requests, execution := b.slide(now.UnixNano()/int64(part), l.Spent.Microseconds())
	rate := float64(a.Requests) * whole / window // per nanosecond
	b.requests = min(b.requests+int64(float64(elapsed)*rate), max(int64(float64(a.Requests)*burst), 1)*whole)
	left := int64(float64(a.Requests)*full) - requests
	granted = max(0, int(min(int64(l.Want), b.requests/whole, left)))
	if left <= 0 { // nothing is saved up while the window is full, or a burst would come back every window
		b.requests = 0
		return 0, part
	}
	if a.Execution > 0 {
		granted, wait = b.takeTime(l, elapsed, execution, granted)
		if wait > 0 {
			return 0, wait
		}
	}
	b.requests -= int64(granted) * whole
	b.use(slice{Requests: int64(granted), Execution: int64(granted) * l.Cost.Microseconds()})
	if granted == 0 {
		return 0, time.Duration(float64(whole-b.requests)/rate) + time.Millisecond
	}
	return granted, 0
}

// takeTime takes the time that requests are expected to take, and cuts them down to it.
func (b *bucket) takeTime(l BudgetLease, elapsed time.Duration, used int64, want int) (granted int, wait time.Duration) {
	all, cost := float64(l.Allowance.Execution.Microseconds()), l.Cost.Microseconds()
	rate := all * l.Allowance.Share / float64(l.Allowance.Window) // per nanosecond
	b.execution = min(b.execution+int64(float64(elapsed)*rate), max(int64(all*burst), cost)) - l.Spent.Microseconds()
	if used >= int64(all*full) {
		b.execution = min(b.execution, 0)
		return 0, l.Allowance.Window / parts
	}
	if b.execution <= 0 {
		return 0, time.Duration(float64(1-b.execution)/rate) + time.Millisecond
	}
	granted = want
	if cost > 0 {
		granted = min(want, int(b.execution/cost)+1) // the last one may borrow
	}
	b.execution -= int64(granted) * cost
	return granted, 0
}

// slide forgets what is older than a window, charges spent to the part that is now, and
// sums the window up.
func (b *bucket) slide(now, spent int64) (requests, execution int64) {
	b.used = slices.DeleteFunc(b.used, func(s slice) bool { return s.At < now-parts })
	if n := len(b.used); n == 0 || b.used[n-1].At != now {
		b.used = append(b.used, slice{At: now})
	}
	b.use(slice{Execution: spent})
	for _, s := range b.used {
		requests, execution = requests+s.Requests, execution+s.Execution
	}
	return requests, execution
}

// use adds to the part of the window that is now.
func (b *bucket) use(s slice) {
	last := &b.used[len(b.used)-1]
	last.Requests += s.Requests
	last.Execution += s.Execution
}
