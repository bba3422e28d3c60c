package dataversesim

import (
	"strings"
	"testing"
)

// idOf is the id at the end of OData-EntityId.
func idOf(r reply) string {
	at := r.header.Get("OData-EntityId")
	return strings.TrimSuffix(at[strings.LastIndexByte(at, '(')+1:], ")")
}

func TestDeepCreate(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	id := idOf(o.must(204, "POST", "contacts", `{"lastname":"Bee","parentcustomerid_account":{"name":"Acme"}}`))
	got := o.must(200, "GET", "contacts("+id+")?$select=lastname&$expand=parentcustomerid_account($select=name)", "").json(t)
	if inner, _ := got["parentcustomerid_account"].(map[string]any); inner["name"] != "Acme" {
		t.Error(got)
	}
	email := idOf(o.must(204, "POST", "emails", `{"subject":"Newsletter","regardingobjectid_contact_email@odata.bind":"/contacts(`+id+`)",
		"email_activity_parties":[{"partyid_contact@odata.bind":"/contacts(`+id+`)","participationtypemask":2},{"addressused":"x@example.org","participationtypemask":2}]}`))
	parties := values(t, o.must(200, "GET", "activityparties?$select=participationtypemask&$filter=_activityid_value%20eq%20"+email, ""))
	if len(parties) != 2 || parties[0]["participationtypemask"] != 2.0 {
		t.Error(parties)
	}
	o.must(204, "PATCH", "emails("+email+")", `{"statecode":1,"statuscode":3}`)
	pointer := o.must(200, "GET", "activitypointers("+email+")?$select=subject,statecode,activitytypecode,_regardingobjectid_value", "").json(t)
	if pointer["subject"] != "Newsletter" || pointer["statecode"] != 1.0 || pointer["activitytypecode"] != "email" || pointer["_regardingobjectid_value"] != id {
		t.Error(pointer)
	}
	o.must(204, "DELETE", "emails("+email+")", "")
	o.must(404, "GET", "activitypointers("+email+")", "")
	if left := values(t, o.must(200, "GET", "activityparties", "")); len(left) != 0 {
		t.Error(left)
	}
}

// A deep create that fails leaves nothing behind.
func TestDeepCreateIsOneTransaction(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	r := o.call("POST", "emails", `{"subject":"x","email_activity_parties":[{"addressused":"x@example.org","participationtypemask":2},{"participationtypemask":99}]}`)
	if r.code() != "0x80044330" {
		t.Error(r.status, r.body)
	}
	for _, body := range []string{`{"subject":"x","email_activity_parties":{}}`, `{"subject":"x","email_activity_parties":[1]}`, `{"subject":"x","regardingobjectid_contact_email":"x"}`, `{"ownerid":{}}`} {
		if r := o.call("POST", "emails", body); r.code() != "0x80048d19" {
			t.Error(body, r.status, r.body)
		}
	}
	for _, set := range []string{"emails", "activityparties", "activitypointers"} {
		if rows := values(t, o.must(200, "GET", set, "")); len(rows) != 0 {
			t.Error(set, rows)
		}
	}
}

func TestManyToMany(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	users := values(t, o.must(200, "GET", "systemusers?$select=systemuserid", ""))
	user := users[0]["systemuserid"].(string)
	role := idOf(o.must(204, "POST", "roles", `{"name":"Spotler Service"}`))
	at := "systemusers(" + user + ")/systemuserroles_association"
	body := `{"@odata.id":"` + o.http.URL + "/api/data/v9.2/roles(" + role + `)"}`
	for range 2 { // who is paired stays so
		o.must(204, "POST", at+"/$ref", body)
	}
	pairs := values(t, o.must(200, "GET", "systemuserrolescollection?$filter=roleid%20eq%20"+role, ""))
	if len(pairs) != 1 || pairs[0]["roleid"] != role || pairs[0]["systemuserid"] != user {
		t.Error(pairs)
	}
	o.must(204, "DELETE", at+"("+role+")/$ref", "")
	o.must(204, "POST", at+"/$ref", body)
	o.must(204, "DELETE", at+"/$ref?$id="+o.http.URL+"/api/data/v9.2/roles("+role+")", "")
	if pairs := values(t, o.must(200, "GET", "systemuserrolescollection?$filter=roleid%20eq%20"+role, "")); len(pairs) != 0 {
		t.Error(pairs)
	}
	o.must(204, "POST", at+"/$ref", body)
	o.must(204, "DELETE", "roles("+role+")", "")
	if pairs := values(t, o.must(200, "GET", "systemuserrolescollection?$filter=roleid%20eq%20"+role, "")); len(pairs) != 0 {
		t.Error("a pair outlives its row:", pairs)
	}
	if r := o.call("POST", at+"/$ref", `{"@odata.id":"/contacts(`+ann+`)"}`); r.status != 404 {
		t.Error(r.status, r.body)
	}
	o.must(404, "POST", "systemusers("+user+")/nothing_association/$ref", body)
}
