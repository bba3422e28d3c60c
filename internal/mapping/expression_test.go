package mapping_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/mapping"
)

// The cells of the manual (C-607 to C-609, C-614 to C-616), read and printed.
var goodCells = map[string]string{
	"EMailAddress1":     "emailaddress1",
	"$CustomerType":     "$CustomerType",
	"$value:PRD":        "$value:PRD",
	"@map(list)":        "@map(list)",
	"@map( periodiek )": "@map(periodiek)",
	"parentcustomerid(account).accountnumber": "parentcustomerid(account).accountnumber",
	"slaid().name":                                                      "slaid().name",
	"address1_line1;address1_line2;":                                    "address1_line1;address1_line2",
	"a;ownerid(systemuser).fullname":                                    "a;ownerid(systemuser).fullname",
	`@concat(a,", ", b, "\"\\")`:                                        `@concat(a, ", ", b, "\"\\")`,
	"@child(dh_permissions).first(createdOn DESC).name":                 "@child(dh_permissions).first(createdon desc).name",
	"@child(dh_spotlerpermission,dh_Customer).first(createdon).dh_name": "@child(dh_spotlerpermission, dh_customer).first(createdon).dh_name",
	"@odata:contacts?$select=fullname&$top=1":                           "@odata:contacts?$select=fullname&$top=1",
}

func TestParseExpression(t *testing.T) {
	for cell, want := range goodCells {
		got, err := mapping.ParseExpression(cell)
		if err != nil || got.String() != want {
			t.Errorf("%s: %v, %v; want %s", cell, got, err, want)
		}
	}
}

// C-605 C-606: the cells that start with a dollar sign, and the empty one.
func TestParseDollar(t *testing.T) {
	for cell, want := range map[string]mapping.Source{"": nil, "  ": nil, " EMailAddress1 ": mapping.Column("emailaddress1"), "$value:PRD": mapping.Literal("PRD"), "$value:a;b(c)": mapping.Literal("a;b(c)"),
		"$customertype": mapping.CustomerType{}, "@map( Permissions )": mapping.Permissions} {
		if got, err := mapping.ParseExpression(cell); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads as %#v, %v", cell, got, err)
		}
	}
	for cell, says := range map[string]string{"$value:": "is empty", "$other": "use $CustomerType", "@": "use @map, @concat, @child or @odata:", "9lives": "name a column here", strings.Repeat("a", 129): "name a column here"} {
		if _, err := mapping.ParseExpression(cell); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", cell, err, says)
		}
	}
}

func TestParseExpressionPoints(t *testing.T) {
	for cell, at := range map[string]int{
		"first name": 7, "a;;b": 3, "é": 1, "a(account)": 11, "a(account.b": 10, "a(b).c(d).e": 7,
		"@map(people)": 6, "@foo(a)": 2, `@concat(a "b")`: 11, `@concat("b)`: 9, "@concat()": 9,
		"@child(x).last(a).b": 11, "@child(x).first(a up).b": 19, "@odata:": 8, "1a": 1,
	} {
		_, err := mapping.ParseExpression(cell)
		var wrong *mapping.CellError
		if !errors.As(err, &wrong) || wrong.At != at {
			t.Errorf("%s: %v, want character %d", cell, err, at)
		}
	}
	_, err := mapping.ParseExpression("a;;b")
	var wrong *mapping.CellError
	if !errors.As(err, &wrong) || wrong.Caret() != "a;;b\n  ^" {
		t.Errorf("the caret stands wrong: %v", err)
	}
}

// What parses prints as something that parses to the same.
func FuzzParseExpression(f *testing.F) {
	for cell := range goodCells {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		first, err := mapping.ParseExpression(cell)
		if err != nil || first == nil {
			return
		}
		again, err := mapping.ParseExpression(first.String())
		if err != nil || !reflect.DeepEqual(first, again) {
			t.Fatalf("%q printed as %q came back as %v, %v", cell, first, again, err)
		}
	})
}
