package mapping_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

// spotler lists the properties that the default mapping needs.
func spotler() []mapping.Property {
	p := []mapping.Property{
		{Name: "email", Type: "email"}, {Name: "birthday", Type: "birthdate"}, {Name: "postalCode", Type: "postcode"},
		{Name: "permissions", Type: "set", Entries: []mapping.Entry{{Bit: 1, Description: "Newsletter", Rank: 1}, {Bit: 2, Description: "Offers", Rank: 2}, {Bit: 4, Description: "Twice", Rank: 3}, {Bit: 8, Description: "twice ", Rank: 4}}},
	}
	for _, name := range []string{"firstName", "infix", "lastName", "organisation", "profileField1", "street", "city", "country", "customerType"} {
		p = append(p, mapping.Property{Name: name, Type: "string"})
	}
	return p
}

func bind(t testing.TB, s *mapping.Sheet, options ...mapping.Option) *mapping.Bound {
	t.Helper()
	b, err := s.Bind(schema.Tables(), spotler(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t testing.TB, sheet string) *mapping.Sheet {
	t.Helper()
	s, err := mapping.Parse([]byte(sheet))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ann is a contact as Dataverse answers it.
func ann() map[string]any {
	return map[string]any{
		"contactid": "6f0c1d9e-0000-4000-8000-000000000001", "emailaddress1": " ann@example.test ", "firstname": "Ann", "middlename": nil, "lastname": "Vries",
		"jobtitle": "", "birthdate": "1980-05-17", "address1_line1": "Dorpsstraat 1", "address1_postalcode": "1234 ab", "address1_city": "Ede", "address1_country": "NL",
		"donotemail": false, "donotbulkemail": nil, "statecode": json.Number("0"), "statuscode": json.Number("1"), "merged": false, "_masterid_value": nil,
	}
}

func TestOutwardDefault(t *testing.T) {
	b := bind(t, mapping.Default())
	r := b.Outward(connector.Contact, ann(), []connector.Permission{{Name: "newsletter ", Subscribed: true}, {Name: "Offers", Subscribed: true}, {Name: "Newsletter"}, {Name: "Secret"}, {Name: "Twice"}})
	if r.EmailState != connector.EmailValid || r.Email.Address() != "ann@example.test" || r.Excluded != "" {
		t.Errorf("address %v, state %q, excluded %q", r.Email, r.EmailState, r.Excluded)
	}
	text := func(row int, name, s string) mapping.Field {
		return mapping.Field{Name: name, Value: s, Direction: connector.ToSpotler, Canonical: s, Wire: s, Row: row}
	}
	none := func(row int, name string) mapping.Field {
		return mapping.Field{Name: name, Direction: connector.ToSpotler, Row: row}
	}
	want := []mapping.Field{text(1, "email", "ann@example.test"), text(2, "firstName", "Ann"), none(3, "infix"), text(4, "lastName", "Vries"), none(6, "profileField1"),
		text(7, "birthday", "1980-05-17"), text(8, "street", "Dorpsstraat 1"), text(9, "postalCode", "1234 ab"), text(10, "city", "Ede"), text(11, "country", "NL"), text(12, "customerType", "contact")}
	if d := cmp.Diff(want, r.Fields); d != "" {
		t.Errorf("C-056 C-087 to C-091 C-605 fields (-want +got):\n%s", d)
	}
	// C-607: by name on both sides; of two rows with one name No wins.
	bits := []mapping.Bit{{Property: "permissions", Name: "newsletter ", Bit: 1, Direction: connector.BothWays, Row: 13}, {Property: "permissions", Name: "Offers", Bit: 2, On: true, Direction: connector.BothWays, Row: 13}}
	if d := cmp.Diff(bits, r.Bits); d != "" {
		t.Errorf("bits (-want +got):\n%s", d)
	}
	if len(r.Problems) != 2 {
		t.Errorf("an unknown and an ambiguous permission are problems: %v", r.Problems)
	}
	if r := b.Outward(connector.Contact, ann(), nil); len(r.Bits) != 0 {
		t.Errorf("a person without permission rows has bits: %v", r.Bits)
	}
}

// C-014 C-015 C-016: contacts, leads and accounts.
func TestOutwardTables(t *testing.T) {
	b := bind(t, mapping.Default())
	values := ann()
	values["name"] = "Bakery"
	for table, want := range map[connector.Table]string{connector.Contact: "contact", connector.Lead: "lead", connector.Account: "account"} {
		r := b.Outward(table, values, nil)
		got := map[string]any{}
		for _, f := range r.Fields {
			got[f.Name] = f.Value
		}
		if got["customerType"] != want || len(r.Problems) > 0 {
			t.Errorf("C-605 %s: customerType is %v, problems %v", table, got["customerType"], r.Problems)
		}
		if _, has := got["organisation"]; has != (table == connector.Account) {
			t.Errorf("%s: organisation %v", table, got["organisation"])
		}
		if _, has := got["birthday"]; has != (table == connector.Contact) {
			t.Errorf("%s: birthday %v", table, got["birthday"])
		}
	}
}

func TestOutwardAddress(t *testing.T) {
	b := bind(t, mapping.Default())
	for name, c := range map[string]struct {
		raw  any
		want connector.EmailState
	}{
		"null": {nil, connector.EmailNone}, "blank": {"  ", connector.EmailNone}, "wrong": {"n/a", connector.EmailInvalid}, "right": {"a@b.test", connector.EmailValid},
		"another type": {12.0, connector.EmailUnread},
	} {
		values := ann()
		values["emailaddress1"] = c.raw
		r := b.Outward(connector.Contact, values, nil)
		if r.EmailState != c.want {
			t.Errorf("C-199 %s: state %q, want %q", name, r.EmailState, c.want)
		}
		for _, f := range r.Fields {
			if f.Name == "email" && c.want != connector.EmailValid {
				t.Errorf("%s: the address would be written as %v", name, f.Value)
			}
		}
	}
	values := ann()
	delete(values, "emailaddress1")
	if r := b.Outward(connector.Contact, values, nil); r.EmailState != connector.EmailUnread {
		t.Errorf("a column that was not read gives %q, which would erase the person", r.EmailState)
	}
}

// A column that is missing or of another type leaves its field out and says so,
// without the value.
func TestOutwardProblems(t *testing.T) {
	b := bind(t, mapping.Default())
	values := ann()
	delete(values, "firstname")
	values["lastname"] = map[string]any{"secret": "Vries"}
	values["birthdate"] = "the 17th of May"
	r := b.Outward(connector.Contact, values, nil)
	if len(r.Problems) != 3 || len(r.Fields) != 8 {
		t.Fatalf("%d problems, %d fields", len(r.Problems), len(r.Fields))
	}
	for i, want := range []mapping.Problem{{Row: 2, Column: "firstname", Kind: "string to string"}, {Row: 4, Column: "lastname", Kind: "string to string"}, {Row: 7, Column: "birthdate", Kind: "dateonly to birthdate"}} {
		p := r.Problems[i]
		if p.Row != want.Row || p.Column != want.Column || p.Kind != want.Kind || p.Says == "" || strings.Contains(p.Says, "Vries") || strings.Contains(p.Says, "17th") {
			t.Errorf("problem %+v, want %+v", p, want)
		}
	}
}

// A foreign postcode is no value for Spotler, and no fault.
func TestOutwardForeignPostcode(t *testing.T) {
	b := bind(t, mapping.Default())
	values := ann()
	values["address1_postalcode"] = "SW1A 1AA"
	r := b.Outward(connector.Contact, values, nil)
	if len(r.Problems) != 0 || len(r.Notes) != 1 || r.Notes[0].Row != 9 {
		t.Errorf("problems %v, notes %v", r.Problems, r.Notes)
	}
	for _, f := range r.Fields {
		if f.Name == "postalCode" && (f.Value != nil || f.Canonical != "") {
			t.Errorf("postalCode would be %v", f.Value)
		}
	}
}

// C-052 C-594 C-602: filters.
func TestOutwardFilter(t *testing.T) {
	sheet := `version: 1
rows:
  - {spotler: email, contact: emailaddress1, direction: "->"}
  - {contact: %s, direction: "->", filter: "%s"}
`
	for _, c := range []struct {
		column, filter string
		raw            any
		passes         bool
	}{
		{"address1_country", "NL", "nl", true},
		{"address1_country", "NL;BE", "BE", true},
		{"address1_country", "NL", "DE", false},
		{"address1_country", "NL", nil, false},
		{"gendercode", "Female", 2.0, true},
		{"gendercode", "2", json.Number("2"), true},
		{"gendercode", "Female", 1.0, false},
		{"donotbulkemail", "false", false, true},
		{"donotbulkemail", "false", true, false},
		{"address1_country", "NL", 12.0, false},
		{"$CustomerType", "contact", nil, true},
		{"$CustomerType", "Lead", nil, false},
	} {
		b := bind(t, parse(t, fmt.Sprintf(sheet, c.column, c.filter)))
		r := b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", c.column: c.raw}, nil)
		if (r.Excluded == "") != c.passes || c.passes != (len(r.Fields) == 1) {
			t.Errorf("filter %s = %q with %v: excluded %q, fields %v", c.column, c.filter, c.raw, r.Excluded, r.Fields)
		}
		if r.EmailState != connector.EmailValid {
			t.Errorf("an excluded row must still tell its address for the rules that erase")
		}
	}
	if r := bind(t, parse(t, fmt.Sprintf(sheet, "jobtitle", "x"))).Outward(connector.Lead, nil, nil); r.Excluded == "" {
		t.Error("C-593 a table without a column is synchronised")
	}
}

func TestColumns(t *testing.T) {
	b := bind(t, parse(t, `version: 1
rows:
  - {spotler: email, contact: emailaddress2, account: emailaddress1, direction: "->"}
  - {spotler: organisation, contact: parentcustomerid, direction: "->"}
  - {spotler: city, contact: address1_city, direction: "<-"}
  - {contact: address1_country, direction: "->", filter: NL}
  - {spotler: customerType, contact: "$value:PRD", direction: "->"}
`))
	if d := cmp.Diff([]string{"emailaddress2", "_parentcustomerid_value", "address1_city", "address1_country"}, b.Columns(connector.Contact)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"emailaddress2", "donotemail", "donotbulkemail", "statecode", "statuscode", "merged", "_masterid_value"}, b.RuleColumns(connector.Contact)); d != "" {
		t.Error(d)
	}
	if b.Synchronises(connector.Lead) || !b.Synchronises(connector.Account) || b.Columns(connector.Lead) != nil {
		t.Error("C-593 the sheet names contacts and accounts only")
	}
	for _, f := range b.Outward(connector.Contact, map[string]any{"emailaddress2": "a@b.test", "address1_city": "Ede", "address1_country": "NL", "_parentcustomerid_value": nil}, nil).Fields {
		if f.Name == "city" {
			t.Error("C-080 C-084 a field that only comes back from Spotler was sent")
		}
		if f.Name == "customerType" && f.Value != "PRD" {
			t.Errorf("C-606 customerType is %v", f.Value)
		}
	}
}

func TestKnownBits(t *testing.T) {
	if bits := bind(t, mapping.Default()).KnownBits(connector.Lead); len(bits) != 4 || bits[1].Bit != 2 || bits[1].Property != "permissions" || bits[1].On {
		t.Errorf("got %v", bits)
	}
}

func TestFacts(t *testing.T) {
	b := bind(t, mapping.Default())
	f, err := b.Facts(connector.Contact, ann())
	if err != nil || f != (mapping.Facts{Active: true}) {
		t.Errorf("got %+v, %v", f, err)
	}
	values := ann()
	values["statecode"], values["merged"], values["donotemail"], values["donotbulkemail"], values["_masterid_value"] = 1.0, true, true, true, "6F0C1D9E-0000-4000-8000-000000000002"
	f, err = b.Facts(connector.Contact, values)
	if err != nil || f != (mapping.Facts{Merged: true, DoNotEmail: true, DoNotBulkEmail: true, Master: "6f0c1d9e-0000-4000-8000-000000000002"}) {
		t.Errorf("got %+v, %v", f, err)
	}
	values = ann()
	values["statecode"] = 1.0
	if f, err = b.Facts(connector.Lead, values); err != nil || !f.Qualified || f.Active {
		t.Errorf("a lead in state 1 is qualified: %+v, %v", f, err)
	}
	for _, name := range []string{"donotemail", "donotbulkemail", "statecode", "merged"} {
		values := ann()
		delete(values, name)
		if _, err := b.Facts(connector.Contact, values); !errors.Is(err, fault.Garbled) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v, want a fault of kind garbled that names it", name, err)
		}
	}
	values["statecode"] = nil
	if _, err := b.Facts(connector.Contact, values); !errors.Is(err, fault.Garbled) {
		t.Errorf("an empty state: %v", err)
	}
	if _, err := bind(t, parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}")).Facts(connector.Lead, ann()); !errors.Is(err, fault.NotValid) {
		t.Errorf("an unmapped table: %v", err)
	}
}

func BenchmarkOutward(b *testing.B) {
	bound, values := bind(b, mapping.Default()), ann()
	permissions := []connector.Permission{{Name: "Newsletter", Subscribed: true}, {Name: "Offers"}}
	b.ReportAllocs()
	for b.Loop() {
		bound.Outward(connector.Contact, values, permissions)
	}
}
