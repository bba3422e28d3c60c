package transport

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Budget keeps the requests of one environment to one API within what the remote
// allows in a window: a number of requests and a time of execution. What is left is
// kept where all nodes see it (Lease), and taken from there for many requests at once.
// Make one per environment and API, with NewBudget.
type Budget struct {
	set BudgetSettings

	mu      sync.Mutex
	stock   int       // requests that were leased and not used yet
	stale   time.Time // when the stock is forgotten: other nodes may need it
	waiting []chan struct{}
	leasing bool
	cost    time.Duration // what a request takes, on average
	spent   time.Duration // what requests took beyond what was expected of them
	recent  int           // requests since the last lease
}

// BudgetSettings says where a Budget takes its requests from.
type BudgetSettings struct {
	// Lease takes requests out of the shared budget: up to want, each expected to take
	// cost. spent corrects what earlier ones were expected to take. When it grants
	// none, wait says when to ask again.
	Lease func(ctx context.Context, want int, cost, spent time.Duration) (granted int, wait time.Duration, err error)
	// Now is for tests; nil means the real clock.
	Now func() time.Time
}

// stockLife is how long leased requests may lie unused, and so the time for which a
// busy node leases ahead.
const stockLife = 250 * time.Millisecond

// leasePause is the shortest time between two leases of a budget that is used up.
const leasePause = 25 * time.Millisecond

// leaseAtLeast is about what one change needs.
const leaseAtLeast = 4

// costMemory is how many requests the average remembers, about.
const costMemory = 16

// NewBudget returns a budget that has leased nothing.
func NewBudget(s BudgetSettings) *Budget {
	if s.Now == nil {
		s.Now = time.Now
	}
	return &Budget{set: s}
}

// Layer lets a request pass when the budget has room for it. It belongs below the
// layer that repeats and above the one that signs: a repetition is a request too.
func (b *Budget) Layer() Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			expected, err := b.acquire(r.Context())
			if err != nil {
				return nil, err
			}
			began := b.set.Now()
			resp, err := next.RoundTrip(r)
			b.settle(expected, b.set.Now().Sub(began))
			return resp, err
		})
	}
}

// acquire takes one request out of the budget, waiting for it if need be, and returns
// what it is expected to take.
func (b *Budget) acquire(ctx context.Context) (time.Duration, error) {
	b.mu.Lock()
	if b.set.Now().After(b.stale) {
		b.stock = 0
	}
	b.recent++
	if b.stock > 0 && len(b.waiting) == 0 {
		b.stock--
		defer b.mu.Unlock()
		return b.cost, nil
	}
	mine := make(chan struct{})
	b.waiting = append(b.waiting, mine)
	if !b.leasing {
		b.leasing = true
		go b.lease(context.WithoutCancel(ctx))
	}
	b.mu.Unlock()
	select {
	case <-mine:
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.cost, nil
	case <-ctx.Done():
		b.leave(mine)
		return 0, ctx.Err()
	}
}

// leave gives up waiting; a request granted at the same moment goes to the next.
func (b *Budget) leave(mine chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.waiting {
		if w == mine {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			return
		}
	}
	b.stock++
	b.serve()
}

// lease asks for requests until nobody waits. A budget that cannot be read holds
// nobody up: the remote still guards itself, and the pacer obeys it.
func (b *Budget) lease(ctx context.Context) {
	for {
		b.mu.Lock()
		if len(b.waiting) == 0 {
			b.leasing = false
			b.mu.Unlock()
			return
		}
		want := max(len(b.waiting), b.recent, leaseAtLeast)
		cost, spent := b.cost, b.spent
		b.recent, b.spent = 0, 0
		b.mu.Unlock()
		granted, wait, err := b.set.Lease(ctx, want, cost, spent)
		if err != nil {
			granted, wait = want, 0
		}
		b.mu.Lock()
		if err != nil {
			b.spent += spent
		}
		b.stock, b.stale = b.stock+granted, b.set.Now().Add(stockLife)
		b.serve()
		short := len(b.waiting) > 0
		b.mu.Unlock()
		if short { // let some gather, so that one request is not one lease
			_ = sleep(ctx, max(wait, leasePause))
		}
	}
}

// serve lets as many go as there are requests in stock. The lock is held.
func (b *Budget) serve() {
	for b.stock > 0 && len(b.waiting) > 0 {
		b.stock--
		close(b.waiting[0])
		b.waiting = b.waiting[1:]
	}
}

// settle learns what a request took.
func (b *Budget) settle(expected, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent += took - expected
	if b.cost == 0 {
		b.cost = took
		return
	}
	b.cost += (took - b.cost) / costMemory
}
