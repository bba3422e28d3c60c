package dataversesim

import (
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// pendingKey is an alternate key whose index is being made until a moment of
// the true clock (reference: dataverse-api 6.1: Pending, then Active or Failed).
type pendingKey struct {
	table, key string
	ready      time.Time
}

// indexLater begins the index of a key; the caller holds the write lock.
func (s *Sim) indexLater(table, key string) {
	ready := s.clock().Add(time.Duration(s.assume.Load().KeySeconds) * time.Second)
	s.pending = append(s.pending, pendingKey{table, key, ready})
	s.indexReady()
}

// indexDue ends the indexes that are ready by now. It costs one atomic read
// when there are none.
func (s *Sim) indexDue() {
	if due := s.keysDue.Load(); due == 0 || s.clock().UnixNano() < due {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexReady()
}

// indexReady is indexDue for whoever holds the write lock.
func (s *Sim) indexReady() {
	now := s.clock()
	var waiting []pendingKey
	var next int64
	for _, p := range s.pending {
		if now.Before(p.ready) {
			waiting = append(waiting, p)
			if at := p.ready.UnixNano(); next == 0 || at < next {
				next = at
			}
			continue
		}
		s.finishIndex(p)
	}
	s.pending = waiting
	s.keysDue.Store(next)
}

// finishIndex makes the index: it fails when two rows have the same value.
func (s *Sim) finishIndex(p pendingKey) {
	t := s.tables[p.table]
	if t == nil {
		return
	}
	k := t.meta.KeyOf(p.key)
	if k == nil || k.Status != metadata.KeyPending {
		return
	}
	next := s.model.WithKeyStatus(p.table, p.key, metadata.KeyActive)
	for _, a := range alternateKeys(next.Table(p.table), t.shape) {
		if a.meta.Name == k.Name && t.duplicates(a) {
			next = s.model.WithKeyStatus(p.table, p.key, metadata.KeyFailed)
			break
		}
	}
	s.adopt(next)
}
