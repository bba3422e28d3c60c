package operations

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spotler-connector/connector/internal/spotler"
)

// knownFields are the fields of an automation as Spotler tells them.
var knownFields = []spotler.FieldKind{{Name: "invoiceEmail", Type: "STRING"}, {Name: "invoiceCode", Type: "STRING"}, {Name: "invoiceVatNumber", Type: "STRING"}, {Name: "page", Type: "URL"}, {Name: "crosssell", Type: "PRODUCTLIST"}}

// C-438 to C-451: the examples of the manual, and what is between them.
func TestAutomationFields(t *testing.T) {
	text := func(name, value string) spotler.Field { return spotler.Field{Name: name, Type: "STRING", Value: value} }
	invoice := []spotler.Field{text("invoiceEmail", "invoice@company.com"), text("invoiceVatNumber", "NL123456")}
	for _, c := range []struct {
		name, text string
		known      []spotler.FieldKind
		want       []spotler.Field
	}{
		{"C-446: semicolons, one blank", "invoiceEmail=invoice@company.com;invoiceCode=;invoiceVatNumber=NL123456", knownFields, invoice},
		{"C-447: one left out", "invoiceEmail=invoice@company.com;invoiceVatNumber=NL123456", knownFields, invoice},
		{"C-448: lines, one blank", "invoiceEmail=invoice@company.com\ninvoiceCode=\ninvoiceVatNumber=NL123456", knownFields, invoice},
		{"C-449: lines, one left out", "invoiceEmail=invoice@company.com\r\ninvoiceVatNumber=NL123456\r\n", knownFields, invoice},
		{"C-451: products", "crosssell={123,567, 891}", knownFields, []spotler.Field{{Name: "crosssell", Type: "PRODUCTLIST", Values: []string{"123", "567", "891"}}}},
		{"products that are not told", "crosssell={123}", nil, []spotler.Field{{Name: "crosssell", Type: "PRODUCTLIST", Values: []string{"123"}}}},
		{"no products", "crosssell={ , }", knownFields, nil},
		{"an address", "page=https://example.test/a?b=c", knownFields, []spotler.Field{{Name: "page", Type: "URL", Value: "https://example.test/a?b=c"}}},
		{"brackets in a text", "invoiceCode={1}", knownFields, []spotler.Field{text("invoiceCode", "{1}")}},
		{"an unknown type is text", "x=1", []spotler.FieldKind{{Name: "x", Type: "COLOUR"}}, []spotler.Field{text("x", "1")}},
		{"nothing", " ;\n; ", knownFields, nil},
	} {
		got, err := parseAutomationFields(c.text, c.known)
		if d := cmp.Diff(c.want, got); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", c.name, err, d)
		}
	}
}

func TestAutomationFieldsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"invoiceCode=<STRING>":                "invoiceCode in Automation Fields still has its type",
		"page=<URL>":                          "page in Automation Fields still has its type",
		"crosssell={<PRODUCTLIST>}":           "crosssell in Automation Fields still has its type",
		"crosssell={<STRING>,<STRING>,etc}":   "crosssell in Automation Fields still has its type",
		"crosssell=PRODUCTLIST":               "crosssell in Automation Fields still has its type",
		"crosssell={PRODUCTLIST}":             "crosssell in Automation Fields still has its type",
		"invoiceCode=1;invoiceCode=2":         "invoiceCode is given twice",
		"invoiceCode=;invoiceCode=2":          "invoiceCode is given twice",
		"invoicecode=1":                       "no field invoicecode; choose from invoiceEmail, invoiceCode, invoiceVatNumber, page, crosssell",
		"crosssell=123":                       "crosssell={123,567}",
		"page=example.test":                   "page in Automation Fields is not a web address",
		"page=javascript:alert(1)":            "page in Automation Fields is not a web address",
		"invoiceCode=1;secret@example.test":   "part 2 of Automation Fields has no =",
		"jan@example.test=1":                  "part 1 of Automation Fields does not begin with the name of a field",
		"my code=1":                           "part 1 of Automation Fields does not begin with the name of a field",
		"=1":                                  "part 1 of Automation Fields does not begin with the name of a field",
		strings.Repeat("a", 101) + "=1":       "part 1 of Automation Fields does not begin with the name of a field",
		"invoiceCode=1;;\n;invoiceVatNumber":  "part 2 of Automation Fields has no =",
		"invoiceEmail=a@b.test;b@example.com": "part 2 of Automation Fields has no =",
	} {
		_, err := parseAutomationFields(text, knownFields)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if strings.Contains(err.Error(), "example.") || strings.Contains(err.Error(), "b.test") {
			t.Errorf("%q: a value is in the error: %v", text, err)
		}
	}
}

// C-436, C-437: the template holds every field with its type; as it stands every
// field in it is refused, and read back it says the same.
func TestAutomationTemplate(t *testing.T) {
	text := automationTemplate(knownFields)
	if want := "invoiceEmail=<STRING>\ninvoiceCode=<STRING>\ninvoiceVatNumber=<STRING>\npage=<URL>\ncrosssell={<PRODUCTLIST>}"; text != want {
		t.Errorf("%q", text)
	}
	if d := cmp.Diff(knownFields, readTemplate(text)); d != "" {
		t.Error(d)
	}
	for _, line := range strings.Split(text, "\n") {
		if _, err := parseAutomationFields(line, knownFields); err == nil {
			t.Errorf("%s was taken", line)
		}
	}
	if got := readTemplate("a line of somebody\n=x\nok=<URL>"); len(got) != 1 || got[0].Name != "ok" {
		t.Errorf("%+v", got)
	}
}

// C-459: several ids, separated by a comma.
func TestRunIDs(t *testing.T) {
	for text, want := range map[string][]string{
		"a1":                             {"a1"},
		" a1 , b2,a1,":                   {"a1", "b2"},
		"a1;b2\nc3":                      {"a1", "b2", "c3"},
		" , ":                            nil,
		"a1, b 2":                        nil,
		"jan@example.org":                nil,
		"../trigger/x":                   nil,
		"a1," + strings.Repeat("x", 101): nil,
	} {
		got, err := parseRuns(text)
		if d := cmp.Diff(want, got); d != "" || (err == nil) != (want != nil) {
			t.Errorf("%q: %v\n%s", text, err, d)
		}
	}
}

func FuzzAutomationFields(f *testing.F) {
	f.Add("invoiceEmail=invoice@company.com;invoiceCode=;invoiceVatNumber=NL123456", true)
	f.Add("crosssell={123,567,891}\npage=https://example.test", true)
	f.Add("a={<STRING>", false)
	f.Add("\x00=\xff;é=é", false)
	f.Fuzz(func(t *testing.T, text string, told bool) {
		var known []spotler.FieldKind
		if told {
			known = knownFields
		}
		readTemplate(text)
		_, _ = parseRuns(text)
		fields, err := parseAutomationFields(text, known)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		var back []string
		for _, f := range fields {
			if seen[f.Name] || !isFieldName(f.Name) || (f.Value == "") == (len(f.Values) == 0) || isHint(f.Value) {
				t.Errorf("%q gave %+v", text, f)
			}
			seen[f.Name] = true
			value := f.Value
			if f.Type == spotler.FieldProductList {
				value = "{" + strings.Join(f.Values, ",") + "}"
			}
			back = append(back, f.Name+"="+value)
		}
		again, err := parseAutomationFields(strings.Join(back, "\n"), known)
		if d := cmp.Diff(fields, again); err != nil || d != "" {
			t.Errorf("%q: %v\n%s", text, err, d)
		}
	})
}
