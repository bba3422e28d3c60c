package control

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Faults is the set of rules in force. Create it with NewFaults; it is safe for
// use by many goroutines. While it is empty it costs one atomic read a request.
type Faults struct {
	armed atomic.Bool
	mu    sync.Mutex
	rules []*Fault
	calm  Delay
	rand  *rand.Rand
}

// Delay is a latency that every request gets, in milliseconds: constant when
// both are equal, else evenly spread between them.
type Delay struct {
	MinMS int `json:"min_ms"`
	MaxMS int `json:"max_ms"`
}

// NewFaults returns an empty set. Two sets with the same seed decide alike
// when the same requests arrive in the same order.
func NewFaults(seed uint64) *Faults {
	return &Faults{rand: rand.New(rand.NewPCG(seed, 0xfa017))}
}

// Add puts f in force, replacing the rule of the same name.
func (s *Faults) Add(f Fault) error {
	if err := f.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(f.Name)
	f.Struck = 0
	s.rules = append(s.rules, &f)
	s.rearm()
	return nil
}

// Remove takes the rule with that name away and reports whether it was there.
// The empty name removes all.
func (s *Faults) Remove(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules)
	if name == "" {
		s.rules = nil
	} else {
		s.drop(name)
	}
	s.rearm()
	return len(s.rules) < before
}

// List returns the rules in order, with how often each has struck.
func (s *Faults) List() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.rules))
	for _, f := range s.rules {
		out = append(out, *f)
	}
	return out
}

// SetDelay makes every request wait that long.
func (s *Faults) SetDelay(d Delay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm = d
	s.rearm()
}

func (s *Faults) delay() Delay {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calm
}

func (s *Faults) drop(name string) {
	s.rules = slices.DeleteFunc(s.rules, func(f *Fault) bool { return f.Name == name })
}

func (s *Faults) rearm() {
	s.armed.Store(len(s.rules) > 0 || s.calm.MaxMS > 0 || s.calm.MinMS > 0)
}

// decide picks how long to wait and which fault, if any, strikes r.
func (s *Faults) decide(r *http.Request) (time.Duration, *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.spread(s.calm.MinMS, s.calm.MaxMS)
	for _, f := range s.rules {
		if f.Times > 0 && f.Struck >= f.Times || !f.matches(r) {
			continue
		}
		if f.Probability > 0 && f.Probability < 1 && s.rand.Float64() >= f.Probability {
			continue
		}
		f.Struck++
		if f.Kind != Latency {
			struck := *f
			return wait, &struck
		}
		wait += s.spread(f.MinMS, f.MaxMS)
	}
	return wait, nil
}

func (s *Faults) spread(low, high int) time.Duration {
	d := time.Duration(low) * time.Millisecond
	if high > low {
		d += time.Duration(s.rand.Int64N(int64(high-low)*int64(time.Millisecond) + 1))
	}
	return d
}

// Wrap returns next with the rules applied in front of it.
func (s *Faults) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.armed.Load() || Own(r) {
			next.ServeHTTP(w, r)
			return
		}
		wait, f := s.decide(r)
		if !sleep(r.Context(), wait) {
			return
		}
		if f == nil {
			next.ServeHTTP(w, r)
			return
		}
		f.strike(w, r, next)
	})
}

// sleep waits and reports false when the caller gave up first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Mount adds the calls that govern the set to mux:
//
//	GET    /control/faults          lists the rules
//	POST   /control/faults          adds one rule or an array of rules
//	DELETE /control/faults[/{name}] removes all, or one
//	GET    /control/latency         tells the delay in force
//	PUT    /control/latency         sets it (POST does the same)
func (s *Faults) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /control/faults", func(w http.ResponseWriter, _ *http.Request) {
		Answer(w, http.StatusOK, s.List())
	})
	mux.HandleFunc("POST /control/faults", s.post)
	mux.HandleFunc("DELETE /control/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.Remove("")
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /control/faults/{name}", func(w http.ResponseWriter, r *http.Request) {
		if !s.Remove(r.PathValue("name")) {
			Refuse(w, http.StatusNotFound, "no fault has that name")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /control/latency", func(w http.ResponseWriter, _ *http.Request) {
		Answer(w, http.StatusOK, s.delay())
	})
	mux.HandleFunc("PUT /control/latency", s.putDelay)
	mux.HandleFunc("POST /control/latency", s.putDelay)
}

func (s *Faults) post(w http.ResponseWriter, r *http.Request) {
	var rules oneOrMany[Fault]
	if !Read(w, r, &rules) {
		return
	}
	for _, f := range rules {
		if err := f.Check(); err != nil {
			Refuse(w, http.StatusBadRequest, "fault "+strings.TrimSpace(f.Name)+": "+err.Error())
			return
		}
	}
	for _, f := range rules {
		_ = s.Add(f) // checked above
	}
	Answer(w, http.StatusCreated, s.List())
}

func (s *Faults) putDelay(w http.ResponseWriter, r *http.Request) {
	var d Delay
	if !Read(w, r, &d) {
		return
	}
	if d.MinMS < 0 || d.MaxMS < 0 {
		Refuse(w, http.StatusBadRequest, "min_ms and max_ms cannot be below 0")
		return
	}
	s.SetDelay(d)
	Answer(w, http.StatusOK, d)
}
