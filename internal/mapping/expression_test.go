package mapping_test

import (
	"errors"
	"reflect"
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
