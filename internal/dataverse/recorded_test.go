package dataverse

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Every recorded answer of a real organisation is understood, and none is left out.
func TestRecordedAnswers(t *testing.T) {
	fixture(t, "dataverse-responses", "whoami.json") // skips or fails when they are not there
	checks := map[string]func(t *testing.T, body []byte){
		"whoami.json": func(t *testing.T, body []byte) {
			c, _ := record(t, string(body))
			if id, err := c.WhoAmI(context.Background()); err != nil || id.OrganizationID != "00000000-0000-0000-0000-000000000001" {
				t.Error(id, err)
			}
		},
		"contacts-read.json": func(t *testing.T, body []byte) {
			p, err := newReader(table(t, "contact")).page(body)
			if err != nil || len(p.rows) != 2 || p.rows[0].ID != idA || p.rows[0].Version != 4372108 || p.rows[0].Formatted("familystatuscode") != "Single" || p.next == "" {
				t.Error(p, err)
			}
		},
		"contact-row.json": func(t *testing.T, body []byte) {
			row, err := newReader(table(t, "contact")).single(body)
			if err != nil || row.Version != 2264386 || row.String("lastname") != "Doe" {
				t.Error(err)
			}
		},
		"account-row.json": func(t *testing.T, body []byte) {
			row, err := newReader(table(t, "account")).single(body)
			if to, ok := row.Lookup("primarycontactid"); err != nil || row.String("name") != "Sample Account" || !ok || to.ID != "00000000-0000-0000-0000-000000000010" {
				t.Error(err, to)
			}
		},
		"contact-entitydefinition.json": func(t *testing.T, body []byte) {
			d, err := parseTable(body)
			if err != nil || d.Name != "contact" || d.Set != "contacts" || d.Key != "contactid" || d.Primary != "fullname" || d.TypeCode != 2 || !d.ChangeTracking || d.Ownership != "UserOwned" || d.Labels.In(1033) != "Contact" {
				t.Errorf("%+v %v", d, err)
			}
		},
		"contact-metadata/attributes.json": func(t *testing.T, body []byte) {
			d := TableDefinition{Columns: map[string]ColumnDefinition{}}
			if _, err := d.addColumns(body); err != nil || len(d.Columns) != 17 || d.Columns["adx_identity_newpassword"].Type != "String" {
				t.Error(len(d.Columns), err)
			}
		},
		"contact-metadata/entity-definition.json": func(t *testing.T, body []byte) {
			list, _, err := parseList[struct{ DisplayCollectionName labelText }]([]byte(`{"value":[` + string(body) + `]}`))
			if err != nil || list[0].DisplayCollectionName.labels()[1033] != "Contacts" {
				t.Error(list, err)
			}
		},
		"contact-metadata/options-picklists.json": recordedOptions("educationcode", 1, "Default Value"),
		"contact-metadata/options-states.json":    recordedOptions("statecode", 0, "Active"),
		"contact-metadata/options-statuses.json":  recordedOptions("statuscode", 1, "Active"),
		"solution-import/get_async_operations.json": func(t *testing.T, body []byte) {
			row, err := newReader(asyncTable).single(body)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := asyncOperation(row); err != nil || !a.Done || !a.Succeeded || !a.Completed.Equal(time.Date(2023, 10, 17, 11, 5, 18, 0, time.UTC)) {
				t.Error(a, err)
			}
		},
		"solution-import/get_solution_import_result.json": func(t *testing.T, body []byte) {
			if passed, err := parseImportResult(body); err != nil || !passed {
				t.Error(passed, err)
			}
		},
		"solution-import/post_import_solution_async.json": func(t *testing.T, body []byte) {
			if i, err := parseImport(body); err != nil || i.Operation != "310799b8-dc6c-ee11-9ae7-000d3aaae21d" {
				t.Error(i, err)
			}
		},
		"solution-import/post_stage_solution.json": func(t *testing.T, body []byte) {
			if s, err := parseStaged(body); err != nil || !s.Passed || s.UploadID != "b3963d4b-dc6c-ee11-9ae7-000d3aaae21d" {
				t.Error(s, err)
			}
		},
	}
	root := filepath.Join("..", "..", "..", "shared", "fixtures", "dataverse-responses")
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		body, err := os.ReadFile(path)
		check := checks[filepath.ToSlash(name)]
		if err != nil || check == nil {
			t.Errorf("%s: nobody reads it (%v)", name, err)
			return nil
		}
		found++
		t.Run(name, func(t *testing.T) { check(t, body) })
		return nil
	})
	if err != nil || found != len(checks) {
		t.Errorf("%d of %d recorded answers were there: %v", found, len(checks), err)
	}
}

func recordedOptions(column string, value int, label string) func(*testing.T, []byte) {
	return func(t *testing.T, body []byte) {
		out := map[string][]Choice{}
		_, err := addOptions(out, body)
		if err != nil || len(out[column]) == 0 || out[column][0].Value != value || out[column][0].Labels.In(1033) != label {
			t.Errorf("%+v %v", out[column], err)
		}
	}
}

func TestSolutions(t *testing.T) {
	ctx := context.Background()
	c, got := record(t, `{"StageSolutionResults":{"StageSolutionUploadId":"`+string(idA)+`","StageSolutionStatus":"Passed"}}`, `{"ImportJobKey":"`+string(idA)+`","AsyncOperationId":"`+string(idB)+`"}`,
		`{"asyncoperationid":"`+string(idB)+`","statecode":2,"statuscode":20}`, `{"SolutionOperationResult":{"Status":"Failed"}}`, "")
	s, err := c.StageSolution(ctx, []byte("zip"))
	if err != nil || !s.Passed {
		t.Fatal(s, err)
	}
	i, err := c.ImportSolution(ctx, s, map[string]string{"dh_x": "v"})
	if err != nil || i.Job != idA || i.Operation != idB {
		t.Fatal(i, err)
	}
	if a, err := c.AsyncOperation(ctx, i.Operation); err != nil || a.Done || a.Status != 20 {
		t.Error(a, err)
	}
	if err := c.ImportResult(ctx, i.Job); err == nil || !strings.Contains(err.Error(), "solution history") {
		t.Error(err)
	}
	if err := c.Publish(ctx, "dh_spotlerjob"); err != nil {
		t.Error(err)
	}
	if err := c.PublishAll(ctx); err != nil {
		t.Error(err)
	}
	r := *got
	same(t, r[0].body, `{"CustomizationFile":"emlw"}`)
	same(t, r[1].body, `{"OverwriteUnmanagedCustomizations":false,"PublishWorkflows":true,"SolutionParameters":{"StageSolutionUploadId":"`+string(idA)+`"},
		"ComponentParameters":[{"@odata.type":"Microsoft.Dynamics.CRM.environmentvariablevalue","schemaname":"dh_x","value":"v"}]}`)
	same(t, r[4].body, `{"ParameterXml":"<importexportxml><entities><entity>dh_spotlerjob</entity></entities></importexportxml>"}`)
	if r[5].path != "PublishAllXml" {
		t.Error(r[5])
	}
	if _, err := c.ImportSolution(ctx, Staged{}, nil); err == nil {
		t.Error("an unchecked solution is imported")
	}
}

func TestDefine(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("MSCRM.SolutionUniqueName") != "SpotlerConnector" {
			t.Error(r.Header)
		}
		w.Header().Set("OData-EntityId", "https://org/api/data/v9.2/EntityDefinitions("+string(idA)+")")
		w.WriteHeader(204)
	})
	id, err := c.Define(context.Background(), "EntityDefinitions(LogicalName='dh_x')/Attributes", "SpotlerConnector", map[string]string{"SchemaName": "dh_Y"})
	if err != nil || id != connector.RecordID(idA) {
		t.Error(id, err)
	}
	if _, err := c.Define(context.Background(), "contacts", "", nil); err == nil {
		t.Error("a row is made as a definition")
	}
}

// Whatever bytes come, a parser gives a value or an error, never a panic.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{`{"value":[]}`, `{"value":[{"LogicalName":"a","OptionSet":{"Options":[{"Value":1}]}}]}`, `{"LogicalName":"a","EntitySetName":"b","PrimaryIdAttribute":"c"}`,
		`{"value":[{"@odata.type":"#Microsoft.Dynamics.CRM.contact","contactid":"x"}]}`, `{"error":{"code":"0x80040217","message":"m"}}`, `{"error":{"code":-2147015902}}`,
		`<fetch><entity name="a"><filter/></entity></fetch>`, `<cookie pagenumber="2" pagingcookie="%253c"/>`, "<html>", "", "{", `{"value":[null]}`, `{"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie":"<cookie/>"}`} {
		f.Add([]byte(s))
	}
	c, err := New(Config{URL: "https://org.crm4.dynamics.com"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if d, err := parseTable(body); err == nil && (d.Set == "" || d.Fingerprint() == "") {
			t.Error("a table without a name")
		}
		d := TableDefinition{Columns: map[string]ColumnDefinition{}}
		_, _ = d.addColumns(body)
		_, _ = d.addLookups(body)
		_ = d.Fingerprint()
		_, _ = addOptions(map[string][]Choice{}, body)
		_, _, _ = parseGroups(body)
		_, _, _ = fetchEnd(body)
		_, _ = parseMade(body)
		_, _ = parseStaged(body)
		_, _ = parseImport(body)
		_, _ = parseImportResult(body)
		_, _ = LoadCertificate(body, "")
		if q, err := ParseFetch(string(body)); err == nil {
			if again, err := ParseFetch(q.Retarget("contactid").String()); err == nil && again.Table() != q.Table() {
				t.Error("another table after retargeting")
			}
		}
		for _, status := range []int{400, 404, 412, 429, 500} {
			if err := c.refusal(Request{Op: "x", Method: "POST"}, Answer{Status: status, Header: http.Header{}, Body: body}); err == nil {
				t.Error("a refusal is no error")
			}
		}
	})
}
