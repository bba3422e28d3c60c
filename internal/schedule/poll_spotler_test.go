package schedule

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spotler-connector/connector/internal/fault"
)

// read is a window that was asked for, in minutes after the beginning.
type read struct{ From, To float64 }

// C-070: Spotler is asked every quarter of an hour, in closed windows that
// overlap, so that every moment is read twice; the cursor moves only past a window
// whose work is stored, and a long silence is made up for in pieces.
func TestPollWindows(t *testing.T) {
	h := newHouse(t)
	start := h.clock.Now()
	var reads []read
	var trouble error
	h.PollEvery = 15 * time.Minute
	h.Poll = func(_ context.Context, from, to time.Time) error {
		reads = append(reads, read{from.Sub(start).Minutes(), to.Add(-time.Second).Sub(start).Minutes()})
		return trouble
	}
	poll := func(after time.Duration) []read {
		t.Helper()
		h.clock.Advance(after)
		reads = nil
		if err := h.try("poll_spotler"); !errors.Is(err, trouble) {
			t.Fatal(err)
		}
		return reads
	}
	same := func(what string, got []read, want ...read) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got): %s", what, d)
		}
	}
	same("the first time only begins", poll(0))
	same("the first window", poll(15*time.Minute), read{-5, 15})
	same("the next one reads what the last one read again", poll(15*time.Minute), read{-5, 30})
	trouble = &fault.Error{Op: "spotler.Updates", Kind: fault.Unreachable}
	same("trouble", poll(15*time.Minute), read{10, 45})
	same("the cursor did not move", poll(15*time.Minute), read{10, 60})
	trouble = nil
	same("after trouble", poll(15*time.Minute), read{10, 75})
	same("a long silence, in pieces", poll(13*time.Hour), read{25, 75 + 360}, read{70, 75 + 720}, read{75 + 360 - 5, 75 + 780})
	if err := h.PollNow(background); err != nil {
		t.Fatal(err)
	}
	same("nothing is left", poll(0))
	for _, s := range h.Steps() {
		if s.Name == "poll_spotler" && s.Every != 15*time.Minute {
			t.Errorf("polled every %s", s.Every)
		}
	}
}

// A cursor that somebody damaged begins anew instead of reading everything.
func TestPollCursor(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	if before, last, ok := parsePollCursor(pollCursorOf(at, at.Add(time.Hour))); !ok || !before.Equal(at) || !last.Equal(at.Add(time.Hour)) {
		t.Errorf("%s %s %t", before, last, ok)
	}
	for _, text := range []string{"", "yesterday", "2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z later", pollCursorOf(at.Add(time.Hour), at)} {
		if _, _, ok := parsePollCursor(text); ok {
			t.Errorf("%q is a cursor", text)
		}
	}
}
