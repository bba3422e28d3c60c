package dataversesim

import (
	"net/http"
	"slices"
)

// What happens to the rows that point at a row when it is deleted (reference:
// dataverse-api 5.4, 6.1: CascadeConfiguration).
const (
	cascadeDelete   = "Cascade"
	cascadeRestrict = "Restrict"
)

// codeAssociated is the code of a row that cannot be deleted because others
// point at it; the reference knows the status and the name (2.2), the number is *assumed*.
const codeAssociated = "0x80040227"

// mayRemove refuses the deletion of a row at which others point that restrict it.
func (tx *transaction) mayRemove(t *table, r *row) *failure {
	for _, other := range tx.sim.ordered {
		for _, c := range other.shape.indexed {
			if !slices.Contains(c.targets, t.name) {
				continue
			}
			how := t.onDelete[c]
			if how != cascadeRestrict && how != cascadeDelete {
				continue
			}
			for _, id := range other.indexes[c.name].of(nil, r.id) {
				if how == cascadeRestrict {
					return fail(http.StatusMethodNotAllowed, codeAssociated, "The object cannot be deleted because it is associated with another object: '%s' of %s restricts it.", c.name, other.name)
				}
				if found := other.find(id); found != nil && id != r.id {
					if f := tx.mayRemove(other, found); f != nil {
						return f
					}
				}
			}
		}
	}
	return nil
}

// goesAlong tells whether the rows of a table go with the row that their column points at.
func (t *table) goesAlong(other *table, c *column) bool {
	// A pair or a part is nothing by itself.
	return other.meta.Intersect || other.name == memberTable || c.name == "activityid" || t.onDelete[c] == cascadeDelete
}
