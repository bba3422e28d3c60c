package dataversesim

import (
	"sync/atomic"
	"time"
)

// LimitWindow is what happened in one window since the limits were set. These
// windows stand side by side; the limits themselves slide.
type LimitWindow struct {
	Index              int     `json:"index"` // 1 is the window that begins with the first request
	Accepted           int     `json:"accepted"`
	RefusedRequests    int     `json:"refused_requests"`    // 0x80072322
	RefusedExecution   int     `json:"refused_execution"`   // 0x80072321
	RefusedConcurrency int     `json:"refused_concurrency"` // 0x80072326
	ExecutionMillis    float64 `json:"execution_millis"`
}

// LimitReport tells how the limits were used; GET /control/limits/report.
type LimitReport struct {
	Limits      Limits        `json:"limits"`
	Windows     []LimitWindow `json:"windows"` // those in which something happened
	Entitlement Entitlement   `json:"entitlement"`
}

// Entitlement counts the requests of one day (UTC), each item of a batch and
// each row of a bulk message by itself (assumption entitlement_counts_items). Overuse is reported and
// never refused (reference: dataverse-api 3).
type Entitlement struct {
	Day  string `json:"day"` // 2026-05-10
	Used int64  `json:"used"`
	// Allowed is how many a day may have, and Over that there were more.
	Allowed int64 `json:"allowed"`
	Over    bool  `json:"over"`
}

// ledger keeps the windows since the limits were set.
type ledger struct {
	start   time.Time
	windows []LimitWindow
}

func (l *ledger) at(now time.Time, window time.Duration) *LimitWindow {
	if l.start.IsZero() {
		l.start = now
	}
	index := 1 + int(now.Sub(l.start)/window)
	last := len(l.windows) - 1
	if last < 0 || l.windows[last].Index < index {
		l.windows = append(l.windows, LimitWindow{Index: index})
		last++
	}
	return &l.windows[last]
}

func (l *ledger) refuse(now time.Time, window time.Duration, code string) {
	w := l.at(now, window)
	switch code {
	case codeRequests:
		w.RefusedRequests++
	case codeExecution:
		w.RefusedExecution++
	default:
		w.RefusedConcurrency++
	}
}

// entitlement is the counter of the day.
type entitlement struct{ day, used atomic.Int64 }

func (e *entitlement) add(now time.Time, n int) {
	if day := now.Unix() / 86400; e.day.Load() != day {
		e.day.Store(day)
		e.used.Store(0)
	}
	e.used.Add(int64(n))
}

func (e *entitlement) read(now time.Time) Entitlement {
	e.add(now, 0)
	return Entitlement{Day: now.UTC().Format(time.DateOnly), Used: e.used.Load()}
}

func (s *Sim) limitReport() LimitReport {
	s.limits.mu.Lock()
	out := LimitReport{Limits: s.limits.limits, Windows: append([]LimitWindow{}, s.limits.ledger.windows...)}
	s.limits.mu.Unlock()
	out.Entitlement = s.entitled.read(s.clock())
	out.Entitlement.Allowed = int64(s.assume.Load().PerDay)
	out.Entitlement.Over = out.Entitlement.Used > out.Entitlement.Allowed
	return out
}
