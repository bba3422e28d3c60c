package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Later is a request for a time to come. It holds no arguments and no job row: only
// what may be asked of any record at any time.
type Later struct {
	Put Put
	At  time.Time
}

// putLater notes requests for a later time; the same key keeps the time it has.
func (s *Store) putLater(ctx context.Context, tx *sql.Tx, all []Later) error {
	for _, part := range chunks(lastPer(all, func(l Later) string { return string(l.Put.Environment) + "/" + l.Put.Key }), 500) {
		rows := newGrid("ttitiit", len(part))
		for _, l := range part {
			if len(l.Put.Arguments) > 0 || l.Put.Job != "" {
				return errors.New("a request for later has arguments")
			}
			rows.add(string(l.Put.Environment), l.Put.Key, ms(l.At), string(l.Put.Lane), int64(l.Put.Operation), int64(l.Put.Class), l.Put.Source)
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO later (environment, key, due_at, lane, operation, class, source) VALUES ? ON CONFLICT (environment, key) DO NOTHING`, rows); err != nil {
			return fmt.Errorf("later: %w", err)
		}
	}
	return nil
}

func scanLater(r *sql.Rows) (p Put, err error) {
	return p, r.Scan(&p.Environment, &p.Key, &p.Lane, &p.Operation, &p.Class, &p.Source)
}

// PutDue puts up to n requests whose time has come into their lanes, and returns how
// many there were. It is called by the node that leads.
func (s *Store) PutDue(ctx context.Context, n int) (int, error) {
	var due []Put
	err := s.transact(ctx, "put due", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		if due, err = collect(ctx, s.from(tx), scanLater, `SELECT environment, key, lane, operation, class, source FROM later WHERE due_at <= ? ORDER BY due_at LIMIT ?`, ms(now), int64(n)); err != nil || len(due) == 0 {
			return err
		}
		for _, p := range due {
			if _, err := s.exec(ctx, tx, `DELETE FROM later WHERE environment = ? AND key = ?`, string(p.Environment), p.Key); err != nil {
				return err
			}
		}
		_, err = s.PutTx(ctx, tx, due)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.wakeAll(due)
	return len(due), nil
}
