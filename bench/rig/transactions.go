package rig

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// Transactions is how many transactions the connector's database has committed, or
// -1 where the database does not tell.
func (s *Site) Transactions(ctx context.Context) (n int64, err error) {
	url := s.Plan.vars["SPOTLER_CONNECTOR_DATABASE"]
	if !strings.HasPrefix(url, "postgres") {
		return -1, nil
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`).Scan(&n)
	return n, err
}

// Database is the connector's database, as the setting has it.
func (p *Plan) Database() string { return p.vars["SPOTLER_CONNECTOR_DATABASE"] }
