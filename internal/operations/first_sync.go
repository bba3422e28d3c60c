package operations

import (
	"context"
	"errors"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// notBegun is trouble that an operation met before it asked for its own effect:
// whatever the operation is, it may simply run again.
type notBegun struct{ error }

// Unwrap returns the trouble.
func (n notBegun) Unwrap() error { return n.error }

// beforeEffect marks err as trouble before the effect; nil stays nil.
func beforeEffect(err error) error {
	if err == nil {
		return nil
	}
	return notBegun{err}
}

// isNotBegun reports whether err arose before the effect of its operation.
func isNotBegun(err error) bool {
	var n notBegun
	return errors.As(err, &n)
}

// inSpotler is the person of a command that needs one in Spotler. Who is not there
// yet is synchronised first, in this same op, whose lane is the person's. When ready
// is false the op ends with p.result: the rules do not allow the person in Spotler,
// or there was trouble. When it is true, p.result already holds the link and what
// Dataverse must hear of the sync: the command adds its outcome or its error to it.
func (b *run) inSpotler(ctx context.Context, t store.Taken, job connector.Job) (p *person, ready bool) {
	p, err := b.subject(ctx, t, job)
	if err != nil {
		return &person{result: result{err: beforeEffect(err)}}, false
	}
	if p.link.InSpotler() {
		return p, true
	}
	return p, b.firstSync(ctx, p)
}

// firstSync synchronises the person of a command, and reports whether it is in
// Spotler now.
func (b *run) firstSync(ctx context.Context, p *person) bool {
	p.done, p.result = false, result{}
	b.syncPeople(ctx, []*person{p})
	switch {
	case p.result.err != nil:
		p.result.err = beforeEffect(p.result.err)
	case !p.result.again.IsZero(): // the fence holds it
	case p.link.InSpotler() && p.link.Status != connector.StatusOptOut:
		return true
	default:
		p.result.outcome.Why = "The rules keep this person out of Spotler, so nothing was done. " + p.result.outcome.Why
	}
	return false
}
