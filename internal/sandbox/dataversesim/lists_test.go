package dataversesim

import (
	"net/url"
	"strings"
	"testing"
)

const news = "55555555-5555-4555-8555-555555555555"

func (o *org) members() []string {
	o.t.Helper()
	var out []string
	value := o.must(200, "GET", "listmembers?$select=_entityid_value,entitytype&$filter="+url.QueryEscape("_listid_value eq "+news), "").json(o.t)["value"].([]any)
	for _, v := range value {
		out = append(out, v.(map[string]any)["_entityid_value"].(string))
	}
	return out
}

func newList(t *testing.T, cfg Config) *org {
	o := newOrg(t, cfg)
	o.must(204, "PATCH", "lists("+news+")", `{"listname":"News","createdfromcode":2,"type":false}`)
	for _, id := range []string{ann, bob, other} {
		o.must(204, "PATCH", "contacts("+id+")", `{"lastname":"Bee"}`)
	}
	return o
}

func TestListMembers(t *testing.T) {
	o := newList(t, Config{Seed: 1})
	made := o.must(200, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.AddMemberList", `{"EntityId":"`+ann+`"}`).json(t)
	again := o.must(200, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.AddMemberList", `{"EntityId":"`+ann+`"}`).json(t)
	if made["Id"] == nil || made["Id"] != again["Id"] {
		t.Errorf("%v and %v", made, again)
	}
	o.must(204, "POST", "AddListMembersList", `{"List":{"@odata.type":"Microsoft.Dynamics.CRM.list","listid":"`+news+`"},"Members":[{`+ofContact+`,"contactid":"`+ann+`"},{`+ofContact+`,"contactid":"`+bob+`"}]}`)
	o.must(204, "POST", "lists("+news+")/listcontact_association/$ref", `{"@odata.id":"`+o.http.URL+`/api/data/v9.2/contacts(`+other+`)"}`)
	if got := strings.Join(o.members(), " "); got != ann+" "+bob+" "+other {
		t.Errorf("members %s", got)
	}
	list := o.must(200, "GET", "lists("+news+")", "").json(t)
	if list["membercount"] != 3.0 || list["donotsendonoptout"] != true || list["lockstatus"] != false {
		t.Errorf("%v", list)
	}
	value := o.must(200, "GET", "lists("+news+")/listcontact_association?$select=contactid,lastname&$filter=contactid%20ne%20"+bob, "").json(t)["value"].([]any)
	if len(value) != 2 {
		t.Errorf("%v", value)
	}
	o.must(204, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.RemoveMemberList", `{"ListMember":{"listmemberid":"`+ann+`"}}`)
	o.must(204, "DELETE", "lists("+news+")/listcontact_association("+bob+")/$ref", "")
	o.must(204, "DELETE", "lists("+news+")/listcontact_association/$ref?$id="+o.http.URL+"/api/data/v9.2/contacts("+other+")", "")
	if got := o.members(); len(got) != 0 {
		t.Errorf("members %v", got)
	}
}

func TestListRefusals(t *testing.T) {
	o := newList(t, Config{Seed: 1})
	o.must(204, "PATCH", "lists("+acme+")", `{"listname":"Dynamic","createdfromcode":2,"type":true,"query":"<fetch><entity name=\"contact\"/></fetch>"}`)
	add := "/Microsoft.Dynamics.CRM.AddMemberList"
	if r := o.must(400, "POST", "lists("+acme+")"+add, `{"EntityId":"`+ann+`"}`); r.code() != codeListDynamic {
		t.Error(r.body)
	}
	o.must(404, "POST", "lists("+news+")"+add, `{"EntityId":"`+acme+`"}`)
	o.must(404, "POST", "lists("+bob+")"+add, `{"EntityId":"`+ann+`"}`)
	o.must(400, "POST", "lists("+news+")"+add, `{}`)
	o.must(400, "POST", "AddListMembersList", `{"List":{"listid":"`+news+`"},"Members":[{"@odata.type":"Microsoft.Dynamics.CRM.lead","leadid":"`+ann+`"}]}`)
	o.must(404, "POST", "AddListMembersList", `{"List":{"listid":"`+news+`"},"Members":[{`+ofContact+`,"contactid":"`+ann+`"},{`+ofContact+`,"contactid":"`+acme+`"}]}`)
	if got := o.members(); len(got) != 0 {
		t.Errorf("a refused action left members: %v", got)
	}
	o.must(400, "PATCH", "lists("+news+")", `{"type":true}`)
	o.must(204, "PATCH", "lists("+news+")", `{"lockstatus":true}`)
	if r := o.must(400, "POST", "lists("+news+")"+add, `{"EntityId":"`+ann+`"}`); r.code() != codeListLocked {
		t.Error(r.body)
	}
}

// The registrable names are the short ones; the parameters are those of the SDK.
func TestListEvents(t *testing.T) {
	o, hook := newList(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	for _, message := range []string{"AddMember", "AddListMembers", "RemoveMember"} {
		o.register(hook.URL, message, "list", "")
	}
	o.must(200, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.AddMemberList", `{"EntityId":"`+ann+`"}`)
	o.must(204, "POST", "AddListMembersList", `{"List":{"listid":"`+news+`"},"Members":[{`+ofContact+`,"contactid":"`+bob+`"}]}`)
	o.must(204, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.RemoveMemberList", `{"ListMember":{"listmemberid":"`+ann+`"}}`)
	o.flush()
	calls := hook.take()
	if len(calls) != 3 {
		t.Fatalf("%d events", len(calls))
	}
	for i, want := range []string{
		`"InputParameters":[{"key":"ListId","value":"` + news + `"},{"key":"EntityId","value":"` + ann + `"}]`,
		`"InputParameters":[{"key":"ListId","value":"` + news + `"},{"key":"MemberIds","value":["` + bob + `"]}]`,
		`"InputParameters":[{"key":"ListId","value":"` + news + `"},{"key":"EntityId","value":"` + ann + `"}]`,
	} {
		if !strings.Contains(calls[i].body, want) || !strings.Contains(calls[i].body, `"PrimaryEntityName":"list"`) || !strings.Contains(calls[i].body, `"PrimaryEntityId":"`+news+`"`) {
			t.Errorf("%d: %s", i, calls[i].body)
		}
	}
}
