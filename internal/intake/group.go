package intake

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

const (
	// maxGroup is the largest number of events in one transaction.
	maxGroup = 256
	// linger is how long a group that follows another waits for those who were just
	// answered to come back with the next event. A lone event never waits.
	linger = 2 * time.Millisecond
	// writeTimeout is how long a group may take; Dataverse gives up after a minute
	// (reference: dataverse-api 1.6).
	writeTimeout = 20 * time.Second
)

// group puts waiting events into the store together: a commit to disk costs the
// same for one as for many. An event that arrives while nothing is being written
// leaves at once; those that arrive meanwhile leave together.
type group struct {
	store   Store
	longest int // events in a group

	mu      sync.Mutex
	waiting []*waiter
	writing bool
	full    chan struct{} // closed when the writer need not linger any more
	enough  int           // waiting events at which full is closed
}

// waiter is one event on its way; its requests are stored together or not at all.
type waiter struct {
	puts []store.Put
	done chan error // buffered: the caller may have gone
}

// put returns when the requests of an event are durable, or cannot be.
func (g *group) put(ctx context.Context, puts []store.Put) error {
	e := &waiter{puts: puts, done: make(chan error, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, e)
	switch {
	case !g.writing:
		g.writing = true
		go g.write(context.WithoutCancel(ctx))
	case g.full != nil && len(g.waiting) >= g.enough:
		close(g.full)
		g.full = nil
	}
	g.mu.Unlock()
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("intake: the caller left before the event was stored: %w", context.Cause(ctx))
	}
}

// write stores group after group until nobody waits. It outlives the caller that
// began it, because it works for others too.
func (g *group) write(ctx context.Context) {
	last := 0
	for {
		g.wait(last)
		next := g.take()
		if len(next) == 0 {
			return
		}
		g.storeGroup(ctx, next)
		last = len(next)
	}
}

// wait lets a group grow to the size of the last one, for at most linger.
func (g *group) wait(last int) {
	g.mu.Lock()
	if last < 2 || len(g.waiting) >= last {
		g.mu.Unlock()
		return
	}
	full := make(chan struct{})
	g.full, g.enough = full, last
	g.mu.Unlock()
	t := time.NewTimer(linger)
	defer t.Stop()
	select {
	case <-full:
	case <-t.C:
	}
	g.mu.Lock()
	g.full = nil
	g.mu.Unlock()
}

// take removes the next group from the queue; without one the writer ends.
func (g *group) take() []*waiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.longest)
	next := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	if n == 0 {
		g.writing, g.waiting = false, nil
	}
	return next
}

// storeGroup stores one group and tells everybody in it.
func (g *group) storeGroup(ctx context.Context, events []*waiter) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var all []store.Put
	for _, e := range events {
		all = append(all, e.puts...)
	}
	err := g.attempt(ctx, all)
	if err == nil || len(events) == 1 || ctx.Err() != nil || g.store.Ping(ctx) != nil {
		for _, e := range events {
			e.done <- err
		}
		return
	}
	for _, e := range events { // the database is there, so one of them is what it refuses
		e.done <- g.attempt(ctx, e.puts)
	}
}

// attempt is one transaction. A panic is the trouble of these events only.
func (g *group) attempt(ctx context.Context, puts []store.Put) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &fault.Error{Op: "intake.Put", Kind: fault.Broken, Says: "the store panicked"}
		}
	}()
	_, err = g.store.Put(ctx, puts)
	return err
}
