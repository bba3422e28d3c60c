package operations

import (
	"context"
	"errors"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// deactivateContact is Deactivate Contact (480000005; manual: "Operations"). It
// cannot be undone in Spotler, so it passes the fence as well.
type deactivateContact struct{}

func (deactivateContact) run(ctx context.Context, b *run, t store.Taken, job connector.Job) result {
	p, err := b.subject(ctx, t, job)
	if err != nil {
		return result{err: err}
	}
	if sharesOnly(p) {
		return notOwner("deactivated")
	}
	if err := b.passFence(ctx, t, p.record); errors.Is(err, errHeld) {
		return b.held(t)
	} else if err != nil {
		return result{err: err}
	}
	status, err := b.env.Mail.Inactivate(ctx, p.externalID())
	if res, missing := asNotFound(err, "The contact is not in Spotler, so it could not be deactivated. Synchronise it first."); missing {
		return res
	}
	if err != nil {
		return result{err: err}
	}
	p.link.Status, p.link.Reason, p.link.Rule = connector.StatusPermanent, "A Spotler Job made the contact inactive; that cannot be undone.", "job"
	if p.linked {
		p.result.tellings = b.infoTellings(&p.link, false)
		p.result.links = []store.Link{p.link}
	}
	p.result.outcome = connector.Done("The contact is inactive in Spotler. It cannot be activated again.").Answered(status)
	return p.result
}
