package dataversesim

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// addMember answers POST lists(id)/Microsoft.Dynamics.CRM.AddMemberList
// (reference: dataverse-api 4.2).
func addMember(s *Sim, r *request, id guid) (*response, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	member, ok := parseGUID(body.text("EntityId"))
	if !ok {
		return nil, badArgument("The parameter EntityId is missing or is not a GUID.")
	}
	var made *row
	f := s.within(r, func(tx *transaction) *failure {
		list, f := tx.staticList(id)
		if f != nil {
			return f
		}
		if made, f = tx.enrol(list, member); f != nil {
			return f
		}
		line := made.id
		tx.announceList("AddMember", list, parameters{
			inputs:  func(b []byte) []byte { return appendGUID(append(appendGUID(b, "ListId", id), ','), "EntityId", member) },
			outputs: func(b []byte) []byte { return appendGUID(b, "Id", line) },
		})
		return nil
	})
	if f != nil {
		return nil, f
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Microsoft.Dynamics.CRM.AddMemberListResponse")
	return &response{status: http.StatusOK, body: append(made.id.append(append(b, `,"Id":"`...)), `"}`...), contentType: jsonMinimal}, nil
}

// addMembers answers POST AddListMembersList: all of them or none.
func addMembers(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodPost {
		return nil, wrongMethod(r)
	}
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	v, _ := body.get("List")
	target, _ := v.(object)
	id, ok := parseGUID(target.text("listid"))
	if !ok {
		return nil, badArgument("The parameter List is missing or has no listid.")
	}
	lists := s.tables[string(connector.MarketingList)]
	if f := s.may(lists, rightWrite); f != nil {
		return nil, f
	}
	var members []guid
	f := s.within(r, func(tx *transaction) *failure {
		list, f := tx.staticList(id)
		if f != nil {
			return f
		}
		if members, f = s.membersAsked(body, list); f != nil {
			return f
		}
		for _, member := range members {
			if _, f := tx.enrol(list, member); f != nil {
				return f
			}
		}
		tx.announceList("AddListMembers", list, parameters{inputs: func(b []byte) []byte {
			return appendMembers(append(appendGUID(b, "ListId", id), ','), members)
		}, outputs: nothing})
		return nil
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent, rows: len(members)}, nil
}

func nothing(b []byte) []byte { return b }

func (s *Sim) membersAsked(body object, list *row) ([]guid, *failure) {
	v, _ := body.get("Members")
	given, ok := v.([]any)
	if !ok {
		return nil, badArgument("The parameter Members is missing.")
	}
	of := s.membersOf(list)
	var out []guid
	for i, v := range given {
		member, _ := v.(object)
		kind := member.text("@odata.type")
		if name := kind[strings.LastIndexByte(kind, '.')+1:]; name != of.name {
			return nil, badArgument("Members[%d] is a '%s'; this list holds rows of '%s'.", i, name, of.name)
		}
		id, ok := parseGUID(member.text(of.key))
		if !ok {
			return nil, badArgument("Members[%d] has no %s.", i, of.key)
		}
		out = append(out, id)
	}
	return out, nil
}

func appendMembers(b []byte, members []guid) []byte {
	b = append(b, `{"key":"MemberIds","value":[`...)
	for i, id := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(id.append(append(b, '"')), '"')
	}
	return append(b, "]}"...)
}

// removeMember answers POST lists(id)/Microsoft.Dynamics.CRM.RemoveMemberList. The
// listmemberid of ListMember is that of the member or of the listmember: both are in use.
func removeMember(s *Sim, r *request, id guid) (*response, *failure) {
	body, err := parseObject(r.body)
	if err != nil {
		return nil, badSyntax("%s", err)
	}
	v, _ := body.get("ListMember")
	target, _ := v.(object)
	member, ok := parseGUID(target.text("listmemberid"))
	if !ok {
		return nil, badArgument("The parameter ListMember is missing or has no listmemberid.")
	}
	f := s.within(r, func(tx *transaction) *failure {
		list, f := tx.staticList(id)
		if f != nil {
			return f
		}
		t := s.tables[memberTable]
		if line := t.find(member); line != nil {
			if to, ok := t.val(line, "entityid").(ref); ok {
				member = to.id
			}
		}
		if f := tx.expel(list, member); f != nil {
			return f
		}
		tx.announceList("RemoveMember", list, parameters{
			inputs:  func(b []byte) []byte { return appendGUID(append(appendGUID(b, "ListId", id), ','), "EntityId", member) },
			outputs: nothing,
		})
		return nil
	})
	if f != nil {
		return nil, f
	}
	return &response{status: noContent}, nil
}

// copyDynamic answers POST lists(id)/Microsoft.Dynamics.CRM.CopyDynamicListToStatic:
// a new static list with those whom the query finds now.
func copyDynamic(s *Sim, r *request, id guid) (*response, *failure) {
	if r.tx != nil {
		return nil, notSimulated("CopyDynamicListToStatic in a change set")
	}
	lists := s.tables[string(connector.MarketingList)]
	s.mu.RLock()
	list := lists.find(id)
	s.mu.RUnlock()
	if list == nil {
		return nil, missingRow(lists, id)
	}
	if lists.val(list, "type") != true {
		return nil, fail(http.StatusBadRequest, codeListDynamic, "The list is not a dynamic list.")
	}
	query, _ := lists.val(list, "query").(string)
	members, f := s.fetchAll(r, s.membersOf(list), query)
	if f != nil {
		return nil, f
	}
	var made *row
	f = s.within(r, func(tx *transaction) *failure {
		var f *failure
		made, f = tx.insert(lists.name, map[string]any{"listname": s.nameOf(ref{lists, id}), "type": false, "createdfromcode": lists.val(list, "createdfromcode")})
		for i := 0; f == nil && i < len(members); i++ {
			_, f = tx.enrol(made, members[i])
		}
		return f
	})
	if f != nil {
		return nil, f
	}
	b := appendString([]byte(`{"@odata.context":`), r.base+"$metadata#Microsoft.Dynamics.CRM.CopyDynamicListToStaticResponse")
	return &response{status: http.StatusOK, body: append(made.id.append(append(b, `,"StaticListId":"`...)), `"}`...), contentType: jsonMinimal, rows: len(members)}, nil
}

var fetchElement = regexp.MustCompile(`<fetch\b`)

// fetchAll asks the Web API itself what a stored query finds, page by page.
func (s *Sim) fetchAll(r *request, t *table, query string) ([]guid, *failure) {
	var out []guid
	for page := 1; ; page++ {
		text := query
		if page > 1 {
			text = fetchElement.ReplaceAllString(query, `<fetch page="`+strconv.Itoa(page)+`"`)
		}
		ask := &request{method: http.MethodGet, path: t.set, raw: "fetchXml=" + url.QueryEscape(text), header: http.Header{}, base: r.base, batched: true}
		ask.prefs = parsePreferences(http.Header{"Prefer": {`odata.include-annotations="*"`}})
		resp, f := s.dispatch(ask)
		if f != nil {
			return nil, f
		}
		body, err := parseObject(resp.body)
		if err != nil {
			return nil, badSyntax("%s", err)
		}
		v, _ := body.get("value")
		rows, _ := v.([]any)
		for _, v := range rows {
			found, _ := v.(object)
			if id, ok := parseGUID(found.text(t.key)); ok {
				out = append(out, id)
			}
		}
		if more, _ := body.get("@Microsoft.Dynamics.CRM.morerecords"); more != true || len(rows) == 0 {
			return out, nil
		}
	}
}
