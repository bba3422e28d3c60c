package people

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Progress tells how far a day is.
type Progress struct {
	Done, Of int // actions
	Changes  int // rows written so far
	Kind     string
}

// Pace says how fast a day goes.
type Pace struct {
	Over time.Duration // spread over so long; 0 is as fast as it goes
	// Tell is called after every action, by the goroutine that runs the day. nil
	// tells nobody.
	Tell func(Progress)
}

// Run lets the day happen, in order: the requests go to Dataverse as people
// would send them. It ends at the first action that Dataverse refuses for good,
// or when ctx ends; then an outage that has begun is ended too.
func (w *World) Run(ctx context.Context, day []Action, pace Pace) error {
	began := time.Now()
	var outage time.Time
	changes := 0
	for i, a := range day {
		if pace.Over > 0 {
			due := began.Add(pace.Over * time.Duration(i) / time.Duration(len(day)))
			if !pause(ctx, time.Until(due)) {
				return w.abandon(ctx, outage, ctx.Err())
			}
		}
		if a.hold > 0 && !pause(ctx, a.hold-time.Since(outage)) {
			return w.abandon(ctx, outage, ctx.Err())
		}
		if err := w.act(ctx, a); err != nil {
			return w.abandon(ctx, outage, fmt.Errorf("action %d, %s of %s %s: %w", i+1, a.Kind, a.Table, a.ID, err))
		}
		switch a.outage {
		case outageBegins:
			outage = time.Now()
		case outageEnds:
			outage = time.Time{}
		}
		changes += len(a.Requests)
		if pace.Tell != nil {
			pace.Tell(Progress{i + 1, len(day), changes, a.Kind})
		}
	}
	return nil
}

func (w *World) act(ctx context.Context, a Action) error {
	for _, c := range a.spotler {
		if err := w.spotler(ctx, c); err != nil {
			return err
		}
	}
	if len(a.Requests) == 0 {
		return nil
	}
	return w.apply(ctx, a.Requests, a.Together)
}

// abandon ends an outage that has begun, so that a day that was cut short does
// not leave Spotler broken.
func (w *World) abandon(ctx context.Context, outage time.Time, err error) error {
	if !outage.IsZero() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = w.spotler(ctx, controlCall{method: http.MethodDelete, path: "/control/faults/" + outageName}) // err is the one to tell
	}
	return err
}
