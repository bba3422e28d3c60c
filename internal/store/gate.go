package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
)

// The gates of an environment: one per remote API, and one for what cannot be undone.
const (
	GateDataverse    = "dataverse"
	GateSpotler      = "spotler"
	GateIrreversible = "irreversible"
	// GatePoll holds no work back: it only tells that the reading of Spotler's changes
	// stands still until a person acts.
	GatePoll = "poll"
)

// Forever is a pause that only a person lifts.
var Forever = time.UnixMilli(253370764800000).UTC() // the year 9999

// Gate holds work back for one API of one environment, on every node.
type Gate struct {
	Environment connector.Environment
	API         string
	PausedUntil time.Time
	Reason      string
	// Alert says that a person must act; a pause without one ends by itself.
	Alert     bool
	UpdatedAt time.Time
}

// Closed reports whether the gate holds work back at now.
func (g Gate) Closed(now time.Time) bool { return now.Before(g.PausedUntil) }

func scanGate(r *sql.Rows) (g Gate, err error) {
	var until, alert, updated int64
	err = r.Scan(&g.Environment, &g.API, &until, &g.Reason, &alert, &updated)
	g.PausedUntil, g.Alert, g.UpdatedAt = fromMS(until), alert != 0, fromMS(updated)
	return g, err
}

// Pause closes a gate until the given time; an earlier end never shortens a pause.
func (s *Store) Pause(ctx context.Context, g Gate) error {
	return s.transact(ctx, "pause", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, tx, `INSERT INTO gate (environment, api, paused_until, reason, alert, updated_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (environment, api) DO UPDATE SET reason = excluded.reason, alert = excluded.alert, updated_at = excluded.updated_at, paused_until = excluded.paused_until
			WHERE excluded.paused_until > gate.paused_until`, string(g.Environment), g.API, ms(g.PausedUntil), clip(g.Reason, 1000), bit(g.Alert), ms(now))
		return err
	})
}

// CauseHeld is the cause of an op that waits for a person to open a gate.
const CauseHeld = "held"

// Resume opens a gate and clears its alert. Ops that were held by it run at once.
func (s *Store) Resume(ctx context.Context, env connector.Environment, api string) error {
	err := s.transact(ctx, "resume", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := s.exec(ctx, tx, `UPDATE gate SET paused_until = 0, alert = 0, reason = '', updated_at = ? WHERE environment = ? AND api = ?`, ms(now), string(env), api); err != nil || api != GateIrreversible {
			return err
		}
		_, err = s.exec(ctx, tx, `UPDATE lane SET ready_at = ? WHERE state = 1 AND environment = ? AND ready_at > ? AND EXISTS
			(SELECT 1 FROM op WHERE op.lane = lane.key AND op.state = 0 AND op.cause = ?)`, ms(now), string(env), ms(now), CauseHeld)
		return err
	})
	s.Wake(string(env))
	return err
}

// Gates returns every gate that was ever closed.
func (s *Store) Gates(ctx context.Context) ([]Gate, error) {
	out, err := collect(ctx, s.from(s.hot), scanGate, `SELECT environment, api, paused_until, reason, alert, updated_at FROM gate ORDER BY environment, api`)
	if err != nil {
		return nil, fmt.Errorf("store: gates: %w", err)
	}
	return out, nil
}

// Cursor returns a stored position; empty when there is none.
func (s *Store) Cursor(ctx context.Context, env connector.Environment, name string) (string, error) {
	var v string
	err := s.read.QueryRowContext(ctx, s.sql(`SELECT value FROM position WHERE environment = ? AND name = ?`), string(env), name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("store: cursor: %w", err)
	}
	return v, nil
}

// SetCursor stores a position. It is set only when everything before it is stored.
func (s *Store) SetCursor(ctx context.Context, env connector.Environment, name, value string) error {
	return s.transact(ctx, "set cursor", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `INSERT INTO position (environment, name, value, updated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (environment, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`, string(env), name, value, ms(time.Now()))
		return err
	})
}
