package dataversesim

import (
	"net/http"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// memberAssociation reads a path below a list that goes through one of its
// relations to members: listcontact_association, …(id)/$ref.
func memberAssociation(t *table, rest string) (of, key, tail string, ok bool) {
	if t.name != string(connector.MarketingList) {
		return "", "", "", false
	}
	a, ok := parseAddress(rest)
	if !ok {
		return "", "", "", false
	}
	of, ok = strings.CutPrefix(a.set, "list")
	of, isRelation := strings.CutSuffix(of, "_association")
	return of, a.key, a.rest, ok && isRelation && (of == "account" || of == "contact" || of == "lead")
}

// associateMember answers what can be done with a relation of a list: add a
// member by POST …/$ref, take one away by DELETE (reference: dataverse-api 2.3, 4.2).
func (s *Sim) associateMember(r *request, id guid, of, key, tail string) (*response, *failure) {
	lists := s.tables[string(connector.MarketingList)]
	if tail != "$ref" {
		return nil, missingSegment(tail)
	}
	if r.method != http.MethodPost && r.method != http.MethodDelete {
		return nil, wrongMethod(r)
	}
	address, f := r.referred(key)
	if f != nil {
		return nil, f
	}
	f = s.within(r, func(tx *transaction) *failure {
		list, f := tx.staticList(id)
		if f != nil {
			return f
		}
		if key != "" {
			address = "/" + s.tables[of].set + "(" + key + ")"
		}
		member, f := s.resolve(lists, address, r.links)
		if f != nil {
			return f
		}
		if member.table.name != of || s.membersOf(list) != member.table {
			return badArgument("A '%s' cannot be a member of this list.", member.table.name)
		}
		if r.method == http.MethodDelete {
			return tx.expel(list, member.id)
		}
		_, f = tx.enrol(list, member.id)
		return f
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}

// referred is the row that a request on …/$ref is about.
func (r *request) referred(key string) (string, *failure) {
	if r.method == http.MethodPost {
		body, err := parseObject(r.body)
		if err != nil || body.text("@odata.id") == "" {
			return "", badSyntax("The body must be an object with a member '@odata.id'.")
		}
		return body.text("@odata.id"), nil
	}
	if key != "" {
		return "", nil
	}
	q, f := r.query()
	if f == nil && q.Get("$id") == "" {
		f = badSyntax("The address must name the row to take away, in brackets or as $id.")
	}
	return q.Get("$id"), f
}
