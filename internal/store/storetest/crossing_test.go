package storetest_test

import (
	"testing"

	"github.com/spotler-connector/connector/internal/store/storetest"
)

func TestCallersCrossOnSQLite(t *testing.T) { storetest.Crossing(t, storetest.OpenSQLite) }

func TestCallersCrossOnPostgres(t *testing.T) { storetest.Crossing(t, storetest.OpenPostgres) }
