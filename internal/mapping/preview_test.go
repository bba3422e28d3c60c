package mapping_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

// previewed is a sheet with a row of every sort.
const previewed = `version: 1
rows:
  - {spotler: email, contact: emailaddress1, lead: emailaddress1, direction: "->"}
  - {spotler: city, contact: address1_city, direction: "<->"}
  - {spotler: postalCode, contact: address1_postalcode, direction: "->"}
  - {spotler: country, contact: jobtitle, direction: "<-"}
  - {spotler: customerType, contact: $CustomerType, direction: "->"}
  - {spotler: street, lead: address1_line1, direction: "->"}
  - {spotler: birthday, contact: firstname, direction: "->"}
  - {contact: statecode, direction: "->", filter: Active}
  - {spotler: permissions, contact: "@map(permissions)", direction: "<->"}
  - {spotler: shoeSize, contact: lastname, direction: "->"}
  - {spotler: "$value:Website", contact: address1_line2, direction: "<-"}
  - {spotler: organisation, contact: "firstname;lastname", direction: "->"}
`

func TestPreview(t *testing.T) {
	b, err := parse(t, previewed).Bind(schema.Tables(), spotler(), mapping.HoldBack())
	if err != nil {
		t.Fatal(err)
	}
	values := ann()
	values["address1_postalcode"], values["address1_line2"] = "B-1000", nil
	got := b.Preview(connector.Contact, values, []connector.Permission{{Name: "Newsletter", Subscribed: true}, {Name: "Offers"}},
		map[string]any{"city": "Wageningen", "country": "Author"})
	want := []mapping.Line{
		{Row: 1, Spotler: "email", Cell: "emailaddress1", Direction: "->", Source: "ann@example.test", Converted: "ann@example.test", Value: "ann@example.test", State: mapping.LineSends},
		{Row: 2, Spotler: "city", Cell: "address1_city", Direction: "<->", Source: "Ede", Converted: "Ede", Value: "Ede", InSpotler: "Wageningen", Back: "Wageningen", State: mapping.LineSends},
		{Row: 3, Spotler: "postalCode", Cell: "address1_postalcode", Direction: "->", Source: "B-1000", State: mapping.LineEmpty},
		{Row: 4, Spotler: "country", Cell: "jobtitle", Direction: "<-", InSpotler: "Author", Back: "Author", State: mapping.LineReceives},
		{Row: 5, Spotler: "customerType", Cell: "$CustomerType", Direction: "->", Source: "contact", Converted: "contact", Value: "contact", State: mapping.LineSends},
		{Row: 6, Spotler: "street", Direction: "->", State: mapping.LineNotHere},
		{Row: 7, Spotler: "birthday", Cell: "firstname", Direction: "->", Source: "Ann", State: mapping.LineOmits},
		{Row: 8, Cell: "statecode", Direction: "->", Source: "Active", State: mapping.LineFilters},
		{Row: 9, Spotler: "permissions", Cell: "@map(permissions)", Direction: "<->", Source: "Newsletter", Converted: "+Newsletter -Offers", State: mapping.LineSends},
		{Row: 10, Spotler: "shoeSize", Cell: "lastname", Direction: "->", State: mapping.LineHeld},
		{Row: 11, Spotler: "$value:Website", Cell: "address1_line2", Direction: "<-", Back: "Website", State: mapping.LineInitial},
		{Row: 12, Spotler: "organisation", Cell: "firstname;lastname", Direction: "->", Source: "Ann", Converted: "Ann", Value: "Ann", State: mapping.LineSends},
	}
	if d := cmp.Diff(want, got.Lines, cmpopts.IgnoreFields(mapping.Line{}, "Says")); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
	for _, l := range got.Lines {
		if (l.State != mapping.LineSends && l.State != mapping.LineReceives) && l.Says == "" {
			t.Errorf("row %d is %q without a reason", l.Row, l.State)
		}
	}
	if got.Address != connector.EmailValid || got.Excluded != "" {
		t.Errorf("address %q, excluded %q", got.Address, got.Excluded)
	}
}

// What keeps a record out is said in the row that does so, and every other row sends nothing.
func TestPreviewKeptOut(t *testing.T) {
	b, err := parse(t, previewed).Bind(schema.Tables(), spotler(), mapping.HoldBack())
	if err != nil {
		t.Fatal(err)
	}
	values := ann()
	values["statecode"] = json.Number("1")
	got := b.Preview(connector.Contact, values, nil, nil)
	if got.Excluded == "" || got.Lines[7].State != mapping.LineKeepsOut || got.Lines[7].Says != got.Excluded {
		t.Errorf("excluded %q, row 8 %+v", got.Excluded, got.Lines[7])
	}
	for _, l := range got.Lines {
		if l.State == mapping.LineSends {
			t.Errorf("row %d is sent", l.Row)
		}
	}
	delete(values, "emailaddress1")
	values["statecode"] = json.Number("0")
	if got = b.Preview(connector.Contact, values, nil, nil); got.Address != connector.EmailUnread || got.Lines[0].State != mapping.LineOmits || got.Lines[3].Says == "" {
		t.Errorf("address %q, line %+v", got.Address, got.Lines[0])
	}
}
