package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spotler-connector/connector/internal/sandbox/people"
)

// demoScreen shows live progress: one line that changes on a terminal, a line now and
// then elsewhere, and nothing when a program reads.
type demoScreen struct {
	out   io.Writer
	quiet bool
	tty   bool
	mu    sync.Mutex
	last  time.Time
	wide  int
}

func newDemoScreen(out io.Writer, quiet bool) *demoScreen {
	s := &demoScreen{out: out, quiet: quiet}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			s.tty = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return s
}

// due reports whether it is time to show progress again.
func (s *demoScreen) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	pause := 100 * time.Millisecond
	if !s.tty {
		pause = 2 * time.Second
	}
	if s.quiet || time.Since(s.last) < pause {
		return false
	}
	s.last = time.Now()
	return true
}

// line shows progress in place of what was shown before.
func (s *demoScreen) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !s.tty {
		_, _ = fmt.Fprintln(s.out, text)
		return
	}
	_, _ = fmt.Fprintf(s.out, "\r%-*s", s.wide, text)
	s.wide = len(text)
}

// say prints a line that stays.
func (s *demoScreen) say(format string, args ...any) {
	if s.quiet {
		return
	}
	if s.tty && s.wide > 0 {
		_, _ = fmt.Fprintln(s.out)
		s.wide = 0
	}
	_, _ = fmt.Fprintf(s.out, format+"\n", args...)
}

// end prints how the day went.
func (s *demoScreen) end(r demoResult) {
	b := r.Back
	if b == nil {
		b = &people.BackReport{}
	}
	s.say(`
The day in figures (%s)
  people                %6d
  rows changed          %6d
  jobs completed        %6d
  jobs failed           %6d   one address is wrong and one value is refused on purpose
  requests to Spotler   %6d
  requests to Dynamics  %6d
  seconds               %8.1f

Back from Spotler
  profile forms         %6d
  unsubscribes          %6d
  permissions changed   %6d
  bounces               %6d
  new subscribers       %6d   each is a lead now
  contacts merged       %6d
  leads qualified       %6d
  echoes of our own     %6d   recognised, nothing written

Both sides, compared person by person
  identical             %6d
  different             %6d
  lost                  %6d
  out of order          %6d`, r.Store, r.People, r.Changes, r.JobsCompleted, r.JobsFailed, r.MarketingRequests, r.CRMRequests, r.Seconds, b.Forms, b.Unsubscribes, b.Choices, b.Bounces, b.Subscribers, b.Merges, b.Qualified, r.Echoes, r.Identical, r.Different, r.Lost, r.OutOfOrder)
	for _, d := range r.Details {
		s.say("  - %s", d)
	}
}
