package dataversesim

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// labelled is a Label of the metadata service in English.
func labelled(text string) string { return tongues("1033", text) }

// tongues is a Label with texts by language, in turn.
func tongues(pairs ...string) string {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, fmt.Sprintf(`{"@odata.type":"Microsoft.Dynamics.CRM.LocalizedLabel","Label":%q,"LanguageCode":%s}`, pairs[i+1], pairs[i]))
	}
	return `{"@odata.type":"Microsoft.Dynamics.CRM.Label","LocalizedLabels":[` + strings.Join(all, ",") + `]}`
}

// attribute is a column of a type in a request.
func attribute(kind, schema, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"@odata.type":"Microsoft.Dynamics.CRM.%sAttributeMetadata","SchemaName":%q,"DisplayName":%s%s}`, kind, schema, labelled(schema), more)
}

// visitTable is the request that makes the table new_visit.
func visitTable(more string) string {
	return `{"@odata.type":"Microsoft.Dynamics.CRM.EntityMetadata","SchemaName":"new_Visit","DisplayName":` + labelled("Visit") + `,"DisplayCollectionName":` + labelled("Visits") +
		`,"OwnershipType":"UserOwned","HasActivities":false,"HasNotes":false,"IsActivity":false` + more + `,"Attributes":[` +
		attribute("String", "new_Name", `"IsPrimaryName":true,"MaxLength":50,"FormatName":{"Value":"Text"},"RequiredLevel":{"Value":"None","CanBeChanged":true,"ManagedPropertyLogicalName":"canmodifyrequirementlevelsettings"}`) + `]}`
}

const visitColumns = "EntityDefinitions(LogicalName='new_visit')/Attributes"

func TestTableIsMadeAndUsed(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	made := o.must(204, "POST", "EntityDefinitions", visitTable(""))
	at := made.header.Get("OData-EntityId")
	got := o.must(200, "GET", at[strings.Index(at, "EntityDefinitions"):], "").json(t)
	if got["EntitySetName"] != "new_visits" || got["PrimaryIdAttribute"] != "new_visitid" || got["PrimaryNameAttribute"] != "new_name" || got["ObjectTypeCode"].(float64) < 10000 || got["IsCustomEntity"] != true {
		t.Error(got)
	}
	for kind, c := range map[string][2]string{
		"Memo": {"new_Text", `"MaxLength":3000`}, "Integer": {"new_Whole", `"MinValue":0,"MaxValue":100`}, "BigInt": {"new_Big", ""}, "Decimal": {"new_Exact", `"Precision":3`},
		"Double": {"new_Float", `"Precision":1`}, "Money": {"new_Fee", `"PrecisionSource":0,"Precision":2`}, "Boolean": {"new_Paid", `"DefaultValue":true,"OptionSet":{"TrueOption":{"Value":1,"Label":` + labelled("Aye") + `},"FalseOption":{"Value":0,"Label":` + labelled("Nay") + `}}`},
		"DateTime": {"new_When", `"DateTimeBehavior":{"Value":"UserLocal"},"Format":"DateAndTime"`}, "Picklist": {"new_Kind", `"OptionSet":{"IsGlobal":false,"Options":[{"Value":1,"Label":` + labelled("One") + `},{"Label":` + labelled("Next") + `}]}`},
		"MultiSelectPicklist": {"new_Tags", `"OptionSet":{"IsGlobal":false,"Options":[{"Value":1,"Label":` + labelled("Red") + `},{"Value":2,"Label":` + labelled("Blue") + `}]}`}, "File": {"new_Paper", `"MaxSizeInKB":100`}, "Image": {"new_Photo", ""},
	} {
		r := o.must(204, "POST", visitColumns, attribute(kind, c[0], c[1]))
		if !strings.Contains(r.header.Get("OData-EntityId"), "/Attributes(") {
			t.Error(kind, r.header)
		}
		d := o.must(200, "GET", visitColumns+"(LogicalName='"+strings.ToLower(c[0])+"')", "").json(t)
		if d["@odata.type"] != "#Microsoft.Dynamics.CRM."+kind+"AttributeMetadata" || d["IsCustomAttribute"] != true {
			t.Error(kind, d["@odata.type"])
		}
	}
	o.must(204, "POST", "new_visits", `{"new_visitid":"`+ann+`","new_name":"First","new_whole":7,"new_fee":12.5,"new_when":"2026-01-02T03:04:05Z","new_kind":100000000,"new_tags":"2,1"}`)
	row := o.must(200, "GET", "new_visits("+ann+")", "", "Prefer", `odata.include-annotations="*"`).json(t)
	for name, want := range map[string]any{"new_name": "First", "new_whole": 7.0, "new_fee": 12.5, "new_fee_base": 12.5, "new_paid": true, "new_paid@OData.Community.Display.V1.FormattedValue": "Aye", "statecode": 0.0, "statuscode": 1.0,
		"new_kind@OData.Community.Display.V1.FormattedValue": "Next", "new_tags": "1,2", "new_tags@OData.Community.Display.V1.FormattedValue": "Red; Blue", "new_when": "2026-01-02T03:04:05Z"} {
		if row[name] != want {
			t.Errorf("%s is %v, want %v", name, row[name], want)
		}
	}
	if found := values(t, o.must(200, "GET", "new_visits?$select=new_name&$filter="+url.QueryEscape("new_whole gt 5 and new_kind eq 100000000"), "")); len(found) != 1 {
		t.Error(found)
	}
	csdl := o.must(200, "GET", "$metadata", "").body
	for _, want := range []string{`<EntitySet Name="new_visits"`, `<Property Name="new_fee" Type="Edm.Decimal"`, `<Property Name="new_fee_base"`, `<Property Name="_transactioncurrencyid_value"`} {
		if !strings.Contains(csdl, want) {
			t.Error("$metadata has no", want)
		}
	}
	filters := values(t, o.must(200, "GET", "sdkmessagefilters?$select=primaryobjecttypecode&$filter="+url.QueryEscape("primaryobjecttypecode eq 'new_visit'"), ""))
	if len(filters) < 3 {
		t.Error("steps cannot be registered on the new table:", filters)
	}
	o.must(204, "DELETE", visitColumns+"(LogicalName='new_whole')", "")
	o.must(400, "GET", "new_visits?$select=new_whole", "")
	o.must(204, "DELETE", "EntityDefinitions(LogicalName='new_visit')", "")
	o.must(404, "GET", "new_visits", "")
	o.must(404, "GET", "EntityDefinitions(LogicalName='new_visit')", "")
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	if left := values(t, o.must(200, "GET", "new_visits", "")); len(left) != 0 {
		t.Error("rows of a deleted table came back:", left)
	}
}

func TestDefinitionsAreRefused(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	name := attribute("String", "new_A", `"MaxLength":10`)
	for what, c := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"a table twice":                {"POST", "EntityDefinitions", visitTable(""), 412, "0x80040237"},
		"a table without a prefix":     {"POST", "EntityDefinitions", strings.ReplaceAll(visitTable(""), "new_Visit", "Visit"), 400, "0x8004431a"},
		"a table without a name":       {"POST", "EntityDefinitions", strings.ReplaceAll(strings.ReplaceAll(visitTable(""), "new_Visit", "new_B"), `"IsPrimaryName":true,`, ""), 400, "0x80040203"},
		"a table of nobody":            {"POST", "EntityDefinitions", strings.ReplaceAll(strings.ReplaceAll(visitTable(""), "new_Visit", "new_B"), "UserOwned", "TeamOwned"), 400, "0x80040203"},
		"an unknown property":          {"POST", "EntityDefinitions", strings.ReplaceAll(visitTable(`,"Colour":"red"`), "new_Visit", "new_B"), 400, "0x80048d19"},
		"a property of another type":   {"POST", visitColumns, attribute("String", "new_A", `"MaxLength":"long"`), 400, "0x80048d19"},
		"not JSON":                     {"POST", visitColumns, `{`, 400, "0x80048d19"},
		"a column twice":               {"POST", visitColumns, attribute("String", "new_Name", ""), 412, "0x80040237"},
		"a column of no type":          {"POST", visitColumns, `{"SchemaName":"new_A"}`, 400, "0x80048d19"},
		"a column of an unknown type":  {"POST", visitColumns, attribute("Colour", "new_A", ""), 400, "0x80040203"},
		"a lookup without relation":    {"POST", visitColumns, attribute("Lookup", "new_A", ""), 400, "0x80040203"},
		"a column without a label":     {"POST", visitColumns, `{"@odata.type":"Microsoft.Dynamics.CRM.StringAttributeMetadata","SchemaName":"new_A"}`, 400, "0x80040203"},
		"a text that is too long":      {"POST", visitColumns, attribute("String", "new_A", `"MaxLength":4001`), 400, "0x80040203"},
		"a range upside down":          {"POST", visitColumns, attribute("Integer", "new_A", `"MinValue":5,"MaxValue":4`), 400, "0x80040203"},
		"too many digits":              {"POST", visitColumns, attribute("Double", "new_A", `"Precision":6`), 400, "0x80040203"},
		"an unknown behavior":          {"POST", visitColumns, attribute("DateTime", "new_A", `"DateTimeBehavior":{"Value":"Local"}`), 400, "0x80040203"},
		"a choice without options":     {"POST", visitColumns, attribute("Picklist", "new_A", ""), 400, "0x80040203"},
		"a choice that is not there":   {"POST", visitColumns, attribute("Picklist", "new_A", `"GlobalOptionSet@odata.bind":"/GlobalOptionSetDefinitions(Name='new_x')"`), 400, "0x80040203"},
		"an option twice":              {"POST", visitColumns, attribute("Picklist", "new_A", `"OptionSet":{"Options":[{"Value":1,"Label":`+labelled("a")+`},{"Value":1,"Label":`+labelled("b")+`}]}`), 412, "0x80040237"},
		"a calculated column":          {"POST", visitColumns, attribute("Integer", "new_A", `"SourceType":1,"FormulaDefinition":"x"`), 501, "0x80060888"},
		"an automatic number":          {"POST", visitColumns, attribute("String", "new_A", `"AutoNumberFormat":"V-{SEQNUM:5}"`), 501, "0x80060888"},
		"a virtual table":              {"POST", "EntityDefinitions", strings.ReplaceAll(visitTable(`,"TableType":"Virtual"`), "new_Visit", "new_B"), 501, "0x80060888"},
		"a column nowhere":             {"POST", "EntityDefinitions(LogicalName='nowhere')/Attributes", name, 404, "0x80060888"},
		"a column on a pair table":     {"POST", "EntityDefinitions(LogicalName='systemuserroles')/Attributes", name, 400, "0x80047013"},
		"PATCH":                        {"PATCH", visitColumns + "(LogicalName='new_name')", name, 405, "0x80060888"},
		"a column that is not there":   {"DELETE", visitColumns + "(LogicalName='new_x')", "", 404, "0x80040217"},
		"the name column":              {"DELETE", visitColumns + "(LogicalName='new_name')", "", 400, "0x80047013"},
		"a column of the platform":     {"DELETE", "EntityDefinitions(LogicalName='contact')/Attributes(LogicalName='lastname')", "", 400, "0x80047013"},
		"a table of the platform":      {"DELETE", "EntityDefinitions(LogicalName='contact')", "", 400, "0x80047013"},
		"a column becomes another":     {"PUT", visitColumns + "(LogicalName='new_name')", attribute("Memo", "new_Name", ""), 400, "0x80040203"},
		"a relation without a lookup":  {"POST", "RelationshipDefinitions", `{"@odata.type":"Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata","SchemaName":"new_r"}`, 400, "0x80040203"},
		"a relation of no type":        {"POST", "RelationshipDefinitions", `{"SchemaName":"new_r"}`, 400, "0x80048d19"},
		"a relation of the platform":   {"DELETE", "RelationshipDefinitions(SchemaName='listcontact_association')", "", 400, "0x80047013"},
		"a key on a memo":              {"POST", "EntityDefinitions(LogicalName='contact')/Keys", `{"SchemaName":"new_K","KeyAttributes":["description"]}`, 400, "0x80040203"},
		"a key that is too wide":       {"POST", "EntityDefinitions(LogicalName='contact')/Keys", `{"SchemaName":"new_K","KeyAttributes":["address1_line1","address1_line2"]}`, 400, "0x80040203"},
		"an option of nothing":         {"POST", "InsertOptionValue", `{"Value":1,"Label":` + labelled("x") + `}`, 400, "0x80040203"},
		"a status without a state":     {"POST", "InsertStatusValue", `{"EntityLogicalName":"contact","AttributeLogicalName":"statuscode","Value":7,"Label":` + labelled("x") + `}`, 400, "0x80040203"},
		"an unknown solution":          {"POST", visitColumns + "?", name, 400, "0x80040203"},
		"publishing something unknown": {"POST", "PublishXml", `{"ParameterXml":"<importexportxml><entities><entity>nowhere</entity></entities></importexportxml>"}`, 404, "0x80060888"},
		"publishing what is no XML":    {"POST", "PublishXml", `{"ParameterXml":"<x"}`, 400, "0x80040203"},
	} {
		header := []string{}
		if what == "an unknown solution" {
			header = []string{"MSCRM.SolutionUniqueName", "Nowhere"}
		}
		if r := o.call(c.method, c.path, c.body, header...); r.status != c.status || r.code() != c.code {
			t.Errorf("%s: %d %s, want %d %s", what, r.status, r.body, c.status, c.code)
		}
	}
	if r := o.call("GET", "EntityDefinitions(LogicalName='new_b')", ""); r.status != 404 {
		t.Error("a refused table is there:", r.body)
	}
}

// oneToMany is a relationship from new_visit to a table, with its lookup.
func oneToMany(schema, referenced, lookup string) string {
	return fmt.Sprintf(`{"@odata.type":"Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata","SchemaName":%q,"ReferencedEntity":%q,"ReferencedAttribute":%q,"ReferencingEntity":"new_visit","CascadeConfiguration":{"Assign":"NoCascade","Delete":"RemoveLink","Merge":"NoCascade","Reparent":"NoCascade","Share":"NoCascade","Unshare":"NoCascade"},"Lookup":%s}`,
		schema, referenced, referenced+"id", attribute("Lookup", lookup, ""))
}

func TestRelationshipsAreMadeAndUsed(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	made := o.must(204, "POST", "RelationshipDefinitions", oneToMany("new_contact_visit", "contact", "new_Guest"))
	o.must(204, "POST", "new_visits", `{"new_visitid":"`+bob+`","new_name":"First","new_Guest@odata.bind":"/contacts(`+ann+`)"}`)
	got := o.must(200, "GET", "new_visits("+bob+")?$select=new_name&$expand=new_Guest($select=lastname)", "").json(t)
	if guest, _ := got["new_Guest"].(map[string]any); guest["lastname"] != "Bee" {
		t.Error(got)
	}
	if all := values(t, o.must(200, "GET", "new_visits?$select=new_name&$filter="+url.QueryEscape("_new_guest_value eq "+ann), "")); len(all) != 1 || all[0]["new_name"] != "First" {
		t.Error(all)
	}
	if r := o.must(200, "GET", "RelationshipDefinitions(SchemaName='new_contact_visit')", "").json(t); r["ReferencingAttribute"] != "new_guest" || r["ReferencingEntityNavigationPropertyName"] != "new_Guest" {
		t.Error(r)
	}
	where := made.header.Get("OData-EntityId")
	o.must(204, "DELETE", where[strings.Index(where, "RelationshipDefinitions"):], "")
	o.must(404, "GET", visitColumns+"(LogicalName='new_guest')", "")

	o.must(204, "POST", "RelationshipDefinitions", `{"@odata.type":"Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata","SchemaName":"new_visit_contacts","Entity1LogicalName":"new_visit","Entity2LogicalName":"contact","IntersectEntityName":"new_visit_contact"}`)
	o.must(204, "POST", "new_visits("+bob+")/new_visit_contacts/$ref", `{"@odata.id":"`+o.http.URL+`/api/data/v9.2/contacts(`+ann+`)"}`)
	if pairs := values(t, o.must(200, "GET", "new_visit_contactset?$select=contactid", "")); len(pairs) != 1 || pairs[0]["contactid"] != ann {
		t.Error(pairs)
	}
	o.must(204, "DELETE", "RelationshipDefinitions(SchemaName='new_visit_contacts')", "")
	o.must(404, "GET", "new_visit_contactset", "")
	o.must(404, "GET", "EntityDefinitions(LogicalName='new_visit_contact')", "")
}

func TestLookupsToSeveralTables(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	o.must(204, "PATCH", "accounts("+acme+")", `{"name":"Acme"}`)
	one := func(schema, to string) string {
		return fmt.Sprintf(`{"@odata.type":"Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata","SchemaName":%q,"ReferencedEntity":%q,"ReferencingEntity":"new_visit"}`, schema, to)
	}
	made := o.must(200, "POST", "CreateCustomerRelationships", `{"Lookup":`+attribute("Lookup", "new_Who", "")+`,"OneToManyRelationships":[`+one("new_who_account", "account")+`,`+one("new_who_contact", "contact")+`]}`).json(t)
	if ids, _ := made["RelationshipIds"].([]any); len(ids) != 2 || made["AttributeId"] == nil {
		t.Error(made)
	}
	o.must(200, "POST", "CreatePolymorphicLookupAttribute", `{"OneToManyRelationships":[`+one("new_ref_lead", "lead")+`,`+one("new_ref_list", "list")+`],"Lookup":{"@odata.type":"Microsoft.Dynamics.CRM.ComplexLookupAttributeMetadata","AttributeType":"Lookup","AttributeTypeName":{"Value":"LookupType"},"SchemaName":"new_Ref","DisplayName":`+labelled("Ref")+`}}`)
	o.must(204, "POST", "new_visits", `{"new_name":"x","new_visitid":"`+bob+`","new_Who_account@odata.bind":"/accounts(`+acme+`)"}`)
	got := o.must(200, "GET", "new_visits("+bob+")?$select=_new_who_value", "", "Prefer", `odata.include-annotations="*"`).json(t)
	if got["_new_who_value"] != acme || got["_new_who_value@Microsoft.Dynamics.CRM.lookuplogicalname"] != "account" {
		t.Error(got)
	}
	o.must(400, "POST", "new_visits", `{"new_name":"x","new_Who@odata.bind":"/accounts(`+acme+`)"}`)
	if d := o.must(200, "GET", visitColumns+"(LogicalName='new_who')", "").json(t); d["AttributeType"] != "Customer" {
		t.Error(d["AttributeType"])
	}
	// A table that a lookup needs stays.
	if r := o.call("POST", "EntityDefinitions", strings.ReplaceAll(visitTable(""), "new_Visit", "new_Room")); r.status != 204 {
		t.Fatal(r.body)
	}
	o.must(204, "POST", "RelationshipDefinitions", oneToMany("new_room_visit", "new_room", "new_Where"))
	if r := o.call("DELETE", "EntityDefinitions(LogicalName='new_room')", ""); r.status != 400 || r.code() != "0x8004f01f" {
		t.Error(r.status, r.body)
	}
}

func TestChoicesAreMadeAndChanged(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	made := o.must(204, "POST", "GlobalOptionSetDefinitions", `{"@odata.type":"Microsoft.Dynamics.CRM.OptionSetMetadata","Name":"new_colour","DisplayName":`+labelled("Colour")+`,"OptionSetType":"Picklist","IsGlobal":true,"Options":[{"Value":1,"Label":`+labelled("Red")+`},{"Value":2,"Label":`+labelled("Blue")+`}]}`)
	at := made.header.Get("OData-EntityId")
	at = at[strings.Index(at, "GlobalOption"):]
	for _, c := range []string{"new_First", "new_Second"} {
		o.must(204, "POST", visitColumns, attribute("Picklist", c, `"GlobalOptionSet@odata.bind":"/`+at+`"`))
	}
	option := func(action, more string) reply {
		return o.call("POST", action, `{"OptionSetName":"new_colour",`+more+`}`)
	}
	if r := option("InsertOptionValue", `"Value":3,"Label":`+labelled("Green")).json(t); r["NewOptionValue"] != 3.0 {
		t.Error(r)
	}
	if r := option("InsertOptionValue", `"Label":`+labelled("Grey")).json(t); r["NewOptionValue"] != 100000000.0 {
		t.Error(r)
	}
	if r := option("DeleteOptionValue", `"Value":1`); r.status != 204 {
		t.Error(r.status, r.body)
	}
	if r := option("OrderOption", `"Values":[100000000,3,2]`); r.status != 204 {
		t.Error(r.status, r.body)
	}
	if r := option("OrderOption", `"Values":[100000000,3,3]`); r.status != 400 {
		t.Error(r.status, r.body)
	}
	for _, path := range []string{at + "/Microsoft.Dynamics.CRM.OptionSetMetadata", visitColumns + "(LogicalName='new_second')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata/GlobalOptionSet"} {
		var got []any
		for _, v := range o.must(200, "GET", path, "").json(t)["Options"].([]any) {
			got = append(got, v.(map[string]any)["Value"])
		}
		if fmt.Sprint(got) != "[1e+08 3 2]" {
			t.Error(path, got)
		}
	}
	o.must(400, "POST", "new_visits", `{"new_name":"x","new_first":1}`)
	o.must(204, "POST", "new_visits", `{"new_name":"x","new_first":3}`)
	if r := o.call("DELETE", at, ""); r.status != 400 || r.code() != "0x8004f01f" {
		t.Error("a choice that is used:", r.status, r.body)
	}
	o.must(204, "DELETE", visitColumns+"(LogicalName='new_first')", "")
	o.must(204, "DELETE", visitColumns+"(LogicalName='new_second')", "")
	o.must(204, "DELETE", at, "")
	o.must(404, "GET", at, "")
	// A status of a state, on a table of the platform.
	if r := o.must(200, "POST", "InsertStatusValue", `{"EntityLogicalName":"contact","AttributeLogicalName":"statuscode","StateCode":1,"Value":700,"Label":`+labelled("Moved")+`}`).json(t); r["NewOptionValue"] != 700.0 {
		t.Error(r)
	}
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee","statecode":1,"statuscode":700}`)
	if r := o.call("PATCH", "contacts("+ann+")", `{"statecode":0,"statuscode":700}`); r.code() != "0x80048408" {
		t.Error(r.status, r.body)
	}
}

// titleOf is the label of a definition as it is seen, by language.
func titleOf(t *testing.T, o *org, path string) map[float64]string {
	t.Helper()
	out := map[float64]string{}
	d, _ := o.must(200, "GET", path, "").json(t)["DisplayName"].(map[string]any)
	for _, l := range d["LocalizedLabels"].([]any) {
		one := l.(map[string]any)
		out[one["LanguageCode"].(float64)] = one["Label"].(string)
	}
	return out
}

func TestLabelsWaitForPublishing(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	column, table := visitColumns+"(LogicalName='new_name')", "EntityDefinitions(LogicalName='new_visit')"
	put := func(text, merge string) {
		o.must(204, "PUT", column, strings.ReplaceAll(attribute("String", "new_Name", `"MaxLength":80,"RequiredLevel":{"Value":"ApplicationRequired"}`), labelled("new_Name"), text), "MSCRM.MergeLabels", merge)
	}
	put(tongues("1043", "Naam"), "true")
	now := o.must(200, "GET", column, "").json(t)
	if now["MaxLength"] != 80.0 || now["RequiredLevel"].(map[string]any)["Value"] != "ApplicationRequired" {
		t.Error("what is no label does not wait:", now["MaxLength"], now["RequiredLevel"])
	}
	if got := titleOf(t, o, column); fmt.Sprint(got) != "map[1033:new_Name]" {
		t.Error("before publishing:", got)
	}
	o.must(204, "POST", "PublishXml", `{"ParameterXml":"<importexportxml><entities><entity>contact</entity></entities></importexportxml>"}`)
	if got := titleOf(t, o, column); fmt.Sprint(got) != "map[1033:new_Name]" {
		t.Error("after publishing another table:", got)
	}
	o.must(204, "POST", "PublishXml", `{"ParameterXml":"<importexportxml><entities><entity>new_visit</entity></entities></importexportxml>"}`)
	if got := titleOf(t, o, column); fmt.Sprint(got) != "map[1033:new_Name 1043:Naam]" {
		t.Error("after publishing:", got)
	}
	put(tongues("1033", "Name"), "false")
	o.must(204, "PUT", table, strings.ReplaceAll(strings.ReplaceAll(visitTable(""), labelled("Visit"), labelled("Stay")), labelled("Visits"), labelled("Stays")))
	o.must(204, "POST", "PublishAllXml", "")
	if got := titleOf(t, o, column); fmt.Sprint(got) != "map[1033:Name]" {
		t.Error("without merging:", got)
	}
	if got := titleOf(t, o, table); fmt.Sprint(got) != "map[1033:Stay]" {
		t.Error(got)
	}
	// A whole definition, read, changed and written back.
	whole := o.must(200, "GET", column, "").body
	o.must(204, "PUT", column, strings.Replace(whole, `"MaxLength":80`, `"MaxLength":90`, 1), "MSCRM.MergeLabels", "true")
	if got := o.must(200, "GET", column, "").json(t); got["MaxLength"] != 90.0 {
		t.Error(got["MaxLength"])
	}
	whole = o.must(200, "GET", table, "").body
	o.must(204, "PUT", table, strings.Replace(whole, `"HasActivities":false`, `"HasActivities":true`, 1), "MSCRM.MergeLabels", "true")
	o.must(204, "POST", "new_visits", `{"new_visitid":"`+ann+`","new_name":"x"}`)
	o.must(204, "POST", "tasks", `{"subject":"x","regardingobjectid_new_visit_task@odata.bind":"/new_visits(`+ann+`)"}`)
	// And with the assumption flipped.
	o.must(200, "PUT", "/control/assumptions", `{"labels_need_publishing":false}`)
	put(tongues("1033", "At once"), "false")
	if got := titleOf(t, o, column); fmt.Sprint(got) != "map[1033:At once]" {
		t.Error(got)
	}
}

func TestSolutionHoldsWhatWasMadeForIt(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "POST", "publishers", `{"publisherid":"`+ann+`","uniquename":"dh","friendlyname":"DH","customizationprefix":"dh","customizationoptionvalueprefix":48000}`)
	o.must(204, "POST", "solutions", `{"solutionid":"`+bob+`","uniquename":"Spotler","friendlyname":"Spotler","version":"1.0.0.0","publisherid@odata.bind":"/publishers(`+ann+`)"}`)
	within := []string{"MSCRM.SolutionUniqueName", "Spotler"}
	if r := o.call("POST", "EntityDefinitions", visitTable(""), within...); r.code() != "0x8004431a" {
		t.Error(r.status, r.body)
	}
	ours := strings.ReplaceAll(strings.ReplaceAll(visitTable(""), "new_Visit", "dh_Visit"), "new_Name", "dh_Name")
	o.must(204, "POST", "EntityDefinitions", ours, within...)
	choice := func(name string, value int) string {
		return fmt.Sprintf(`{"@odata.type":"Microsoft.Dynamics.CRM.OptionSetMetadata","Name":%q,"DisplayName":%s,"Options":[{"Value":%d,"Label":%s}]}`, name, labelled(name), value, labelled("a"))
	}
	if r := o.call("POST", "GlobalOptionSetDefinitions", choice("dh_op", 1), within...); r.status != 400 {
		t.Error("an option of another publisher:", r.status, r.body)
	}
	o.must(204, "POST", "GlobalOptionSetDefinitions", choice("dh_op", 480000001), within...)
	o.must(204, "POST", "EntityDefinitions(LogicalName='dh_visit')/Keys", `{"SchemaName":"dh_VisitKey","KeyAttributes":["dh_name"]}`, within...)
	components := func() (kinds []any) {
		for _, c := range values(t, o.must(200, "GET", "solutioncomponents?$select=componenttype,objectid&$filter="+url.QueryEscape("_solutionid_value eq "+bob), "")) {
			kinds = append(kinds, c["componenttype"])
		}
		return kinds
	}
	if got := fmt.Sprint(components()); got != "[1 9 14]" {
		t.Error(got)
	}
	contact := o.must(200, "GET", "EntityDefinitions(LogicalName='contact')?$select=MetadataId", "").json(t)["MetadataId"].(string)
	o.must(200, "POST", "AddSolutionComponent", `{"ComponentId":"`+contact+`","ComponentType":1,"SolutionUniqueName":"Spotler","AddRequiredComponents":false}`)
	o.must(404, "POST", "AddSolutionComponent", `{"ComponentId":"`+ann+`","ComponentType":1,"SolutionUniqueName":"Spotler","AddRequiredComponents":false}`)
	o.must(204, "DELETE", "EntityDefinitions(LogicalName='dh_visit')", "")
	if got := fmt.Sprint(components()); got != "[9 1]" {
		t.Error(got)
	}
	// Rows that are components.
	o.must(204, "PATCH", "roles("+acme+")", `{"name":"R"}`, within...)
	if got := fmt.Sprint(components()); got != "[9 1 20]" {
		t.Error(got)
	}
	o.must(204, "PATCH", "contacts("+acme+")", `{"lastname":"R"}`, within...)
	o.must(204, "DELETE", "roles("+acme+")", "")
	if got := fmt.Sprint(components()); got != "[9 1]" {
		t.Error(got)
	}
	if r := o.call("POST", "roles", `{"name":"Lost"}`, "MSCRM.SolutionUniqueName", "Nowhere"); r.status != 400 {
		t.Error(r.status, r.body)
	}
	if r := values(t, o.must(200, "GET", "roles?$filter=name%20eq%20'Lost'", "")); len(r) != 0 {
		t.Error("a refused role was made:", r)
	}
	o.must(200, "PUT", "/control/assumptions", `{"unknown_solution":"default"}`)
	o.must(204, "POST", "roles", `{"name":"Lost"}`, "MSCRM.SolutionUniqueName", "Nowhere")
}

// What a customer made has events and changes at once.
func TestNewTableHasEventsAndChanges(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	hook := newReceiver(t)
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	o.must(204, "POST", visitColumns, attribute("MultiSelectPicklist", "new_Tags", `"OptionSet":{"Options":[{"Value":1,"Label":`+labelled("Red")+`},{"Value":2,"Label":`+labelled("Blue")+`}]}`))
	o.register(hook.URL, "Create", "new_visit", "")
	first := o.must(200, "GET", "new_visits?$select=new_name", "", "Prefer", "odata.track-changes").json(t)
	o.must(204, "POST", "new_visits", `{"new_visitid":"`+ann+`","new_name":"First","new_tags":"1,2"}`)
	o.must(200, "POST", "/control/events/flush", "")
	calls := hook.take()
	if len(calls) != 1 || !strings.Contains(calls[0].body, `"PrimaryEntityName":"new_visit"`) || !strings.Contains(calls[0].body, `"key":"new_tags","value":[{"__type":"OptionSetValue`) {
		t.Errorf("%d calls: %+v", len(calls), calls)
	}
	changed := values(t, o.must(200, "GET", first["@odata.deltaLink"].(string), ""))
	if len(changed) != 1 || changed[0]["new_name"] != "First" {
		t.Error(changed)
	}
}
