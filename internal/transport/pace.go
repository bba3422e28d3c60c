package transport

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
)

// Pacer keeps the requests of one environment to one API within what the remote
// can bear: it holds a number in flight that grows slowly while answers are
// clean and halves when the remote says 429 or 503, and it holds everything
// while paused. Make one per environment and API, with NewPacer.
type Pacer struct {
	set PacerSettings

	mu       sync.Mutex
	limit    float64 // in flight at most, between 1 and ceiling()
	hint     int     // the remote's x-ms-dop-hint, 0 when it gave none
	inFlight int
	waiting  []chan struct{} // closed when the slot is handed over
	until    time.Time       // paused until then
	cut      time.Time       // when limit was last halved
	strikes  int             // refusals without Retry-After in a row
}

// PacerSettings is how a Pacer starts and whom it tells.
type PacerSettings struct {
	Start int // in flight at first; at least 1
	Max   int // in flight at most; at least Start
	// MaxWait is the longest pause a request sits out; a longer one is a
	// fault.Busy at once, so that the worker can do something else.
	MaxWait time.Duration
	// OnPause hears of each pause the remote asked for, so that it can be stored
	// for all nodes; not of one that lengthens the last by less than a second.
	// reason names the status. It may be nil, must not block, and is called from
	// the goroutines of the requests.
	OnPause func(until time.Time, reason string)
	// Now and Jitter (numbers in [0,1)) are for tests; nil means the real ones.
	Now    func() time.Time
	Jitter func() float64
}

// Waits for a refusal that names no Retry-After: the first, doubling up to the last.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// NewPacer returns a pacer with nothing in flight.
func NewPacer(s PacerSettings) *Pacer {
	s.Start = max(s.Start, 1)
	s.Max = max(s.Max, s.Start)
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Jitter == nil {
		s.Jitter = rand.Float64
	}
	return &Pacer{set: s, limit: float64(s.Start)}
}

// PausedUntil is when the pause ends; a time gone by means that there is none.
func (p *Pacer) PausedUntil() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

// PauseUntil takes over a pause that another node met. It only ever lengthens.
func (p *Pacer) PauseUntil(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.After(p.until) {
		p.until = t
	}
}

// InFlight is how many requests are under way and how many may be.
func (p *Pacer) InFlight() (now, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inFlight, int(p.limit)
}

// Layer paces the requests that pass. A request counts as in flight until its
// answer's body ends or is closed.
func (p *Pacer) Layer() Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if err := p.acquire(r); err != nil {
				return nil, err
			}
			began := p.set.Now()
			resp, err := next.RoundTrip(r)
			if err != nil {
				p.release()
				return nil, err
			}
			p.learn(resp, began)
			if resp.Body == nil || resp.Body == http.NoBody {
				p.release()
				return resp, nil
			}
			resp.Body = &pacedBody{ReadCloser: resp.Body, release: sync.OnceFunc(p.release)}
			return resp, nil
		})
	}
}

// acquire waits for a slot and for the end of a pause, in that order, so that
// nobody leaves a pause in a crowd larger than the limit.
func (p *Pacer) acquire(r *http.Request) error {
	if wait := p.pause(); wait > p.set.MaxWait {
		return busy(r, wait)
	}
	if err := p.slot(r.Context()); err != nil {
		return err
	}
	for {
		wait := p.pause()
		if wait <= 0 {
			return nil
		}
		if wait > p.set.MaxWait {
			p.release()
			return busy(r, wait)
		}
		if err := sleep(r.Context(), wait); err != nil {
			p.release()
			return err
		}
	}
}

func busy(r *http.Request, wait time.Duration) error {
	return &fault.Error{Op: "transport", On: place(r), Kind: fault.Busy, After: wait,
		Says: fmt.Sprintf("the remote asked for a pause of which %s is left; the request was not sent", wait.Round(time.Second))}
}

// pause is how long everything is still held.
func (p *Pacer) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until.Sub(p.set.Now())
}

// slot takes one of the requests in flight, first come first served.
func (p *Pacer) slot(ctx context.Context) error {
	p.mu.Lock()
	if p.inFlight < int(p.limit) && len(p.waiting) == 0 {
		p.inFlight++
		p.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	p.waiting = append(p.waiting, mine)
	p.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
		p.leave(mine)
		return ctx.Err()
	}
}

// leave gives up waiting; a slot handed over at the same moment goes on to the next.
func (p *Pacer) leave(mine chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range p.waiting {
		if w == mine {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return
		}
	}
	p.inFlight--
	p.handOver()
}

func (p *Pacer) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	p.handOver()
}

// handOver lets as many wait no longer as the limit allows. The lock is held.
func (p *Pacer) handOver() {
	for len(p.waiting) > 0 && p.inFlight < int(p.limit) {
		close(p.waiting[0])
		p.waiting = p.waiting[1:]
		p.inFlight++
	}
}

// learn moves the limit by what an answer to a request of time began says.
func (p *Pacer) learn(resp *http.Response, began time.Time) {
	status := resp.StatusCode
	refused := status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
	p.mu.Lock()
	if n, err := strconv.Atoi(resp.Header.Get("x-ms-dop-hint")); err == nil && n > 0 {
		p.hint = n
	}
	before := p.until
	switch {
	case refused:
		p.refuse(resp.Header, began)
	case status < 500:
		p.strikes = 0
		if p.inFlight*2 >= int(p.limit) { // an unused limit proves nothing
			p.limit += 1 / p.limit
		}
	}
	p.limit = max(1, min(p.limit, float64(p.ceiling())))
	p.handOver()
	until := p.until
	p.mu.Unlock()
	if until.Sub(before) >= time.Second && p.set.OnPause != nil {
		p.set.OnPause(until, "HTTP "+strconv.Itoa(status))
	}
}

// refuse notes a refusal and the pause it asks for. Answers to requests that left
// before the last cut are one and the same warning. The lock is held.
func (p *Pacer) refuse(h http.Header, began time.Time) {
	now := p.set.Now()
	fresh := !began.Before(p.cut)
	if fresh {
		p.limit /= 2
		p.cut = now
	}
	wait, told := RetryAfter(h, now)
	if !told {
		if fresh {
			p.strikes++
		}
		longest := min(firstPause<<min(max(p.strikes-1, 0), 10), lastPause)
		wait = longest/2 + time.Duration(p.set.Jitter()*float64(longest)/2)
	}
	if until := now.Add(wait); until.After(p.until) {
		p.until = until
	}
}

func (p *Pacer) ceiling() int {
	if p.hint > 0 {
		return min(p.set.Max, p.hint)
	}
	return p.set.Max
}

type pacedBody struct {
	io.ReadCloser
	release func()
}

func (b *pacedBody) Read(q []byte) (int, error) {
	n, err := b.ReadCloser.Read(q)
	if err != nil {
		b.release()
	}
	return n, err
}

func (b *pacedBody) Close() error {
	err := b.ReadCloser.Close()
	b.release()
	return err
}
