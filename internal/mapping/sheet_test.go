package mapping_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
)

// C-024 C-025 C-075 C-086 to C-092 C-588: the mapping that comes with the product.
func TestDefault(t *testing.T) {
	s := mapping.Default()
	want := map[string][3]string{
		"email":         {"emailaddress1", "emailaddress1", "emailaddress1"},
		"firstName":     {"firstname", "firstname", ""},
		"infix":         {"middlename", "middlename", ""},
		"lastName":      {"lastname", "lastname", ""},
		"organisation":  {"", "", "name"},
		"profileField1": {"jobtitle", "jobtitle", ""},
		"birthday":      {"birthdate", "", ""},
		"street":        {"address1_line1", "address1_line1", "address1_line1"},
		"postalCode":    {"address1_postalcode", "address1_postalcode", "address1_postalcode"},
		"city":          {"address1_city", "address1_city", "address1_city"},
		"country":       {"address1_country", "address1_country", "address1_country"},
		"customerType":  {"$CustomerType", "$CustomerType", "$CustomerType"},
		"permissions":   {"@map(permissions)", "@map(permissions)", "@map(permissions)"},
	}
	if len(s.Rows) != len(want) {
		t.Errorf("%d rows, want %d", len(s.Rows), len(want))
	}
	for _, r := range s.Rows {
		var got [3]string
		for i, table := range connector.People {
			if source := r.For(table); source != nil {
				got[i] = source.String()
			}
		}
		if got != want[r.Spotler] {
			t.Errorf("%s is filled from %q, want %q", r.Spotler, got, want[r.Spotler])
		}
		direction := connector.ToSpotler
		if r.Spotler == "permissions" {
			direction = connector.BothWays
		}
		if r.Direction != direction {
			t.Errorf("%s has direction %s, want %s", r.Spotler, r.Direction, direction)
		}
	}
}

// C-591 C-592 C-604 to C-616: the cells of the manual, and what they read as.
func TestParseSource(t *testing.T) {
	for cell, want := range map[string]mapping.Source{
		"": nil, "  ": nil, " EMailAddress1 ": mapping.Column("emailaddress1"),
		"$value:PRD": mapping.Literal("PRD"), "$value:a;b(c)": mapping.Literal("a;b(c)"), "$customertype": mapping.CustomerType{}, "$CustomerType": mapping.CustomerType{},
		"@map( Permissions )": mapping.Permissions, "@map(list)": mapping.Lists, "@map(periodiek)": mapping.Periodieken,
		"parentcustomerid(account).accountnumber": mapping.Through{Lookup: "parentcustomerid", Table: "account", Column: "accountnumber"},
		"slaid().name": mapping.Through{Lookup: "slaid", Column: "name"},
		"a;b;":         mapping.FirstFilled{mapping.Column("a"), mapping.Column("b")},
		`@concat(address1_line1, ", ", address1_line2)`:     mapping.Concat{mapping.Column("address1_line1"), mapping.Text(", "), mapping.Column("address1_line2")},
		"@child(dh_permissions).first(createdOn DESC).name": mapping.Child{Table: "dh_permissions", By: "createdon", Descending: true, Column: "name"},
		"@odata:contacts?$select=fullname&$top=1":           mapping.Query("contacts?$select=fullname&$top=1"),
	} {
		if got, err := mapping.ParseExpression(cell); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads as %#v, %v; want %#v", cell, got, err, want)
		}
	}
	for cell, says := range map[string]string{"$value:": "is empty", "$other": "use $CustomerType", "@": "use @map, @concat, @child or @odata:", "@map(other)": "use permissions, list or periodiek",
		"9lives": "name a column here", "first name": "nothing may follow here", "a(b).c(d).e": "nothing may follow here", strings.Repeat("a", 129): "name a column here"} {
		if _, err := mapping.ParseExpression(cell); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", cell, err, says)
		}
	}
}

func TestParseReportsEverything(t *testing.T) {
	_, err := mapping.Parse([]byte(`version: 1
rows:
  - {spotler: email, contact: first name, lead: "@map(people)", direction: "=>"}
  - {spotler: externalId, contact: contactid, direction: "->"}
  - {contact: firstname, direction: "->"}
  - {spotler: city, direction: "->"}
  - {spotler: customerType, contact: $CustomerType, lead: "$value:x", direction: "<->"}
  - {spotler: city, entity: x, direction: "->", scale: pounds}
  - {spotler: city, contact: "$value:x", filter: "; ;", direction: "->", scale: pounds}
  - {spotler: permissions, contact: "@map(permissions)", filter: "1", direction: "->"}
  - {spotler: city, contact: "a;b", lead: "parentcontactid().fullname", account: "@concat(a, b)", direction: "<->"}
  - {spotler: city, contact: "@odata:contacts?$select=fullname", lead: "@child(a).first(b).c", direction: "<->"}
  - {spotler: list1, contact: "@map(list)", lead: "@map(periodiek)", direction: "<->"}
  - {spotler: "$value:Web", contact: "a;b", lead: leadsourcecode, direction: "->"}
  - {spotler: town, entity: "a;b", direction: "<-"}
`))
	if !errors.Is(err, fault.NotValid) {
		t.Fatalf("got %v, want a fault of kind not valid", err)
	}
	var refused mapping.Refusals
	if !errors.As(err, &refused) {
		t.Fatalf("%T does not hold Refusals", err)
	}
	want := []struct {
		row         int
		cell, value string
	}{
		{1, "contact", "first name"}, {1, "lead", "@map(people)"}, {1, "direction", "=>"},
		{2, "spotler", "externalId"},
		{3, "spotler", ""},
		{4, "contact", ""},
		{5, "contact", "$CustomerType"}, {5, "lead", "$value:x"},
		{6, "scale", "pounds"}, {6, "direction", "->"},
		{7, "scale", "pounds"}, {7, "filter", "; ;"}, {7, "contact", "$value:x"},
		{8, "contact", "@map(permissions)"},
		{9, "contact", "a;b"}, {9, "lead", "parentcontactid().fullname"}, {9, "account", "@concat(a, b)"},
		{10, "contact", "@odata:contacts?$select=fullname"}, {10, "contact", "@odata:contacts?$select=fullname"}, {10, "lead", "@child(a).first(b).c"},
		{11, "contact", "@map(list)"}, {11, "lead", "@map(periodiek)"},
		{12, "direction", "->"}, {12, "contact", "a;b"},
		{13, "entity", "a;b"}, {13, "entity", "a;b"},
	}
	if len(refused) != len(want) {
		t.Fatalf("%d refusals, want %d:\n%v", len(refused), len(want), refused)
	}
	for i, w := range want {
		if r := refused[i]; r.Row != w.row || r.Cell != w.cell || r.Value != w.value || r.Says == "" {
			t.Errorf("refusal %d is %v, want row %d, %s %q", i, r, w.row, w.cell, w.value)
		}
	}
}

func TestParseRefusesSheets(t *testing.T) {
	for name, c := range map[string]struct{ sheet, says string }{
		"not YAML":               {"rows: [", "cannot be read"},
		"HTML":                   {"<html><body>Sign in</body></html>", "cannot be read"},
		"empty":                  {"", ""},
		"an unknown key":         {"version: 1\nrows:\n  - {spotler: email, contact: a, direction: '->', colour: red}", "colour"},
		"another version":        {"version: 2\nrows:\n  - {spotler: email, contact: a, direction: '->'}", "version: 1"},
		"no rows":                {"version: 1", "no rows"},
		"too large":              {"version: 1\n#" + strings.Repeat("x", 128<<10), "128 KiB"},
		"a field filled twice":   {"version: 1\nrows:\n  - {spotler: city, contact: a, direction: '->'}\n  - {spotler: city, contact: b, direction: '<->'}", "already fills"},
		"a column written twice": {"version: 1\nrows:\n  - {spotler: city, contact: a, direction: '<-'}\n  - {spotler: town, contact: a, direction: '<->'}", "already writes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mapping.Parse([]byte(c.sheet))
			if !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want a fault that says %q", err, c.says)
			}
		})
	}
}

// Sheets made to cost time or memory are refused like any other. (The YAML
// library's own decoding takes minutes for some of them.)
func TestParseHostile(t *testing.T) {
	for _, s := range []string{"[", "- ", "? ", "{a: ", "a: {", "\"", "''", "a: |\n", "&a ", "*a ", "!!a ", "? a\n: b\n", "- |\n", "a: 1\n"} {
		if _, err := mapping.Parse([]byte(strings.Repeat(s, 128<<10/len(s)))); !errors.Is(err, fault.NotValid) {
			t.Errorf("%q over and over: %v", s, err)
		}
	}
	for name, s := range map[string]string{
		"many rows":        "version: 1\nrows:\n" + strings.Repeat("  - {}\n", 30000),
		"one key in a row": "version: 1\nrows:\n  - {" + strings.Repeat("lead: a, ", 20000) + "}",
		"a reference":      "version: 1\nrows:\n  - {spotler: &a email, contact: *a, direction: '->'}",
		"a row of rows":    "version: 1\nrows:\n  - &a [*a, *a]\n  - *a",
		"a key of keys":    "version: 1\nrows:\n  - {[a]: b}",
		"two documents":    "version: 1\nrows: []\n---\nversion: 1",
		"a list of keys":   "- version",
	} {
		_, err := mapping.Parse([]byte(s))
		if !errors.Is(err, fault.NotValid) || len(err.Error()) > 64<<10 {
			t.Errorf("%s: %.200v", name, err)
		}
	}
}

// A field may be filled by one row and come back by another.
func TestParseTwoWaysByTwoRows(t *testing.T) {
	_, err := mapping.Parse([]byte("version: 1\nrows:\n  - {spotler: city, contact: a, direction: '->'}\n  - {spotler: city, contact: b, direction: '<-'}\n  - {spotler: town, contact: a, direction: '->', filter: 1}"))
	if err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}"))
	f.Add([]byte("version: 1\nrows:\n  - {spotler: 'no', contact: '$value: yes', direction: '->', scale: units}\n  - {lead: a, filter: 'true;07', direction: '<-'}"))
	f.Add([]byte("version: 1\nrows:\n  - {spotler: permissions, contact: '@map(permissions)', direction: <->}"))
	f.Add([]byte("version: 1\nrows:\n  - {spotler: a, contact: 'b; c(d).e', lead: '@concat(a, \", \", b)', account: '@child(a, b).first(c desc).d', direction: '->'}\n  - {spotler: '$value:x', entity: b, direction: '<-'}"))
	f.Add([]byte("version: 1\nrows: &a\n  - *a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := mapping.Parse(data)
		if err != nil {
			if !errors.Is(err, fault.NotValid) {
				t.Errorf("the error is not a fault of kind not valid: %v", err)
			}
			return
		}
		printed, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := mapping.Parse(printed)
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("%#v prints as\n%s\nand reads again as %#v (%v)", s, printed, again, err)
		}
	})
}
