package lanestest_test

import (
	"testing"

	"github.com/spotler-connector/connector/internal/lanes/lanestest"
)

func TestLocalOnSQLite(t *testing.T) { lanestest.Run(t, lanestest.SQLite) }

func TestRiverOnPostgres(t *testing.T) { lanestest.Run(t, lanestest.Postgres) }
