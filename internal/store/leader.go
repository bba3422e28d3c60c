package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Lead asks for the leadership called name, or prolongs it: a row with a term and
// an expiry, which works behind a connection pooler, unlike a session lock. It
// reports whether node leads for the given time from now.
func (s *Store) Lead(ctx context.Context, name, node string, lease time.Duration) (bool, error) {
	leads := false
	err := s.transact(ctx, "lead", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		n, err := s.exec(ctx, tx, `INSERT INTO leader (name, node, term, expires_at) VALUES (?, ?, 1, ?)
			ON CONFLICT (name) DO UPDATE SET node = excluded.node, expires_at = excluded.expires_at, term = leader.term + CASE WHEN leader.node = excluded.node THEN 0 ELSE 1 END
			WHERE leader.node = excluded.node OR leader.expires_at < ?`, name, node, ms(now.Add(lease)), ms(now))
		leads = n == 1
		return err
	})
	return leads, err
}

// Abdicate gives the leadership up at once, so that another node need not wait.
func (s *Store) Abdicate(ctx context.Context, name, node string) error {
	return s.transact(ctx, "abdicate", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `UPDATE leader SET expires_at = 0 WHERE name = ? AND node = ?`, name, node)
		return err
	})
}

// Leader returns who leads and the term; empty when nobody does.
func (s *Store) Leader(ctx context.Context, name string) (node string, term int64, err error) {
	err = s.read.QueryRowContext(ctx, s.sql(`SELECT node, term FROM leader WHERE name = ?`), name).Scan(&node, &term)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("store: leader: %w", err)
	}
	return node, term, nil
}
