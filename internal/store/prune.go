package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Prune deletes up to n ended ops older than before, with their requests, when
// their tellings were heard; and lanes that have been idle since. It returns
// how many ops went. Call it again until it returns less than n.
func (s *Store) Prune(ctx context.Context, before time.Time, n int) (int, error) {
	gone := 0
	err := s.transact(ctx, "prune", func(tx *sql.Tx) error {
		ids, err := collect(ctx, s.from(tx), scanID, `SELECT id FROM op WHERE state >= 2 AND finished_at > 0 AND finished_at < ? AND NOT EXISTS
			(SELECT 1 FROM request JOIN telling ON telling.environment = request.environment AND telling.target = 'dh_spotlerjobs(' || request.job || ')' WHERE request.op = op.id AND request.job <> '')
			ORDER BY finished_at LIMIT ?`, ms(before), int64(n))
		if err != nil {
			return err
		}
		gone = len(ids)
		for _, part := range chunks(ids, 500) {
			for _, q := range []string{`DELETE FROM request WHERE op IN ?`, `DELETE FROM op WHERE id IN ?`} {
				if _, err := s.exec(ctx, tx, q, numbers(part)); err != nil {
					return err
				}
			}
		}
		if len(ids) == n {
			return nil // lanes go in the last call: looking for them reads them all
		}
		_, err = s.exec(ctx, tx, `DELETE FROM lane WHERE state = 0 AND ready_at < ? AND NOT EXISTS (SELECT 1 FROM op WHERE op.lane = lane.key AND op.state IN (0, 1))`, ms(before))
		return err
	})
	return gone, err
}

func scanID(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) }

// Backup writes a consistent copy of a SQLite database to path, which must not
// exist. It reads, so writers go on meanwhile.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if s.dialect.Name != "sqlite" {
		return fmt.Errorf("store: backup: use pg_dump for a PostgreSQL database")
	}
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Readers may not write, not even to another file.
	if _, err := conn.ExecContext(ctx, `PRAGMA query_only = 0`); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	_, err = conn.ExecContext(ctx, `VACUUM INTO ?`, path)
	if _, rerr := conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA query_only = 1`); err == nil {
		err = rerr
	}
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	return nil
}
