package operations

import (
	"github.com/spotler-connector/connector/internal/mapping"
)

// ask leaves a choice to a person.
func (b *run) ask(a *arrival, r mapping.Received, _ mapping.Field) {
	a.notes = append(a.notes, r.Column+" (both sides changed it; a person must choose)")
}
