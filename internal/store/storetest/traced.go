package storetest

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/postgres"
	"github.com/spotler-connector/connector/internal/store/sqlite"
)

// Traced is a store whose statements can be read, and its database.
type Traced struct {
	*store.Store
	*Tracer
	DB *sql.DB
}

// TracedSQLite opens an empty store in a temporary directory.
func TracedSQLite(t testing.TB) Traced {
	t.Helper()
	path := filepath.Join(t.TempDir(), "connector.db")
	db, err := sqlite.Open(context.Background(), path, Sealer(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	driver := db.DB().Driver()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	tracer := &Tracer{Connector: dataSource{"file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate", driver}}
	return traced(t, tracer, store.Dialect{Name: "sqlite", Clock: processClock})
}

// TracedPostgres opens an empty store on the server of this test process.
func TracedPostgres(t testing.TB) Traced {
	t.Helper()
	url := PostgresURL(t)
	s, err := postgres.Open(context.Background(), postgres.Options{URL: url}, Sealer())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	tracer := &Tracer{Connector: stdlib.GetConnector(*cfg)}
	return traced(t, tracer, store.Dialect{Name: "postgres", Numbered: true, SkipLocked: " FOR UPDATE SKIP LOCKED", ForUpdate: " FOR UPDATE", Clock: processClock})
}

func processClock(context.Context, store.RowQuerier) (time.Time, error) { return time.Now(), nil }

func traced(t testing.TB, tracer *Tracer, d store.Dialect) Traced {
	db := sql.OpenDB(tracer)
	db.SetMaxOpenConns(1)
	read := sql.OpenDB(tracer)
	s := store.New(db, read, d, Sealer())
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return Traced{s, tracer, db}
}
