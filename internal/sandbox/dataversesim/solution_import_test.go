package dataversesim

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// stagingOf is the body of StageSolution with a solution of one table and one
// environment variable.
func stagingOf(t *testing.T, table string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"solution.xml": `<ImportExportXml><SolutionManifest><UniqueName>Hub</UniqueName><LocalizedNames><LocalizedName description="The Hub" languagecode="1033"/></LocalizedNames><Version>1.2.0.0</Version><Managed>0</Managed>
			<Publisher><UniqueName>hubmakers</UniqueName><LocalizedNames><LocalizedName description="Hub makers" languagecode="1033"/></LocalizedNames><CustomizationPrefix>dh</CustomizationPrefix><CustomizationOptionValuePrefix>48000</CustomizationOptionValuePrefix></Publisher></SolutionManifest></ImportExportXml>`,
		"customizations.xml": `<ImportExportXml><Entities><Entity><Name LocalizedName="A table">` + table + `</Name></Entity></Entities></ImportExportXml>`,
		"environmentvariabledefinitions/dh_hubcolour/environmentvariabledefinition.xml": `<environmentvariabledefinition schemaname="dh_hubcolour"><defaultvalue>green</defaultvalue><displayname default="Colour"/><type>100000000</type></environmentvariabledefinition>`,
	} {
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
	return `{"CustomizationFile":"` + base64.StdEncoding.EncodeToString(b.Bytes()) + `"}`
}

// importOf is the body of ImportSolutionAsync for what was staged.
func importOf(t *testing.T, stage reply) string {
	t.Helper()
	results, _ := stage.json(t)["StageSolutionResults"].(map[string]any)
	return fmt.Sprintf(`{"OverwriteUnmanagedCustomizations":false,"PublishWorkflows":true,"ComponentParameters":[{"@odata.type":"Microsoft.Dynamics.CRM.environmentvariablevalue","schemaname":"dh_hubcolour","value":"blue"}],
		"SolutionParameters":{"StageSolutionUploadId":"%v"}}`, results["StageSolutionUploadId"])
}

// A solution is staged, imported and found: its publisher, its version, its variable
// with the value that was given along, and its table as a component.
func TestImportSolution(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	stage := o.must(200, "POST", "StageSolution", stagingOf(t, "dh_SpotlerJob"))
	if !strings.Contains(stage.body, `"ComponentTypeName":"entity","IsPresentInOrg":"True"`) {
		t.Errorf("staged: %s", stage.body)
	}
	o.must(200, "POST", "ImportSolutionAsync", importOf(t, stage))
	found := o.must(200, "GET", "solutions?$filter=uniquename%20eq%20%27Hub%27&$select=version,ismanaged&$expand=publisherid($select=customizationprefix)", "").body
	if !strings.Contains(found, `"version":"1.2.0.0"`) || !strings.Contains(found, `"customizationprefix":"dh"`) {
		t.Errorf("solution: %s", found)
	}
	if v := o.must(200, "GET", "environmentvariablevalues?$select=value&$filter=schemaname%20eq%20%27dh_hubcolour%27", "").body; !strings.Contains(v, `"value":"blue"`) {
		t.Errorf("variable: %s", v)
	}
	if c := o.must(200, "GET", "solutioncomponents?$select=componenttype&$filter=componenttype%20eq%201%20and%20_solutionid_value%20eq%20"+firstValue(t, found, "solutionid"), "").body; !strings.Contains(c, `"componenttype":1`) {
		t.Errorf("components: %s", c)
	}
	again := o.must(200, "POST", "StageSolution", stagingOf(t, "dh_SpotlerJob")).body
	if !strings.Contains(again, `"PreviousSolutionVersion":"1.2.0.0"`) {
		t.Errorf("staged again: %s", again)
	}
}

// What the simulator cannot install fails as an import that failed, and installs nothing.
func TestImportSolutionFails(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	stage := o.must(200, "POST", "StageSolution", stagingOf(t, "dh_Unheard"))
	body := importOf(t, stage)
	ended := o.must(200, "POST", "ImportSolutionAsync", body).json(t)
	if r := o.must(200, "GET", fmt.Sprintf("RetrieveSolutionImportResult(ImportJobId=%v)", ended["ImportJobKey"]), "").body; !strings.Contains(r, `"Status":"Failed"`) || !strings.Contains(r, "dh_Unheard") {
		t.Errorf("result: %s", r)
	}
	if r := o.must(200, "GET", fmt.Sprintf("asyncoperations(%v)?$select=statuscode", ended["AsyncOperationId"]), "").body; !strings.Contains(r, `"statuscode":31`) {
		t.Errorf("operation: %s", r)
	}
	if r := o.must(200, "GET", "solutions?$filter=uniquename%20eq%20%27Hub%27&$select=version", "").body; strings.Contains(r, "1.2.0.0") {
		t.Errorf("installed all the same: %s", r)
	}
	for path, tt := range map[string][2]string{"StageSolution": {`{"CustomizationFile":"!"}`, "base64"}, "ImportSolutionAsync": {body, "no staged solution"}} {
		if r := o.must(400, "POST", path, tt[0]).body; !strings.Contains(r, tt[1]) {
			t.Errorf("%s: %s", path, r)
		}
	}
	o.must(400, "POST", "StageSolution", `{"CustomizationFile":"bm8gemlw"}`)
	o.must(501, "POST", "ImportSolutionAsync", `{}`)
	o.must(404, "GET", "RetrieveSolutionImportResult(ImportJobId="+ann+")", "")
}
