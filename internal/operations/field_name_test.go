package operations

import (
	"slices"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/spotler"
)

func someFields() []spotler.Property {
	return []spotler.Property{
		{Name: "email", Description: "E-mailadres", Type: spotler.TypeEmail},
		{Name: "lastorderdate", Description: "Last Order Date", Type: spotler.TypeDate},
		{Name: "freeField1", Description: "Score", Type: spotler.TypeInt},
		{Name: "freeField2", Description: "score ", Type: spotler.TypeMoney},
		{Name: "remark", Description: "Note: internal", Type: spotler.TypeString},
		{Name: "Score", Description: "Points", Type: spotler.TypeInt},
		{Name: "permissions", Description: "Permissies", Type: spotler.TypeSet, Entries: []spotler.Entry{
			{Bit: 1, Description: "Newsletter"}, {Bit: 2, Description: "News: weekly"}, {Bit: 4, Description: "Twice"}, {Bit: 8, Description: "twice"}, {Bit: 16, Description: "TWICE"}}},
	}
}

// C-503 to C-507, C-518: a field is found by internal or display name; an ambiguous
// display name is refused with the internal names to choose from.
func TestFieldNamed(t *testing.T) {
	for _, tt := range []struct{ text, want, item, says string }{
		{"lastorderdate", "lastorderdate", "", ""},
		{" Last Order Date ", "lastorderdate", "", ""},
		{"last order date", "lastorderdate", "", ""},
		{"LASTORDERDATE", "lastorderdate", "", ""},
		{"Score", "Score", "", ""}, // an exact internal name wins over display names
		{"score", "", "", "fits more than one field; use the exact internal name: Score, freeField1, freeField2"},
		{"Note: internal", "remark", "", ""},
		{"permissions", "permissions", "", ""},
		{"permissions:Newsletter", "permissions", "Newsletter", ""},
		{"Permissies : News: weekly", "permissions", "News: weekly", ""},
		{"permissions:", "permissions", "", ""},
		{"email:x", "", "", "email is not a list, so it has no items; write email alone"},
		{"score:x", "", "", "fits more than one field"},
		{"shoe size", "", "", "Spotler shows no field of this name; use the exact internal name of one of its visible fields: Score, email, freeField1"},
		{"shoe:size", "", "", "shows no field of this name"},
		{":", "", "", "shows no field of this name"},
		{"", "", "", "shows no field of this name"},
	} {
		p, item, says := fieldNamed(someFields(), tt.text)
		if tt.says == "" && (p.Name != tt.want || item != tt.item || says != "") || tt.says != "" && !strings.Contains(says, tt.says) {
			t.Errorf("%q is %q item %q, says %q; want %q %q %q", tt.text, p.Name, item, says, tt.want, tt.item, tt.says)
		}
	}
}

// C-520 to C-528: items and their truths.
func TestItemAndTruth(t *testing.T) {
	list := someFields()[6]
	for item, want := range map[string]int64{"Newsletter": 1, "newsletter": 1, "News: weekly": 2} {
		if e, says := itemNamed(list, item); says != "" || e.Bit != want {
			t.Errorf("%q is %+v, says %q", item, e, says)
		}
	}
	for item, want := range map[string]string{"": "permissions is a list; name the item as permissions:item", "Golf": "has no item of this name; use one of Newsletter, News: weekly", "Twice": "two items of this name"} {
		if e, says := itemNamed(list, item); e != nil || !strings.Contains(says, want) {
			t.Errorf("%q is %+v, says %q", item, e, says)
		}
	}
	for text, want := range map[string]bool{"true": true, "Ja": true, " 1 ": true, "FALSE": false, "nee": false, "0": false} {
		if on, says := truthOf(text); on != want || says != "" {
			t.Errorf("%q is %v, says %q", text, on, says)
		}
	}
	for _, text := range []string{"", "2", "yes!", "aan"} {
		if _, says := truthOf(text); !strings.Contains(says, "true, ja or 1") {
			t.Errorf("%q says %q", text, says)
		}
	}
}

func TestListed(t *testing.T) {
	many := make([]string, mostListed+3)
	if got := listed(many); !strings.HasSuffix(got, " and 3 more") {
		t.Errorf("%q", got)
	}
}

func FuzzFieldNamed(f *testing.F) {
	for _, text := range []string{"lastorderdate", "Permissies : News: weekly", "score", "::", "email:x", "é:ß"} {
		f.Add(text)
	}
	all := someFields()
	f.Fuzz(func(t *testing.T, text string) {
		p, item, says := fieldNamed(all, text)
		if says == "" && !slices.ContainsFunc(all, func(q spotler.Property) bool { return q.Name == p.Name }) {
			t.Errorf("%q found %q, which is none of them", text, p.Name)
		}
		if says == "" && item != "" && p.Type != spotler.TypeSet {
			t.Errorf("%q found the item %q of %s", text, item, p.Name)
		}
		if len(text) > 12 && strings.Contains(says, text) {
			t.Errorf("%q is repeated in %q", text, says)
		}
		_, _ = itemNamed(all[6], item)
	})
}
