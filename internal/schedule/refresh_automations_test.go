package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/store"
)

// C-316, C-416, C-467: twice a day, whatever restarts.
func TestAutomationsAreRefreshedTwiceADay(t *testing.T) {
	h := newHouse(t)
	refresh := fmt.Sprintf("environment/automations Refresh Automations %d clock", store.Backfill)
	for _, s := range []struct {
		wait time.Duration
		want []string
	}{{0, []string{refresh}}, {time.Minute, nil}, {11*time.Hour + 58*time.Minute, nil}, {time.Minute, []string{refresh}}, {11 * time.Hour, nil}, {40 * time.Hour, []string{refresh}}} {
		h.clock.Advance(s.wait)
		h.step("refresh_automations")
		h.wantQueued(s.want...)
		h.run(nil)
	}
}

func TestAutomationsWaitForTheStore(t *testing.T) {
	h := newHouse(t)
	if err := h.db.SetCursor(background, env, refreshCursor, "not a time"); err != nil {
		t.Fatal(err)
	}
	h.step("refresh_automations") // what cannot be read is as if it had never been
	if len(h.queued()) != 1 {
		t.Error(h.queued())
	}
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	if h.try("refresh_automations") == nil {
		t.Error("a store that does not answer was no trouble")
	}
}
