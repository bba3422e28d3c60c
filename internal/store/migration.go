package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Migrations reads the migrations of a folder, in order. Each is run as one text in its
// transaction: both drivers take several statements at once, and goose's own splitting
// of SQL costs ten times what running it does.
func Migrations(folder fs.FS) ([]*goose.Migration, error) {
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return nil, err
	}
	out := make([]*goose.Migration, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the migration %s has no number", name)
		}
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		up, found := strings.CutPrefix(string(text), "-- +goose Up\n")
		if !found {
			return nil, fmt.Errorf("the migration %s does not begin with its way up", name)
		}
		up, _, _ = strings.Cut(up, "-- +goose Down\n")
		out[i] = goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, up)
			return err
		}}, nil)
	}
	return out, nil
}
