package schedule

import (
	"context"
	"strings"
	"time"
)

// pollSpotler reads what changed in Spotler (manual: "Syncing from Spotler to Dynamics
// 365") in closed windows: each has an end, and begins before the last one ended, so that a change that was on its way is read by the next one. Every
// moment is read by two windows: while one is paged through, people change and move
// out of it, and those behind them may slip over the edge of a page.
type pollSpotler struct{ Environment }

// pollCursor is the name of the cursor: the ends of the last two windows.
const pollCursor = "poll/spotler"

// The shape of windows. The overlap outlasts the differences of the clocks; a long
// silence is made up for in pieces.
const (
	pollOverlap = 5 * time.Minute
	pollPiece   = 6 * time.Hour
)

// once reads up to now. The cursor moves only when a window's work is stored.
func (p *pollSpotler) once(ctx context.Context) error {
	now := p.Now().UTC().Truncate(time.Second)
	text, err := p.Store.Cursor(ctx, p.Name, pollCursor)
	if err != nil {
		return err
	}
	before, last, ok := parsePollCursor(text)
	if !ok { // what is in Spotler by now is for a first load
		return p.Store.SetCursor(ctx, p.Name, pollCursor, pollCursorOf(now, now))
	}
	for last.Before(now) {
		to := now
		if piece := last.Add(pollPiece); piece.Before(now) {
			to = piece
		}
		if err := p.Poll(ctx, before.Add(-pollOverlap), to.Add(time.Second)); err != nil {
			return err
		}
		before, last = last, to
		if err := p.Store.SetCursor(ctx, p.Name, pollCursor, pollCursorOf(before, last)); err != nil {
			return err
		}
	}
	return nil
}

func pollCursorOf(before, last time.Time) string {
	return before.UTC().Format(time.RFC3339) + " " + last.UTC().Format(time.RFC3339)
}

func parsePollCursor(s string) (before, last time.Time, ok bool) {
	a, b, two := strings.Cut(s, " ")
	before, err := time.Parse(time.RFC3339, a)
	if err != nil || !two {
		return before, last, false
	}
	last, err = time.Parse(time.RFC3339, b)
	return before, last, err == nil && !last.Before(before)
}
