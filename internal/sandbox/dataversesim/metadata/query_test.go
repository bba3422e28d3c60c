package metadata

import (
	"strings"
	"testing"
)

// asked is a document with what the service's documents have: values of every
// kind, something below it, and a way that leads nowhere.
func asked() *Document {
	label := &Document{Type: "Label"}
	label.add("Label", "Job Title")
	name := &Document{Type: "LocalizedLabels"}
	name.add("UserLocalizedLabel", label)
	d := &Document{Type: "AttributeMetadata"}
	d.add("MetadataId", "a0000000-0000-4000-8000-000000000001")
	d.add("LogicalName", "jobtitle")
	d.add("MaxLength", 100)
	d.add("Precision", 2.5)
	d.add("IsCustom", false)
	d.add("Nothing", nil)
	d.add("DisplayName", name)
	return d
}

func TestFilter(t *testing.T) {
	for text, want := range map[string]bool{
		"LogicalName eq 'JobTitle'":                                     true,
		"LogicalName ne 'jobtitle'":                                     false,
		"LogicalName gt 'a' and LogicalName lt 'z'":                     true,
		"LogicalName eq 'x' or LogicalName eq 'jobtitle'":               true,
		"LogicalName eq 'x' or MaxLength eq 100 and IsCustom eq true":   false,
		"(LogicalName eq 'x' or MaxLength eq 100) and IsCustom ne true": true,
		"not (MaxLength ge 100)":                                        false,
		"not MaxLength le 99":                                           true,
		"Precision eq 2.5":                                              true,
		"Nothing eq null and LogicalName ne null":                       true,
		"DisplayName/UserLocalizedLabel/Label eq 'job title'":           true,
		"MetadataId eq a0000000-0000-4000-8000-000000000001":            true,
		"LogicalName eq 'it''s (fine)'":                                 false,
		"LogicalName eq Microsoft.Dynamics.CRM.Enum'jobtitle'":          true,
		"MaxLength eq 'jobtitle'":                                       false,
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := f.Match(asked()); got != want || err != nil {
			t.Errorf("%s: %v %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"LogicalName", "LogicalName eq", "LogicalName eq x", "LogicalName like 'x'", "(LogicalName eq 'x'", "LogicalName eq 'x')", "LogicalName eq 'x' and",
		"LogicalName eq 'x", "LogicalName eq '''", "LogicalName eq Other'x'", strings.Repeat("(", 500), strings.Repeat("not ", 500) + "IsCustom eq true"} {
		if _, err := ParseFilter(text); err == nil {
			t.Errorf("%.60s was read", text)
		}
	}
	for _, text := range []string{"Nonesuch eq 1", "LogicalName/Label eq 'x'", "DisplayName/Nonesuch eq 'x'"} {
		f, err := ParseFilter(text)
		if err == nil {
			_, err = f.Match(asked())
		}
		if err == nil {
			t.Errorf("%s names something that there is", text)
		}
	}
}

func TestOptions(t *testing.T) {
	o, err := ParseOptions("LogicalName, SchemaName", "IsCustom eq true", "Attributes($select=LogicalName;$filter=LogicalName eq 'a,;)';$expand=OptionSet($select=Options)),Keys")
	if err != nil || o.Filter == nil || o.Context() != "(LogicalName,SchemaName,Attributes(LogicalName,OptionSet(Options)),Keys())" {
		t.Errorf("%s %v", o.Context(), err)
	}
	for _, expand := range []string{"Attributes(", "Attributes($select=a", "Attributes($top=1)", "Attributes($filter=x)", "Attributes(x)", strings.Repeat("A($expand=", 30)} {
		if _, err := ParseOptions("", "", expand); err == nil {
			t.Errorf("%.60s was read", expand)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"LogicalName eq 'x'", "not (MaxLength gt 3 or IsCustom eq true)", "DisplayName/UserLocalizedLabel/Label eq 'a''b'", "((((", "'", "a eq Microsoft.Dynamics.CRM.E'", "MetadataId eq a0000000-0000-4000-8000-000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text)
		if err != nil {
			return
		}
		turned, err := ParseFilter("not (" + text + ")")
		if err != nil {
			if strings.Contains(err.Error(), "too deep") {
				return
			}
			t.Fatalf("%q is read, but not in brackets: %v", text, err)
		}
		yes, err := filter.Match(asked())
		no, errTurned := turned.Match(asked())
		if (err == nil) != (errTurned == nil) || err == nil && yes == no {
			t.Errorf("%q is %v %v, and its opposite %v %v", text, yes, err, no, errTurned)
		}
	})
}

func FuzzOptions(f *testing.F) {
	f.Add("LogicalName", "IsCustom eq true", "Attributes($select=LogicalName;$filter=LogicalName eq 'a,;)')")
	f.Add("a,,b", "", "A($expand=B($expand=C))")
	f.Add("", "", "A(")
	f.Add("LogicalName,DisplayName", "not (MaxLength gt 3)", "DisplayName($select=UserLocalizedLabel)")
	f.Fuzz(func(t *testing.T, selects, filter, expand string) {
		o, err := ParseOptions(selects, filter, expand)
		if err != nil {
			return
		}
		if depth(o) > maxDepth+1 {
			t.Errorf("%q nests %d deep", expand, depth(o))
		}
		if shown, err := o.Apply([]*Document{asked()}, "AttributeMetadata"); err == nil && len(shown) > 1 {
			t.Errorf("one document became %d", len(shown))
		}
		o.Context()
	})
}

// depth is how deep expansions nest.
func depth(o Options) (most int) {
	for _, e := range o.Expand {
		most = max(most, depth(e.Options)+1)
	}
	return most
}
