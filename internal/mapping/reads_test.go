package mapping_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

const label = "@OData.Community.Display.V1.FormattedValue"

// wanting binds one more row on the standard tables, with a text and two lists.
func wanting(t testing.TB, rows ...string) (*mapping.Bound, error) {
	t.Helper()
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - "+strings.Join(rows, "\n  - "))
	lists := []mapping.Entry{{Bit: 1, Description: "VIP"}, {Bit: 2, Description: "Press"}}
	return s.Bind(schema.Tables(), append(spotler(), mapping.Property{Name: "list1", Type: "set", Entries: lists}, mapping.Property{Name: "score", Type: "int"}))
}

func must(t testing.TB, rows ...string) *mapping.Bound {
	t.Helper()
	b, err := wanting(t, rows...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// field is what one property gets, with the problem if there is one.
func field(b *mapping.Bound, name string, values map[string]any) (any, string) {
	values["emailaddress1"] = "a@b.test"
	r := b.Outward(connector.Contact, values, nil)
	for _, p := range r.Problems {
		return nil, p.Column + ": " + p.Says
	}
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value, ""
		}
	}
	return "left out", ""
}

// C-591 C-592 C-610 C-611 C-612: a column of the row that a lookup points at.
func TestThrough(t *testing.T) {
	b := must(t, "{spotler: city, contact: parentcustomerid(account).address1_city, direction: '->'}", "{spotler: country, contact: parentcustomerid(account).address1_country, direction: '->'}")
	account, _ := schema.Of(connector.Account)
	want := []mapping.Expansion{{Navigation: "parentcustomerid_account", Table: account, Select: []string{"address1_city", "address1_country"}}}
	if d := cmp.Diff(want, b.Expansions(connector.Contact)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"emailaddress1", "_parentcustomerid_value"}, b.Columns(connector.Contact)); d != "" {
		t.Error("another company is a change of the record:", d)
	}
	for _, c := range []struct {
		raw  any
		want any
		says string
	}{
		{json.RawMessage(`{"address1_city":"Ede","address1_country":null}`), "Ede", ""},
		{map[string]any{"address1_city": "", "address1_country": nil}, nil, ""},
		{nil, nil, ""}, // no company
		{json.RawMessage(`{"address1_country":null}`), nil, "was not in the answer"},
		{json.RawMessage(`[`), nil, "another type"},
		{"text", nil, "another type"},
	} {
		got, says := field(b, "city", map[string]any{"parentcustomerid_account": c.raw})
		if !cmp.Equal(got, c.want) || !strings.Contains(says, c.says) || (says == "") != (c.says == "") {
			t.Errorf("%s: got %v, %q", c.raw, got, says)
		}
	}
	if _, says := field(b, "city", map[string]any{}); !strings.Contains(says, "parentcustomerid(account).address1_city: ") {
		t.Errorf("a lookup that did not come along: %q", says)
	}
}

// Without a table, the tables that the lookup may point at count.
func TestThroughAnyTable(t *testing.T) {
	b := must(t, "{spotler: city, contact: parentcustomerid().address1_city, direction: '->'}", "{spotler: street, contact: ownerid(systemuser).fullname, direction: '->'}")
	var navigations []string
	for _, e := range b.Expansions(connector.Contact) {
		navigations = append(navigations, e.Navigation)
	}
	if d := cmp.Diff([]string{"parentcustomerid_account", "parentcustomerid_contact", "owninguser"}, navigations); d != "" {
		t.Error(d)
	}
	values := map[string]any{"parentcustomerid_account": nil, "parentcustomerid_contact": map[string]any{"address1_city": "Wijk"}, "owninguser": map[string]any{"fullname": "Kim"}}
	if got, says := field(b, "city", values); got != "Wijk" {
		t.Errorf("got %v, %s", got, says)
	}
	if got, says := field(b, "street", values); got != "Kim" {
		t.Errorf("a table that is not known here: %v, %s", got, says)
	}
}

// C-613: the first that is filled; an empty text is not filled, trouble is no "empty".
func TestFirstFilled(t *testing.T) {
	b := must(t, "{spotler: street, contact: address1_line1;address1_line2;address1_line3;, direction: '->'}")
	for _, c := range []struct {
		one, two any
		want     any
	}{{"1", "2", "1"}, {"", "2", "2"}, {nil, "2", "2"}, {nil, nil, nil}} {
		if got, says := field(b, "street", map[string]any{"address1_line1": c.one, "address1_line2": c.two, "address1_line3": nil}); got != c.want || says != "" {
			t.Errorf("%v, %v: got %v, %s", c.one, c.two, got, says)
		}
	}
	if got, says := field(b, "street", map[string]any{"address1_line2": "2", "address1_line3": nil}); got != nil || says == "" {
		t.Errorf("the first column was not read: got %v", got)
	}
	b = must(t, "{spotler: score, contact: dh_engagementscore;gendercode, direction: '->'}")
	if got, says := field(b, "score", map[string]any{"dh_engagementscore": json.Number("0"), "gendercode": json.Number("2")}); got != int64(0) {
		t.Errorf("0 is a value: got %v, %s", got, says)
	}
	if got, says := field(b, "score", map[string]any{"dh_engagementscore": nil, "gendercode": json.Number("2")}); got != int64(2) {
		t.Errorf("each column converts as its own type: got %v, %s", got, says)
	}
}

// The address may be the first of several columns; the filter may look through a lookup.
func TestFirstFilledAddressAndFilter(t *testing.T) {
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1;emailaddress2, direction: '->'}\n  - {contact: parentcustomerid(account).address1_country, direction: '->', filter: NL}")
	b, err := s.Bind(schema.Tables(), spotler())
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]any{"emailaddress1": nil, "emailaddress2": "two@b.test", "parentcustomerid_account": map[string]any{"address1_country": "nl"}}
	if r := b.Outward(connector.Contact, row, nil); r.Email.Address() != "two@b.test" || r.Excluded != "" || len(r.Fields) != 1 {
		t.Errorf("got %+v", r)
	}
	row["parentcustomerid_account"] = nil
	if r := b.Outward(connector.Contact, row, nil); r.Excluded == "" || len(r.Fields) != 0 {
		t.Errorf("C-594 C-602: got %+v", r)
	}
	if d := cmp.Diff([]string{"emailaddress1", "emailaddress2"}, b.RuleColumns(connector.Contact)[:2]); d != "" {
		t.Error(d)
	}
}

// C-614: columns and fixed text; nothing but fixed text is no value.
func TestConcat(t *testing.T) {
	b := must(t, `{spotler: street, contact: '@concat(address1_line1, ", ", birthdate, " ", donotemail)', direction: '->'}`)
	if got, says := field(b, "street", map[string]any{"address1_line1": "Dorp 1", "birthdate": "1980-05-17", "donotemail": false}); got != "Dorp 1, 1980-05-17 false" {
		t.Errorf("got %v, %s", got, says)
	}
	if got, says := field(b, "street", map[string]any{"address1_line1": nil, "birthdate": nil, "donotemail": nil}); got != nil || says != "" {
		t.Errorf("got %v, %s", got, says)
	}
	if got, says := field(b, "street", map[string]any{"address1_line1": "Dorp 1", "birthdate": nil}); got != nil || says == "" {
		t.Errorf("a column that did not come: got %v", got)
	}
}

// C-615: a query per record, for its first row only.
func TestChild(t *testing.T) {
	const cell = "@child(dh_spotlerpermission).first(createdon desc).dh_name"
	b, err := wanting(t, "{spotler: city, contact: '"+cell+"', direction: '->'}")
	permission := schema.SpotlerPermission()
	if err != nil {
		t.Fatal(err)
	}
	asks := b.Asks(connector.Contact)
	if len(asks) != 1 || asks[0].Cell != cell || asks[0].Table.Name != permission.Name || asks[0].Top != 1 || asks[0].OrderBy != "createdon desc" || asks[0].By != "" {
		t.Fatalf("asks %+v", asks)
	}
	if got := asks[0].For("6f0c1d9e-0000-4000-8000-000000000001"); got != "_dh_customer_value eq 6f0c1d9e-0000-4000-8000-000000000001" {
		t.Errorf("asked for %s", got)
	}
	if got, says := field(b, "city", map[string]any{cell: []map[string]any{{"dh_name": "Offers"}, {"dh_name": "Other"}}}); got != "Offers" {
		t.Errorf("got %v, %s", got, says)
	}
	if got, says := field(b, "city", map[string]any{cell: []map[string]any{}}); got != nil || says != "" {
		t.Errorf("no children: %v, %s", got, says)
	}
	if _, says := field(b, "city", map[string]any{}); !strings.HasPrefix(says, cell) {
		t.Errorf("not asked: %q", says)
	}
}

// C-616: one value of one row in the context of the record.
func TestQuery(t *testing.T) {
	const query = "contacts?$select=fullname&$filter=(_parentcustomerid_value eq $ID and fullname ne 'R&D $ID')&$orderby=createdon desc&$top=1"
	b := must(t, "{spotler: city, contact: \"@odata:"+query+"\", direction: '->'}")
	asks := b.Asks(connector.Contact)
	if len(asks) != 1 || asks[0].Table.Set != "contacts" || asks[0].Top != 1 || asks[0].OrderBy != "createdon desc" || !cmp.Equal(asks[0].Select, []string{"fullname"}) {
		t.Fatalf("asks %+v", asks)
	}
	if got := asks[0].For("6f0c1d9e-0000-4000-8000-000000000001"); got != "(_parentcustomerid_value eq 6f0c1d9e-0000-4000-8000-000000000001 and fullname ne 'R&D $ID')" {
		t.Errorf("asked for %s", got)
	}
	if got, says := field(b, "city", map[string]any{"@odata:" + query: []map[string]any{{"fullname": "Ann"}}}); got != "Ann" {
		t.Errorf("got %v, %s", got, says)
	}
}

// What a query may not do is refused: another record's context, many rows, more than reading.
func TestQueryRefuses(t *testing.T) {
	for query, says := range map[string]string{
		"contacts(1)?$select=a&$filter=b eq $ID":             "must start with the name of an entity set",
		"contacts?$filter=b eq $ID":                          "must select one column",
		"contacts?$select=a,b&$filter=b eq $ID":              "exactly one column",
		"contacts?$select=a":                                 "must name the record with $ID",
		"contacts?$select=a&$filter=b eq '$ID'":              "outside of quotation marks",
		"contacts?$select=a&$filter=b eq $ID and c eq 'x":    "not closed",
		"contacts?$select=a&$filter=b eq $ID&$top=5":         "use $top=1",
		"contacts?$select=a&$filter=b eq $ID&$expand=c":      "cannot be used",
		"contacts?$select=a&$filter=b eq $ID&fetchXml=<x>":   "cannot be used",
		"contacts?$select=a&$filter=b eq $ID&$select=c":      "given twice",
		"contacts?$select=a&$filter=b eq $ID&$orderby=c,d":   "one column",
		"contacts/any?$select=a&$filter=b eq $ID":            "entity set",
		"contacts?$select=a&$filter=b eq $ID&$orderby=c;$x=": "one column",
	} {
		_, err := mapping.Parse([]byte("version: 1\nrows:\n  - {spotler: city, contact: \"@odata:" + query + "\", direction: '->'}"))
		if !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", query, err, says)
		}
	}
}

func TestSourcesRefuse(t *testing.T) {
	many := make([]string, 6)
	for i, name := range []string{"firstName", "infix", "lastName", "street", "city", "country"} {
		many[i] = "{spotler: " + name + ", contact: \"@odata:contacts?$select=fullname&$filter=lastname eq '" + name + "' and _parentcustomerid_value eq $ID\", direction: '->'}"
	}
	for name, c := range map[string]struct {
		rows []string
		says string
	}{
		"no lookup":         {[]string{"{spotler: city, contact: firstname(account).name, direction: '->'}"}, "firstname is not a lookup"},
		"no column":         {[]string{"{spotler: city, contact: nobody(account).name, direction: '->'}"}, "no column nobody"},
		"another table":     {[]string{"{spotler: city, contact: parentcustomerid(lead).subject, direction: '->'}"}, "does not point at the table lead"},
		"no column there":   {[]string{"{spotler: city, contact: parentcustomerid(account).nickname, direction: '->'}"}, "the table account has no column nickname"},
		"nowhere":           {[]string{"{spotler: city, contact: parentcustomerid().nickname, direction: '->'}"}, "name the table between the brackets"},
		"a part of several": {[]string{"{spotler: city, contact: firstname;nickname, direction: '->'}"}, "nickname: the table has no column"},
		"a wrong type":      {[]string{"{spotler: birthday, contact: birthdate;gendercode, direction: '->'}"}, "cannot be converted"},
		"a joined birthday": {[]string{"{spotler: score, contact: '@concat(birthdate)', lead: parentcontactid().gendercode, direction: '->'}"}, "without it no lead"},
		"no child table":    {[]string{"{spotler: city, contact: '@child(orders).first(createdon).name', direction: '->'}"}, "does not know this table"},
		"no child of ours":  {[]string{"{spotler: city, contact: '@child(dh_spotlerjob, dh_lead).first(createdon).dh_name', direction: '->'}"}, "no lookup dh_lead that points at a contact"},
		"several lookups":   {[]string{"{spotler: city, contact: '@child(contacts).first(createdon).fullname', direction: '->'}"}, "name one behind the table"},
		"no child column":   {[]string{"{spotler: city, contact: '@child(contacts, masterid).first(createdon).nickname', direction: '->'}"}, "no column nickname"},
		"an unknown set":    {[]string{"{spotler: city, contact: '@odata:orders?$select=name&$filter=_customerid_value eq $ID', direction: '->'}"}, "does not know this table"},
		"too many":          {many, "already ask 5 questions"},
		"list to a text":    {[]string{"{spotler: city, contact: '@map(list)', direction: '->'}"}, "need a Spotler field of type List"},
		"list to consents":  {[]string{"{spotler: permissions, contact: '@map(list)', direction: '->'}"}, "use @map(permissions)"},
		"no such entry":     {[]string{"{spotler: city, entity: nickname, direction: '<-'}"}, "row 2, entity"},
		"a joined address":  {[]string{"{spotler: email, lead: '@concat(firstname, \"@b.test\")', direction: '->'}"}, "must come from a text column"},
	} {
		if _, err := wanting(t, c.rows...); !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// C-608: an option is on while the record is a member of the list of its name.
func TestListMembership(t *testing.T) {
	b := must(t, "{spotler: list1, contact: '@map(list)', direction: '->'}")
	if asks := b.Asks(connector.Contact); len(asks) != 1 || asks[0].By != "_entityid_value" || asks[0].Table.Set != "listmembers" || !asks[0].Labels {
		t.Fatalf("asks %+v", asks)
	}
	for _, c := range []struct {
		rows any
		want any
	}{
		{[]map[string]any{{"_listid_value" + label: "vip "}, {"_listid_value" + label: "Other"}}, []mapping.SetBit{{Bit: 1, Enabled: true}, {Bit: 2}}},
		{[]map[string]any{}, []mapping.SetBit{{Bit: 1}, {Bit: 2}}},
	} {
		if got, says := field(b, "list1", map[string]any{"@map(list)": c.rows}); !cmp.Equal(got, c.want) {
			t.Errorf("%v: got %v, %s", c.rows, got, says)
		}
	}
	for _, rows := range []any{nil, []map[string]any{{"_listid_value": "6f0c"}}} {
		if got, says := field(b, "list1", map[string]any{"@map(list)": rows}); got != nil || says == "" {
			t.Errorf("%v: got %v, want a problem", rows, got)
		}
	}
}

// C-609: the periodieken of Engage 365 are consents, like permissions.
func TestPeriodieken(t *testing.T) {
	b := must(t, "{spotler: list1, contact: '@map(periodiek)', direction: '->'}")
	asks := b.Asks(connector.Contact)
	if len(asks) != 1 || asks[0].By != "_ifunds_contactid_value" || asks[0].Table.Name != schema.AssumedEngage().Subscription.Name {
		t.Fatalf("asks %+v", asks)
	}
	row := func(name string, on any) map[string]any {
		return map[string]any{"_ifunds_periodiekid_value": "6f0c1d9e-0000-4000-8000-000000000001", "_ifunds_periodiekid_value" + label: name, "ifunds_aangemeld": on}
	}
	r := b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "@map(periodiek)": []map[string]any{row("VIP", true), row("Press", false), row("vip", false)}}, []connector.Permission{{Name: "VIP", Subscribed: true}})
	want := []mapping.Bit{{Property: "list1", Name: "VIP", Bit: 1, Direction: connector.ToSpotler, Row: 2}, {Property: "list1", Name: "Press", Bit: 2, Direction: connector.ToSpotler, Row: 2}}
	if d := cmp.Diff(want, r.Bits); d != "" || len(r.Problems) > 0 {
		t.Errorf("of two rows No wins, and Spotler Permission rows do not count: %s %v", d, r.Problems)
	}
}

// C-600: a Membership Entry only comes from Spotler.
func TestMembershipEntry(t *testing.T) {
	b := must(t, "{spotler: firstName, contact: firstname, entity: ifunds_firstname, direction: '<->'}")
	entry := schema.AssumedEngage().Entry.Name
	got := b.Inward(entry, map[string]any{"firstName": "Ann"})
	if len(got) != 1 || got[0].Column != "ifunds_firstname" || got[0].Value != "Ann" {
		t.Errorf("got %+v", got)
	}
	if b.Synchronises(entry) {
		t.Error("Membership Entries go to Spotler")
	}
}

// The Source column of a new subscriber: a fixed value on the side of Spotler.
func TestDefaults(t *testing.T) {
	b := must(t, "{spotler: '$value:Female', contact: gendercode, direction: '<-'}", "{spotler: '$value:Website', contact: jobtitle, direction: '<-'}")
	got := b.Defaults(connector.Contact)
	if len(got) != 2 || got[0].Column != "gendercode" || got[0].Value != 2 || got[1].Value != "Website" || len(b.Inward(connector.Contact, nil)) != 0 {
		t.Errorf("got %+v", got)
	}
	if _, err := wanting(t, "{spotler: '$value:Web', contact: gendercode, direction: '<-'}"); err == nil || !strings.Contains(err.Error(), "does not fit the column gendercode") {
		t.Errorf("got %v", err)
	}
}
