package dataversesim

import (
	"net/http"
	"strings"
)

// serve answers one operation.
func (s *Sim) serve(r *request) *response {
	resp, f := s.dispatch(r)
	if f != nil {
		f.code = s.assume.Load().code(f.code)
		resp = f.response()
		resp.rows = 1
		if r.prefs.notes.errors {
			resp.body = f.annotated()
		}
	}
	if resp.rows == 0 && resp.items == 0 && resp.contentType != "text/plain" {
		resp.rows = 1
	}
	if r.prefs.noted != "" && resp.status < 300 {
		resp.set("Preference-Applied", `odata.include-annotations="`+r.prefs.noted+`"`)
	}
	return resp
}

func (s *Sim) dispatch(r *request) (*response, *failure) {
	if r.path == "" {
		return s.serviceDocument(r)
	}
	if r.path == "$metadata" {
		return s.csdl(r)
	}
	if f := s.cacheReady(); f != nil {
		return nil, f
	}
	if f := s.mayBypass(r); f != nil {
		return nil, f
	}
	s.indexDue()
	if isDefinition(r.path) {
		return s.definitions(r)
	}
	a, ok := parseAddress(r.path)
	if !ok {
		return nil, badSyntax("Bad Request - Error in query syntax.")
	}
	if do := function(a.set); do != nil && (a.key == "" || strings.HasPrefix(a.set, "Retrieve")) {
		return do(s, r)
	}
	t := s.setOf(a.set)
	if t == nil {
		return nil, missingSegment(a.set)
	}
	if f := s.allowed(t, r.method, a); f != nil {
		return nil, f
	}
	if !a.hasKey {
		return s.serveSet(r, t, a)
	}
	if r.method == http.MethodPatch && a.rest == "" {
		return s.upsert(r, t, a.key)
	}
	id, f := s.locate(r, t, a.key)
	if f != nil {
		return nil, f
	}
	if a.rest != "" {
		return s.serveBelow(r, t, id, a.rest)
	}
	switch r.method {
	case http.MethodGet:
		return s.retrieve(r, t, id)
	case http.MethodDelete:
		return s.delete(r, t, id)
	}
	return nil, wrongMethod(r)
}

func (s *Sim) serveSet(r *request, t *table, a address) (*response, *failure) {
	switch {
	case a.rest == "$count" && r.method == http.MethodGet:
		return s.countOnly(r, t)
	case strings.HasPrefix(a.rest, functionPrefix):
		if m := collectionAction(a.rest[len(functionPrefix):]); m != nil {
			return s.serveBulk(r, t, m)
		}
		return nil, notSimulated(a.rest)
	case a.rest != "":
		return nil, missingSegment(a.rest)
	case r.method == http.MethodGet:
		return s.list(r, t)
	case r.method == http.MethodPost:
		return s.insert(r, t)
	}
	return nil, wrongMethod(r)
}

// serveBelow answers what hangs below one row: bound actions, single
// properties and references.
func (s *Sim) serveBelow(r *request, t *table, id guid, rest string) (*response, *failure) {
	name := strings.TrimPrefix(rest, functionPrefix)
	if do := boundAction(t, name); do != nil && r.method == http.MethodPost {
		return do(s, r, id)
	}
	if r.method == http.MethodGet {
		if way, tail, ok := s.navigate(r, t, rest); ok {
			return s.follow(r, t, id, way, tail)
		}
	}
	if of, key, tail, ok := memberAssociation(t, rest); ok && r.method != http.MethodGet {
		return s.associateMember(r, id, of, key, tail)
	}
	done := s.reading(r)
	rel, key, ok := relationOf(t, rest)
	done()
	if ok {
		return s.references(r, t, id, rel, key)
	}
	if strings.HasSuffix(rest, "/$ref") {
		return s.reference(r, t, id, strings.TrimSuffix(rest, "/$ref"))
	}
	if strings.HasPrefix(rest, functionPrefix) {
		return nil, notSimulated(rest)
	}
	return s.property(r, t, id, rest)
}

func wrongMethod(r *request) *failure {
	return fail(http.StatusMethodNotAllowed, "0x80060888", "The requested resource does not support http method '%s'.", r.method)
}

// functionPrefix stands in front of the names of bound functions and actions.
const functionPrefix = "Microsoft.Dynamics.CRM."

// function is an unbound function or action; nil when the name is none.
func function(name string) func(*Sim, *request) (*response, *failure) {
	switch name {
	case "$batch":
		return batch
	case "WhoAmI":
		return whoAmI
	case "RetrieveVersion":
		return retrieveVersion
	case "RetrieveTotalRecordCount":
		return totalRecords
	case "RetrieveSolutionImportResult":
		return importResult
	case "RetrieveCurrentOrganization":
		return currentOrganization
	case "AddListMembersList":
		return addMembers
	case "Merge":
		return merge
	}
	return definitionAction(name)
}

// boundAction is an action on one row of a table; nil when there is none.
func boundAction(t *table, name string) func(*Sim, *request, guid) (*response, *failure) {
	switch t.name + " " + name {
	case "role AddPrivilegesRole":
		return addPrivileges(false)
	case "role ReplacePrivilegesRole":
		return addPrivileges(true)
	case "role RemovePrivilegeRole":
		return removePrivilege
	case "lead QualifyLead":
		return qualifyLead
	case "list AddMemberList":
		return addMember
	case "list RemoveMemberList":
		return removeMember
	case "list CopyDynamicListToStatic":
		return copyDynamic
	}
	return nil
}

func (s *Sim) setOf(set string) *table {
	return s.setNamed(set)
}

// locate finds the row that an address means, which must be there when it is
// addressed by an alternate key.
func (s *Sim) locate(r *request, t *table, key string) (guid, *failure) {
	defer s.reading(r)()
	id, k, f := s.addressed(t, key)
	if f == nil && k != nil && id.isZero() {
		f = s.missingKeyed(t)
	}
	return id, f
}
