package store

import "sync"

// wakes tells the pump of this process which environments may have work.
type wakes struct {
	mu   sync.Mutex
	envs map[string]bool
	c    chan struct{}
}

func newWakes() *wakes { return &wakes{envs: map[string]bool{}, c: make(chan struct{}, 1)} }

// Wake says that environment may have work: an op came in, a lane came free.
func (s *Store) Wake(environment string) {
	w := s.wake
	w.mu.Lock()
	w.envs[environment] = true
	w.mu.Unlock()
	select {
	case w.c <- struct{}{}:
	default: // a wake-up is pending already
	}
}

// Woken is ready when some environment may have work.
func (s *Store) Woken() <-chan struct{} { return s.wake.c }

// TakeWoken returns the environments that were woken since the last call.
func (s *Store) TakeWoken() []string {
	w := s.wake
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]string, 0, len(w.envs))
	for e := range w.envs {
		out = append(out, e)
	}
	clear(w.envs)
	return out
}
