package operations

import (
	"context"
	"errors"
	"fmt"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// anonymizeContact is Anonymize Contact (480000008; manual: "Explicit
// Anonymization"). It is harmless to repeat: gone is gone.
type anonymizeContact struct{}

func (anonymizeContact) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	p, err := b.subject(ctx, t, job)
	if err != nil {
		return result{err: err}
	}
	if sharesOnly(p) {
		return notOwner("erased")
	}
	status, err := b.anonymize(ctx, t, p.record, p.externalID())
	if errors.Is(err, errHeld) {
		return b.held(t)
	}
	if err != nil {
		return result{err: err}
	}
	p.verdict.Reason, p.verdict.Rule = "a Spotler Job asked for it", "job"
	follow, err := b.erased(ctx, p, status)
	if err != nil {
		return result{err: err}
	}
	p.result.follow = follow
	p.result.outcome = connector.Done(fmt.Sprintf("The contact is anonymised; Spotler answered HTTP %d.", status)).Answered(status)
	return p.result
}
