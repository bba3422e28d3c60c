package operations

import (
	"context"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// notYet answers for operations that this version does not have: a clear end, not
// a job that waits for ever.
type notYet struct{}

func (notYet) run(_ context.Context, _ *run, _ store.Taken, job connector.Job) result {
	return result{outcome: connector.Refused(connector.CodeNotYet,
		fmt.Sprintf("%s is not supported by this version of the connector yet. Nothing was done; update the connector, then set the job back to Queued.", job.Operation))}
}
