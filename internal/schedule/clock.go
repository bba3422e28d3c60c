// Package schedule does what must be done again and again without being asked: it
// finds what the webhook lost, and clears away what nobody needs any more.
package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// Step is one thing that the clock does again and again.
type Step struct {
	Name        string
	Environment connector.Environment // empty: the step is about the whole installation
	// Every is the time between two slots. A slot that was missed, because the step
	// took longer or nobody led, is made up for once.
	Every time.Duration
	// Once does it. An error is tried again at the next slot.
	Once func(ctx context.Context) error
}

// Clock does steps on the node that leads.
type Clock struct {
	// Leads reports whether this node leads now; nil means that it always does.
	Leads func() bool
	// Wait is how often a node that does not lead asks again; 0 means 2 seconds.
	Wait time.Duration
	Log  *slog.Logger // nil means slog.Default
	// Seen counts what became of a step; err is nil when it went well. It is called
	// by many goroutines.
	Seen func(s Step, err error)
}

// Run does steps until ctx ends, each at once and then at its slots, and returns
// when the last one has ended. A step waits for nothing but itself. Run may be
// called several times at once, for environments that start one by one.
func (c *Clock) Run(ctx context.Context, steps []Step) {
	var all sync.WaitGroup
	for _, s := range steps {
		all.Go(func() { c.repeat(ctx, s) })
	}
	all.Wait()
}

// repeat does one step at its slots.
func (c *Clock) repeat(ctx context.Context, s Step) {
	said := ""
	next := time.Now()
	for sleep(ctx, time.Until(next)) {
		if c.Leads != nil && !c.Leads() {
			next = time.Now().Add(c.wait())
			continue
		}
		began := time.Now()
		err := once(ctx, s)
		if ctx.Err() != nil {
			return
		}
		said = c.tell(s, err, said)
		next = slot(began, s.Every)
	}
}

// slot is the next slot of a step that began at a slot: missed ones are one.
func slot(began time.Time, every time.Duration) time.Time {
	every = max(every, time.Millisecond)
	next := began.Add(every)
	if now := time.Now(); next.Before(now) {
		return now
	}
	return next
}

func (c *Clock) wait() time.Duration {
	if c.Wait > 0 {
		return c.Wait
	}
	return 2 * time.Second
}

// sleep waits and reports whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}

// once does a step; a panic is an error of this step only.
func once(ctx context.Context, s Step) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &fault.Error{Op: "schedule." + s.Name, Kind: fault.Broken, Says: fmt.Sprintf("a bug ended the step: %T", p)}
		}
	}()
	return s.Once(ctx)
}

// tell logs trouble when it is new, and its end. It returns what was said last.
func (c *Clock) tell(s Step, err error, said string) string {
	if c.Seen != nil {
		c.Seen(s, err)
	}
	log := c.Log
	if log == nil {
		log = slog.Default()
	}
	log = log.With(slog.String("step", s.Name), slog.String("environment", string(s.Environment)))
	switch {
	case err == nil && said != "":
		log.Info("a step that failed goes well again")
		return ""
	case err == nil:
		return ""
	case err.Error() != said:
		log.Warn("a step failed and is tried again at its next slot", slog.String("error", err.Error()))
	}
	return err.Error()
}
