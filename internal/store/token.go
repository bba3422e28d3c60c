package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Token is a bearer token of the HTTP API; the token itself is never stored.
type Token struct {
	ID          string
	Name        string
	Environment connector.Environment // empty: all environments
	Hash        string                // SHA-256 of the token, hex
	CreatedAt   time.Time
}

func scanToken(r *sql.Rows) (t Token, err error) {
	var created int64
	err = r.Scan(&t.ID, &t.Name, &t.Environment, &t.Hash, &created)
	t.CreatedAt = fromMS(created)
	return t, err
}

// Tokens lists the API tokens.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	out, err := collect(ctx, s.from(s.read), scanToken, `SELECT id, name, environment, hash, created_at FROM token ORDER BY created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("store: tokens: %w", err)
	}
	return out, nil
}

// AddToken stores a token.
func (s *Store) AddToken(ctx context.Context, t Token) error {
	return s.transact(ctx, "add token", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `INSERT INTO token (id, name, environment, hash, created_at) VALUES (?, ?, ?, ?, ?)`, t.ID, t.Name, string(t.Environment), t.Hash, ms(t.CreatedAt))
		return err
	})
}

// DropToken forgets a token and reports whether there was one.
func (s *Store) DropToken(ctx context.Context, id string) (bool, error) {
	var n int64
	err := s.transact(ctx, "drop token", func(tx *sql.Tx) (err error) {
		n, err = s.exec(ctx, tx, `DELETE FROM token WHERE id = ?`, id)
		return err
	})
	return n > 0, err
}
