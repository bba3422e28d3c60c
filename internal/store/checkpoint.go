package store

import (
	"context"
	"database/sql"
	"fmt"

	connector "github.com/spotler-connector/connector"
)

// Checkpoint keeps a note with a running op, in its own transaction: what must be
// known after a crash or a lost answer to tell whether something was done. The next
// Take gives it back. A newer note takes the place of an older one; an empty one
// forgets it, and so does the end of the op. It is encrypted at rest.
//
// held is false when the lane has passed to somebody else, or the op does not run:
// then nothing was kept, and nothing may be done.
func (s *Store) Checkpoint(ctx context.Context, env connector.Environment, of Leased, op int64, note []byte) (held bool, err error) {
	if err := s.Prepare(ctx, env); err != nil {
		return false, err
	}
	sealed, err := s.seal.Seal(ctx, env, "checkpoint", note)
	if err != nil {
		return false, err
	}
	err = s.transact(ctx, "checkpoint", func(tx *sql.Tx) error {
		held = false
		mine, err := s.held(ctx, tx, []Leased{of}, LaneRunning)
		if err != nil || len(mine) == 0 {
			return err
		}
		n, err := s.exec(ctx, tx, `UPDATE op SET checkpoint = ? WHERE id = ? AND state = 1 AND lane = ?`, sealed, op, string(of.Lane))
		if err != nil {
			return fmt.Errorf("keep: %w", err)
		}
		held = n == 1
		return nil
	})
	return held && err == nil, err
}
