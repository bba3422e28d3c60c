package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Telling is what Dataverse must still hear about one row. There is at most one
// per row: a newer one takes the place of one that was not sent yet.
type Telling struct {
	Environment connector.Environment
	// Target is the path of the row below the Web API: "dh_spotlerjobs(6f0c…)".
	Target string
	// Create says that the row may be made; otherwise a row that is gone counts as told.
	Create bool
	Body   json.RawMessage // encrypted at rest
	// Version tells this telling from the one it replaced.
	Version int64
	Attempt int
}

func (s *Store) putTellings(ctx context.Context, tx *sql.Tx, tellings []Telling, now time.Time) error {
	for _, part := range chunks(lastPer(tellings, func(t Telling) string { return string(t.Environment) + "/" + t.Target }), 500) {
		rows := newGrid("ttibi", len(part))
		for _, t := range part {
			sealed, err := s.seal.Seal(ctx, t.Environment, "telling", t.Body)
			if err != nil {
				return err
			}
			rows.add(string(t.Environment), t.Target, bit(t.Create), sealed, ms(now))
		}
		if _, err := s.exec(ctx, tx, `INSERT INTO telling (environment, target, may_create, body, due_at) VALUES ?
			ON CONFLICT (environment, target) DO UPDATE SET body = excluded.body, may_create = CASE WHEN excluded.may_create > telling.may_create THEN excluded.may_create ELSE telling.may_create END,
				version = telling.version + 1, dead = 0, attempt = 0,
				due_at = CASE WHEN telling.due_at < excluded.due_at THEN telling.due_at ELSE excluded.due_at END`, rows); err != nil {
			return fmt.Errorf("tellings: %w", err)
		}
	}
	return nil
}

// PutTellings stores tellings that belong to no op's end, such as In Progress.
func (s *Store) PutTellings(ctx context.Context, tellings []Telling) error {
	for _, t := range tellings {
		if err := s.Prepare(ctx, t.Environment); err != nil {
			return err
		}
	}
	return s.transact(ctx, "tellings", func(tx *sql.Tx) error {
		now, err := s.dialect.Clock(ctx, tx)
		if err != nil {
			return err
		}
		return s.putTellings(ctx, tx, tellings, now)
	})
}

// DueTellings returns up to n tellings of env that are due, oldest first.
func (s *Store) DueTellings(ctx context.Context, env connector.Environment, now time.Time, n int) ([]Telling, error) {
	scan := func(r *sql.Rows) (t Telling, err error) {
		var create int64
		var sealed []byte
		if err = r.Scan(&t.Target, &create, &sealed, &t.Version, &t.Attempt); err != nil {
			return t, err
		}
		t.Environment, t.Create = env, create != 0
		t.Body, err = s.seal.Open(ctx, env, "telling", sealed)
		return t, err
	}
	out, err := collect(ctx, s.from(s.hot), scan, `SELECT target, may_create, body, version, attempt FROM telling WHERE environment = ? AND dead = 0 AND due_at <= ? ORDER BY due_at LIMIT ?`, string(env), ms(now), int64(n))
	if err != nil {
		return nil, fmt.Errorf("store: due tellings: %w", err)
	}
	return out, nil
}

// Heard is what became of telling a row.
type Heard struct {
	Target  string
	Version int64
	// Heard forgets the telling; else it is due again at RetryAt, or dead when
	// Dataverse will never take it.
	Heard   bool
	RetryAt time.Time
	Dead    bool
	Cause   string
}

// Told records what became of tellings. One that was replaced meanwhile stays.
func (s *Store) Told(ctx context.Context, env connector.Environment, heard []Heard) error {
	if len(heard) == 0 {
		return nil
	}
	return s.transact(ctx, "told", func(tx *sql.Tx) error {
		var gone words
		versions := newGrid("ti", len(heard))
		for _, h := range heard {
			if h.Heard {
				gone = append(gone, h.Target)
				versions.add(h.Target, h.Version)
				continue
			}
			if _, err := s.exec(ctx, tx, `UPDATE telling SET attempt = attempt + 1, due_at = ?, dead = ?, cause = ? WHERE environment = ? AND target = ? AND version = ?`,
				ms(h.RetryAt), bit(h.Dead), h.Cause, string(env), h.Target, h.Version); err != nil {
				return err
			}
		}
		if len(gone) == 0 {
			return nil
		}
		// The list of targets lets the key find the rows; the pairs alone would scan them all.
		_, err := s.exec(ctx, tx, `DELETE FROM telling WHERE environment = ? AND target IN ? AND (target, version) IN (VALUES ?)`, string(env), gone, versions)
		return err
	})
}
