package spotlersim

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// life is what people do of their own accord: they read mail, bounce it, leave,
// come and change. What they will do is drawn from a seed when the mail goes or
// the plan is made, and happens when the clock gets there; so the same calls in
// the same order give the same life. It is guarded by the account's mutex.
type life struct {
	seed, number uint64
	rand         *rand.Rand
	rates        Rates
	due          dues
	seq          uint64
	seen         time.Time             // until when everything has taken place
	born         int                   // subscribers who came by themselves
	tally        map[string]int        // what happened, by the name of it
	steps        map[string][]*mailing // what an automation or a campaign sends, by its id
}

// due is something that will happen.
type due struct {
	at  time.Time
	seq uint64 // among those of the same moment, the one planned first comes first
	do  func(moment)
}

// dues is a heap, the earliest on top.
type dues []due

func (d dues) Len() int           { return len(d) }
func (d dues) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *dues) Push(x any)        { *d = append(*d, x.(due)) }
func (d dues) Less(i, j int) bool { return d[i].before(d[j]) }

// Pop takes the last off; heap.Pop has put the earliest there.
func (d *dues) Pop() any {
	old := *d
	last := old[len(old)-1]
	old[len(old)-1] = due{}
	*d = old[:len(old)-1]
	return last
}

func (d due) before(e due) bool {
	if d.at.Equal(e.at) {
		return d.seq < e.seq
	}
	return d.at.Before(e.at)
}

// newLife is the life of the account with that number in a simulator.
func newLife(seed, number uint64) *life {
	return &life{
		seed: seed, number: number, rand: rand.New(rand.NewPCG(seed, number^0x6c696665)),
		rates: DefaultRates(), tally: map[string]int{}, steps: map[string][]*mailing{},
	}
}

// anew is the same life from its beginning.
func (l *life) anew() *life { return newLife(l.seed, l.number) }

// plan lets do happen at a moment.
func (l *life) plan(at time.Time, do func(moment)) {
	l.seq++
	heap.Push(&l.due, due{at, l.seq, do})
}

// count notes that something of that name happened.
func (l *life) count(name string) { l.tally[name]++ }

// happen lets everything take place that is due at now or before, and returns
// how much that was. The service learns of it when it happens; of what it would
// have had to know before the last time that somebody looked, it learns then, so
// that nobody who reads by change date can miss it.
func (a *account) happen(now time.Time) int {
	n := 0
	for len(a.life.due) > 0 && !a.life.due[0].at.After(now) {
		next := heap.Pop(&a.life.due).(due)
		known := next.at
		if known.Before(a.life.seen) {
			known = a.life.seen
		}
		next.do(moment{next.at, known})
		n++
	}
	if now.After(a.life.seen) {
		a.life.seen = now
	}
	return n
}

// catchUp lets everything take place that is due. Every call of the API begins
// with it, so that life goes on as the clock does.
func (s *Sim) catchUp(a *account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.happen(s.clock())
}

// live moves the clock forward and lets every account live until then. It
// returns how many things happened.
func (s *Sim) live(ahead time.Duration) int {
	to := s.clock().Add(ahead)
	n := 0
	for _, a := range s.every() {
		a.locked(func() { n += a.happen(to) })
	}
	s.ahead.Add(int64(ahead))
	return n
}

// within draws a time between nothing and limit, more often early than late.
func (l *life) within(limit time.Duration) time.Duration {
	early := l.rand.Float64()
	return time.Duration(early * early * float64(limit)).Round(time.Millisecond)
}

func (l *life) chance(p float64) bool { return l.rand.Float64() < p }
