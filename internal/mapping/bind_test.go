package mapping_test

import (
	"errors"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

func TestBindRefuses(t *testing.T) {
	for name, c := range map[string]struct{ row, says string }{
		"C-570 an unknown or hidden field": {"{spotler: shoeSize, contact: firstname, direction: '->'}", `row 2, spotler "shoeSize": Spotler has no visible field`},
		"C-573 another spelling":           {"{spotler: FirstName, contact: firstname, direction: '->'}", "did you mean firstName?"},
		"an unknown column":                {"{spotler: firstName, contact: nickname, direction: '->'}", `row 2, contact "nickname": the table has no column`},
		"a type that does not convert":     {"{spotler: birthday, contact: gendercode, direction: '->'}", "cannot be converted to the Spotler type birthdate"},
		"a lookup cannot be filled":        {"{spotler: organisation, contact: parentcustomerid, direction: '<->'}", "cannot be filled from Spotler"},
		"a state cannot be filled":         {"{spotler: city, contact: statecode, direction: '<-'}", "cannot be filled from Spotler"},
		"C-582 permissions from a column":  {"{spotler: permissions, contact: firstname, direction: '->'}", "use @map(permissions)"},
		"permissions to a text":            {"{spotler: city, contact: '@map(permissions)', direction: '->'}", "need a Spotler field of type List"},
		"a wrong fixed value":              {"{spotler: birthday, contact: '$value:PRD', direction: '->'}", "the fixed value does not fit"},
		"an unsupported filter column":     {"{contact: nickname, direction: '->', filter: x}", "the table has no column"},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - "+c.row)
			_, err := s.Bind(schema.Tables(), spotler())
			if !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want a refusal that says %q", err, c.says)
			}
		})
	}
}

func TestBindNeedsTheAddress(t *testing.T) {
	for name, c := range map[string]struct{ rows, says string }{
		"no row":         {"  - {spotler: city, contact: address1_city, direction: '->'}\n", "map a column of the contact to email"},
		"one table of 2": {"  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: city, lead: address1_city, direction: '->'}\n", "map a column of the lead to email"},
		"inward only":    {"  - {spotler: email, contact: emailaddress1, direction: '<-'}\n", "must travel to Spotler"},
		"a number":       {"  - {spotler: email, contact: statecode, direction: '->'}\n", "cannot be converted"},
		"a fixed one":    {"  - {spotler: email, contact: '$value:a@b.test', direction: '->'}\n", "cannot have a fixed value"},
	} {
		for _, options := range [][]mapping.Option{nil, {mapping.HoldBack()}} {
			_, err := parse(t, "version: 1\nrows:\n"+c.rows).Bind(schema.Tables(), spotler(), options...)
			if !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: got %v, want a refusal that says %q", name, err, c.says)
			}
		}
	}
}

func TestBindReportsEverything(t *testing.T) {
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: shoeSize, contact: a, direction: '->'}\n  - {spotler: city, contact: b, lead: c, direction: '->'}")
	_, err := s.Bind(schema.Tables(), spotler())
	var refused mapping.Refusals
	if !errors.As(err, &refused) || len(refused) != 4 {
		t.Errorf("got %v, want the field, two columns and the lead without an address", err)
	}
}

// One hidden field holds back its row, not the sync.
func TestHoldBack(t *testing.T) {
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: hidden, contact: firstname, direction: '->'}\n  - {spotler: city, contact: address1_city, direction: '->'}")
	b := bind(t, s, mapping.HoldBack())
	if held := b.HeldBack(); len(held) != 1 || held[0].Row != 2 {
		t.Errorf("held back %v", held)
	}
	r := b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "address1_city": "Ede"}, nil)
	if len(r.Fields) != 2 || len(r.Problems) != 0 {
		t.Errorf("fields %v, problems %v", r.Fields, r.Problems)
	}
	filtered := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: hidden, contact: firstname, direction: '->', filter: x}")
	if _, err := filtered.Bind(schema.Tables(), spotler(), mapping.HoldBack()); !errors.Is(err, fault.NotValid) {
		t.Errorf("a row with a filter was held back, which lets filtered people in: %v", err)
	}
}

// The organisation's own columns are appended to the table by the caller.
func TestBindOwnColumns(t *testing.T) {
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: city, contact: new_region, direction: '->'}")
	tables := schema.Tables()
	tables[0].Columns = append(tables[0].Columns, schema.Column{Name: "new_region", Kind: schema.Choice, Options: []schema.Option{{Value: 1, Label: "North"}}})
	b, err := s.Bind(tables, spotler())
	if err != nil {
		t.Fatal(err)
	}
	if r := b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "new_region": 1.0}, nil); r.Fields[1].Value != "North" {
		t.Errorf("got %v", r.Fields[1].Value)
	}
}
