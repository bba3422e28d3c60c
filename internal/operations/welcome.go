package operations

import (
	"context"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// welcome decides what becomes of somebody in Spotler who has no record yet.
func (b *run) welcome(ctx context.Context, t store.Taken, in Inbound) store.Settlement {
	return b.settled(ctx, t, connector.Job{}, result{quiet: true, outcome: connector.Skipped("New subscribers are not taken into Dynamics 365.")})
}
