package operations

import (
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/store"
)

// ask leaves a choice to a person: until both sides agree again, neither value is
// taken to the other side by what comes from Spotler.
func (b *run) ask(a *arrival, r mapping.Received, held mapping.Field) {
	a.notes = append(a.notes, r.Column+" (both sides changed it; a person must choose)")
	a.result.reviews = append(a.result.reviews, store.Review{Environment: b.env.Name, Subject: a.record.String(), Field: r.Name, Kind: store.ReviewConflict,
		Reason: "Both sides changed the field; change it on one side to what is right on both.",
		Sides:  store.ReviewSides{CRM: held.Canonical, Spotler: r.Wire}})
}
