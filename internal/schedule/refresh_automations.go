package schedule

import (
	"context"
	"time"

	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/store"
)

// refreshEvery is the time between two refreshes: twice a day (manual: "New
// Automation"). refreshLook is how often it is looked whether one is due, so that
// neither a restart nor a change of the leader brings one too early or skips one.
const (
	refreshEvery = 12 * time.Hour
	refreshLook  = 10 * time.Minute
)

// refreshAutomations asks for a Refresh Automations when the last one is long enough
// ago.
type refreshAutomations struct{ Environment }

// refreshCursor keeps when the last refresh was asked for.
const refreshCursor = "automations/at"

func (r *refreshAutomations) once(ctx context.Context) error {
	last, err := r.Store.Cursor(ctx, r.Name, refreshCursor)
	if err != nil {
		return err
	}
	now := r.Now()
	if at, err := time.Parse(time.RFC3339, last); err == nil && now.Sub(at) < refreshEvery {
		return nil
	}
	if _, err := r.Store.Put(ctx, []store.Put{operations.PutRefresh(r.Name, now)}); err != nil {
		return err
	}
	return r.Store.SetCursor(ctx, r.Name, refreshCursor, now.UTC().Format(time.RFC3339))
}
