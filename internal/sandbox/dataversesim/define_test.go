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
