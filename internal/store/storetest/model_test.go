package storetest_test

import (
	"testing"

	"github.com/spotler-connector/connector/internal/store/storetest"
)

func TestSQLiteIsTheModel(t *testing.T) { storetest.Model(t, storetest.OpenSQLite, 80) }

func TestPostgresIsTheModel(t *testing.T) { storetest.Model(t, storetest.OpenPostgres, 25) }
