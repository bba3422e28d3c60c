package dataversesim

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
)

// courier carries events to their endpoints with a few workers. Events start
// in the order of their commits; with several workers they may end in another.
type courier struct {
	mu     sync.Mutex
	work   *sync.Cond // there is something to do, or to stop for
	quiet  *sync.Cond // nothing is left to do
	queue  []*event
	head   int
	flying int
	paused bool
	closed bool
	// mischief befalls events when chance is there; late is the one held back.
	mischief Mischief
	chance   *rand.Rand
	late     *event
	workers  sync.WaitGroup

	delivered, failed, retried, oversize, connections atomic.Int64
}

func (c *courier) start(workers int, run func(*event) (trouble string)) {
	c.work, c.quiet = sync.NewCond(&c.mu), sync.NewCond(&c.mu)
	for range workers {
		c.workers.Go(func() {
			for e := c.pull(); e != nil; e = c.pull() {
				if run(e) == "" {
					c.delivered.Add(1)
				} else {
					c.failed.Add(1)
				}
				c.done()
			}
		})
	}
}

func (c *courier) push(e *event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if c.chance != nil {
		c.afflict(e)
		return
	}
	c.queue = append(c.queue, e)
	c.work.Signal()
}

// pull waits for the next event; nil means that the courier is closed.
func (c *courier) pull() *event {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && (c.paused || c.head == len(c.queue)) {
		c.work.Wait()
	}
	if c.closed {
		return nil
	}
	e := c.queue[c.head]
	c.queue[c.head] = nil
	c.head++
	if c.head == len(c.queue) {
		c.queue, c.head = c.queue[:0], 0
	}
	if c.head > 1024 && c.head*2 > len(c.queue) {
		c.queue = append(c.queue[:0], c.queue[c.head:]...)
		c.head = 0
	}
	c.flying++
	return e
}

func (c *courier) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flying--
	if c.flying == 0 && c.head == len(c.queue) {
		c.quiet.Broadcast()
	}
}

// dial opens a connection to an endpoint, and counts it.
func (c *courier) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.connections.Add(1)
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// flush waits until every queued event has been delivered or has failed. A
// paused courier with events in its queue would wait for ever: false at once.
func (c *courier) flush(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.quiet.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.release()
	for c.flying > 0 || c.head < len(c.queue) {
		if c.closed || ctx.Err() != nil || c.paused && c.flying == 0 {
			return false
		}
		c.quiet.Wait()
	}
	return true
}

func (c *courier) pause(paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = paused
	c.work.Broadcast()
	c.quiet.Broadcast()
}

// waiting tells how many events are queued and how many are on their way.
func (c *courier) waiting() (queued, flying int, paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) - c.head, c.flying, c.paused
}

// close stops the workers; what is queued is dropped.
func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.work.Broadcast()
	c.quiet.Broadcast()
	c.mu.Unlock()
	c.workers.Wait()
}
