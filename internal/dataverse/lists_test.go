package dataverse

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// seen is one request as the organisation got it.
type seen struct {
	method, path, body string
	query              map[string][]string
}

// record serves the answers in order and keeps the requests; the last answer repeats.
func record(t *testing.T, answers ...string) (*Client, *[]seen) {
	t.Helper()
	var got []seen
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, seen{r.Method, strings.TrimPrefix(r.URL.Path, "/api/data/v9.2/"), strings.TrimSpace(string(body)), r.URL.Query()})
		text := answers[min(len(got), len(answers))-1]
		if text == "" {
			w.WriteHeader(204)
			return
		}
		answer(w, 200, text)
	})
	return c, &got
}

// same compares JSON texts by value.
func same(t *testing.T, got, want string) {
	t.Helper()
	var a, b any
	if json.Unmarshal([]byte(got), &a) != nil || json.Unmarshal([]byte(want), &b) != nil {
		t.Fatalf("not JSON: %s", got)
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("got  %s\nwant %s", x, y)
	}
}

func TestListActions(t *testing.T) {
	ctx, member := context.Background(), connector.Record{Table: "contact", ID: idB}
	list := "lists(" + string(idA) + ")"
	c, got := record(t, "")
	if err := c.AddMember(ctx, idA, idB); err != nil {
		t.Fatal(err)
	}
	if err := c.AddMembers(ctx, idA, "contact", []connector.RecordID{idB}); err != nil {
		t.Fatal(err)
	}
	if err := c.RemoveMember(ctx, idA, member); err != nil {
		t.Fatal(err)
	}
	if err := c.LinkCampaignList(ctx, idB, idA); err != nil {
		t.Fatal(err)
	}
	s := *got
	if s[0].path != list+"/Microsoft.Dynamics.CRM.AddMemberList" || s[1].path != "AddListMembersList" ||
		s[2].method != "DELETE" || s[2].path != list+"/listcontact_association("+string(idB)+")/$ref" || s[3].path != "campaigns("+string(idB)+")/campaignlist_association/$ref" {
		t.Errorf("%+v", s)
	}
	same(t, s[0].body, `{"EntityId":"`+string(idB)+`"}`)
	same(t, s[1].body, `{"List":{"@odata.type":"Microsoft.Dynamics.CRM.list","listid":"`+string(idA)+`"},"Members":[{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"`+string(idB)+`"}]}`)
	if !strings.Contains(s[3].body, `/api/data/v9.2/lists(`+string(idA)+`)"`) || !strings.HasPrefix(s[3].body, `{"@odata.id":"http://`) {
		t.Error(s[3].body)
	}
	if err := c.AddMembers(ctx, idA, "contact", nil); err != nil || len(*got) != 4 {
		t.Error("nothing to add is a request", err)
	}
	for _, err := range []error{c.AddMember(ctx, "", idB), c.AddMember(ctx, idA, "x"), c.AddMembers(ctx, idA, "task", []connector.RecordID{idB}),
		c.AddMembers(ctx, idA, "lead", []connector.RecordID{"x"}), c.RemoveMember(ctx, idA, connector.Record{Table: "task", ID: idB}), c.RemoveMember(ctx, idA, connector.Record{Table: "lead"})} {
		wantKind(t, err, fault.NotValid)
	}
	c.assumed.text[AssumedRemoveMember] = "action"
	if err := c.RemoveMember(ctx, idA, member); err != nil || (*got)[4].path != list+"/Microsoft.Dynamics.CRM.RemoveMemberList" {
		t.Error(err)
	}
	same(t, (*got)[4].body, `{"ListMember":{"listmemberid":"`+string(idB)+`"}}`)

	c, _ = record(t, `{"StaticListId":"`+string(idB)+`"}`, `{}`)
	if id, err := c.CopyToStatic(ctx, idA); id != idB || err != nil {
		t.Error(id, err)
	}
	_, err := c.CopyToStatic(ctx, idA)
	wantKind(t, err, fault.Garbled)
}

func TestReadList(t *testing.T) {
	row := func(more string) string { return `{"listid":"` + string(idA) + `","listname":"x",` + more + `}` }
	c, _ := record(t, row(`"type":true,"createdfromcode":4,"query":"<fetch/>","statecode":0,"donotsendonoptout":false,"lockstatus":true`),
		row(`"type":false,"createdfromcode":2,"statecode":1,"membercount":7`),
		row(`"type":true,"createdfromcode":2,"statecode":0,"query":null`), row(`"type":false,"createdfromcode":3,"statecode":0`), row(`"createdfromcode":2,"statecode":0`))
	ctx := context.Background()
	l, err := c.ReadList(ctx, idA)
	if err != nil || !l.Dynamic || l.Members != "lead" || l.Query != "<fetch/>" || !l.Active || l.SkipOptedOut || !l.SkipInactive || !l.Locked {
		t.Errorf("%+v %v", l, err)
	}
	l, err = c.ReadList(ctx, idA)
	if err != nil || l.Dynamic || l.Members != "contact" || l.Active || !l.SkipOptedOut || l.Count != 7 {
		t.Errorf("%+v %v", l, err)
	}
	for range 3 {
		_, err = c.ReadList(ctx, idA)
		wantKind(t, err, fault.Garbled)
	}
}

func TestListMembers(t *testing.T) {
	ctx := context.Background()
	c, got := record(t, `{"value":[{"contactid":"`+string(idB)+`","emailaddress1":"a@example.nl"}]}`)
	for name, x := range map[string]struct {
		list MarketingList
		want []string
	}{
		"static": {MarketingList{ID: idA, Members: "contact", SkipOptedOut: true, SkipInactive: true},
			[]string{`<link-entity name="listmember" from="entityid" to="contactid" intersect="true">`, `attribute="listid" operator="eq" value="` + string(idA), `attribute="donotbulkemail" operator="ne" value="1"`, `attribute="statecode" operator="eq" value="0"`}},
		"dynamic": {MarketingList{ID: idA, Members: "contact", Dynamic: true, Query: `<fetch distinct="true"><entity name="contact"><attribute name="fullname"/><filter><condition attribute="lastname" operator="eq" value="x"/></filter></entity></fetch>`},
			[]string{`distinct="true"`, `<attribute name="emailaddress1">`, `attribute="lastname" operator="eq" value="x"`}},
	} {
		n := 0
		for row, err := range c.ListMembers(ctx, x.list, "emailaddress1") {
			if err != nil || row.ID != idB || row.String("emailaddress1") == "" {
				t.Error(name, err)
			}
			n++
		}
		text := (*got)[len(*got)-1].query["fetchXml"][0]
		for _, w := range x.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %s\nlacks %s", name, text, w)
			}
		}
		if n != 1 || strings.Contains(text, "fullname") {
			t.Error(name, n, text)
		}
	}
	for _, bad := range []MarketingList{{}, {ID: idA}, {ID: idA, Members: "contact", Dynamic: true, Query: "x"}, {ID: idA, Members: "lead", Dynamic: true, Query: `<fetch><entity name="contact"/></fetch>`}} {
		for _, err := range c.ListMembers(ctx, bad) {
			wantKind(t, err, fault.NotValid)
		}
	}
}

func TestActivities(t *testing.T) {
	ctx := context.Background()
	c, got := record(t, "")
	a := Activity{ID: idA, Regarding: connector.Record{Table: "campaign", ID: idB}, Fields: Fields{"subject": "Newsletter"}, Close: &ActivityState{1, 3},
		Parties: []Party{{Who: connector.Record{Table: "contact", ID: idB}, Address: "x@example.nl", Role: PartyTo}, {Address: "y@example.nl", Role: PartyCC}}}
	if err := c.CreateActivity(ctx, Email, a); err != nil {
		t.Fatal(err)
	}
	s := *got
	if len(s) != 2 || s[0].path != "emails" || s[1].method != "PATCH" || s[1].path != "emails("+string(idA)+")" {
		t.Fatalf("%+v", s)
	}
	same(t, s[0].body, `{"activityid":"`+string(idA)+`","subject":"Newsletter","regardingobjectid_campaign_email@odata.bind":"/campaigns(`+string(idB)+`)","email_activity_parties":[
		{"partyid_contact@odata.bind":"/contacts(`+string(idB)+`)","participationtypemask":2,"addressused":"x@example.nl"},{"participationtypemask":3,"addressused":"y@example.nl"}]}`)
	same(t, s[1].body, `{"statecode":1,"statuscode":3}`)
	for _, bad := range []Activity{{}, {ID: idA, Regarding: connector.Record{Table: "unknown", ID: idB}}, {ID: idA, Parties: []Party{{Role: PartyTo}}}, {ID: idA, Parties: []Party{{Who: connector.Record{Table: "contact", ID: "x"}}}}} {
		wantKind(t, c.CreateActivity(ctx, Task, bad), fault.NotValid)
	}
	if err := c.CreatePost(ctx, connector.Record{Table: "lead", ID: idB}, idA, "Tag added"); err != nil {
		t.Error(err)
	}
	if err := c.CreateNote(ctx, connector.Record{Table: "account", ID: idB}, idA, "s", "t"); err != nil {
		t.Error(err)
	}
	s = *got
	same(t, s[2].body, `{"postid":"`+string(idA)+`","text":"Tag added","source":1,"type":7,"regardingobjectid_lead@odata.bind":"/leads(`+string(idB)+`)"}`)
	same(t, s[3].body, `{"annotationid":"`+string(idA)+`","subject":"s","notetext":"t","objectid_account@odata.bind":"/accounts(`+string(idB)+`)"}`)
	wantKind(t, c.CreatePost(ctx, connector.Record{Table: "lead", ID: idB}, idA, strings.Repeat("é", 2001)), fault.NotValid)

	c, got = record(t, `{"value":[{"postid":"`+string(idA)+`","text":"x","createdon":"2026-01-02T03:04:05Z","source":2}]}`)
	posts, err := c.Posts(ctx, idB, 5)
	if err != nil || len(posts) != 1 || posts[0].Source != 2 || posts[0].Created.Year() != 2026 || (*got)[0].query["$filter"][0] != "_regardingobjectid_value eq "+string(idB) {
		t.Error(posts, err)
	}
	c, _ = record(t, `{"campaignid":"`+string(idA)+`","name":"n","codename":"CMP-1","statecode":0,"statuscode":2}`)
	if k, err := c.ReadCampaign(ctx, idA); err != nil || k.Code != "CMP-1" || k.Status != 2 {
		t.Error(k, err)
	}
}

// An activity that was made by an attempt before is closed, not refused.
func TestActivityThatExistsIsClosed(t *testing.T) {
	closed := false
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			answer(w, 412, `{"error":{"code":"0x80040237","message":"duplicate"}}`)
			return
		}
		closed = true
		w.WriteHeader(204)
	})
	if err := c.CreateActivity(context.Background(), Task, Activity{ID: idA, Close: &ActivityState{1, 5}}); err != nil || !closed {
		t.Error(err, closed)
	}
}

func TestQualifyAndMerge(t *testing.T) {
	ctx := context.Background()
	c, got := record(t, `{"value":[{"@odata.type":"#Microsoft.Dynamics.CRM.contact","contactid":"`+string(idB)+`"}]}`, "", `{"value":[{"x":1}]}`)
	made, err := c.QualifyLead(ctx, idA, false, true, false)
	if err != nil || len(made) != 1 || made[0] != (connector.Record{Table: "contact", ID: idB}) {
		t.Error(made, err)
	}
	same(t, (*got)[0].body, `{"CreateAccount":false,"CreateContact":true,"CreateOpportunity":false,"Status":3}`)
	if err := c.Merge(ctx, table(t, "contact"), idA, idB, Fields{"jobtitle": "x"}); err != nil || (*got)[1].path != "Merge" {
		t.Error(err)
	}
	same(t, (*got)[1].body, `{"Target":{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"`+string(idA)+`"},"Subordinate":{"@odata.type":"Microsoft.Dynamics.CRM.contact","contactid":"`+string(idB)+`"},
		"UpdateContent":{"@odata.type":"Microsoft.Dynamics.CRM.contact","jobtitle":"x"},"PerformParentingChecks":false}`)
	wantKind(t, c.Merge(ctx, table(t, "contact"), idA, idA, nil), fault.NotValid)
	_, err = c.QualifyLead(ctx, idA, true, true, true)
	wantKind(t, err, fault.Garbled)
}

func TestVariables(t *testing.T) {
	ctx := context.Background()
	def := func(kind string) string {
		return `{"value":[{"environmentvariabledefinitionid":"` + string(idA) + `","schemaname":"dh_x","defaultvalue":"d","type":` + kind + `}]}`
	}
	set := `{"value":[{"environmentvariablevalueid":"` + string(idB) + `","value":"v"}]}`
	none := `{"value":[]}`
	c, got := record(t, def("100000000"), none, "")
	if err := c.WriteVariable(ctx, nil, "dh_x", "new", idB); err != nil {
		t.Fatal(err)
	}
	same(t, (*got)[2].body, `{"environmentvariablevalueid":"`+string(idB)+`","value":"new","environmentvariabledefinitionid@odata.bind":"/environmentvariabledefinitions(`+string(idA)+`)"}`)
	c, _ = record(t, def("100000000"), none)
	v, found, err := c.ReadVariable(ctx, "dh_x")
	if err != nil || !found || v.Value != "d" || !v.Default || v.Type != VariableString {
		t.Errorf("%+v %v", v, err)
	}
	c, got = record(t, def("100000000"), set, "")
	if err := c.WriteVariable(ctx, nil, "dh_x", "new", ""); err != nil || (*got)[2].method != "PATCH" || (*got)[2].path != "environmentvariablevalues("+string(idB)+")" {
		t.Error(err)
	}
	c, _ = record(t, def("100000000"), set)
	if v, _, err := c.ReadVariable(ctx, "dh_x"); v.Value != "v" || v.Default || err != nil {
		t.Errorf("%+v %v", v, err)
	}
	c, _ = record(t, def("100000005"), none)
	wantKind(t, c.WriteVariable(ctx, nil, "dh_x", "new", idB), fault.NotValid)
	c, _ = record(t, none)
	wantKind(t, c.WriteVariable(ctx, nil, "dh_x", "new", idB), fault.NotFound)
	c, got = record(t, "")
	if err := c.DefineVariable(ctx, Variable{ID: idA, Name: "dh_x", Value: "d", Type: VariableBoolean}, "X"); err != nil {
		t.Error(err)
	}
	wantKind(t, c.DefineVariable(ctx, Variable{ID: idA, Name: "dh_x"}, "X"), fault.NotValid)
	same(t, (*got)[0].body, `{"environmentvariabledefinitionid":"`+string(idA)+`","schemaname":"dh_x","displayname":"X","type":100000002,"defaultvalue":"d"}`)
}
