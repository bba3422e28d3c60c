package provision

import (
	"context"
	"slices"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/intake"
	"github.com/spotler-connector/connector/internal/settings"
)

func spec() Spec {
	return Spec{Name: "SpotlerConnector", HookURL: "https://connector.example.nl/hooks/dataverse/k3J9xQ", Header: intake.SecretHeader, Secret: settings.NewSecret("blue & green"),
		Tables: []Table{{connector.Contact, []string{"firstname", "emailaddress1", "_parentcustomerid_value", "donotemail"}}, {connector.Lead, []string{"subject"}}}}
}

func ensure(t *testing.T, c CRM, s Spec) Report {
	t.Helper()
	r, err := Ensure(context.Background(), c, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const events = 2*3 + 3 + 2

func TestAnEmptyOrganisation(t *testing.T) {
	g, c := newRegistry(t)
	r := ensure(t, c, spec())
	if len(r.Made) != 1+events || len(r.Changed)+len(r.Found)+len(r.Disabled) != 0 {
		t.Errorf("%+v", r)
	}
	e := g.find("serviceendpoints", "name", "SpotlerConnector")
	if e["contract"] != 8.0 || e["authtype"] != 5.0 || e["url"] != spec().HookURL || e["test_secret"] != intake.SecretHeader+": blue & green" {
		t.Errorf("%v", e)
	}
	for name, columns := range map[string]any{
		"Create of contact": nil, "Update of contact": "donotemail,emailaddress1,firstname,parentcustomerid,statecode,statuscode", "Delete of contact": nil,
		"Create of lead": nil, "Update of lead": "statecode,statuscode,subject", "Delete of lead": nil,
		"Create of dh_spotlerpermission": nil, "Update of dh_spotlerpermission": "dh_customer,dh_lead,dh_name,dh_subscribed,statecode,statuscode", "Delete of dh_spotlerpermission": nil,
		"Create of dh_spotlerjob": nil, "Update of dh_spotlerjob": "statuscode",
	} {
		s := g.find("sdkmessageprocessingsteps", "name", "SpotlerConnector: "+name)
		message, table, _ := strings.Cut(name, " of ")
		f := g.find("sdkmessagefilters", "sdkmessagefilterid", s["_sdkmessagefilterid_value"])
		if s["filteringattributes"] != columns || s["stage"] != 40.0 || s["mode"] != 1.0 || s["_eventhandler_value"] != e["serviceendpointid"] ||
			f["primaryobjecttypecode"] != table || f["sdkmessageid/name"] != message || f["_sdkmessageid_value"] != s["_sdkmessageid_value"] {
			t.Errorf("%s: %v", name, s)
		}
	}
}

func TestImages(t *testing.T) {
	g, c := newRegistry(t)
	ensure(t, c, spec())
	person := "dh_customer,dh_lead,dh_name,dh_subscribed"
	want := map[string]string{
		"Update of dh_spotlerpermission/PreImage": person, "Update of dh_spotlerpermission/PostImage": person, "Delete of dh_spotlerpermission/PreImage": person,
		"Update of dh_spotlerjob/PreImage": "statuscode", "Update of dh_spotlerjob/PostImage": strings.Join(intake.JobColumns(), ","),
	}
	for _, i := range g.rows["sdkmessageprocessingstepimages"] {
		s := g.find("sdkmessageprocessingsteps", "sdkmessageprocessingstepid", i["_sdkmessageprocessingstepid_value"])
		name := strings.TrimPrefix(s["name"].(string), "SpotlerConnector: ") + "/" + i["entityalias"].(string)
		kind := map[any]float64{"PreImage": 0, "PostImage": 1}[i["entityalias"]]
		if i["attributes"] != want[name] || i["imagetype"] != kind || i["messagepropertyname"] != "Target" {
			t.Errorf("%s: %v", name, i)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestIntakeLooksForTheseImages(t *testing.T) {
	if PreImage != intake.PreImage || PostImage != intake.PostImage || !slices.Equal(jobColumns(), intake.JobColumns()) {
		t.Error("intake and provision do not speak of the same images")
	}
}

func TestTheSecondRunOnlyLooks(t *testing.T) {
	g, c := newRegistry(t)
	ensure(t, c, spec())
	g.writes = nil
	if r := ensure(t, c, spec()); len(r.Found) != 1+events || len(r.Made)+len(r.Changed)+len(r.Disabled) != 0 || len(g.writes) != 0 {
		t.Errorf("%+v %v", r, g.writes)
	}
}

func TestWhatDiffersIsMended(t *testing.T) {
	const name = "SpotlerConnector: Update of contact"
	const job = "SpotlerConnector: Update of dh_spotlerjob"
	steps, images, endpoints := "sdkmessageprocessingsteps", "sdkmessageprocessingstepimages", "serviceendpoints"
	for what, tt := range map[string]struct {
		spoil         func(*registry, *Spec)
		made, changed []string
		writes        []string
	}{
		"the hook moved":          {func(_ *registry, s *Spec) { s.HookURL += "2" }, nil, []string{"SpotlerConnector"}, []string{"PATCH " + endpoints}},
		"the secret was lost":     {func(g *registry, _ *Spec) { g.rows[endpoints][0]["isauthvalueset"] = false }, nil, []string{"SpotlerConnector"}, []string{"PATCH " + endpoints}},
		"the secret is rewritten": {func(_ *registry, s *Spec) { s.ForceSecret = true }, nil, []string{"SpotlerConnector"}, []string{"PATCH " + endpoints}},
		"a column was mapped":     {func(_ *registry, s *Spec) { s.Tables[0].Columns = append(s.Tables[0].Columns, "jobtitle") }, nil, []string{name}, []string{"PATCH " + steps}},
		"columns in another order": {func(g *registry, _ *Spec) {
			g.find(steps, "name", name)["filteringattributes"] = "statuscode, statecode,parentcustomerid,firstname,emailaddress1,donotemail"
		}, nil, nil, nil},
		"a step of another endpoint": {func(g *registry, _ *Spec) {
			g.find(steps, "name", name)["_eventhandler_value"] = "00000000-0000-4000-8000-00000000ffff"
		}, nil, []string{name}, []string{"PATCH " + steps}},
		"a step of another table": {func(g *registry, _ *Spec) {
			g.find(steps, "name", name)["_sdkmessagefilterid_value"] = "00000000-0000-4000-8000-00000000ffff"
		}, []string{name}, nil, []string{"DELETE " + steps, "POST " + steps}},
		"a step was deleted": {func(g *registry, _ *Spec) { g.rows[steps] = without(g.rows[steps], "name", name) }, []string{name}, nil, []string{"POST " + steps}},
		"an image was deleted": {func(g *registry, _ *Spec) {
			g.rows[images] = without(g.rows[images], "attributes", strings.Join(jobColumns(), ","))
		}, nil, []string{job}, []string{"POST " + images}},
		"an image lacks a column": {func(g *registry, _ *Spec) {
			g.find(images, "attributes", strings.Join(jobColumns(), ","))["attributes"] = "statuscode"
		}, nil, []string{job}, []string{"PATCH " + images}},
	} {
		t.Run(what, func(t *testing.T) {
			g, c := newRegistry(t)
			ensure(t, c, spec())
			s := spec()
			tt.spoil(g, &s)
			g.writes = nil
			r := ensure(t, c, s)
			if !slices.Equal(r.Made, tt.made) || !slices.Equal(r.Changed, tt.changed) || !slices.Equal(g.writes, tt.writes) {
				t.Errorf("%+v %v", r, g.writes)
			}
			g.writes = nil
			s.ForceSecret = false
			if r := ensure(t, c, s); len(g.writes) != 0 || len(r.Found) != 1+events {
				t.Errorf("not mended: %+v %v", r, g.writes)
			}
		})
	}
}

func TestADisabledStepStaysSo(t *testing.T) {
	g, c := newRegistry(t)
	ensure(t, c, spec())
	step := g.find("sdkmessageprocessingsteps", "name", "SpotlerConnector: Update of contact")
	step["statecode"] = 1
	if r := ensure(t, c, spec()); !slices.Equal(r.Disabled, []string{"SpotlerConnector: Update of contact"}) || len(r.Changed) != 0 || len(r.Found) != events {
		t.Errorf("%+v", r)
	}
	s := spec()
	s.Tables[0].Columns = nil
	if r := ensure(t, c, s); len(r.Changed) != 1 || len(r.Disabled) != 1 || step["statecode"] != 1.0 || step["filteringattributes"] != "statecode,statuscode" {
		t.Errorf("%+v %v", r, step)
	}
}

func TestHalfWayThrough(t *testing.T) {
	g, c := newRegistry(t)
	g.refuse["sdkmessageprocessingstepimages"] = 403
	r, err := Ensure(context.Background(), c, spec())
	if fault.Of(err) != fault.Denied || len(r.Made) == 0 {
		t.Errorf("%v %+v", err, r)
	}
	g.refuse = nil
	ensure(t, c, spec())
	g.writes = nil
	if r := ensure(t, c, spec()); len(g.writes) != 0 || len(r.Found) != 1+events {
		t.Errorf("%+v %v", r, g.writes)
	}
}

func TestAMissingTableIsNamed(t *testing.T) {
	g, c := newRegistry(t)
	g.rows["sdkmessagefilters"] = without(g.rows["sdkmessagefilters"], "primaryobjecttypecode", "dh_spotlerjob")
	_, err := Ensure(context.Background(), c, spec())
	if fault.Of(err) != fault.NotFound || !strings.Contains(err.Error(), "dh_spotlerjob") {
		t.Error(err)
	}
}

func TestAnIncompleteSpec(t *testing.T) {
	for _, spoil := range []func(*Spec){func(s *Spec) { s.Name = "" }, func(s *Spec) { s.HookURL = "" }, func(s *Spec) { s.Header = "" }, func(s *Spec) { s.Secret = settings.Secret{} }} {
		s := spec()
		spoil(&s)
		if _, err := Ensure(context.Background(), (*dataverse.Client)(nil), s); fault.Of(err) != fault.NotValid {
			t.Error(err)
		}
	}
}

func TestAnUnreachableOrganisation(t *testing.T) {
	c, err := dataverse.New(dataverse.Config{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Ensure(context.Background(), c, spec()); fault.Of(err) != fault.Unreachable || len(r.Made) != 0 {
		t.Error(err)
	}
}

// A queue takes the place of the hook: its endpoint is made beside that of the hook, and
// the steps go over to it.
func TestAQueueTakesThePlaceOfTheHook(t *testing.T) {
	g, c := newRegistry(t)
	ensure(t, c, spec())
	s := spec()
	s.HookURL, s.Header, s.Secret = "", "", settings.NewSecret("c2VjcmV0")
	s.Queue = &dataverse.QueueSpec{Host: "contoso.servicebus.windows.net", Name: "people", KeyName: "send"}
	if r := ensure(t, c, s); !slices.Equal(r.Made, []string{"SpotlerConnector"}) || len(r.Changed) != events {
		t.Errorf("%+v", r)
	}
	queue := g.find("serviceendpoints", "contract", 6.0)
	if queue["path"] != "people" {
		t.Errorf("%v", queue)
	}
	for _, step := range g.rows["sdkmessageprocessingsteps"] {
		if step["_eventhandler_value"] != queue["serviceendpointid"] {
			t.Errorf("%v stayed with the hook", step["name"])
		}
	}
	g.writes = nil
	queue["issaskeyset"] = true
	if r := ensure(t, c, s); len(r.Found) != 1+events || len(g.writes) != 0 {
		t.Errorf("%+v %v", r, g.writes)
	}
	s.Queue.KeyName = ""
	if _, err := Ensure(context.Background(), c, s); fault.Of(err) != fault.NotValid {
		t.Error(err)
	}
}
