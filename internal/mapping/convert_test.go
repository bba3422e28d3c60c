package mapping_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

const (
	left   = "left out with a problem"
	noted  = "sent as no value, with a note"
	refuse = "refused when binding"
)

// amsterdam has the offsets of the Netherlands without needing a zone database.
var amsterdam = time.FixedZone("CEST", 2*60*60)

// organisation is a contact table with one column of every kind.
func organisation() []schema.Table {
	t, _ := schema.Of(connector.Contact)
	for _, k := range []schema.Kind{schema.String, schema.Memo, schema.Int, schema.Decimal, schema.Money, schema.Bool, schema.DateOnly, schema.DateTime, schema.PrimaryKey,
		schema.Choice, schema.State, schema.Status, schema.Lookup, schema.Customer, schema.Owner} {
		t.Columns = append(t.Columns, schema.Column{Name: "x_" + string(k), Kind: k, Options: []schema.Option{{Value: 1, Label: "Male"}, {Value: 7, Label: "Gold"}}})
	}
	return []schema.Table{t}
}

// C-085 C-595 C-575 to C-579: every kind of column to every type of property.
func TestConversions(t *testing.T) {
	const name = "@OData.Community.Display.V1.FormattedValue"
	for _, c := range []struct {
		kind schema.Kind
		raw  any
		to   string
		want any
	}{
		{schema.String, " text ", "string", "text"},
		{schema.Memo, "two\nlines", "string", "two\nlines"},
		{schema.String, 5.0, "string", left},
		{schema.String, "second@example.test", "email", "second@example.test"},
		{schema.String, "second", "email", left},
		{schema.String, "+31 (0)6-12345678", "mobNr", "+31 (0)6-12345678"},
		{schema.String, "ask Ann", "mobNr", left},
		{schema.String, "12", "mobNr", left},
		{schema.String, "1234AB", "postcode", "1234AB"},
		{schema.String, "0234 AB", "postcode", noted},
		{schema.String, "B-9000", "postcode", noted},
		{schema.String, "vrouw", "gender", "F"},
		{schema.String, "M", "gender", "M"},
		{schema.String, "unknown", "gender", noted},
		{schema.String, "12", "int", int64(12)},
		{schema.String, "12.50", "int", left},
		{schema.String, "12,5", "money", left},
		{schema.String, "12.5", "money", int64(1250)},
		{schema.String, "2024-02-29", "date", "2024-02-29"},
		{schema.String, "29-02-2024", "date", left},
		{schema.String, "2024-02-29T23:30:00Z", "birthdate", "2024-03-01"},
		{schema.String, "2024-02-29", "dateTime", "2024-02-29T00:00:00+02:00"},
		{schema.String, "gold; Silver", "set", []mapping.SetBit{{Bit: 1, Enabled: true}, {Bit: 2, Enabled: true}, {Bit: 4}}},
		{schema.String, "Platinum", "set", left},
		{schema.Int, json.Number("42"), "int", int64(42)},
		{schema.Int, 42.0, "string", "42"},
		{schema.Int, 42.5, "int", left},
		{schema.Int, "42", "int", left},
		{schema.Int, json.Number("3"), "money", int64(300)},
		{schema.Int, 1.0, "date", refuse},
		{schema.Decimal, json.Number("1.5000"), "string", "1.5"},
		{schema.Decimal, json.Number("2.000000000000"), "int", int64(2)},
		{schema.Decimal, json.Number("2.5"), "int", left},
		{schema.Decimal, json.Number("1e400"), "int", left},
		{schema.Money, json.Number("19.995"), "money", int64(2000)},
		{schema.Money, json.Number("-0.005"), "money", int64(-1)},
		{schema.Money, json.Number("0"), "money", int64(0)},
		{schema.Money, json.Number("1.2E3"), "money", int64(120000)},
		{schema.Money, json.Number("99999999999999999"), "money", left},
		{schema.Money, json.Number("10.50"), "string", "10.5"},
		{schema.Money, json.Number("10"), "gender", refuse},
		{schema.Bool, true, "string", "true"},
		{schema.Bool, false, "int", int64(0)},
		{schema.Bool, "true", "int", left},
		{schema.Bool, true, "set", refuse},
		{schema.DateOnly, "1980-05-17", "birthdate", "1980-05-17"},
		{schema.DateOnly, "1980-05-16T22:00:00Z", "birthdate", "1980-05-17"},
		{schema.DateOnly, "1980-05-17", "string", "1980-05-17"},
		{schema.DateOnly, "1980-02-30", "date", left},
		{schema.DateOnly, "1980-05-17", "int", refuse},
		{schema.DateTime, "2024-06-12T22:13:25Z", "date", "2024-06-13"},
		{schema.DateTime, "2024-06-12T22:13:25Z", "dateTime", "2024-06-13T00:13:25+02:00"},
		{schema.DateTime, "2024-06-12T22:13:25Z", "string", "2024-06-13T00:13:25+02:00"},
		{schema.DateTime, "soon", "dateTime", left},
		{schema.Choice, json.Number("7"), "string", "Gold"},
		{schema.Choice, json.Number("8"), "string", left},
		{schema.Choice, json.Number("7"), "int", int64(7)},
		{schema.Choice, json.Number("1"), "gender", "M"},
		{schema.Choice, json.Number("7"), "gender", noted},
		{schema.Choice, json.Number("7"), "set", []mapping.SetBit{{Bit: 1, Enabled: true}, {Bit: 2}, {Bit: 4}}},
		{schema.Choice, json.Number("7"), "money", refuse},
		{schema.Choice, "7,8", "string", left},
		{schema.State, 1.0, "string", "Male"},
		{schema.Status, 7.0, "string", "Gold"},
		{schema.Lookup, "6F0C1D9E-0000-4000-8000-000000000001", "string", "Contoso"},
		{schema.Customer, "6f0c1d9e-0000-4000-8000-000000000001", "string", "Contoso"},
		{schema.Owner, "6f0c1d9e-0000-4000-8000-000000000001", "string", "Contoso"},
		{schema.Lookup, "6f0c1d9e-0000-4000-8000-000000000001", "int", refuse},
		{schema.Lookup, nil, "string", nil},
		{schema.PrimaryKey, "6f0c1d9e-0000-4000-8000-000000000001", "string", "6f0c1d9e-0000-4000-8000-000000000001"},
		{schema.String, "", "set", nil},
		{schema.Memo, nil, "dateTime", nil},
		{schema.String, "x", "blob", refuse},
	} {
		t.Run(string(c.kind)+" to "+c.to, func(t *testing.T) {
			column := "x_" + string(c.kind)
			s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: goal, contact: "+column+", direction: '->'}")
			b, err := s.Bind(organisation(), []mapping.Property{{Name: "email", Type: "email"},
				{Name: "goal", Type: c.to, Entries: []mapping.Entry{{Bit: 1, Description: "Gold"}, {Bit: 2, Description: "silver"}, {Bit: 4, Description: "Bronze"}}}}, mapping.In(amsterdam))
			if c.want == refuse {
				if !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), "row 2") {
					t.Fatalf("got %v, want a refusal of row 2", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			values := map[string]any{"emailaddress1": "a@b.test", column: c.raw, "_" + column + "_value": c.raw}
			if c.kind == schema.Lookup || c.kind == schema.Customer || c.kind == schema.Owner {
				values["_"+column+"_value"+name] = "Contoso"
			}
			checkConverted(t, b.Outward(connector.Contact, values, nil), c.want)
		})
	}
}

func checkConverted(t *testing.T, r mapping.Result, want any) {
	t.Helper()
	var got mapping.Field
	for _, f := range r.Fields {
		if f.Name == "goal" {
			got = f
		}
	}
	switch want {
	case left:
		if got.Name != "" || len(r.Problems) != 1 {
			t.Errorf("got %v with problems %v, want it left out", got.Value, r.Problems)
		}
		return
	case noted:
		if got.Name == "" || got.Value != nil || len(r.Notes) != 1 || len(r.Problems) != 0 {
			t.Errorf("got %v, problems %v, notes %v, want no value and a note", got.Value, r.Problems, r.Notes)
		}
		return
	}
	if d := cmp.Diff(want, got.Value); d != "" || got.Name == "" {
		t.Errorf("(-want +got) %s problems %v notes %v", d, r.Problems, r.Notes)
	}
	if (got.Canonical == "") != (want == nil) || (got.Wire == "") != (want == nil) {
		t.Errorf("value %v has texts %q and %q", got.Value, got.Canonical, got.Wire)
	}
}

// The texts for the hashes do not depend on how a number or a time is spelled.
func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		kind       schema.Kind
		to         string
		one, other any
	}{
		{schema.Money, "money", json.Number("12.5"), json.Number("12.5000")},
		{schema.Decimal, "string", json.Number("-0.0"), 0.0},
		{schema.Int, "int", json.Number("7"), 7.0},
		{schema.DateTime, "dateTime", "2024-06-12T22:13:25Z", "2024-06-13T00:13:25.000+02:00"},
		{schema.Lookup, "string", "6F0C1D9E-0000-4000-8000-000000000001", "6f0c1d9e-0000-4000-8000-000000000001"},
	} {
		s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: goal, contact: x_"+string(c.kind)+", direction: '->'}")
		b, err := s.Bind(organisation(), []mapping.Property{{Name: "email", Type: "email"}, {Name: "goal", Type: c.to}})
		if err != nil {
			t.Fatal(err)
		}
		of := func(raw any) mapping.Field {
			key := "_x_" + string(c.kind) + "_value"
			return b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "x_" + string(c.kind): raw, key: raw, key + "@OData.Community.Display.V1.FormattedValue": "N"}, nil).Fields[1]
		}
		if a, b := of(c.one), of(c.other); a.Canonical != b.Canonical || a.Canonical == "" || a.Wire != b.Wire {
			t.Errorf("%s: %q and %q, %q and %q", c.kind, a.Canonical, b.Canonical, a.Wire, b.Wire)
		}
	}
}

// The standard gender column counts by number, because its labels are in the
// language of the organisation; a lookup needs the name of its row.
func TestConversionsByColumn(t *testing.T) {
	const name = "@OData.Community.Display.V1.FormattedValue"
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: gender, contact: gendercode, direction: '->'}\n  - {spotler: company, contact: parentcustomerid, direction: '->'}")
	b, err := s.Bind(schema.Tables(), []mapping.Property{{Name: "email", Type: "email"}, {Name: "gender", Type: "gender"}, {Name: "company", Type: "string"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		number    any
		label     string
		gender    any
		lookup    any
		linkName  any
		company   any
		problems  int
		notesToGo int
	}{
		{1.0, "Mężczyzna", "M", nil, nil, nil, 0, 0},
		{2, "Kobieta", "F", "", nil, nil, 0, 0},
		{int64(2), "Male", "M", "6f0c1d9e-0000-4000-8000-000000000001", "Contoso", "Contoso", 0, 0},
		{3.0, "Inna", nil, "6f0c1d9e-0000-4000-8000-000000000001", nil, nil, 1, 1},
		{1.5, "", nil, 5.0, nil, nil, 2, 0},
		{true, "", nil, nil, nil, nil, 1, 0},
	} {
		r := b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "gendercode": c.number, "gendercode" + name: c.label,
			"_parentcustomerid_value": c.lookup, "_parentcustomerid_value" + name: c.linkName}, nil)
		got := map[string]any{}
		for _, f := range r.Fields {
			got[f.Name] = f.Value
		}
		if got["gender"] != c.gender || got["company"] != c.company || len(r.Problems) != c.problems || len(r.Notes) != c.notesToGo {
			t.Errorf("%v %q, %v: got %v, problems %v, notes %v", c.number, c.label, c.lookup, got, r.Problems, r.Notes)
		}
	}
}

func TestMoneyInUnits(t *testing.T) {
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: goal, contact: x_money, direction: '->', scale: units}")
	b, err := s.Bind(organisation(), []mapping.Property{{Name: "email", Type: "email"}, {Name: "goal", Type: "money"}})
	if err != nil {
		t.Fatal(err)
	}
	r := b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "x_money": json.Number("12.345")}, nil)
	if r.Fields[1].Value != 12.35 {
		t.Errorf("got %v", r.Fields[1].Value)
	}
}

func FuzzOutward(f *testing.F) {
	f.Add(`{"emailaddress1":"a@b.test","x_money":1e3,"x_datetime":"2024-06-12T22:13:25Z","x_choice":7,"x_string":"M"}`)
	f.Add(`{"emailaddress1":null,"x_money":-0.5,"x_datetime":[],"x_choice":{},"x_string":5}`)
	sheet := "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n"
	properties := []mapping.Property{{Name: "email", Type: "email"}}
	for i, to := range []string{"money", "int", "dateTime", "date", "set", "gender", "mobNr", "postcode", "string"} {
		column := map[bool]string{true: "x_money", false: "x_string"}[i < 2]
		sheet += "  - {spotler: " + to + ", contact: " + column + ", direction: '->'}\n"
		properties = append(properties, mapping.Property{Name: to, Type: to, Entries: []mapping.Entry{{Bit: 1, Description: "M"}}})
	}
	s := parse(f, sheet)
	b, err := s.Bind(organisation(), properties)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, row string) {
		d := json.NewDecoder(strings.NewReader(row))
		d.UseNumber()
		var values map[string]any
		if d.Decode(&values) != nil {
			return
		}
		for _, field := range b.Outward(connector.Contact, values, nil).Fields {
			if (field.Value == nil) != (field.Wire == "") {
				t.Errorf("%s is %v with text %q", field.Name, field.Value, field.Wire)
			}
			if _, err := json.Marshal(field.Value); err != nil {
				t.Errorf("%s cannot be sent: %v", field.Name, err)
			}
		}
	})
}
