package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Erasures is how many irreversible operations of an environment were counted since t.
func (s *Store) Erasures(ctx context.Context, env connector.Environment, since time.Time) (int, error) {
	n := 0
	err := s.read.QueryRowContext(ctx, s.sql(`SELECT COUNT(*) FROM erasure WHERE environment = ? AND at >= ?`), string(env), ms(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: erasures: %w", err)
	}
	return n, nil
}

// CountErasure records that an irreversible operation is about to run, before it
// does: a crash must not make the fence forget it. Who asks the fence counts first and
// reads Erasures afterwards: of several at one moment the last sees all the others, so
// that together they never pass the limit.
func (s *Store) CountErasure(ctx context.Context, env connector.Environment, record connector.Record, now time.Time) error {
	return s.transact(ctx, "count erasure", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `INSERT INTO erasure (environment, record, at) VALUES (?, ?, ?) ON CONFLICT (environment, record) DO UPDATE SET at = excluded.at`, string(env), record.String(), ms(now))
		return err
	})
}

// UncountErasure takes back what CountErasure recorded, for an operation that the
// fence did not let pass.
func (s *Store) UncountErasure(ctx context.Context, env connector.Environment, record connector.Record) error {
	return s.transact(ctx, "uncount erasure", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `DELETE FROM erasure WHERE environment = ? AND record = ?`, string(env), record.String())
		return err
	})
}
