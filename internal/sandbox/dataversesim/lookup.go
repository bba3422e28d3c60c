package dataversesim

import (
	"slices"
	"strings"
)

// bound reads a member whose key has an @: a lookup to set, or an annotation,
// which is skipped (reference: dataverse-api 2.4).
func (tx *transaction) bound(t *table, m member, at int, links map[string]string) (a assignment, skip bool, f *failure) {
	if m.key[at:] != "@odata.bind" {
		if at > 0 && t.shape.byWire[m.key[:at]] == nil && !strings.HasPrefix(m.key[at:], "@OData.") && !strings.HasPrefix(m.key[at:], "@Microsoft.") && !strings.HasPrefix(m.key[at:], "@odata.") {
			return a, false, badPayload(t, "The annotation '%s' is not known.", m.key)
		}
		return a, true, nil
	}
	nav, ok := t.shape.navs[m.key[:at]]
	if !ok {
		return a, false, badPayload(t, "An undeclared property '%s' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.", m.key[:at])
	}
	if m.value == nil {
		return assignment{nav.col, nil}, nav.col.fixed, nil
	}
	text, ok := m.value.(string)
	if !ok {
		return a, false, badPayload(t, "The value of '%s' must be the address of a row.", m.key)
	}
	to, f := tx.sim.resolve(t, text, links)
	if f != nil {
		return a, false, f
	}
	if nav.target != "" && to.table.name != nav.target || !slices.Contains(nav.col.targets, to.table.name) {
		return a, false, badPayload(t, "A '%s' cannot be the value of '%s'.", to.table.name, nav.name)
	}
	return assignment{nav.col, to}, nav.col.fixed, nil
}

// resolve finds the row at an address: /accounts(id), accounts(id), an
// absolute URL, or $1 for a row made earlier in the same change set.
func (s *Sim) resolve(t *table, address string, links map[string]string) (ref, *failure) {
	if strings.HasPrefix(address, "$") {
		made, ok := links[address]
		if !ok {
			return ref{}, badSyntax("Content-ID Reference: '%s' does not exist in the batch context.", address)
		}
		address = made
	}
	if at := strings.Index(address, "/api/data/v9."); at >= 0 {
		_, rest, _ := strings.Cut(address[at+len("/api/data/v"):], "/")
		address = rest
	}
	set, key, ok := strings.Cut(strings.TrimPrefix(address, "/"), "(")
	target := s.sets[set]
	if !ok || target == nil {
		return ref{}, badPayload(t, "Resource not found for the segment '%s'.", set)
	}
	id, k, f := s.addressed(target, strings.TrimSuffix(key, ")"))
	switch {
	case f != nil:
		return ref{}, badPayload(t, "%s", f.message)
	case k != nil && id.isZero():
		return ref{}, s.missingKeyed(target)
	}
	if target.find(id) == nil {
		return ref{}, missingRow(target, id)
	}
	return ref{target, id}, nil
}

// nameOf is the display name of the row that r points at.
func (s *Sim) nameOf(r ref) string {
	to := r.table.find(r.id)
	c := r.table.shape.primaryColumn(r.table)
	if to == nil || c == nil {
		return ""
	}
	name, _ := to.get(c).(string)
	return name
}
