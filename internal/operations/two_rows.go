package operations

import (
	"slices"
	"strings"
)

// twoRows tells which permissions have more than one row, so that somebody deletes one:
// of two, No wins (design: "Two rows for one permission"). "" when none has.
func (p *person) twoRows() string {
	count := map[string]int{}
	for _, permission := range p.permissions {
		count[strings.ToLower(strings.TrimSpace(permission.Name))]++
	}
	var names []string
	for _, permission := range p.permissions {
		name := strings.TrimSpace(permission.Name)
		if key := strings.ToLower(name); count[key] > 1 {
			count[key] = 0
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "There is more than one permission row for " + join(names) + ": a No wins; delete all but one."
}
