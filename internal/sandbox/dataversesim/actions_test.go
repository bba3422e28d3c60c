package dataversesim

import (
	"strings"
	"testing"
)

// What pointed at the row that goes points at the row that stays.
func TestMergeMovesChildren(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	const task, permission, lead, third = "b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002", "b0000000-0000-4000-8000-000000000003", "b0000000-0000-4000-8000-000000000004"
	for id, name := range map[string]string{ann: "Ann", bob: "Bob", third: "Cee"} {
		o.must(204, "PATCH", "contacts("+id+")", `{"lastname":"`+name+`"}`)
	}
	o.must(204, "PATCH", "accounts("+acme+")", `{"name":"Acme","primarycontactid@odata.bind":"/contacts(`+bob+`)"}`)
	o.must(204, "PATCH", "tasks("+task+")", `{"subject":"Call","regardingobjectid_contact_task@odata.bind":"/contacts(`+bob+`)"}`)
	o.must(204, "PATCH", "dh_spotlerpermissions("+permission+")", `{"dh_Customer_contact@odata.bind":"/contacts(`+bob+`)"}`)
	o.must(204, "PATCH", "leads("+lead+")", `{"subject":"S","lastname":"L","parentcontactid@odata.bind":"/contacts(`+bob+`)","customerid_account@odata.bind":"/accounts(`+acme+`)"}`)
	o.must(204, "PATCH", "contacts("+third+")", `{"parentcustomerid_contact@odata.bind":"/contacts(`+bob+`)"}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"parentcustomerid_contact@odata.bind":"/contacts(`+bob+`)"}`)
	before := o.must(200, "GET", "tasks("+task+")?$select=versionnumber", "").json(t)["versionnumber"].(float64)
	o.must(204, "POST", "Merge", `{"Target":{`+ofContact+`,"contactid":"`+ann+`"},"Subordinate":{`+ofContact+`,"contactid":"`+bob+`"},"PerformParentingChecks":false}`)
	for _, c := range []struct{ path, column, want string }{
		{"accounts(" + acme + ")", "_primarycontactid_value", ann}, {"tasks(" + task + ")", "_regardingobjectid_value", ann},
		{"activitypointers(" + task + ")", "_regardingobjectid_value", ann}, {"dh_spotlerpermissions(" + permission + ")", "_dh_customer_value", ann},
		{"leads(" + lead + ")", "_parentcontactid_value", ann}, {"leads(" + lead + ")", "_customerid_value", acme},
		{"contacts(" + third + ")", "_parentcustomerid_value", ann}, {"contacts(" + bob + ")", "_masterid_value", ann},
	} {
		if got := o.must(200, "GET", c.path, "").json(t)[c.column]; got != c.want {
			t.Errorf("%s: %s is %v, want %s", c.path, c.column, got, c.want)
		}
	}
	if got := o.must(200, "GET", "contacts("+ann+")", "").json(t)["_parentcustomerid_value"]; got != nil {
		t.Errorf("the winner is below %v", got)
	}
	after := o.must(200, "GET", "tasks("+task+")?$select=versionnumber", "").json(t)["versionnumber"].(float64)
	if after <= before {
		t.Errorf("the task has the version %v after %v", after, before)
	}
	if got := o.must(200, "GET", "RelationshipDefinitions/Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata?$select=SchemaName,CascadeConfiguration&$filter=SchemaName%20eq%20'contact_customer_contacts'", "").body; !strings.Contains(got, `"Merge":"Cascade"`) {
		t.Errorf("the relationship says %s", got)
	}
}

// A member counts as long as its row is there, whoever takes it away.
func TestMemberCount(t *testing.T) {
	o := newList(t, Config{Seed: 1})
	count := func(want float64) {
		t.Helper()
		if got := o.must(200, "GET", "lists("+news+")?$select=membercount", "").json(t)["membercount"]; got != want {
			t.Errorf("membercount %v, want %v", got, want)
		}
	}
	var line string
	for _, id := range []string{ann, bob, other} {
		line, _ = o.must(200, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.AddMemberList", `{"EntityId":"`+id+`"}`).json(t)["Id"].(string)
	}
	count(3)
	o.must(204, "DELETE", "contacts("+ann+")", "")
	count(2)
	o.must(204, "DELETE", "listmembers("+line+")", "")
	count(1)
	o.must(204, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.RemoveMemberList", `{"ListMember":{"listmemberid":"`+bob+`"}}`)
	count(0)
	o.must(200, "POST", "lists("+news+")/Microsoft.Dynamics.CRM.AddMemberList", `{"EntityId":"`+bob+`"}`)
	o.must(204, "DELETE", "lists("+news+")", "")
	o.must(204, "DELETE", "contacts("+bob+")", "")
}
