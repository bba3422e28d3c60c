package operations

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// Runner does the ops of the lanes. It is the lanes' Runner.
type Runner struct {
	Store Store
	// Environment returns an environment that has started; nil for others.
	Environment func(connector.Environment) *Environment
	Now         func() time.Time
	Jitter      func() float64 // chance from [0, 1)
	Log         *slog.Logger
}

// startingPause is when work runs again that reached a node on which its
// environment has not started: there may be another node, and this one starts soon.
const startingPause = time.Second

// single is an operation that runs for one op at a time.
type single interface {
	run(ctx context.Context, r *run, t store.Taken, job connector.Job) result
}

// registry says what runs each operation. Sync Contact is not in it: it runs for
// many people at once.
func registry() map[connector.Operation]single {
	all := map[connector.Operation]single{
		connector.AddTag:            addTag{},
		connector.AnonymizeContact:  anonymizeContact{},
		connector.ClearContactField: clearContactField{},
		connector.DeactivateContact: deactivateContact{},
		connector.DecreaseScore:     changeScore{spotler.ScoreDecrease},
		connector.IncreaseScore:     changeScore{spotler.ScoreIncrease},
		connector.PurgeContact:      purgeContact{},
		connector.RemoveTag:         removeTag{},
		connector.SetContactField:   setContactField{},
		connector.SetScore:          changeScore{spotler.ScoreSet},

		connector.StartAutomation:    startAutomation{},
		connector.StopAutomation:     stopAutomation{},
		connector.RefreshAutomations: refreshAutomations{},
		connector.AddToAudience:      addToAudience{},
		connector.RemoveFromAudience: removeFromAudience{},
	}
	for _, s := range connector.Operations {
		if _, ok := all[s.Operation]; !ok && s.Operation != connector.SyncContact {
			all[s.Operation] = notYet{}
		}
	}
	return all
}

// run is one batch of one environment.
type run struct {
	*Runner
	env *Environment
	now time.Time
	// sharing holds, per person who will be written, the bits of those who share the address.
	sharing map[connector.Record][][]decide.Bit
}

// Run does a batch; every op gets its settlement, in order.
func (r *Runner) Run(ctx context.Context, env connector.Environment, work []store.Taken) []store.Settlement {
	e := r.Environment(env)
	if out, done := r.apart(ctx, e, work); done {
		return out
	}
	return r.runOn(ctx, e, work)
}

// runOn does a batch with the mapping of e; nil is an environment that is not started.
func (r *Runner) runOn(ctx context.Context, e *Environment, work []store.Taken) []store.Settlement {
	out := make([]store.Settlement, len(work))
	b := &run{Runner: r, env: e, now: r.Now()}
	if b.env == nil {
		for i := range work {
			out[i] = store.Settlement{State: store.OpQueued, RetryAt: b.now.Add(startingPause), FreeAttempt: true}
		}
		return out
	}
	if err := b.env.prepare(ctx, r.Store); err != nil {
		for i, t := range work {
			out[i] = b.failed(ctx, t, connector.Job{}, err)
		}
		return out
	}
	var people, arrived []int
	for i, t := range work {
		if t.Operation == connector.FromSpotler {
			arrived = append(arrived, i)
		} else if !b.isSync(t) {
			out[i] = b.single(ctx, t)
		} else {
			people = append(people, i)
		}
	}
	if len(people) > 0 {
		b.sync(ctx, work, people, out)
	}
	if len(arrived) > 0 {
		b.receive(ctx, work, arrived, out)
	}
	return out
}

// isSync reports whether t belongs to the batch of people: a plain Sync Contact in
// the lane of a person.
func (b *run) isSync(t store.Taken) bool {
	record, ok := t.Lane.Record()
	return ok && record.Table.IsPerson() && t.Operation == connector.SyncContact
}

// single runs one op on its own.
func (b *run) single(ctx context.Context, t store.Taken) store.Settlement {
	args, err := DecodeArguments(t.Arguments)
	if err != nil {
		return b.failed(ctx, t, connector.Job{}, &fault.Error{Op: "operations", Kind: fault.Broken, Err: err})
	}
	if args.Load != "" {
		return b.load(ctx, t, args.Load)
	}
	if !args.Resolve.IsZero() {
		return b.resolve(ctx, t, args.Resolve)
	}
	job := args.Job
	job.Operation = t.Operation
	if record, ok := t.Lane.Record(); ok && job.Subject().IsZero() && record.Table.IsPerson() {
		job = withSubject(job, record)
	}
	if err := job.Check(); err != nil {
		return b.settled(ctx, t, job, result{outcome: connector.Refused(connector.CodeJobNotValid, fmt.Sprintf("[%s] %s", connector.CodeJobNotValid, err))})
	}
	open, err := b.openJobs(ctx, t)
	if err != nil {
		return b.failed(ctx, t, job, err)
	}
	if len(t.Jobs) > 0 && len(open) == 0 {
		t.Jobs = nil
		return b.settled(ctx, t, job, result{outcome: connector.Skipped("The job was ended or deleted before it ran, so nothing was done."), quiet: true})
	}
	t.Jobs = open
	op, ok := registry()[t.Operation]
	if !ok {
		return b.settled(ctx, t, job, result{outcome: connector.Refused(connector.CodeJobNotValid, fmt.Sprintf("[%s] %s cannot run in this lane.", connector.CodeJobNotValid, t.Operation))})
	}
	res := op.run(ctx, b, t, job)
	if res.err != nil {
		return b.broke(ctx, t, job, res)
	}
	return b.settled(ctx, t, job, res)
}

// broke is the settlement of an op that met trouble: what it had done by then, such
// as the sync of its person, is kept.
func (b *run) broke(ctx context.Context, t store.Taken, job connector.Job, res result) store.Settlement {
	s := b.failed(ctx, t, job, res.err)
	s.Links, s.Release, s.Follow, s.Consents, s.Reviews, s.Answered = res.links, res.release, res.follow, res.consents, res.reviews, res.answered
	s.Tellings = append(res.tellings, s.Tellings...)
	return s
}

func withSubject(j connector.Job, r connector.Record) connector.Job {
	if r.Table == connector.Lead {
		j.Lead = r
	} else {
		j.Customer = r
	}
	return j
}

// result is how one op ended, before it is written down.
type result struct {
	outcome connector.Outcome
	err     error
	// again runs the op again at this time without using an attempt.
	again    time.Time
	links    []store.Link
	release  []store.Claim
	follow   []store.Put
	tellings []store.Telling
	consents []store.ConsentChange
	same     []store.Same
	reviews  []store.Review
	answered []store.Review
	// columns are shown on the job row beside the outcome.
	columns  dataverse.Fields
	receipts []store.Receipt
	// quiet makes no row in Dataverse.
	quiet bool
	// into is the earlier op that did what this one asks for; 0 for none.
	into int64
	// gone says that the record's row is deleted: no lookup may point at it.
	gone bool
}

// settled turns a result into a settlement, with what Dataverse must hear.
func (b *run) settled(ctx context.Context, t store.Taken, job connector.Job, res result) store.Settlement {
	s := store.Settlement{Outcome: res.outcome, Since: t.Since, Links: res.links, Release: res.release, Follow: res.follow, Tellings: res.tellings, Into: res.into, Consents: res.consents, Same: res.same, Reviews: res.reviews, Answered: res.answered, Receipts: res.receipts}
	if !res.again.IsZero() {
		s.State, s.RetryAt, s.FreeAttempt, s.Cause = store.OpQueued, res.again, true, store.CauseHeld
		return s
	}
	s.State = store.OpDone
	if res.outcome.State == connector.Failed {
		s.State, s.Cause = store.OpFailed, string(fault.NotValid)
	}
	if !res.quiet {
		s.Tellings = append(s.Tellings, b.jobTellings(t, job, res)...)
	}
	return s
}

// failed decides what becomes of an op that ran into trouble.
func (b *run) failed(ctx context.Context, t store.Taken, job connector.Job, cause error) store.Settlement {
	if ctx.Err() != nil { // we are stopping, or lost the lanes: not the op's fault
		return store.Settlement{State: store.OpQueued, RetryAt: b.now, FreeAttempt: true, Since: t.Since}
	}
	kind := fault.Of(cause)
	since := t.Since
	if since.IsZero() {
		since = b.now
	}
	spec, _ := t.Operation.Spec()
	if isNotBegun(cause) || isFoundOut(cause) {
		spec.Repeat = connector.Harmless
	}
	f := decide.Failure{Spec: spec, Kind: kind, Attempt: t.Attempt, Since: b.now.Sub(since), Jitter: b.Jitter()}
	says := ""
	if e := fault.As(cause); e != nil {
		f.Asked, says = e.After, e.Says
	}
	retry := decide.AfterFailure(f)
	if retry.Pause {
		b.pause(ctx, cause, retry)
	}
	if retry.Again {
		return b.again(t, job, kind, retry, since)
	}
	outcome := retry.Outcome
	if isFoundOut(cause) {
		outcome, says = gaveUpFindingOut(), ""
	}
	if says != "" {
		outcome.Why += ": " + says
	}
	if e := fault.As(cause); e != nil {
		outcome.HTTPStatus = e.Status
	}
	if outcome.Code == connector.CodeJobNotValid {
		outcome.Why = "[" + connector.CodeJobNotValid + "] " + outcome.Why
	}
	b.Log.WarnContext(ctx, "a job ended without success", "op", t.ID, "operation", t.Operation.String(), "environment", b.env.Name, "kind", string(kind), "err", cause)
	state := store.OpFailed
	if retry.Dead {
		state = store.OpDead
	}
	return store.Settlement{State: state, Since: since, Cause: string(kind), Outcome: outcome, Tellings: b.jobTellings(t, job, result{outcome: outcome})}
}

// again puts an op back into its lane. A job that takes longer than a moment is
// shown as In Progress.
func (b *run) again(t store.Taken, job connector.Job, kind fault.Kind, retry decide.Retry, since time.Time) store.Settlement {
	s := store.Settlement{State: store.OpQueued, RetryAt: b.now.Add(retry.After), FreeAttempt: !retry.CountsAttempt, Since: since, Cause: string(kind)}
	if retry.Pause {
		s.RetryAt = b.now // the gate holds it
	}
	if kind == fault.Uncertain || kind == fault.Garbled {
		if quiet := b.now.Add(b.env.Patience); s.RetryAt.Before(quiet) {
			s.RetryAt = quiet // the lost request may still be running
		}
		if syncs(t.Operation) {
			s.Later = b.readBack(t)
		}
	}
	if b.now.Sub(t.CreatedAt) > 2*time.Second {
		s.Tellings = b.progressTellings(t, job)
	}
	return s
}

// readBackAfter is when a record is synchronised once more after a write whose answer
// was lost: a request that a proxy held back may have come after its repetition.
const readBackAfter = 5 * time.Minute

// syncs reports whether an operation is about the whole contact. A sync after one
// about a tag, a score or a single field would not mend it, and might undo the field.
func syncs(o connector.Operation) bool {
	switch o {
	case connector.AddTag, connector.RemoveTag, connector.SetScore, connector.IncreaseScore, connector.DecreaseScore, connector.SetContactField, connector.ClearContactField:
		return false
	}
	return true
}

// readBack asks for that sync, once for an op.
func (b *run) readBack(t store.Taken) []store.Later {
	record, ok := t.Lane.Record()
	if !ok || !record.Table.IsPerson() {
		return nil
	}
	put := PutSync(b.env.Name, record, store.Backfill, fmt.Sprintf("readback/%d", t.ID), "readback")
	return []store.Later{{Put: put, At: b.now.Add(b.env.Patience + readBackAfter)}}
}

// pause closes the gate of the API that asked for it, on every node.
func (b *run) pause(ctx context.Context, cause error, retry decide.Retry) {
	api := apiOf(cause)
	reason := "The API asked for a pause."
	if retry.Alert {
		reason = "The credentials or rights were refused: check the keys, the licence and the security role. It is tried again by itself."
	}
	if e := fault.As(cause); e != nil && e.Says != "" {
		reason += " " + e.Says
	}
	g := store.Gate{Environment: b.env.Name, API: api, PausedUntil: b.now.Add(retry.After), Reason: reason, Alert: retry.Alert}
	if err := b.Store.Pause(context.WithoutCancel(ctx), g); err != nil {
		b.Log.ErrorContext(ctx, "a pause could not be stored", "environment", b.env.Name, "api", api, "err", err)
		return
	}
	if retry.Alert {
		b.env.mu.Lock()
		b.env.alerted[api] = true
		b.env.mu.Unlock()
		b.Log.ErrorContext(ctx, "an environment is paused: its credentials or rights were refused", "environment", b.env.Name, "api", api, "err", cause)
	}
}

// works clears the alert of an API that answered well again.
func (b *run) works(ctx context.Context, api string) {
	b.env.mu.Lock()
	was := b.env.alerted[api]
	delete(b.env.alerted, api)
	b.env.mu.Unlock()
	if !was {
		return
	}
	if err := b.Store.Resume(ctx, b.env.Name, api); err != nil {
		b.Log.ErrorContext(ctx, "an alert could not be cleared", "environment", b.env.Name, "api", api, "err", err)
	}
}

// apiOf is the gate of the API in which an error arose.
func apiOf(err error) string {
	if e := fault.As(err); e != nil && len(e.Op) >= len(store.GateSpotler) && e.Op[:len(store.GateSpotler)] == store.GateSpotler {
		return store.GateSpotler
	}
	return store.GateDataverse
}

// Slow shows jobs that take longer than a moment as In Progress.
func (r *Runner) Slow(ctx context.Context, env connector.Environment, work []store.Taken) {
	e := r.Environment(env)
	if e == nil || e.prepare(ctx, r.Store) != nil {
		return
	}
	b := &run{Runner: r, env: e, now: r.Now()}
	var tellings []store.Telling
	for _, t := range work {
		args, err := DecodeArguments(t.Arguments)
		if err != nil || args.Load != "" || !args.Resolve.IsZero() {
			continue
		}
		tellings = append(tellings, b.progressTellings(t, args.Job)...)
	}
	if err := r.Store.PutTellings(ctx, tellings); err != nil {
		r.Log.WarnContext(ctx, "In Progress could not be shown", "environment", env, "err", err)
	}
}
