package dataversesim

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Limits are the platform's service protection limits for one user (reference:
// dataverse-api 3). A zero switches that limit off.
type Limits struct {
	Requests        int `json:"requests"`         // per window
	ExecutionMillis int `json:"execution_millis"` // per window
	Concurrency     int `json:"concurrency"`
	WindowSeconds   int `json:"window_seconds"` // 300 when absent
}

// limiter counts against Limits in a sliding window of ten slices.
type limiter struct {
	on      atomic.Bool
	running atomic.Int64
	mu      sync.Mutex
	limits  Limits
	slices  [10]usage
}

type usage struct {
	start    int64 // of the slice, in slice lengths since 1970
	requests int
	busy     time.Duration
}

func (l *limiter) configure(limits Limits) {
	if limits.WindowSeconds <= 0 {
		limits.WindowSeconds = 300
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits, l.slices = limits, [10]usage{}
	l.on.Store(limits.Requests > 0 || limits.ExecutionMillis > 0 || limits.Concurrency > 0)
}

func (l *limiter) read() Limits {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limits
}

// enter admits a request or says why not. When it admits, leave must follow.
func (l *limiter) enter(now time.Time) *failure {
	running := l.running.Add(1)
	if !l.on.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.check(now, running)
	if f != nil {
		l.running.Add(-1)
		return f
	}
	l.slice(now).requests++
	return nil
}

func (l *limiter) check(now time.Time, running int64) *failure {
	used := l.used(now)
	wait := max(1, l.limits.WindowSeconds/10)
	switch {
	case l.limits.Concurrency > 0 && running > int64(l.limits.Concurrency):
		return tooMany("0x80072326", 1, "Number of concurrent requests exceeded the limit of %d.", l.limits.Concurrency)
	case l.limits.Requests > 0 && used.requests >= l.limits.Requests:
		return tooMany("0x80072322", wait, "Number of requests exceeded the limit of %d over time window of %d seconds.", l.limits.Requests, l.limits.WindowSeconds)
	case l.limits.ExecutionMillis > 0 && used.busy >= time.Duration(l.limits.ExecutionMillis)*time.Millisecond:
		return tooMany("0x80072321", wait, "Combined execution time of incoming requests exceeded limit of %d milliseconds over time window of %d seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.", l.limits.ExecutionMillis, l.limits.WindowSeconds)
	}
	return nil
}

func tooMany(code string, wait int, format string, args ...any) *failure {
	f := fail(http.StatusTooManyRequests, code, "%s", fmt.Sprintf(format, args...))
	f.retryAfter = wait
	return f
}

// leave ends a request that was admitted and adds the time it took.
func (l *limiter) leave(now time.Time, took time.Duration) {
	l.running.Add(-1)
	if !l.on.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slice(now).busy += took
}

func (l *limiter) slice(now time.Time) *usage {
	at := now.UnixMilli() * 10 / int64(l.limits.WindowSeconds*1000)
	u := &l.slices[at%10]
	if u.start != at {
		*u = usage{start: at}
	}
	return u
}

func (l *limiter) used(now time.Time) usage {
	at := now.UnixMilli() * 10 / int64(l.limits.WindowSeconds*1000)
	var sum usage
	for _, u := range l.slices {
		if u.start > at-10 {
			sum.requests += u.requests
			sum.busy += u.busy
		}
	}
	return sum
}

// remaining is what the x-ms-ratelimit headers tell.
func (l *limiter) remaining(now time.Time) (requests int, millis int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	used := l.used(now)
	return max(0, l.limits.Requests-used.requests), max(0, int64(l.limits.ExecutionMillis)-used.busy.Milliseconds())
}
