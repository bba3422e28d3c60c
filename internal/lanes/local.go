package lanes

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/spotler-connector/connector/internal/store"
)

// Local carries batches to goroutines of this process. It is for SQLite: there a
// worker cannot begin before the dispatching transaction has ended, because both
// need the one writing connection.
type Local struct {
	workers int
	grace   time.Duration
	mu      sync.Mutex
	waiting []store.Batch
	signal  chan struct{}
}

// NewLocal makes an executor with that many workers, which get the grace period
// to end what they began when the process stops.
func NewLocal(workers int, grace time.Duration) *Local {
	return &Local{workers: workers, grace: grace, signal: make(chan struct{}, 1)}
}

// Dispatch queues batches in memory; a crash loses them, and their leases expire.
func (l *Local) Dispatch(_ context.Context, _ *sql.Tx, batches []store.Batch) error {
	l.mu.Lock()
	l.waiting = append(l.waiting, batches...)
	l.mu.Unlock()
	l.ring()
	return nil
}

func (l *Local) ring() {
	select {
	case l.signal <- struct{}{}:
	default:
	}
}

func (l *Local) next() (store.Batch, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return store.Batch{}, false
	}
	b := l.waiting[0]
	l.waiting = l.waiting[1:]
	if len(l.waiting) > 0 {
		l.ring() // another worker may begin as well
	}
	return b, true
}

// Run works until ctx ends and the batches in progress have ended.
func (l *Local) Run(ctx context.Context, work func(context.Context, store.Batch)) error {
	hard, stop := graced(ctx, l.grace)
	defer stop()
	var workers sync.WaitGroup
	for range l.workers {
		workers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-l.signal:
				}
				for b, ok := l.next(); ok && ctx.Err() == nil; b, ok = l.next() {
					work(hard, b)
				}
			}
		})
	}
	workers.Wait()
	return nil
}

// graced returns a context that ends the grace period after ctx does.
func graced(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-hard.Done():
		}
	})
	return hard, func() { stop(); cancel() }
}
