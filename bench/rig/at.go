package rig

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/pgserver"
	"github.com/spotler-connector/connector/internal/store/postgres"
)

// At is a simulator that runs already, at its address.
func At(url string) *Remote { return newRemote(url, "") }

// PostgresStore opens a new, durable store on a server of its own; end stops both.
func PostgresStore(ctx context.Context) (s *store.Store, end func() error, err error) {
	server, err := pgserver.Start(true)
	if err != nil {
		return nil, nil, err
	}
	url, err := server.Database(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, server.Stop())
	}
	s, err = postgres.Open(ctx, postgres.Options{URL: url}, store.NewSealer(store.NewMasterKey(sha256.Sum256([]byte("bench")))))
	if err != nil {
		return nil, nil, errors.Join(err, server.Stop())
	}
	return s, func() error { return errors.Join(s.Close(), server.Stop()) }, nil
}
