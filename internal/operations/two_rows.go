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
		count[permissionKey(permission.Name)]++
	}
	var names []string
	for _, permission := range p.permissions {
		if key := permissionKey(permission.Name); count[key] > 1 {
			count[key] = 0
			names = append(names, strings.TrimSpace(permission.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "There is more than one permission row for " + join(names) + ": a No wins; delete all but one."
}

// permissionKey is a name of a permission as names are compared.
func permissionKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
