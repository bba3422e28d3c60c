package dataverse

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// registry answers look-ups per entity set and notes what was written.
type registry struct {
	rows   map[string]string // entity set: rows
	asked  map[string]string // entity set: filter
	wrote  map[string]any
	method string
	header http.Header
}

func (g *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	set, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/data/v9.2/"), "(")
	if r.Method == http.MethodGet {
		g.asked[set] = r.URL.Query().Get("$filter")
		answer(w, 200, `{"value":[`+g.rows[set]+`]}`)
		return
	}
	g.method, g.header, g.wrote = r.Method+" "+set, r.Header, nil
	b, _ := io.ReadAll(r.Body)
	json.Unmarshal(b, &g.wrote)
	w.Header().Set("OData-EntityId", "http://x/"+set+"("+string(idB)+")")
	w.WriteHeader(204)
}

func newRegistry(t *testing.T) (*Client, *registry) {
	g := &registry{rows: map[string]string{}, asked: map[string]string{}}
	c, _ := serve(t, g.ServeHTTP)
	return c, g
}

func TestEndpoint(t *testing.T) {
	c, g := newRegistry(t)
	ctx := context.Background()
	if _, found, err := c.FindEndpoint(ctx, EndpointSpec{Name: "O'Connector"}); found || err != nil {
		t.Error(found, err)
	}
	if f := g.asked["serviceendpoints"]; f != "(name eq 'O''Connector') and (contract eq 8)" {
		t.Error(f)
	}
	g.rows["serviceendpoints"] = `{"serviceendpointid":"` + string(idA) + `","name":"n","url":"https://x","isauthvalueset":true}`
	if e, found, err := c.FindEndpoint(ctx, EndpointSpec{Name: "n"}); err != nil || !found || e != (Endpoint{ID: idA, Name: "n", URL: "https://x", SecretSet: true}) {
		t.Error(e, found, err)
	}
	g.rows["serviceendpoints"] += "," + g.rows["serviceendpoints"]
	_, _, err := c.FindEndpoint(ctx, EndpointSpec{Name: "n"})
	wantKind(t, err, fault.Conflict)

	const secretValue = `a"<&>b`
	spec := EndpointSpec{Name: "n", URL: "https://x/hooks", Header: "x-dv-webhook-secret", Secret: secretValue, Solution: "SpotlerConnector"}
	if id, err := c.CreateEndpoint(ctx, spec); err != nil || id != idB {
		t.Error(id, err)
	}
	if g.wrote["contract"] != 8.0 || g.wrote["authtype"] != 5.0 || g.header.Get("MSCRM.SolutionUniqueName") != "SpotlerConnector" {
		t.Error(g.wrote, g.header)
	}
	var settings struct {
		Setting []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"setting"`
	}
	if err := xml.Unmarshal([]byte(g.wrote["authvalue"].(string)), &settings); err != nil || len(settings.Setting) != 1 || settings.Setting[0].Name != "x-dv-webhook-secret" || settings.Setting[0].Value != secretValue {
		t.Error(g.wrote["authvalue"], err)
	}
	if s := fmt.Sprintf("%v %+v %#v", spec, spec, spec); strings.Contains(s, secretValue) {
		t.Error("the secret prints itself")
	}
	spec.Secret = ""
	if err := c.UpdateEndpoint(ctx, idA, spec); err != nil || g.method != "PATCH serviceendpoints" || g.header.Get("If-Match") != "*" {
		t.Error(err, g.method)
	}
	if _, there := g.wrote["authvalue"]; there {
		t.Error("an empty secret erased the stored one")
	}
	spec.Secret = strings.Repeat("x", 3000)
	wantKind(t, c.UpdateEndpoint(ctx, idA, spec), fault.NotValid)
}

// A queue of Service Bus is registered with the values of section 1.1, and found again
// by name and kind; its key is written, never read.
func TestQueueEndpoint(t *testing.T) {
	c, g := newRegistry(t)
	ctx := context.Background()
	spec := EndpointSpec{Name: "n", Secret: "c2VjcmV0", Queue: &QueueSpec{Host: "contoso.servicebus.windows.net", Name: "people", KeyName: "send"}}
	if _, err := c.CreateEndpoint(ctx, spec); err != nil {
		t.Fatal(err)
	}
	for column, want := range map[string]any{"name": "n", "contract": 6.0, "namespaceformat": 2.0, "namespaceaddress": "sb://contoso.servicebus.windows.net/", "solutionnamespace": "contoso", "path": "people",
		"authtype": 2.0, "saskeyname": "send", "saskey": "c2VjcmV0", "messageformat": 2.0, "userclaim": 2.0, "connectionmode": 1.0, "url": nil} {
		if g.wrote[column] != want {
			t.Errorf("%s is %v, not %v", column, g.wrote[column], want)
		}
	}
	g.rows["serviceendpoints"] = `{"serviceendpointid":"` + string(idA) + `","name":"n","namespaceaddress":"sb://Contoso.servicebus.windows.net/","path":"people","saskeyname":"send","issaskeyset":true}`
	e, found, err := c.FindEndpoint(ctx, spec)
	if err != nil || !found || !e.Like(spec) || !e.SecretSet || g.asked["serviceendpoints"] != "(name eq 'n') and (contract eq 6)" {
		t.Errorf("%+v %v %v %s", e, found, err, g.asked["serviceendpoints"])
	}
	spec.Queue.Name = "other"
	if e.Like(spec) {
		t.Error("another queue counts as the same")
	}
	spec.Secret = ""
	if err := c.UpdateEndpoint(ctx, idA, spec); err != nil {
		t.Fatal(err)
	}
	if _, there := g.wrote["saskey"]; there {
		t.Error("an empty key erased the stored one")
	}
}

func TestStep(t *testing.T) {
	c, g := newRegistry(t)
	ctx := context.Background()
	spec := StepSpec{Name: "SpotlerConnector: Update of contact", Endpoint: idA, Message: "Update", Table: connector.Contact, Columns: []string{"firstname", "lastname"}}
	_, err := c.CreateStep(ctx, spec)
	wantKind(t, err, fault.NotFound)
	g.rows["sdkmessages"] = `{"sdkmessageid":"` + string(idA) + `"}`
	_, err = c.CreateStep(ctx, spec)
	wantKind(t, err, fault.NotFound)
	g.rows["sdkmessagefilters"] = `{"sdkmessagefilterid":"` + string(idB) + `"}`
	if id, err := c.CreateStep(ctx, spec); err != nil || id != idB {
		t.Error(id, err)
	}
	if f := g.asked["sdkmessagefilters"]; f != "(primaryobjecttypecode eq 'contact') and (sdkmessageid/name eq 'Update')" {
		t.Error(f)
	}
	for k, want := range map[string]any{"stage": 40.0, "mode": 1.0, "asyncautodelete": true, "supporteddeployment": 0.0, "filteringattributes": "firstname,lastname",
		"eventhandler_serviceendpoint@odata.bind": "/serviceendpoints(" + string(idA) + ")", "sdkmessageid@odata.bind": "/sdkmessages(" + string(idA) + ")",
		"sdkmessagefilterid@odata.bind": "/sdkmessagefilters(" + string(idB) + ")"} {
		if g.wrote[k] != want {
			t.Errorf("%s: %v, want %v", k, g.wrote[k], want)
		}
	}
	spec.Disabled = true
	if err := c.UpdateStep(ctx, idA, spec); err != nil || g.wrote["statecode"] != 1.0 || g.wrote["statuscode"] != 2.0 {
		t.Error(err, g.wrote)
	}
	g.rows["sdkmessageprocessingsteps"] = `{"sdkmessageprocessingstepid":"` + string(idA) + `","name":"s","filteringattributes":"a, b","statecode":1,"_eventhandler_value":"` + string(idB) + `","_sdkmessageid_value":"` + string(idA) + `","_sdkmessagefilterid_value":null}`
	s, found, err := c.FindStep(ctx, "s")
	if err != nil || !found || s.Endpoint != idB || s.Message != idA || s.Filter != "" || !s.Disabled || len(s.Columns) != 2 {
		t.Errorf("%+v %v %v", s, found, err)
	}
}

func TestImage(t *testing.T) {
	c, g := newRegistry(t)
	ctx := context.Background()
	for message, property := range map[string]string{"Create": "Id", "Update": "Target", "Delete": "Target"} {
		if id, err := c.CreateImage(ctx, ImageSpec{Alias: "PreImage", Step: idA, Message: message, Columns: []string{"a", "b"}}); err != nil || id != idB {
			t.Error(id, err)
		}
		if g.wrote["messagepropertyname"] != property || g.wrote["attributes"] != "a,b" || g.wrote["imagetype"] != 0.0 || g.wrote["sdkmessageprocessingstepid@odata.bind"] != "/sdkmessageprocessingsteps("+string(idA)+")" {
			t.Error(g.wrote)
		}
	}
	g.rows["sdkmessageprocessingstepimages"] = `{"sdkmessageprocessingstepimageid":"` + string(idA) + `","entityalias":"PostImage","imagetype":1,"attributes":"a"}`
	if i, found, err := c.FindImage(ctx, idB, "PostImage"); err != nil || !found || i.ID != idA || !i.Post || len(i.Columns) != 1 {
		t.Error(i, found, err)
	}
	if f := g.asked["sdkmessageprocessingstepimages"]; f != "(_sdkmessageprocessingstepid_value eq "+string(idB)+") and (entityalias eq 'PostImage')" {
		t.Error(f)
	}
}
