package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// announcePause is the shortest time between two announcements of a node.
const announcePause = 15 * time.Millisecond

// announcer tells other nodes that environments have work: after the commit and not
// in it, because on PostgreSQL a transaction that notifies commits alone. What gets
// lost is found by the pump's tick.
type announcer struct {
	mu      sync.Mutex
	envs    map[string]bool
	running bool
	closed  bool
	end     chan struct{}
	sending sync.WaitGroup
	leading atomic.Bool
}

// SetLeading says whether the pump of this process hands out the work: then nobody
// else need be told of it.
func (s *Store) SetLeading(yes bool) { s.news.leading.Store(yes) }

// announce tells the other nodes soon that environment has work.
func (s *Store) announce(environment string) {
	if s.dialect.Notify == nil || s.news.leading.Load() {
		return
	}
	a := &s.news
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	if a.envs == nil {
		a.envs, a.end = map[string]bool{}, make(chan struct{})
	}
	a.envs[environment] = true
	if !a.running {
		a.running = true
		a.sending.Go(s.sendAnnouncements)
	}
}

// sendAnnouncements sends what there is to say, with pauses, until there is nothing.
func (s *Store) sendAnnouncements() {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-s.news.end:
			return
		case <-pause.C:
		}
		envs := s.news.take()
		if len(envs) == 0 {
			return
		}
		for _, env := range envs {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			_ = s.dialect.Notify(ctx, s.write, env) // the pump's tick finds what was not heard
			cancel()
		}
		pause.Reset(announcePause)
	}
}

// take returns the environments to announce; none ends the sending.
func (a *announcer) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]string, 0, len(a.envs))
	for e := range a.envs {
		out = append(out, e)
	}
	clear(a.envs)
	a.running = len(out) > 0
	return out
}

// close ends the sending and waits for it.
func (a *announcer) close() {
	a.mu.Lock()
	if !a.closed && a.end != nil {
		close(a.end)
	}
	a.closed = true
	a.mu.Unlock()
	a.sending.Wait()
}
