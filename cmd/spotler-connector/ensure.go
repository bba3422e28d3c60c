package main

import (
	"context"

	"github.com/spotler-connector/connector/internal/mapping"
)

// ensure makes our service endpoint and steps exist in Dataverse.
func (e *environment) ensure(_ context.Context, _ *mapping.Bound) error { return nil }
