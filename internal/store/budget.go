package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// burst is the part of an allowance that may be used at once after a quiet time.
const burst = 0.02

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
		if _, err := s.exec(ctx, tx, `INSERT INTO budget (environment, api, requests, execution, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (environment, api) DO NOTHING`,
			string(l.Environment), l.API, int64(0), int64(0), ms(now.Add(-l.Allowance.Window))); err != nil {
			return err
		}
		var b bucket
		var at int64
		err = tx.QueryRowContext(ctx, s.sql(`SELECT requests, execution, at FROM budget WHERE environment = ? AND api = ?`+s.dialect.ForUpdate), string(l.Environment), l.API).Scan(&b.requests, &b.execution, &at)
		if errors.Is(err, sql.ErrNoRows) {
			return errors.New("the budget vanished while it was read")
		}
		if err != nil {
			return err
		}
		b.at = fromMS(at)
		granted, wait = b.take(l, now)
		_, err = s.exec(ctx, tx, `UPDATE budget SET requests = ?, execution = ?, at = ? WHERE environment = ? AND api = ?`, b.requests, b.execution, ms(b.at), string(l.Environment), l.API)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("store: budget of %s: %w", l.API, err)
	}
	return granted, wait, nil
}

// bucket is two token buckets that fill evenly: requests in millionths, execution in
// microseconds, which may be below zero after requests that took longer than expected.
type bucket struct {
	requests  int64
	execution int64
	at        time.Time
}

// whole is one request in a bucket.
const whole = 1_000_000

// take fills the bucket up to now and takes what it can.
func (b *bucket) take(l BudgetLease, now time.Time) (granted int, wait time.Duration) {
	a := l.Allowance
	elapsed := max(0, now.Sub(b.at))
	b.at = now
	window := float64(a.Window) / a.Share
	rate := float64(a.Requests) * whole / window // per nanosecond
	b.requests = min(b.requests+int64(float64(elapsed)*rate), max(int64(float64(a.Requests)*burst), 1)*whole)
	granted = min(l.Want, int(b.requests/whole))
	if a.Execution > 0 {
		rate := float64(a.Execution.Microseconds()) / window
		full := max(int64(float64(a.Execution.Microseconds())*burst), l.Cost.Microseconds())
		b.execution = min(b.execution+int64(float64(elapsed)*rate), full) - l.Spent.Microseconds()
		if b.execution <= 0 {
			return 0, time.Duration(float64(1-b.execution)/rate) + time.Millisecond
		}
		if cost := l.Cost.Microseconds(); cost > 0 {
			granted = min(granted, int(b.execution/cost)+1) // the last one may borrow
		}
		b.execution -= int64(granted) * l.Cost.Microseconds()
	}
	b.requests -= int64(granted) * whole
	if granted == 0 {
		return 0, time.Duration(float64(whole-b.requests)/rate) + time.Millisecond
	}
	return granted, 0
}
