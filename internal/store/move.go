package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/spotler-connector/connector/internal/fault"
)

// moved lists the tables that an installation consists of. Leaders, and what is left of
// budgets, belong to processes and begin anew.
var moved = []string{"data_key", "secret", "token", "position", "schedule", "gate", "erasure", "link", "address", "lane", "op", "request", "telling", "later", "ledger", "ledger_head", "ledger_person", "review", "receipt", "sheet"}

// moveAtOnce is how many rows travel in one statement.
const moveAtOnce = 500

// Move copies the whole of an installation into to, which must be new, in one
// transaction there, and returns how many rows each table got. Nobody else may use
// either of the two meanwhile. Both must have the same master key.
func (s *Store) Move(ctx context.Context, to *Store) (map[string]int, error) {
	if _, err := s.ReclaimAll(ctx); err != nil {
		return nil, err
	}
	got := map[string]int{}
	err := to.transact(ctx, "move", func(tx *sql.Tx) error {
		clear(got)
		for _, table := range moved {
			n, err := s.moveTable(ctx, to, tx, table)
			if err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
			got[table] = n
		}
		if to.dialect.Numbered { // ids that are given out from now on come after those that came along
			_, err := tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence('op', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM op), false)`)
			return err
		}
		return nil
	})
	return got, err
}

// moveTable copies one table; a row in it already refuses the move.
func (s *Store) moveTable(ctx context.Context, to *Store, tx *sql.Tx, table string) (n int, err error) {
	there := 0
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM `+table+` LIMIT 1) AS any_row`).Scan(&there); err != nil {
		return 0, err
	}
	if there > 0 {
		return 0, &fault.Error{Op: "store.Move", On: table, Kind: fault.NotValid, Says: "the database to move to is in use: name a new, empty one"}
	}
	rows, err := s.read.QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return 0, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	w := &moving{to: to, tx: tx, table: table, columns: columns}
	for rows.Next() {
		if err := w.row(ctx, rows); err != nil {
			return w.n, err
		}
	}
	if err := rows.Err(); err != nil {
		return w.n, err
	}
	return w.n, w.flush(ctx)
}

// moving writes rows of one table, many at a time.
type moving struct {
	to      *Store
	tx      *sql.Tx
	table   string
	columns []string
	values  []any
	waiting int
	n       int
}

func (w *moving) row(ctx context.Context, rows *sql.Rows) error {
	into, at := make([]any, len(w.columns)), make([]any, len(w.columns))
	for i := range into {
		at[i] = &into[i]
	}
	if err := rows.Scan(at...); err != nil {
		return err
	}
	w.values = append(w.values, into...)
	w.waiting++
	if w.waiting < moveAtOnce {
		return nil
	}
	return w.flush(ctx)
}

func (w *moving) flush(ctx context.Context) error {
	if w.waiting == 0 {
		return nil
	}
	given := ""
	if w.table == "op" && w.to.dialect.Numbered {
		given = " OVERRIDING SYSTEM VALUE"
	}
	_, err := w.to.exec(ctx, w.tx, `INSERT INTO `+w.table+` (`+strings.Join(w.columns, ", ")+`)`+given+` VALUES `+tuples(w.waiting, len(w.columns)), w.values...)
	w.n, w.waiting, w.values = w.n+w.waiting, 0, w.values[:0]
	return err
}
