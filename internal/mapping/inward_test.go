package mapping_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/schema"
)

// goal binds one row between a column of the kind and a property of the type.
func goal(t testing.TB, kind schema.Kind, of, direction, more string) (*mapping.Bound, error) {
	t.Helper()
	s := parse(t, "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n  - {spotler: goal, contact: x_"+string(kind)+", direction: '"+direction+"'"+more+"}")
	return s.Bind(organisation(), []mapping.Property{{Name: "email", Type: "email"},
		{Name: "goal", Type: of, Entries: []mapping.Entry{{Bit: 1, Description: "Gold"}, {Bit: 2, Description: "silver"}, {Bit: 4, Description: "Bronze"}}}}, mapping.In(amsterdam))
}

func bits(on ...int64) any {
	var out []any
	for _, bit := range []int64{1, 2, 4} {
		out = append(out, map[string]any{"bit": json.Number(fmt.Sprint(bit)), "enabled": slices.Contains(on, bit)})
	}
	return out
}

// C-008 C-082 C-085: every type of property to the kinds of columns it can fill.
func TestInward(t *testing.T) {
	for _, c := range []struct {
		of   string
		raw  any
		to   schema.Kind
		want any
	}{
		{"string", " text ", schema.String, "text"},
		{"string", "false", schema.Bool, false},
		{"string", "Ja", schema.Bool, true},
		{"string", "perhaps", schema.Bool, left},
		{"string", "0", schema.Int, json.Number("0")},
		{"string", "12.5", schema.Int, left},
		{"string", "3000000000", schema.Int, left},
		{"string", "12.50", schema.Decimal, json.Number("12.5")},
		{"string", "twelve", schema.Money, left},
		{"string", "1980-05-17", schema.DateOnly, "1980-05-17"},
		{"string", "2024-06-13T00:13:25+02:00", schema.DateTime, "2024-06-12T22:13:25Z"},
		{"string", "17 May", schema.DateOnly, left},
		{"string", "gold", schema.Choice, 7},
		{"string", "7", schema.Choice, 7},
		{"string", "Platinum", schema.Choice, left},
		{"string", []any{}, schema.String, left},
		{"email", "A@b.test", schema.String, "A@b.test"},
		{"email", "n/a", schema.String, left},
		{"mobNr", "+31612345678", schema.String, "+31612345678"},
		{"postcode", "1234 AB", schema.String, "1234 AB"},
		{"gender", "M", schema.Choice, 1},
		{"gender", "F", schema.Choice, left}, // this choice has no female option
		{"gender", "F", schema.String, "F"},
		{"int", json.Number("0"), schema.Int, json.Number("0")},
		{"int", json.Number("0"), schema.Bool, false},
		{"int", 7.0, schema.Choice, 7},
		{"int", json.Number("1.5"), schema.Int, left},
		{"int", "7", schema.String, "7"},
		{"money", json.Number("1250"), schema.Money, json.Number("12.5")},
		{"money", json.Number("-5"), schema.Decimal, json.Number("-0.05")},
		{"money", json.Number("0"), schema.Money, json.Number("0")},
		{"money", json.Number("12.5"), schema.Money, left},
		{"money", "1999", schema.String, "19.99"},
		{"date", "1980-05-17", schema.DateOnly, "1980-05-17"},
		{"birthdate", json.Number("327362400000"), schema.DateOnly, "1980-05-17"},
		{"birthdate", "1980-05-17T00:00:00", schema.DateOnly, "1980-05-17"},
		{"dateTime", "2024-06-13T00:13:25.000+0200", schema.DateTime, "2024-06-12T22:13:25Z"},
		{"dateTime", "2024-06-13T00:13:25+02:00", schema.DateOnly, "2024-06-13"},
		{"date", "2024-06-13", schema.DateTime, "2024-06-12T22:00:00Z"},
		{"date", "soon", schema.DateOnly, left},
		{"date", true, schema.DateOnly, left},
		{"set", bits(1), schema.Choice, 7},
		{"set", bits(1, 2), schema.String, "Gold;silver"},
		{"set", bits(2), schema.Choice, left},
		{"set", []any{"Gold"}, schema.String, left},
		{"set", "Gold", schema.String, left},
		{"set", []any{map[string]any{"bit": "x", "enabled": true}}, schema.String, left},
	} {
		t.Run(c.of+" to "+string(c.to), func(t *testing.T) {
			b, err := goal(t, c.to, c.of, "<-", "")
			if err != nil {
				t.Fatal(err)
			}
			got := b.Inward(connector.Contact, map[string]any{"goal": c.raw})
			if len(got) != 1 || !got[0].Present || got[0].Row != 2 || got[0].Column != "x_"+string(c.to) || got[0].Kind != c.of+" to "+string(c.to) {
				t.Fatalf("got %+v", got)
			}
			p, wrong := got[0].Problem()
			switch {
			case c.want == left:
				if !wrong || p.Row != 2 || p.Column != got[0].Column || p.Says == "" || got[0].Value != nil {
					t.Errorf("got %v with problem %+v, want it left out", got[0].Value, p)
				}
			case wrong || !cmp.Equal(got[0].Value, c.want):
				t.Errorf("got %#v with problem %+v, want %#v", got[0].Value, p, c.want)
			case got[0].Canonical == "" || got[0].Wire == "":
				t.Errorf("value %v has texts %q and %q", c.want, got[0].Canonical, got[0].Wire)
			}
		})
	}
}

// What is absent, null, blank or a list with nothing on is empty: it clears.
func TestInwardEmpty(t *testing.T) {
	for name, properties := range map[string]map[string]any{"absent": {}, "null": {"goal": nil}, "blank": {"goal": "  "}} {
		b, err := goal(t, schema.String, "string", "<->", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Inward(connector.Contact, properties)[0]; got.Present || got.Value != nil || got.Wire != "" || got.Says != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	b, err := goal(t, schema.Choice, "set", "<-", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Inward(connector.Contact, map[string]any{"goal": bits()})[0]; got.Present || got.Value != nil {
		t.Errorf("a list with nothing on: %+v", got)
	}
}

// A value that went out and comes back unchanged is an echo: both stable texts and
// the value of the column are the same.
func TestInwardMirrorsOutward(t *testing.T) {
	for _, c := range []struct {
		kind schema.Kind
		raw  any
		to   string
	}{
		{schema.String, "text", "string"}, {schema.Bool, false, "string"}, {schema.Bool, true, "int"}, {schema.Int, json.Number("0"), "int"}, {schema.Int, json.Number("7"), "money"},
		{schema.Decimal, json.Number("2.5"), "money"}, {schema.Money, json.Number("19.99"), "money"}, {schema.Money, json.Number("-0.05"), "money"}, {schema.DateOnly, "1980-05-17", "birthdate"},
		{schema.DateTime, "2024-06-12T22:13:25Z", "dateTime"}, {schema.Choice, json.Number("7"), "string"}, {schema.Choice, json.Number("7"), "int"}, {schema.Choice, json.Number("1"), "gender"},
		{schema.Choice, json.Number("7"), "set"}, {schema.String, "Gold;Bronze", "set"}, {schema.String, "2024-02-29", "date"}, {schema.DateOnly, "1980-05-17", "string"}, {schema.DateTime, "2024-06-12T22:13:25Z", "string"},
	} {
		b, err := goal(t, c.kind, c.to, "<->", "")
		if err != nil {
			t.Fatal(err)
		}
		held, ok := b.Mirror(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "x_" + string(c.kind): c.raw})["goal"]
		if !ok || held.Wire == "" {
			t.Fatalf("%s to %s: no mirror", c.kind, c.to)
		}
		sent, err := json.Marshal(map[string]any{"goal": held.Value})
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(strings.NewReader(string(sent)))
		d.UseNumber()
		var properties map[string]any
		if err := d.Decode(&properties); err != nil {
			t.Fatal(err)
		}
		got := b.Inward(connector.Contact, properties)[0]
		if got.Wire != held.Wire || got.Canonical != held.Canonical || got.Says != "" {
			t.Errorf("%s to %s: %+v, want wire %q and canonical %q", c.kind, c.to, got, held.Wire, held.Canonical)
		}
	}
}

func TestInwardMoneyInUnits(t *testing.T) {
	b, err := goal(t, schema.Money, "money", "<-", ", scale: units")
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Inward(connector.Contact, map[string]any{"goal": json.Number("12.5")})[0]; got.Value != json.Number("12.5") || got.Wire != "1250" {
		t.Errorf("got %+v", got)
	}
}

// C-601: a <- row is not sent, and a -> row does not come back.
func TestDirections(t *testing.T) {
	for direction, want := range map[string]struct{ out, in int }{"->": {1, 0}, "<-": {0, 1}, "<->": {1, 1}} {
		b, err := goal(t, schema.String, "string", direction, "")
		if err != nil {
			t.Fatal(err)
		}
		out := len(b.Outward(connector.Contact, map[string]any{"emailaddress1": "a@b.test", "x_string": "s"}, nil).Fields) - 1
		if in := len(b.Inward(connector.Contact, nil)); out != want.out || in != want.in {
			t.Errorf("%s: %d out, %d in", direction, out, in)
		}
		if wanted := b.InwardProperties(connector.Contact)["goal"]; wanted != (want.in == 1) {
			t.Errorf("%s: goal matters when it comes: %v", direction, wanted)
		}
	}
}

// The policy of a row decides, and needs two sides.
func TestPolicy(t *testing.T) {
	b, err := goal(t, schema.String, "string", "<->", ", policy: newest")
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Inward(connector.Contact, nil)[0].Policy; got != mapping.PolicyNewest {
		t.Errorf("the policy is %q", got)
	}
	for cells, says := range map[string]string{"direction: '<->', policy: last": "use crm, spotler, newest or ask", "direction: '->', policy: crm": "needs the direction <->"} {
		_, err := mapping.Parse([]byte("version: 1\nrows:\n  - {spotler: goal, contact: x_string, " + cells + "}"))
		if err == nil || !strings.Contains(err.Error(), `row 1, policy`) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", cells, err)
		}
	}
	s := parse(t, "version: 1\nrows:\n  - {spotler: goal, contact: x_string, direction: '<->', policy: ask}")
	text, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, parse(t, string(text))); d != "" {
		t.Errorf("the policy is lost in YAML: %s", d)
	}
}

func FuzzInward(f *testing.F) {
	f.Add(`{"s":"M","i":1,"m":1e3,"d":"2024-06-12","t":1718230405000,"b":[{"bit":1,"enabled":true}]}`)
	f.Add(`{"s":5,"i":"x","m":{},"d":[],"t":"2024-06-13T00:13:25+0200","b":[null]}`)
	sheet := "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: '->'}\n"
	properties := []mapping.Property{{Name: "email", Type: "email"}}
	for _, c := range [][3]string{{"s", "string", "choice"}, {"i", "int", "int"}, {"m", "money", "money"}, {"d", "date", "dateonly"}, {"t", "dateTime", "datetime"}, {"b", "set", "string"}} {
		sheet += "  - {spotler: " + c[0] + ", contact: x_" + c[2] + ", direction: '<->'}\n"
		properties = append(properties, mapping.Property{Name: c[0], Type: c[1], Entries: []mapping.Entry{{Bit: 1, Description: "M"}}})
	}
	b, err := parse(f, sheet).Bind(organisation(), properties)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, contact string) {
		d := json.NewDecoder(strings.NewReader(contact))
		d.UseNumber()
		var properties map[string]any
		if d.Decode(&properties) != nil {
			return
		}
		for _, r := range b.Inward(connector.Contact, properties) {
			if r.Says == "" && (r.Value == nil) != (r.Canonical == "") || r.Says == "" && r.Present != (r.Wire != "") {
				t.Errorf("%+v", r)
			}
			if _, err := json.Marshal(r.Value); err != nil {
				t.Errorf("%s cannot be written: %v", r.Column, err)
			}
		}
	})
}
