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

// associateMember answers what can be done with a relation of a list: read its
// members, add one by POST …/$ref, take one away by DELETE (reference: dataverse-api 2.3, 4.2).
func (s *Sim) associateMember(r *request, id guid, of, key, tail string) (*response, *failure) {
	lists := s.tables[string(connector.MarketingList)]
	switch {
	case tail == "" && key == "" && r.method == http.MethodGet:
		return s.listMembers(r, id, s.tables[of])
	case tail != "$ref":
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
			tx.expel(list, member.id)
			return nil
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

// listMembers answers GET lists(id)/listcontact_association with the query
// options of a set.
func (s *Sim) listMembers(r *request, id guid, of *table) (*response, *failure) {
	if f := s.permitted(of, r.method); f != nil {
		return nil, f
	}
	q, f := r.query()
	if f != nil {
		return nil, f
	}
	if f := refuseOptions(q, "$select", "$filter", "$orderby", "$top", "$skiptoken"); f != nil {
		return nil, f
	}
	defer s.reading(r)()
	lists := s.tables[string(connector.MarketingList)]
	if lists.find(id) == nil {
		return nil, missingRow(lists, id)
	}
	l, f := s.listing(r, of, q)
	if f != nil {
		return nil, f
	}
	match := l.filter.match
	l.filter.match = func(row *row) bool { return s.membership(id, row.id) != nil && match(row) }
	rows, more, f := s.collect(of, l)
	if f != nil {
		return nil, f
	}
	body := append(s.openList(r, of, l.view, ""), `"value":[`...)
	body = append(s.appendRows(body, rows, l.view), ']')
	if more {
		body = appendString(append(body, `,"@odata.nextLink":`...), r.nextLink(q, cursorAt(rows[len(rows)-1], l)))
	}
	return &response{status: http.StatusOK, body: append(body, '}'), contentType: jsonMinimal, rows: len(rows)}, nil
}
