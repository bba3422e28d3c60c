package lanes

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// BatchSize is how many lanes travel together: the most that one call of
// POST /contact/list takes.
const BatchSize = 100

// Pump admits ready lanes on the elected node: fairly over environments, the
// most urgent class first, in batches. Work-conserving: an environment's share
// is of those that have work, and nothing is kept idle for the others.
type Pump struct {
	Store    *store.Store
	Executor Executor
	Node     string
	// Environments lists those that are switched on.
	Environments func() []connector.Environment
	// Slots is how many batches may be out at once, over all environments.
	Slots int
	// Linger is how long a lane may wait for company while another batch of its
	// environment is out. The first batch never waits.
	Linger time.Duration
	Lease  time.Duration
	Log    *slog.Logger
	Now    func() time.Time
	// Tick is the longest that a missed signal is noticed after; 0 means 250 ms.
	Tick time.Duration
	// Leadership is how long the leader may be silent before another node takes
	// over; 0 means 3 s.
	Leadership time.Duration
	// Reclaim is how often expired leases are looked for; 0 means 1 s.
	Reclaim time.Duration

	crowd     crowd
	served    map[connector.Environment]float64 // virtual time of fair queueing
	virtual   float64                           // what the last one served had before
	gates     map[connector.Environment]time.Time
	gatesAt   time.Time
	hot       map[connector.Environment]bool
	full      time.Time // when every environment is looked at again
	reclaimAt time.Time
	leading   time.Time // when the leadership must be prolonged
	rest      time.Time // before then nobody is looked at: all wait for company in a crowd
	leads     atomic.Bool
}

// gatesEvery is how soon a gate that another node closed is seen.
const gatesEvery = 100 * time.Millisecond

func (p *Pump) tick() time.Duration         { return cmp.Or(p.Tick, 250*time.Millisecond) }
func (p *Pump) leadership() time.Duration   { return cmp.Or(p.Leadership, 3*time.Second) }
func (p *Pump) reclaimEvery() time.Duration { return cmp.Or(p.Reclaim, time.Second) }

// Run admits work until ctx ends.
func (p *Pump) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			p.leads.Store(false)
			return p.Store.Abdicate(context.WithoutCancel(ctx), "pump", p.Node)
		case <-p.Store.Woken():
		case <-timer.C:
		}
		wait, err := p.Once(ctx)
		if err != nil && ctx.Err() == nil {
			p.Log.ErrorContext(ctx, "admission failed; it is tried again", "err", err)
			wait = p.tick()
		}
		timer.Reset(min(wait, p.tick()))
	}
}

// Crowded reports whether an environment has far more changes just now than people
// make by hand: what can wait a moment should.
func (p *Pump) Crowded(env connector.Environment) bool {
	return p.crowd.of(env, p.Now()) >= crowded
}

// Leads reports whether this node admitted work last time it looked.
func (p *Pump) Leads() bool { return p.leads.Load() }

// Once hands out what can be handed out now, and returns when to look again if
// nothing wakes it before.
func (p *Pump) Once(ctx context.Context) (time.Duration, error) {
	now := p.Now()
	for _, e := range p.Store.TakeWoken() {
		p.markHot(connector.Environment(e))
	}
	if err := p.lead(ctx, now); err != nil || !p.Leads() {
		return p.tick(), err
	}
	if now.After(p.reclaimAt) {
		p.reclaimAt = now.Add(p.reclaimEvery())
		if _, err := p.Store.ReclaimExpired(ctx); err != nil {
			return p.tick(), err
		}
	}
	if err := p.readGates(ctx, now); err != nil {
		return p.tick(), err
	}
	if now.After(p.full) {
		p.full = now.Add(p.tick())
		for _, e := range p.Environments() {
			p.markHot(e)
		}
	}
	if len(p.hot) == 0 {
		return p.tick(), nil
	}
	if now.Before(p.rest) {
		return p.rest.Sub(now), nil
	}
	r := &round{pump: p, next: p.tick()}
	if err := r.run(ctx); err != nil {
		return p.tick(), err
	}
	for _, e := range r.cold {
		delete(p.hot, e)
	}
	if r.gathering && len(r.plans) == 0 {
		p.rest = now.Add(p.Linger / 3) // each event of a crowd wakes the pump; most times for nothing
	}
	return r.next, nil
}

func (p *Pump) markHot(e connector.Environment) {
	if p.hot == nil {
		p.hot = map[connector.Environment]bool{}
		p.served = map[connector.Environment]float64{}
	}
	p.hot[e] = true
}

func (p *Pump) lead(ctx context.Context, now time.Time) error {
	if now.Before(p.leading) {
		return nil
	}
	leads, err := p.Store.Lead(ctx, "pump", p.Node, p.leadership())
	if err != nil {
		p.leads.Store(false)
		p.Store.SetLeading(false)
		return err
	}
	if leads && !p.Leads() {
		p.Log.InfoContext(ctx, "this node hands out the work", "node", p.Node)
	}
	p.leads.Store(leads)
	p.Store.SetLeading(leads)
	p.leading = now.Add(p.leadership() / 3)
	return nil
}

func (p *Pump) readGates(ctx context.Context, now time.Time) error {
	if now.Before(p.gatesAt) {
		return nil
	}
	gates, err := p.Store.Gates(ctx)
	if err != nil {
		return err
	}
	p.gatesAt = now.Add(gatesEvery)
	p.gates = map[connector.Environment]time.Time{}
	for _, g := range gates {
		if g.API != store.GateIrreversible && g.API != store.GatePoll && g.PausedUntil.After(p.gates[g.Environment]) {
			p.gates[g.Environment] = g.PausedUntil
		}
	}
	return nil
}

// round is one admission.
type round struct {
	pump     *Pump
	next     time.Duration
	cold     []connector.Environment // nothing ready is left
	inFlight map[connector.Environment]int
	out      int
	plans    []plan
	// gathering says that a part batch of a crowd waits for company.
	gathering bool
}

// plan is a batch that is to be handed out.
type plan struct {
	env   connector.Environment
	lanes []store.Ready
}

// candidate is an environment with ready lanes, most urgent class first.
type candidate struct {
	env   connector.Environment
	lanes []store.Ready
	more  bool // Peek may have left some behind
}

// run plans batches from a view that costs no writing transaction, and hands them
// out in one. A lane that changed in between is left out by Take.
func (r *round) run(ctx context.Context) error {
	look, err := r.pump.Store.Look(ctx)
	if err != nil {
		return err
	}
	if err := r.plan(ctx, look); err != nil || len(r.plans) == 0 {
		return err
	}
	return r.pump.Store.Admit(ctx, r.admit)
}

func (r *round) plan(ctx context.Context, look *store.View) error {
	var err error
	if r.inFlight, err = look.InFlight(ctx); err != nil {
		return err
	}
	for _, n := range r.inFlight {
		r.out += n
	}
	if r.out >= r.pump.Slots {
		return nil // a batch that ends wakes the pump
	}
	candidates, err := r.candidates(ctx, look)
	if err != nil {
		return err
	}
	for r.out < r.pump.Slots && len(candidates) > 0 {
		i := r.fairest(candidates)
		lanes, rest := r.cut(candidates[i].env, candidates[i].lanes, look.Now, r.inFlight[candidates[i].env])
		candidates[i].lanes = rest
		if len(lanes) == 0 {
			r.leave(candidates[i])
			candidates = slices.Delete(candidates, i, i+1)
			continue
		}
		r.add(candidates[i].env, lanes)
	}
	return nil
}

// add plans a batch and counts it as served.
func (r *round) add(env connector.Environment, lanes []store.Ready) {
	p := r.pump
	p.virtual = max(p.virtual, p.served[env])
	p.served[env] += float64(len(lanes))
	r.inFlight[env]++
	r.out++
	r.plans = append(r.plans, plan{env, lanes})
}

// admit hands out what was planned.
func (r *round) admit(ctx context.Context, a *store.Admission) error {
	var batches []store.Batch
	for _, p := range r.plans {
		b, err := a.Take(ctx, p.env, p.lanes, r.pump.Lease)
		if err != nil {
			return err
		}
		if len(b.Lanes) == 0 {
			continue // somebody holds their rows just now; the next round finds them
		}
		r.pump.crowd.add(p.env, a.Now, len(b.Lanes))
		batches = append(batches, b)
	}
	if len(batches) == 0 {
		return nil
	}
	return r.pump.Executor.Dispatch(ctx, a.Tx(), batches)
}

func (r *round) leave(c candidate) {
	if len(c.lanes) == 0 && !c.more {
		r.cold = append(r.cold, c.env)
	}
}

// candidates looks at the environments that may have work.
func (r *round) candidates(ctx context.Context, look *store.View) ([]candidate, error) {
	p := r.pump
	enabled := p.Environments()
	var out []candidate
	for env := range p.hot {
		if !slices.Contains(enabled, env) || look.Now.Before(p.gates[env]) {
			r.cold = append(r.cold, env) // the tick looks again
			continue
		}
		want := BatchSize * (p.Slots - r.out)
		ready, err := look.Peek(ctx, env, want)
		if err != nil {
			return nil, err
		}
		if len(ready) == 0 {
			r.cold = append(r.cold, env)
			continue
		}
		slices.SortStableFunc(ready, func(x, y store.Ready) int { return cmp.Compare(x.Class, y.Class) })
		out = append(out, candidate{env, ready, len(ready) >= want})
	}
	r.levelVirtualTime(out)
	return out, nil
}

// levelVirtualTime lets an environment that was quiet begin level with the busy
// ones: it cannot save up a share while idle, nor is it behind for what it got
// when it was alone. (Start-time fair queueing, Goyal, Vin and Cheng, 1996.)
func (r *round) levelVirtualTime(active []candidate) {
	for _, c := range active {
		r.pump.served[c.env] = max(r.pump.served[c.env], r.pump.virtual)
	}
}

// fairest is the candidate that was served least.
func (r *round) fairest(cs []candidate) int {
	best := 0
	for i, c := range cs {
		if r.pump.served[c.env] < r.pump.served[cs[best].env] || (r.pump.served[c.env] == r.pump.served[cs[best].env] && c.env < cs[best].env) {
			best = i
		}
	}
	return best
}

// cut takes the next batch off ready lanes: those of the most urgent class whose
// head ops can be done together, or one lane. While a batch of the environment is
// out, lanes wait a moment for company, and in a crowd somewhat longer, whether one
// is out or not; the first batch after a quiet time never waits.
func (r *round) cut(env connector.Environment, ready []store.Ready, now time.Time, out int) (batch, rest []store.Ready) {
	if len(ready) == 0 {
		return nil, nil
	}
	head := ready[0]
	if r.reserved(head.Class) {
		return nil, ready
	}
	if !head.Operation.Together() {
		return ready[:1], ready[1:]
	}
	for _, l := range ready {
		if len(batch) < BatchSize && l.Class == head.Class && l.Operation == head.Operation {
			batch = append(batch, l)
		} else {
			rest = append(rest, l)
		}
	}
	linger, crowd := time.Duration(0), r.pump.crowd.of(env, now) >= crowded
	switch {
	case crowd:
		linger = crowdLinger * r.pump.Linger
	case out > 0:
		linger = r.pump.Linger
	}
	if waited := now.Sub(head.ReadyAt); len(batch) < BatchSize && waited < linger {
		r.next, r.gathering = min(r.next, linger-waited), r.gathering || crowd
		return nil, ready
	}
	return batch, rest
}

// reserved keeps the last slots for urgent work: statistics and backfill leave
// some free, so that a person's change never waits behind a bulk run.
func (r *round) reserved(c store.Class) bool {
	free := r.pump.Slots - r.out
	switch c {
	case store.Backfill:
		return free <= max(1, r.pump.Slots/4) && r.pump.Slots > 1
	case store.Statistics:
		return free <= max(1, r.pump.Slots/8) && r.pump.Slots > 1
	}
	return false
}
