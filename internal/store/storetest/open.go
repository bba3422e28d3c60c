package storetest

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/pgserver"
	"github.com/spotler-connector/connector/internal/store/postgres"
	"github.com/spotler-connector/connector/internal/store/sqlite"
)

// Clock is a clock that tests move by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock begins at a Wednesday in 2026.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)} }

// Now is the time on the clock.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// Opener opens an empty store on a clock.
type Opener func(t testing.TB, clock *Clock) *store.Store

// Openers opens a store on each database.
func Openers() map[string]Opener {
	return map[string]Opener{"sqlite": OpenSQLite, "postgres": OpenPostgres}
}

// Sealer is a sealer under a key that is known to all tests.
func Sealer() *store.Sealer {
	return store.NewSealer(store.NewMasterKey(sha256.Sum256([]byte("test"))))
}

// OpenSQLite opens an empty store in a temporary directory.
func OpenSQLite(t testing.TB, clock *Clock) *store.Store {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "connector.db"), Sealer(), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.Store
}

var server struct {
	once sync.Once
	s    *pgserver.Server
	err  error
}

// PostgresURL returns the URL of an empty database on the server of this test process.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server.once.Do(func() { server.s, server.err = pgserver.Start(false) })
	if server.err != nil {
		t.Fatal(server.err)
	}
	url, err := server.s.Database(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// OpenPostgres opens an empty store on the server of this test process.
func OpenPostgres(t testing.TB, clock *Clock) *store.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), postgres.Options{URL: PostgresURL(t), Clock: clock.Now}, Sealer())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Main runs the tests of a package and stops the server they started.
func Main(m interface{ Run() int }) {
	code := m.Run()
	if server.s != nil {
		if err := server.s.Stop(); err != nil && code == 0 {
			code = 1
		}
	}
	os.Exit(code)
}
