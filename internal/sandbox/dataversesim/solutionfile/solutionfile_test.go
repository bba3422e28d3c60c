package solutionfile

import (
	"archive/zip"
	"bytes"
	"reflect"
	"strings"
	"testing"
)

const (
	manifest = "\ufeff" + `<ImportExportXml version="9.2"><SolutionManifest><UniqueName>SpotlerConnector</UniqueName><LocalizedNames><LocalizedName description="Spotler Connector" languagecode="1033"/></LocalizedNames>
		<Descriptions/><Version>1.2.0.0</Version><Managed>1</Managed><Publisher><UniqueName>spotler</UniqueName><LocalizedNames><LocalizedName description="Spotler" languagecode="1033"/></LocalizedNames>
		<CustomizationPrefix>dh</CustomizationPrefix><CustomizationOptionValuePrefix>48000</CustomizationOptionValuePrefix></Publisher><RootComponents/></SolutionManifest></ImportExportXml>`
	custom   = `<ImportExportXml><Entities><Entity><Name LocalizedName="Spotler Job" OriginalName="Spotler Job">dh_SpotlerJob</Name></Entity></Entities></ImportExportXml>`
	variable = `<environmentvariabledefinition schemaname="dh_spotlerpermissions"><defaultvalue>Newsletter;</defaultvalue><displayname default="Spotler Permissions"/><type>100000000</type></environmentvariabledefinition>`
)

func packed(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestParse(t *testing.T) {
	got, err := Parse(packed(t, map[string]string{"[Content_Types].xml": "<Types/>", "solution.xml": manifest, "customizations.xml": custom,
		"environmentvariabledefinitions/dh_spotlerpermissions/environmentvariabledefinition.xml": variable}))
	want := Solution{UniqueName: "SpotlerConnector", FriendlyName: "Spotler Connector", Version: "1.2.0.0", Managed: true,
		Publisher: Publisher{"spotler", "Spotler", "dh", 48000}, Tables: []Table{{"dh_SpotlerJob", "Spotler Job"}},
		Variables: []Variable{{"dh_spotlerpermissions", "Spotler Permissions", "Newsletter;", 100000000}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\n%+v\n%v", got, want, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for what, tt := range map[string]struct {
		file []byte
		says string
	}{
		"no zip":            {[]byte("PK nothing"), "is not a zip file"},
		"no manifest":       {packed(t, map[string]string{"customizations.xml": custom}), "needs solution.xml"},
		"no customizations": {packed(t, map[string]string{"solution.xml": manifest}), "customizations.xml"},
		"an empty manifest": {packed(t, map[string]string{"solution.xml": "<ImportExportXml/>", "customizations.xml": custom}), "no SolutionManifest"},
		"half an XML":       {packed(t, map[string]string{"solution.xml": manifest[:200], "customizations.xml": custom}), "solution.xml cannot be read"},
		"a nameless table":  {packed(t, map[string]string{"solution.xml": manifest, "customizations.xml": `<ImportExportXml><Entities><Entity/></Entities></ImportExportXml>`}), "has no Name"},
		"another document":  {packed(t, map[string]string{"solution.xml": manifest, "customizations.xml": `<html/>`}), "customizations.xml cannot be read"},
		"a part too large":  {packed(t, map[string]string{"solution.xml": strings.Repeat(" ", mostBytes+1)}), "larger than"},
	} {
		if _, err := Parse(tt.file); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(manifest), []byte(custom), []byte(variable))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		s, err := Parse(packed(t, map[string]string{"solution.xml": string(a), "customizations.xml": string(b), "e/environmentvariabledefinition.xml": string(c)}))
		if err == nil && (s.UniqueName == "" || len(s.Variables) != 1) {
			t.Errorf("accepted %+v", s)
		}
		_, _ = Parse(a)
	})
}
