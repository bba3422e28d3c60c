package dataverse

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

func ownContext(t testing.TB) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", "update-lead.json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExecutionContext(t *testing.T) {
	body := ownContext(t)
	for _, b := range [][]byte{body, append([]byte("\xef\xbb\xbf"), body...)} {
		x, err := DecodeExecutionContext(b)
		if err != nil {
			t.Fatal(err)
		}
		if x.MessageName != "Update" || x.PrimaryEntityName != "lead" || x.PrimaryEntityID != idA || x.OrganizationID != idB || x.Depth != 2 || x.Stage != 40 || x.Mode != 1 ||
			x.RequestID != "" || !x.OperationCreatedOn.Equal(time.UnixMilli(1506409448000)) {
			t.Errorf("%+v", x)
		}
		e, found, err := x.Target()
		want := Entity{LogicalName: "lead", ID: idA, Formatted: map[string]string{"statuscode": "New"}, Attributes: map[string]any{
			"subject": "Größe/\"x\"", "revenue": Money("2154.32"), "statuscode": Option(1), "dh_interests": []Option{1, 2}, "none": nil,
			"modifiedon": time.UnixMilli(1506384247000).UTC(), "score": json.Number("10.12"), "donotemail": true,
			"modifiedby": Reference{"systemuser", idB},
			"to":         EntityCollection{EntityName: "activityparty", Entities: []Entity{{LogicalName: "activityparty", Attributes: map[string]any{"n": json.Number("1")}}}},
			"odd":        Unknown{Type: "Surprise", Raw: json.RawMessage(`{"__type":"Surprise:http://x","A":1}`)}}}
		if d := cmp.Diff(want, e); err != nil || !found || d != "" {
			t.Error(found, err, d)
		}
		if pre, found, err := x.PreImage("PreImage"); err != nil || !found || pre.ID != idA || pre.Attributes["statuscode"] != Option(2) {
			t.Error(pre, found, err)
		}
		if _, found, err := x.PostImage("Nothing"); err != nil || found {
			t.Error(found, err)
		}
		if v, found, err := x.SharedVariable("tag"); err != nil || !found || v != "ours" {
			t.Error(v, found, err)
		}
		if v, found, err := x.InputParameter("when"); err != nil || !found || v != time.Date(2024, 12, 10, 7, 5, 21, 125e6, time.UTC) {
			t.Error(v, found, err)
		}
	}
}

const smallest = `{"MessageName":"Delete","PrimaryEntityName":"contact","PrimaryEntityId":"cdcfa450-cb0c-ea11-a813-000d3a1b1223","OrganizationId":"9fd4a450-cb0c-ea11-a813-000d3a1b1223"`

func TestDeleteAndOversize(t *testing.T) {
	x, err := DecodeExecutionContext([]byte(smallest + `}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, found, err := x.Target(); found || err != nil {
		t.Error(found, err)
	}
	for _, marker := range []string{`"__type":"EntityReference:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts",`, ""} {
		x, err = DecodeExecutionContext([]byte(smallest + `,"InputParameters":[{"key":"Target","value":{` + marker + `"Id":"CDCFA450-cb0c-ea11-a813-000d3a1b1223","KeyAttributes":[],"LogicalName":"contact"}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if e, found, err := x.Target(); !found || err != nil || e.ID != idA || e.LogicalName != "contact" || e.Attributes != nil {
			t.Error(e, found, err)
		}
	}
}

func TestBadContexts(t *testing.T) {
	for body, says := range map[string]string{
		"": "", "[]": "", "null": "", "{}": "MessageName", smallest: "", smallest + "} x": "",
		`{"MessageName":"Update"}`:                                    "PrimaryEntityName",
		`{"MessageName":"Update","PrimaryEntityName":"contact"}`:      "PrimaryEntityId",
		strings.Replace(smallest, `"OrganizationId"`, `"X"`, 1) + "}": "OrganizationId",
		strings.Replace(smallest, "cdcfa450", "zzzz", 1) + "}":        "PrimaryEntityId",
		smallest + `,"Depth":"x"}`:                                    "Depth",
		smallest + `,"OperationCreatedOn":"yesterday"}`:               "OperationCreatedOn",
		smallest + `,"SharedVariables":"a\u0000b"}`:                   "NUL",
		smallest + `,"SharedVariables":` + strings.Repeat("[", 1000):  "",
		smallest + `,"jan@example.nl":x}`:                             "",
	} {
		_, err := DecodeExecutionContext([]byte(body))
		wantKind(t, err, fault.Garbled)
		if !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "jan") {
			t.Errorf("%s: %v", body, err)
		}
	}
	x, err := DecodeExecutionContext([]byte(smallest + `,"InputParameters":[{"key":"Target","value":{"Id":"broken","LogicalName":"contact"}}],"PreEntityImages":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = x.Target()
	wantKind(t, err, fault.Garbled)
	_, _, err = x.PreImage("a")
	wantKind(t, err, fault.Garbled)
}

func TestDates(t *testing.T) {
	for s, ms := range map[string]int64{"/Date(1506384247000)/": 1506384247000, "/Date(1506409448000-0700)/": 1506409448000, "/Date(-1+0000)/": -1,
		"2024-12-10T07:05:29.000Z": 1733814329000, "2024-12-10T07:05:29Z": 1733814329000} {
		if got, ok := parseDate(s); !ok || got.UnixMilli() != ms {
			t.Error(s, got, ok)
		}
	}
	for _, s := range []string{"", "/Date()/", "/Date(1)", "/Date(1+1)/", "/Date(99999999999999999)/", "2024-12-10", "2024-13-10T07:05:29Z", "hello"} {
		if got, ok := parseDate(s); ok {
			t.Error(s, got)
		}
	}
}

func TestRecordedContexts(t *testing.T) {
	for _, name := range []string{"create-account-non-ascii", "create-all-column-types-a", "create-all-column-types-b", "create-sharepointdocumentlocation", "custom-api", "update-activity-with-parties", "update-contact"} {
		t.Run(name, func(t *testing.T) {
			body := fixture(t, "webhook-bodies", name+".json")
			x, err := DecodeExecutionContext(body)
			if err != nil {
				t.Fatal(err)
			}
			if x.OrganizationID == "" || x.OperationID == "" || x.OperationCreatedOn.IsZero() || x.InitiatingUserID == "" || x.Depth == 0 {
				t.Errorf("%+v", x)
			}
			e, found, err := x.Target()
			if err != nil || found != (name != "custom-api") || found && (e.ID != x.PrimaryEntityID || len(e.Attributes) == 0 || e.LogicalName != x.PrimaryEntityName) {
				t.Error(e, found, err)
			}
			everything(t, body, x)
		})
	}
	x, _ := DecodeExecutionContext(fixture(t, "webhook-bodies", "update-contact.json"))
	e, _, _ := x.Target()
	if e.Attributes["firstname"] != "James" || e.Attributes["modifiedonbehalfby"] != nil || e.Attributes["modifiedon"] != time.UnixMilli(1506384247000).UTC() {
		t.Errorf("%+v", e)
	}
	if _, ok := e.Attributes["modifiedby"].(Reference); !ok {
		t.Errorf("%T", e.Attributes["modifiedby"])
	}
}

// everything decodes each parameter and image of a body.
func everything(t *testing.T, body []byte, x ExecutionContext) {
	t.Helper()
	type pair struct{ Key string }
	var all struct{ InputParameters, PreEntityImages, PostEntityImages []pair }
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	for _, p := range all.InputParameters {
		if _, found, err := x.InputParameter(p.Key); !found || err != nil {
			t.Error(p.Key, found, err)
		}
	}
	for _, p := range all.PreEntityImages {
		if e, found, err := x.PreImage(p.Key); !found || err != nil || e.LogicalName == "" {
			t.Error(p.Key, found, err)
		}
	}
	for _, p := range all.PostEntityImages {
		if e, found, err := x.PostImage(p.Key); !found || err != nil || e.LogicalName == "" {
			t.Error(p.Key, found, err)
		}
	}
}

func FuzzExecutionContext(f *testing.F) {
	f.Add(ownContext(f))
	f.Add([]byte(smallest + "}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := DecodeExecutionContext(b)
		if err != nil {
			if x != (ExecutionContext{}) {
				t.Fatal("an error and a context")
			}
			return
		}
		if x.MessageName == "" || x.PrimaryEntityName == connector.Table("") {
			t.Fatal("a context without what makes one")
		}
		x.Target()
		x.PreImage("PreImage")
		x.PostImage("PostImage")
	})
}

func BenchmarkDecodeExecutionContext(b *testing.B) {
	body := fixture(b, "webhook-bodies", "update-contact.json")
	b.Run("ids", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := DecodeExecutionContext(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("target", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			x, _ := DecodeExecutionContext(body)
			if _, _, err := x.Target(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
