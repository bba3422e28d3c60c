package lanestest_test

import (
	"testing"

	"github.com/spotler-connector/connector/internal/lanes/lanestest"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestLocalOnSQLite(t *testing.T) { lanestest.Run(t, lanestest.SQLite) }

func TestRiverOnPostgres(t *testing.T) { lanestest.Run(t, lanestest.Postgres) }
