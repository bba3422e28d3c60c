package operations

import (
	"context"

	connector "github.com/spotler-connector/connector"

	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// ask leaves a choice to a person: until it is answered, or both sides agree again,
// the field is taken to neither side.
func (b *run) ask(p *person, s sided) {
	p.mark(askedEntry+s.Name, &decide.Sides{CRM: "asked"})
	p.result.reviews = append(p.result.reviews, b.reviewOf(p, s, store.ReviewConflict,
		"Both sides changed the field: choose the value that is right, or make both the same."))
}

func (b *run) reviewOf(p *person, s sided, kind store.ReviewKind, reason string) store.Review {
	return store.Review{Environment: b.env.Name, Subject: p.record.String(), Field: s.Name, Kind: kind, Reason: reason,
		Sides: store.ReviewSides{CRM: s.held.Canonical, Spotler: s.Wire}}
}

// answered closes the question about a field.
func (b *run) answered(p *person, field, choice string) {
	p.mark(askedEntry+field, nil)
	p.result.answered = append(p.result.answered, store.Review{Environment: b.env.Name, Subject: p.record.String(), Field: field, Choice: choice})
}

// agreedByItself is the choice of a question that nobody had to answer.
const agreedByItself = "agreed"

// turn counts that a field goes the way of to, and reports whether it may. One that
// goes to and fro is frozen, and reported with both writers.
func (b *run) turn(ctx context.Context, p *person, s sided, to decide.Outcome) bool {
	if to == decide.ToSpotler && s.turns.Last == "" {
		return true // it never came from Spotler
	}
	next := s.turns.Take(to, b.now, b.env.Turns)
	sides := next.Sides()
	p.mark(turnsEntry+s.Name, &sides)
	if !next.Frozen {
		return true
	}
	review := b.reviewOf(p, s, store.ReviewFrozen, "The field goes to and fro between two writers, so it is taken to neither side any more: stop one of them, and choose the value that is right.")
	review.Sides.CRMBy, review.Sides.SpotlerBy = b.writer(ctx, p), "a form, an import, an automation or a user of Spotler; its API does not tell which"
	p.result.reviews = append(p.result.reviews, review)
	return false
}

// writer names who changed the row of a person last; empty when that cannot be read.
func (b *run) writer(ctx context.Context, p *person) string {
	const column = "modifiedby"
	t := b.env.Tables[p.record.Table]
	if _, known := t.Column(column); !known {
		t.Columns = append(t.Columns[:len(t.Columns):len(t.Columns)], schema.Column{Name: column, Schema: "ModifiedBy", Kind: schema.Lookup, Targets: []connector.Table{"systemuser"}})
	}
	row, err := b.env.CRM.Get(ctx, t, p.record.ID, column)
	if err != nil {
		b.Log.WarnContext(ctx, "it could not be read who changed a row last", "environment", b.env.Name, "err", err)
		return ""
	}
	if name := row.Formatted(column); name != "" {
		return name
	}
	to, _ := row.Lookup(column)
	return to.String()
}
