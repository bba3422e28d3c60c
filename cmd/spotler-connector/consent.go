package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schedule"
)

// populate says how permission rows are made for people who have none: by the two
// environment variables of the organisation.
func (e *environment) populate(ctx context.Context) (*operations.Populate, error) {
	since, err := e.since(ctx)
	if err != nil {
		return nil, err
	}
	read := func(ctx context.Context) (decide.Variables, bool, error) { return schedule.ReadVariables(ctx, e.crm) }
	return &operations.Populate{Read: read, Since: since}, nil
}

// since is when the environment was started for the first time: rows of Dynamics 365
// that are older were there before the connector.
func (e *environment) since(ctx context.Context) (time.Time, error) {
	const name = "first start"
	kept, err := e.house.store.Cursor(ctx, e.settings.Name, name)
	if err != nil {
		return time.Time{}, err
	}
	if kept == "" {
		now := e.house.now().UTC().Truncate(time.Second) // Dataverse tells whole seconds
		return now, e.house.store.SetCursor(ctx, e.settings.Name, name, now.Format(time.RFC3339))
	}
	since, err := time.Parse(time.RFC3339, kept)
	if err != nil {
		return time.Time{}, fmt.Errorf("the time of the first start of environment %s: %w", e.settings.Name, err)
	}
	return since, nil
}

// permissionNames reads the permissions that Spotler has now, of every list that the
// mapping knows.
func (e *environment) permissionNames(bound *mapping.Bound) func(ctx context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		properties, err := e.mail.Properties(ctx)
		if err != nil {
			return nil, err
		}
		mapped := map[string]bool{}
		for _, t := range e.synced() {
			for _, k := range bound.KnownBits(t) {
				mapped[k.Property] = true
			}
		}
		var out []string
		for _, p := range properties {
			if !mapped[p.Name] {
				continue
			}
			for _, entry := range p.Entries {
				out = append(out, entry.Description)
			}
		}
		return out, nil
	}
}
