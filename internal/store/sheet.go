package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Sheet is one version of an environment's mapping. It holds names of columns and
// fields, nothing of people.
type Sheet struct {
	Environment connector.Environment
	Version     string // mapping.VersionID: the same rows have the same one
	Text        string // YAML
	Source      string // "file", "default", or who brought it
	KeptAt      time.Time
	UsedAt      time.Time // when it was last put to use; zero is never
}

// SheetUse says which versions an environment works with.
type SheetUse struct {
	Version string `json:"version"` // "" before the first start
	// Canary is the version that a share of the records tries out, Share of them in
	// hundredths of a percent; "" is none.
	Canary string    `json:"canary,omitempty"`
	Share  int       `json:"share,omitempty"`
	Since  time.Time `json:"since"`
	// File is the version of the sheet that the settings name, as it was last read: a
	// file that changed since is a new version, one that did not is no news.
	File string `json:"file,omitempty"`
}

// useCursor is the position that holds the SheetUse.
const useCursor = "mapping"

const sheetColumns = `environment, version, text, source, kept_at, used_at`

func scanSheet(r *sql.Rows) (c Sheet, err error) {
	var kept, used int64
	err = r.Scan(&c.Environment, &c.Version, &c.Text, &c.Source, &kept, &used)
	c.KeptAt, c.UsedAt = fromMS(kept), fromMS(used)
	return c, err
}

// PutSheet keeps a version. One that is kept already stays as it is.
func (s *Store) PutSheet(ctx context.Context, c Sheet) error {
	return s.transact(ctx, "put sheet", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `INSERT INTO sheet (environment, version, text, source, kept_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (environment, version) DO NOTHING`, string(c.Environment), c.Version, c.Text, clip(c.Source, 200), ms(c.KeptAt))
		return err
	})
}

// Sheets returns every version of an environment, newest first.
func (s *Store) Sheets(ctx context.Context, env connector.Environment) ([]Sheet, error) {
	out, err := collect(ctx, s.from(s.read), scanSheet, `SELECT `+sheetColumns+` FROM sheet WHERE environment = ? ORDER BY kept_at DESC, version`, string(env))
	if err != nil {
		return nil, fmt.Errorf("store: sheets: %w", err)
	}
	return out, nil
}

// UsedSheet says which versions an environment works with; the zero value before its
// first start.
func (s *Store) UsedSheet(ctx context.Context, env connector.Environment) (u SheetUse, err error) {
	text, err := s.Cursor(ctx, env, useCursor)
	if err != nil || text == "" {
		return u, err
	}
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		return u, fmt.Errorf("store: the mapping in use: %w", err)
	}
	return u, nil
}

// UseSheet puts versions to use, which must be kept.
func (s *Store) UseSheet(ctx context.Context, env connector.Environment, u SheetUse) error {
	text, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if err := s.SetCursor(ctx, env, useCursor, string(text)); err != nil {
		return err
	}
	return s.transact(ctx, "use sheet", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `UPDATE sheet SET used_at = ? WHERE environment = ? AND version IN ?`, ms(u.Since), string(env), words{u.Version, u.Canary})
		return err
	})
}
