package storetest

import (
	"cmp"
	"slices"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// model is what a store should be, in memory and without any cleverness.
type model struct {
	lanes map[store.Lane]*modelLane
	known map[string]*modelOp
}

type modelLane struct {
	state   store.LaneState
	epoch   int64
	lease   time.Time
	readyAt time.Time
	barrier int
	queue   []*modelOp
	running *modelOp
}

type modelOp struct {
	id        int64
	operation connector.Operation
	barrier   int
	class     store.Class
	attempt   int
	jobs      []connector.RecordID
	// put is when the youngest request of the op came, in steps of the test; run
	// is when it was started last.
	put, run int
	state    store.OpState
}

func newModel() *model {
	return &model{lanes: map[store.Lane]*modelLane{}, known: map[string]*modelOp{}}
}

func (m *model) lane(key store.Lane) *modelLane {
	if m.lanes[key] == nil {
		m.lanes[key] = &modelLane{}
	}
	return m.lanes[key]
}

// put returns the op that serves p, and whether it is one that exists.
func (m *model) put(p store.Put, now time.Time, step int) (op *modelOp, known, joined bool) {
	if op := m.known[p.Key]; op != nil {
		return op, true, false
	}
	l := m.lane(p.Lane)
	spec, _ := p.Operation.Spec()
	if !spec.Coalesces {
		l.barrier++
	} else if i := l.alike(p.Operation, l.barrier); i >= 0 {
		op, joined = l.queue[i], true
	}
	if op == nil {
		op = &modelOp{operation: p.Operation, barrier: l.barrier, class: p.Class}
		l.queue = append(l.queue, op)
	}
	op.put = step
	op.class = min(op.class, p.Class)
	if p.Job != "" {
		op.jobs = append(op.jobs, p.Job)
	}
	if l.state == store.LaneIdle {
		l.state, l.readyAt = store.LaneReady, now
	}
	m.known[p.Key] = op
	return op, false, joined
}

// alike is the queued op that an op of that operation and barrier may join.
func (l *modelLane) alike(o connector.Operation, barrier int) int {
	spec, _ := o.Spec()
	return slices.IndexFunc(l.queue, func(q *modelOp) bool { return spec.Coalesces && q.operation == o && q.barrier == barrier })
}

// ready are the lanes that may be handed out.
func (m *model) ready(now time.Time) []store.Lane {
	var out []store.Lane
	for key, l := range m.lanes {
		if l.state == store.LaneReady && !l.readyAt.After(now) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

func (m *model) admit(key store.Lane, lease time.Time) int64 {
	l := m.lane(key)
	l.state, l.lease = store.LaneDispatched, lease
	l.epoch++
	return l.epoch
}

// take starts the head of a lane; nil when the batch does not hold it any more.
func (m *model) take(held store.Leased, lease time.Time, step int) *modelOp {
	l := m.lane(held.Lane)
	if l.state != store.LaneDispatched || l.epoch != held.Epoch {
		return nil
	}
	l.state, l.lease = store.LaneRunning, lease
	l.running, l.queue = l.queue[0], l.queue[1:]
	l.running.attempt++
	l.running.run = step
	return l.running
}

// finish reports whether the settlement counts.
func (m *model) finish(x store.Settlement, now time.Time) bool {
	l := m.lane(x.Lane)
	if l.state != store.LaneRunning || l.epoch != x.Epoch {
		return false
	}
	l.readyAt = now
	if x.State == store.OpQueued {
		if x.FreeAttempt {
			l.running.attempt--
		}
		if x.RetryAt.After(now) {
			l.readyAt = x.RetryAt
		}
		m.again(l)
	} else {
		l.running.state = x.State
		l.running = nil
	}
	l.state = store.LaneIdle
	if len(l.queue) > 0 {
		l.state = store.LaneReady
	}
	return true
}

// again puts the running op back at the head, in place of a younger one that says the same.
func (m *model) again(l *modelLane) {
	if i := l.alike(l.running.operation, l.running.barrier); i >= 0 {
		y := l.queue[i]
		l.queue = slices.Delete(l.queue, i, i+1)
		l.running.jobs = append(l.running.jobs, y.jobs...)
		l.running.put = max(l.running.put, y.put)
		l.running.class = min(l.running.class, y.class)
		for k, op := range m.known {
			if op == y {
				m.known[k] = l.running
			}
		}
	}
	l.queue = slices.Insert(l.queue, 0, l.running)
	l.running = nil
}

// reclaim takes back what was held for too long.
func (m *model) reclaim(now time.Time) {
	for _, l := range m.lanes {
		if l.state < store.LaneDispatched || !l.lease.Before(now) {
			continue
		}
		if l.running != nil {
			m.again(l)
		}
		l.state = store.LaneReady
		l.epoch++
	}
}

// urgency is the most urgent class of what is queued.
func (l *modelLane) urgency() store.Class {
	return slices.MinFunc(l.queue, func(a, b *modelOp) int { return cmp.Compare(a.class, b.class) }).class
}
