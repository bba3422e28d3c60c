package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store/postgres"
	"github.com/spotler-connector/connector/internal/store/sqlite"
)

// storeCommand looks after the database of this machine; no connector may run on it.
type storeCommand struct {
	Move storeMoveCommand `cmd:"" help:"Copy the whole installation from SQLite into a new PostgreSQL database."`
}

type storeMoveCommand struct {
	To     string `arg:"" help:"The new database: postgres://user:password@host/name." placeholder:"URL"`
	Config string `short:"c" type:"path" help:"Settings file (YAML), as of serve."`
	JSON   bool   `help:"Print one JSON object."`
}

// movedStore is what store move prints as JSON.
type movedStore struct {
	Rows    map[string]int `json:"rows"`
	Seconds float64        `json:"seconds"`
}

// Run copies the installation. The SQLite file stays as it is.
func (c *storeMoveCommand) Run(ctx context.Context, s streams) error {
	set, err := settings.Read(c.Config, s.environ)
	if err != nil {
		return err
	}
	if set.Database.Kind != settings.SQLite {
		return plainly(fault.NotValid, "the settings name a PostgreSQL database already; store move copies from SQLite")
	}
	if _, err := os.Stat(set.Database.Path); err != nil {
		return plainly(fault.NotFound, "there is no SQLite database where the settings say; check data_dir and database")
	}
	began := time.Now()
	rows, err := moveStore(ctx, set, c.To)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(movedStore{rows, time.Since(began).Seconds()})
	}
	p := &printer{out: s.out}
	for _, table := range slices.Sorted(maps.Keys(rows)) {
		p.line("%-10s %d", table, rows[table])
	}
	p.line("Set database to the new URL, keep the key, and start the connector. The SQLite file keeps what it had.")
	return p.err
}

func moveStore(ctx context.Context, set settings.Settings, to string) (rows map[string]int, err error) {
	seal, err := sealer(set.Key)
	if err != nil {
		return nil, err
	}
	from, err := sqlite.Open(ctx, set.Database.Path, seal, time.Now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	target, err := sealer(set.Key) // a sealer keeps the keys of one store
	if err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: to}, target)
	if err != nil {
		return nil, fmt.Errorf("the new database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return from.Move(ctx, db)
}
