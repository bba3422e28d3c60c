package dataversesim

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Limits are the platform's service protection limits for the application user
// (reference: dataverse-api 3). A zero switches that limit off.
type Limits struct {
	Requests        int `json:"requests"`         // per window
	ExecutionMillis int `json:"execution_millis"` // per window
	Concurrency     int `json:"concurrency"`
	WindowSeconds   int `json:"window_seconds"` // 300 when absent
	// RequestMillis and RowMillis are what a request, and each row that it reads
	// or writes, costs of the execution time. When both are 0 the real time counts.
	RequestMillis float64 `json:"request_millis"`
	RowMillis     float64 `json:"row_millis"`
	// DopHint is the advice in x-ms-dop-hint; 10 when absent.
	DopHint int `json:"dop_hint"`
}

// limiter counts against Limits in windows that slide with every request.
type limiter struct {
	on      atomic.Bool
	running atomic.Int64
	hint    atomic.Int64
	mu      sync.Mutex
	limits  Limits
	// spent holds what was used within the last window, oldest first.
	spent []spending
	head  int
	used  spending
	// pressed counts the refusals since the last request that was admitted:
	// whoever goes on pressing is told to wait longer.
	pressed int
	ledger  ledger
}

// spending is what was used at one moment.
type spending struct {
	at       time.Time
	requests int
	busy     time.Duration
}

func (l *limiter) configure(limits Limits) {
	if limits.WindowSeconds <= 0 {
		limits.WindowSeconds = 300
	}
	if limits.DopHint <= 0 {
		limits.DopHint = 10
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits, l.spent, l.head, l.used, l.pressed, l.ledger = limits, nil, 0, spending{}, 0, ledger{}
	l.hint.Store(int64(limits.DopHint))
	l.on.Store(limits.Requests > 0 || limits.ExecutionMillis > 0 || limits.Concurrency > 0)
}

func (l *limiter) read() Limits {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limits
}

// dopHint is the advised number of requests at a time.
func (l *limiter) dopHint() string {
	if n := l.hint.Load(); n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return "10"
}

// enter admits a request or says why not. When it admits, leave must follow.
func (l *limiter) enter(now time.Time) *failure {
	running := l.running.Add(1)
	if !l.on.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slide(now)
	f := l.check(now, running)
	if f != nil {
		l.running.Add(-1)
		l.pressed++
		l.ledger.refuse(now, l.window(), f.code)
		return f
	}
	l.pressed = 0
	l.spend(spending{now, 1, 0})
	l.ledger.at(now, l.window()).Accepted++
	return nil
}

// The codes of the three limits.
const (
	codeExecution   = "0x80072321"
	codeRequests    = "0x80072322"
	codeConcurrency = "0x80072326"
)

func (l *limiter) check(now time.Time, running int64) *failure {
	at := l.limits
	switch {
	case at.Concurrency > 0 && running > int64(at.Concurrency):
		return tooMany(codeConcurrency, 1, "Number of concurrent requests exceeded the limit of %d.", at.Concurrency)
	case at.Requests > 0 && l.used.requests >= at.Requests:
		return tooMany(codeRequests, l.wait(now), "Number of requests exceeded the limit of %d over time window of %d seconds.", at.Requests, at.WindowSeconds)
	case at.ExecutionMillis > 0 && l.used.busy >= time.Duration(at.ExecutionMillis)*time.Millisecond:
		return tooMany(codeExecution, l.wait(now), "Combined execution time of incoming requests exceeded limit of %s milliseconds over time window of %d seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.", grouped(strconv.Itoa(at.ExecutionMillis)), at.WindowSeconds)
	}
	return nil
}

// wait is how many seconds until there is room again: until the oldest request
// leaves the window, and a tenth of the window more for each ten refusals in a row.
func (l *limiter) wait(now time.Time) int {
	wait := l.spent[l.head].at.Add(l.window()).Sub(now) + time.Duration(l.pressed/10)*l.window()/10
	wait = min(wait, l.window())
	return max(1, int((wait+time.Second-1)/time.Second))
}

func tooMany(code string, wait int, format string, args ...any) *failure {
	f := fail(http.StatusTooManyRequests, code, "%s", fmt.Sprintf(format, args...))
	f.retryAfter = wait
	return f
}

// leave ends a request that was admitted: it took so long and handled so many rows.
func (l *limiter) leave(now time.Time, took time.Duration, rows int) {
	l.running.Add(-1)
	if !l.on.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limits.RequestMillis > 0 || l.limits.RowMillis > 0 {
		took = time.Duration((l.limits.RequestMillis + float64(rows)*l.limits.RowMillis) * float64(time.Millisecond))
	}
	l.slide(now)
	l.spend(spending{now, 0, took})
	l.ledger.at(now, l.window()).ExecutionMillis += float64(took) / float64(time.Millisecond)
}

func (l *limiter) window() time.Duration { return time.Duration(l.limits.WindowSeconds) * time.Second }

// spend notes u. What comes within a three-thousandth of a window is one entry.
func (l *limiter) spend(u spending) {
	l.used.requests += u.requests
	l.used.busy += u.busy
	if last := len(l.spent) - 1; last >= l.head && u.at.Sub(l.spent[last].at) < l.window()/3000 {
		l.spent[last].requests += u.requests
		l.spent[last].busy += u.busy
		return
	}
	l.spent = append(l.spent, u)
}

// slide forgets what is older than the window.
func (l *limiter) slide(now time.Time) {
	for l.head < len(l.spent) && now.Sub(l.spent[l.head].at) >= l.window() {
		l.used.requests -= l.spent[l.head].requests
		l.used.busy -= l.spent[l.head].busy
		l.head++
	}
	if l.head > 1024 && l.head*2 > len(l.spent) {
		l.spent = append(l.spent[:0], l.spent[l.head:]...)
		l.head = 0
	}
}

// describe writes what the x-ms-ratelimit headers tell; a limit that is off has none.
func (l *limiter) describe(h http.Header, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slide(now)
	if l.limits.Requests > 0 {
		h.Set("X-Ms-Ratelimit-Burst-Remaining-Xrm-Requests", strconv.Itoa(max(0, l.limits.Requests-l.used.requests)))
	}
	if l.limits.ExecutionMillis > 0 {
		h.Set("X-Ms-Ratelimit-Time-Remaining-Xrm-Requests", strconv.FormatInt(max(0, int64(l.limits.ExecutionMillis)-l.used.busy.Milliseconds()), 10))
	}
}
