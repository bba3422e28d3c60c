package dataversesim

import (
	"fmt"
	"net/http"
	"strings"
)

// The rights that a role can lose on a table.
const (
	rightRead   = "Read"
	rightCreate = "Create"
	rightWrite  = "Write"
	rightDelete = "Delete"
	// rightReadAll is reading the rows of the whole organisation, which change
	// tracking needs (reference: dataverse-api 2.6).
	rightReadAll = "ReadOrganization"
)

// rightFor is the right that a method needs. A PATCH that makes a row needs
// Create as well, which is asked for when it does.
func rightFor(method string) string {
	switch method {
	case http.MethodGet:
		return rightRead
	case http.MethodPost:
		return rightCreate
	case http.MethodDelete:
		return rightDelete
	}
	return rightWrite
}

// permitted refuses what the role of the application user does not allow
// (reference: dataverse-api 2.9, 0x80040220).
func (s *Sim) permitted(t *table, method string) *failure {
	return s.may(t, rightFor(method))
}

// may refuses one right that no role of the application user gives, or that the
// control API took away.
func (s *Sim) may(t *table, right string) *failure {
	s.denied.RLock()
	denied := s.denied.set[t.name+" "+right]
	s.denied.RUnlock()
	granted := s.granted.Load()
	switch {
	case right == rightReadAll && (denied || !t.pairs && !granted.allows("prvRead"+t.name, depths["Global"])):
		// the code is *assumed*: depth denied
		return fail(http.StatusForbidden, "0x80042f09", "Principal user (Id=%s, type=8) does not have organization-level prvRead%s privilege for entity '%s'.", s.user.id, t.name, t.name)
	case denied, right != rightReadAll && !t.pairs && !granted.allows("prv"+right+t.name, depths["Basic"]):
		return s.lacks(t, right)
	}
	return nil
}

// allowed refuses what the role does not allow at an address: an action asks
// for rights of its own.
func (s *Sim) allowed(t *table, method string, a address) *failure {
	action, ok := strings.CutPrefix(a.rest, functionPrefix)
	if !ok || method != http.MethodPost {
		return s.permitted(t, method)
	}
	rights := []string{rightWrite}
	if m := collectionAction(action); m != nil && !a.hasKey {
		rights = m.rights
	}
	for _, right := range rights {
		if f := s.may(t, right); f != nil {
			return f
		}
	}
	return nil
}

// bypassPrivilege is what a request needs that keeps custom logic from running
// (reference: dataverse-api 2.2).
const (
	bypassPrivilege       = "prvBypassCustomBusinessLogic"
	bypassPluginPrivilege = "prvBypassCustomPlugins" // for the older header, which stops synchronous logic only
)

// mayBypass refuses the headers of bypassing to a user without the privilege.
func (s *Sim) mayBypass(r *request) *failure {
	if r.header.Get("Mscrm.bypassbusinesslogicexecution") != "" || r.header.Get(skipStepsHeader) != "" {
		return s.holds(bypassPrivilege)
	}
	if strings.EqualFold(r.header.Get("Mscrm.bypasscustompluginexecution"), "true") {
		return s.holds(bypassPluginPrivilege)
	}
	return nil
}

// holds refuses a privilege of its own that the role does not give.
func (s *Sim) holds(privilege string) *failure {
	s.denied.RLock()
	defer s.denied.RUnlock()
	if !s.denied.set[privilege] && s.granted.Load().allows(privilege, depths["Basic"]) {
		return nil
	}
	return fail(http.StatusForbidden, "0x80040220", "Principal user (Id=%s, type=8) is missing %s privilege.", s.user.id, privilege)
}

// customizePrivilege is what a change of a definition needs.
const customizePrivilege = "prvCreateEntity"

// customizer refuses a change of the metadata to a user who may not customize.
func (s *Sim) customizer() *failure { return s.holds(customizePrivilege) }

// setPrivilege gives or takes a right; one that belongs to no table has no table.
func (s *Sim) setPrivilege(table, right string, allowed bool) error {
	if table == "" && (right == bypassPrivilege || right == bypassPluginPrivilege || right == customizePrivilege) {
		s.denied.Lock()
		defer s.denied.Unlock()
		if s.denied.set[right] = !allowed; allowed {
			delete(s.denied.set, right)
		}
		return nil
	}
	if s.tableNamed(table) == nil {
		return fmt.Errorf("there is no table %q", table)
	}
	switch right {
	case rightRead, rightCreate, rightWrite, rightDelete, rightReadAll:
	default:
		return fmt.Errorf("right %q: choose %s", right, strings.Join([]string{rightRead, rightCreate, rightWrite, rightDelete, rightReadAll}, ", "))
	}
	s.denied.Lock()
	defer s.denied.Unlock()
	if allowed {
		delete(s.denied.set, table+" "+right)
	} else {
		s.denied.set[table+" "+right] = true
	}
	return nil
}
