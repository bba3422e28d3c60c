package dataversesim

import (
	"strings"
	"testing"
)

// What the application user may do follows from its roles (reference:
// dataverse-api 2.9, 0x80040220 and 0x80042f09; 6.1, role).
func TestPrivilegesByRole(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	user := o.must(200, "GET", "WhoAmI", "").json(t)["UserId"].(string)
	privilege := func(name string) string {
		found := values(t, o.must(200, "GET", "privileges?$select=name&$filter=name%20eq%20'"+name+"'", ""))
		if len(found) != 1 {
			t.Fatal(name, found)
		}
		return found[0]["privilegeid"].(string)
	}
	read, create, write, remove := privilege("prvReadContact"), privilege("prvCreateContact"), privilege("prvWriteContact"), privilege("prvDeleteContact")
	roles, pairs, users := privilege("prvWriteRole"), privilege("prvWriteSystemUser"), privilege("prvReadRole")
	deleteUser := privilege("prvDeleteSystemUser")
	o.must(204, "PATCH", "roles("+acme+")", `{"name":"Spotler Service"}`)
	grant := func(action, depth string, ids ...string) reply {
		var list []string
		for _, id := range ids {
			list = append(list, `{"@odata.type":"Microsoft.Dynamics.CRM.RolePrivilege","Depth":"`+depth+`","PrivilegeId":"`+id+`"}`)
		}
		return o.call("POST", "roles("+acme+")/Microsoft.Dynamics.CRM."+action, `{"Privileges":[`+strings.Join(list, ",")+`]}`)
	}
	if r := grant("AddPrivilegesRole", "Global", create, write, roles, pairs, users, deleteUser); r.status != 204 {
		t.Fatal(r.status, r.body)
	}
	if r := grant("AddPrivilegesRole", "Basic", read); r.status != 204 {
		t.Fatal(r.status, r.body)
	}
	if r := grant("AddPrivilegesRole", "Everywhere", read); r.status != 400 {
		t.Error(r.status, r.body)
	}
	if r := grant("AddPrivilegesRole", "Global", ann); r.status != 404 {
		t.Error(r.status, r.body)
	}
	o.must(204, "POST", "systemusers("+user+")/systemuserroles_association/$ref", `{"@odata.id":"`+o.http.URL+`/api/data/v9.2/roles(`+acme+`)"}`)
	admin := values(t, o.must(200, "GET", "roles?$select=name&$filter=name%20eq%20'System%20Administrator'", ""))[0]["roleid"].(string)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "DELETE", "systemusers("+user+")/systemuserroles_association("+admin+")/$ref", "")

	o.must(200, "GET", "contacts("+ann+")", "")
	o.must(204, "PATCH", "contacts("+bob+")", `{"lastname":"Cee"}`)
	refused := func(method, path, body, code, says string, headers ...string) {
		t.Helper()
		if r := o.call(method, path, body, headers...); r.status != 403 || r.code() != code || !strings.Contains(r.body, says) {
			t.Errorf("%s %s: %d %s", method, path, r.status, r.body)
		}
	}
	refused("DELETE", "contacts("+ann+")", "", "0x80040220", "is missing prvDeletecontact privilege")
	refused("GET", "accounts", "", "0x80040220", "is missing prvReadaccount privilege")
	refused("GET", "contacts?$select=lastname", "", "0x80042f09", "organization-level", "Prefer", "odata.track-changes")
	refused("POST", "EntityDefinitions", visitTable(""), "0x80040220", "prvCreateEntity")
	refused("PATCH", "contacts("+bob+")", `{"lastname":"Dee"}`, "0x80040220", "prvBypassCustomBusinessLogic", "MSCRM.BypassBusinessLogicExecution", "CustomAsync")
	// More, and less.
	if r := grant("AddPrivilegesRole", "Global", read, remove); r.status != 204 {
		t.Fatal(r.status, r.body)
	}
	o.must(200, "GET", "contacts?$select=lastname", "", "Prefer", "odata.track-changes")
	o.must(204, "DELETE", "contacts("+ann+")", "")
	o.must(204, "POST", "roles("+acme+")/Microsoft.Dynamics.CRM.RemovePrivilegeRole", `{"PrivilegeId":"`+remove+`"}`)
	refused("DELETE", "contacts("+bob+")", "", "0x80040220", "prvDeletecontact")
	if r := grant("ReplacePrivilegesRole", "Global", read, roles); r.status != 204 {
		t.Fatal(r.status, r.body)
	}
	refused("PATCH", "contacts("+bob+")", `{"lastname":"Dee"}`, "0x80040220", "prvWritecontact")
	o.must(200, "GET", "contacts("+bob+")", "")
}
