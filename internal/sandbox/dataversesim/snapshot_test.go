package dataversesim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lived makes an organisation with a bit of everything, and returns its delta link.
func lived(t *testing.T, file string) (*org, string) {
	o := newOrg(t, Config{Seed: 7, File: file})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	o.must(204, "POST", visitColumns, attribute("MultiSelectPicklist", "new_Tags", `"OptionSet":{"Options":[{"Value":1,"Label":`+labelled("A")+`},{"Value":22,"Label":`+labelled("B")+`}]}`))
	o.must(204, "POST", visitColumns, attribute("Money", "new_Fee", ""))
	o.must(204, "POST", visitColumns, attribute("DateTime", "new_Day", `"DateTimeBehavior":{"Value":"DateOnly"},"Format":"DateOnly"`))
	o.must(204, "POST", "GlobalOptionSetDefinitions", `{"@odata.type":"Microsoft.Dynamics.CRM.OptionSetMetadata","Name":"new_colour","DisplayName":`+labelled("Colour")+`,"Options":[{"Value":1,"Label":`+labelled("Red")+`}]}`)
	o.must(204, "POST", visitColumns, attribute("Picklist", "new_Colour", `"GlobalOptionSet@odata.bind":"/GlobalOptionSetDefinitions(Name='new_colour')"`))
	o.must(204, "POST", "RelationshipDefinitions", oneToMany("new_contact_visit", "contact", "new_Guest"))
	o.must(204, "POST", "RelationshipDefinitions", `{"@odata.type":"Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata","SchemaName":"new_visit_contacts","Entity1LogicalName":"new_visit","Entity2LogicalName":"contact","IntersectEntityName":"new_visit_contact"}`)
	o.must(204, "POST", "EntityDefinitions(LogicalName='new_visit')/Keys", `{"SchemaName":"new_ByName","KeyAttributes":["new_name"]}`)
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee","emailaddress1":"ann@example.org"}`)
	link := o.must(200, "GET", "contacts?$select=lastname", "", "Prefer", "odata.track-changes").json(t)["@odata.deltaLink"].(string)
	o.must(204, "PATCH", "contacts("+bob+")", `{"lastname":"Cee","birthdate":"1980-05-17","donotbulkemail":true}`)
	o.must(204, "PATCH", "contacts("+other+")", `{"lastname":"Dee"}`)
	o.must(204, "DELETE", "contacts("+other+")", "")
	o.must(204, "PATCH", "new_visits("+acme+")", `{"new_name":"First","new_tags":"22,1","new_fee":12.5,"new_day":"2026-01-02","new_colour":1,"new_Guest@odata.bind":"/contacts(`+ann+`)"}`)
	o.must(204, "POST", "new_visits("+acme+")/new_visit_contacts/$ref", `{"@odata.id":"`+o.http.URL+`/api/data/v9.2/contacts(`+bob+`)"}`)
	o.must(200, "PUT", "/control/assumptions", `{"missing_key_code":"0x80060891"}`)
	o.must(204, "PUT", "/control/privileges", `{"table":"account","right":"Read","allowed":false}`)
	return o, link
}

func TestFileHoldsTheOrganisation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "org.gz")
	o, link := lived(t, file)
	hook := newReceiver(t)
	o.register(hook.URL, "Create", "new_visit", "")
	saved := o.must(200, "POST", "/control/save", "").json(t)
	if saved["rows"].(float64) < 100 || saved["bytes"].(float64) < 1000 {
		t.Error(saved)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
		t.Error("files left behind:", left)
	}
	again := newOrg(t, Config{Seed: 7, File: file})
	if err := again.sim.Load(); err != nil {
		t.Fatal(err)
	}
	home := func(o *org, body string) string { return strings.ReplaceAll(body, o.http.URL, "") }
	for _, path := range []string{"new_visits(" + acme + ")", "contacts(" + ann + ")", "contacts(" + bob + ")", "new_visits(new_name='first')", "new_visit_contactset?$select=contactid", "EntityDefinitions(LogicalName='new_visit')?$expand=Attributes,Keys,ManyToOneRelationships,ManyToManyRelationships",
		"GlobalOptionSetDefinitions", "sdkmessageprocessingsteps?$select=name", "$metadata", "WhoAmI", "organizations", "contacts(employeeid='x')", "accounts"} {
		was, is := o.call("GET", path, ""), again.call("GET", path, "")
		if was.status != is.status || home(o, was.body) != home(again, is.body) {
			t.Errorf("%s: before %d %s\nafter %d %s", path, was.status, was.body, is.status, is.body)
		}
	}
	// The position of change tracking goes on.
	delta := values(t, again.must(200, "GET", again.http.URL+home(o, link), ""))
	if len(delta) != 2 || delta[0]["lastname"] != "Cee" || delta[1]["id"] != other || delta[1]["reason"] != "deleted" {
		t.Error(delta)
	}
	// And so do ids, keys, lookups and events.
	one, two := o.must(204, "POST", "new_visits", `{"new_name":"Next"}`), again.must(204, "POST", "new_visits", `{"new_name":"Next"}`)
	if home(o, one.header.Get("OData-EntityId")) != home(again, two.header.Get("OData-EntityId")) {
		t.Error("the next id differs")
	}
	again.must(412, "POST", "new_visits", `{"new_name":"FIRST"}`)
	o.must(200, "POST", "/control/events/flush", "")
	again.must(200, "POST", "/control/events/flush", "")
	if got := len(hook.take()); got != 2 {
		t.Error(got, "events")
	}
	again.must(204, "DELETE", "contacts("+ann+")", "")
	if got := again.must(200, "GET", "new_visits("+acme+")", "").json(t); got["_new_guest_value"] != nil {
		t.Error(got["_new_guest_value"])
	}
	if found := values(t, again.must(200, "GET", "new_visits?$select=new_name&$filter="+url.QueryEscape("new_fee gt 12 and new_day eq 2026-01-02"), "")); len(found) != 1 {
		t.Error(found)
	}
}

func TestBadFileChangesNothing(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.gz")
	o, _ := lived(t, good)
	if _, err := o.sim.Save(); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	pack := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.Bytes()
	}
	text := string(plain)
	end := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":              {nil, "not a snapshot"},
		"not packed":         {plain, "not a snapshot"},
		"cut":                {packed[:len(packed)/2], "ends too early"},
		"damaged":            {append(bytes.Clone(packed[:len(packed)-8]), 1, 2, 3, 4, 5, 6, 7, 8), "ends too early"},
		"another format":     {pack(strings.Replace(text, snapshotFormat, "something", 1)), "its format is"},
		"a later version":    {pack(strings.Replace(text, `"version":1,`, `"version":2,`, 1)), "reads version 1"},
		"another company":    {pack(strings.Replace(text, o.sim.cfg.OrganizationID, ann, 1)), "name another file"},
		"a row missing":      {pack(strings.Replace(text, `["`+ann, `["x`, 1)), "not written as a row"},
		"an unknown column":  {pack(strings.Replace(text, `"lastname":"Bee"`, `"surname":"Bee"`, 1)), `no column "surname"`},
		"a value that isn't": {pack(strings.Replace(text, `"birthdate":"1980-05-17"`, `"birthdate":17`, 1)), `column "birthdate"`},
		"without its end":    {pack(text[:end+1]), "ends too early"},
		"more than its end":  {pack(text + "{}\n"), "something follows"},
		"a wrong count":      {pack(strings.Replace(text, `{"end":`, `{"end":1`, 1)), "rows and counts"},
		"no definitions":     {pack(strings.Replace(text, `"Name":"businessunit"`, `"Name":"company"`, 1)), "businessunit"},
	} {
		path := filepath.Join(dir, "bad.gz")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		x := newOrg(t, Config{Seed: 7, File: path})
		before := x.must(200, "GET", "WhoAmI", "").json(t)
		err := x.sim.Load()
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		after := x.must(200, "GET", "WhoAmI", "").json(t)
		delete(before, "@odata.context")
		delete(after, "@odata.context")
		if before["UserId"] != after["UserId"] {
			t.Errorf("%s: %v became %v", name, before, after)
		}
		if r := x.call("GET", "new_visits", ""); r.status != 404 {
			t.Errorf("%s: half of it was loaded: %d", name, r.status)
		}
	}
	none := newOrg(t, Config{Seed: 7, File: filepath.Join(dir, "none.gz")})
	if err := none.sim.Load(); err != nil {
		t.Error("a file that is not there yet:", err)
	}
	none.sim.cfg.File = ""
	none.must(409, "POST", "/control/save", "")
}

func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(`{"format":"spotler-dataverse-sandbox","version":1}` + "\n{}\n{\"Tables\":[]}\n{\"end\":0}\n"))
	f.Add([]byte(`{"format":"spotler-dataverse-sandbox","version":1}` + "\n{}\n" + `{"Tables":[{"Name":"t","Set":"ts","Key":"tid","Columns":[{"Name":"tid","Type":"Uniqueidentifier"},{"Name":"n","Type":"String"}]}]}` + "\n" +
		`{"table":"t","rows":1}` + "\n" + `["11111111-1111-4111-8111-111111111111",1,1,{"n":"x"}]` + "\n{\"end\":1}\n"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(text)
		_ = w.Close()
		_ = (&snapshotReader{}).read(&b) // no answer is wrong; a panic is
	})
}
