package lanes

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// Worker does batches: take, run, settle, with the lease held meanwhile.
type Worker struct {
	Store  *store.Store
	Node   string
	Lease  time.Duration
	Runner Runner
	Log    *slog.Logger
	// SlowAfter is when a job is shown as In Progress; 0 means 2 s, for most jobs
	// end before anyone looks.
	SlowAfter time.Duration
	// Done, when set, hears of every batch that ended.
	Done func(b store.Batch, ops int, took time.Duration)
}

// Do runs one batch. Errors of the store are logged here, at the top: the lease
// runs out and the lanes are handed out again.
func (w *Worker) Do(ctx context.Context, b store.Batch) {
	began := time.Now()
	taken, err := w.Store.Take(ctx, b, w.Node, w.Lease)
	if err != nil {
		w.Log.ErrorContext(ctx, "a batch could not be started; its lease will run out", "environment", b.Environment, "lanes", len(b.Lanes), "err", err)
		return
	}
	if len(taken) > 0 {
		w.work(ctx, b, taken)
	}
	w.Store.Wake(string(b.Environment))
	if w.Done != nil {
		w.Done(b, len(taken), time.Since(began))
	}
}

func (w *Worker) work(ctx context.Context, b store.Batch, taken []store.Taken) {
	run, lost := context.WithCancel(ctx)
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.attend(run, b.Environment, taken, stop, lost)
	}()
	var settlements []store.Settlement
	for _, part := range together(taken) {
		settlements = append(settlements, w.guarded(run, b.Environment, part)...)
	}
	close(stop)
	<-ended
	lost()
	held, err := w.settle(ctx, settlements)
	if err != nil {
		w.Log.ErrorContext(ctx, "a batch could not be settled; it will run again", "environment", b.Environment, "ops", len(taken), "err", err)
		return
	}
	late := 0
	for _, h := range held {
		if !h {
			late++
		}
	}
	if late > 0 {
		w.Log.WarnContext(ctx, "the lease of some lanes had passed on; their results were dropped", "environment", b.Environment, "ops", late)
	}
}

// settle records how a batch ended, also when the run was stopped. Its effects have
// happened, so a database that is away for a moment, because it restarts, is asked
// again while the lease lasts.
func (w *Worker) settle(ctx context.Context, settlements []store.Settlement) ([]bool, error) {
	until, pause := time.Now().Add(w.Lease), w.Lease/64
	for {
		held, err := w.Store.Finish(context.WithoutCancel(ctx), settlements)
		if err == nil || time.Now().Add(pause).After(until) {
			return held, err
		}
		select {
		case <-ctx.Done():
			return held, err
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// attend keeps the leases alive and tells the runner when the batch is slow. It
// ends the run when every lane was lost, or may have been: while the database does
// not answer, another node may take over as soon as the lease has run out.
func (w *Worker) attend(ctx context.Context, env connector.Environment, taken []store.Taken, stop <-chan struct{}, lost context.CancelFunc) {
	lanes := make([]store.Leased, len(taken))
	for i, t := range taken {
		lanes[i] = store.Leased{Lane: t.Lane, Epoch: t.Epoch}
	}
	slow := time.NewTimer(cmp.Or(w.SlowAfter, 2*time.Second))
	defer slow.Stop()
	beat := time.NewTicker(w.Lease / 3)
	defer beat.Stop()
	until := time.Now().Add(w.Lease)
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-slow.C:
			w.slow(ctx, env, taken)
		case <-beat.C:
			asked := time.Now()
			held, err := w.beat(ctx, lanes)
			if err == nil && held > 0 {
				until = asked.Add(w.Lease)
				continue
			}
			if err == nil || !time.Now().Add(w.Lease/3).Before(until) {
				w.Log.WarnContext(ctx, "a batch lost its lease and was stopped", "environment", env, "ops", len(taken), "err", err)
				lost()
				return
			}
			w.Log.WarnContext(ctx, "a lease could not be prolonged", "environment", env, "err", err)
		}
	}
}

func (w *Worker) beat(ctx context.Context, lanes []store.Leased) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Lease/3)
	defer cancel()
	return w.Store.Heartbeat(ctx, lanes, w.Lease)
}

// slow tells the runner, whose bugs must not end the process.
func (w *Worker) slow(ctx context.Context, env connector.Environment, taken []store.Taken) {
	defer func() {
		if p := recover(); p != nil {
			w.Log.ErrorContext(ctx, "showing jobs as In Progress ran into a bug of ours", "environment", env, "err", redactPanic(p))
		}
	}()
	w.Runner.Slow(ctx, env, taken)
}

// together splits what was taken into what may run in one call. A batch has ops of
// one kind, unless the head of a lane changed between its reading and its start.
func together(taken []store.Taken) [][]store.Taken {
	var out [][]store.Taken
	at := map[connector.Operation]int{}
	for _, t := range taken {
		i, begun := at[t.Operation]
		if !begun || !t.Operation.Together() {
			i = len(out)
			at[t.Operation] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], t)
	}
	return out
}

// guarded runs a batch and isolates panics: one bad record fails alone. The
// harmless ones of the batch may so run twice; others are never in company.
func (w *Worker) guarded(ctx context.Context, env connector.Environment, taken []store.Taken) []store.Settlement {
	out, cause := w.try(ctx, env, taken)
	if cause == nil {
		return out
	}
	if len(taken) == 1 {
		w.Log.ErrorContext(ctx, "a job ran into a bug of ours and was set aside", "op", taken[0].ID, "operation", taken[0].Operation.String(), "err", cause)
		return []store.Settlement{w.broken(taken[0])}
	}
	out = out[:0]
	for _, t := range taken {
		out = append(out, w.guarded(ctx, env, []store.Taken{t})...)
	}
	return out
}

func (w *Worker) broken(t store.Taken) store.Settlement {
	return w.own(t, store.Settlement{State: store.OpDead, Cause: string(fault.Broken), Since: t.StartedAt,
		Outcome: connector.Refused("BROKEN", "The connector ran into an error of its own. Nothing more was done; please report it, then retry the job.")})
}

func (w *Worker) own(t store.Taken, s store.Settlement) store.Settlement {
	s.Lane, s.Epoch, s.Op = t.Lane, t.Epoch, t.ID
	return s
}

// try runs the runner and turns a panic, or an answer of the wrong length, into an error.
func (w *Worker) try(ctx context.Context, env connector.Environment, taken []store.Taken) (out []store.Settlement, cause error) {
	defer func() {
		if p := recover(); p != nil {
			out, cause = nil, fmt.Errorf("panic: %v\n%s", redactPanic(p), debug.Stack())
		}
	}()
	settlements := w.Runner.Run(ctx, env, taken)
	if len(settlements) != len(taken) {
		return nil, fmt.Errorf("%d ops gave %d settlements", len(taken), len(settlements))
	}
	for i := range settlements {
		settlements[i] = w.own(taken[i], settlements[i])
	}
	return settlements, nil
}

// redactPanic keeps run-time errors, which hold no data, and hides other values.
func redactPanic(p any) string {
	if err, ok := p.(interface {
		error
		RuntimeError()
	}); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", p)
}
