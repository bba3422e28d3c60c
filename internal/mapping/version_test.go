package mapping_test

import (
	"slices"
	"testing"

	"github.com/spotler-connector/connector/internal/mapping"
)

func sheetOf(t *testing.T, yaml string) *mapping.Sheet {
	t.Helper()
	s, err := mapping.Parse([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const versionBase = `version: 1
rows:
- {spotler: email, contact: emailaddress1, direction: "->"}
- {spotler: city, contact: address1_city, direction: "->"}
- {spotler: birthday, contact: birthdate, direction: "->"}
- {contact: statuscode, direction: "->", filter: Active}
`

func TestVersion(t *testing.T) {
	id := func(yaml string) mapping.VersionID {
		v, err := sheetOf(t, yaml).Version()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	base := id(versionBase)
	if len(base) != 16 {
		t.Errorf("the id is %q", base)
	}
	respelled := "# a remark\nrows:\n- direction: '->'\n  contact: EMailAddress1\n  spotler: email\nversion: 1\n"
	if plain := id("version: 1\nrows:\n- {spotler: email, contact: emailaddress1, direction: \"->\"}\n"); plain != id(respelled) || plain == base {
		t.Errorf("ids %s, %s and %s", plain, id(respelled), base)
	}
	printed, err := sheetOf(t, versionBase).YAML()
	if err != nil || id(string(printed)) != base {
		t.Errorf("printing changes the id: %v", err)
	}
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name, after string
		want        []string
	}{
		{"the same", versionBase, nil},
		{"moved only", `version: 1
rows:
- {contact: statuscode, direction: "->", filter: Active}
- {spotler: city, contact: address1_city, direction: "->"}
- {spotler: birthday, contact: birthdate, direction: "->"}
- {spotler: email, contact: emailaddress1, direction: "->"}
`, nil},
		{"everything", `version: 1
rows:
- {spotler: email, contact: emailaddress1, lead: emailaddress1, direction: "<->"}
- {spotler: birthday, contact: birthdate, direction: "->"}
- {contact: statuscode, direction: "->", filter: Active;Open}
- {spotler: country, contact: address1_country, direction: "->"}
`, []string{
			"row 2, city: removed",
			"row 1, email: lead emailaddress1, direction -> became <->",
			"row 3, filter only: filter Active became Active;Open",
			"row 4, country: added, contact address1_country, direction ->",
		}},
		{"a cell emptied", `version: 1
rows:
- {spotler: email, contact: emailaddress1, direction: "->"}
- {spotler: city, lead: address1_city, direction: "->"}
- {spotler: birthday, contact: birthdate, direction: "->"}
- {contact: statuscode, direction: "->", filter: Active}
`, []string{"row 2, city: contact address1_city went, lead address1_city"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, change := range mapping.Diff(sheetOf(t, versionBase), sheetOf(t, c.after)) {
				got = append(got, change.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Two rows of one property keep their partner when one is put in front.
func TestDiffPairsBySource(t *testing.T) {
	before := sheetOf(t, "version: 1\nrows:\n- {spotler: city, contact: address1_city, direction: \"->\"}\n")
	after := sheetOf(t, "version: 1\nrows:\n- {spotler: city, account: address1_city, direction: \"->\"}\n- {spotler: city, contact: address1_city, direction: \"<->\"}\n")
	got := mapping.Diff(before, after)
	if len(got) != 2 || got[0].Kind != mapping.RowAdded || got[0].After != 1 || got[1].Kind != mapping.RowChanged || got[1].Before != 1 {
		t.Errorf("got %v", got)
	}
}
