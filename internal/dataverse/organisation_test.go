package dataverse_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim"
	"github.com/spotler-connector/connector/internal/schema"
)

// organisation starts the sandbox's Dataverse and a client of it, over HTTP.
func organisation(t *testing.T) *dataverse.Client {
	t.Helper()
	sim := dataversesim.New(dataversesim.Config{Seed: 7})
	s := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { s.Close(); sim.Close() })
	c, err := dataverse.New(dataverse.Config{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// missing skips a test for which the sandbox says itself that it has no such part.
func missing(t *testing.T, err error) {
	t.Helper()
	if f := fault.As(err); f != nil && f.Code == "0x80060888" {
		t.Skip("the sandbox has no such part yet: ", err)
	}
}

func person(n int) connector.RecordID {
	return connector.RecordID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
}

// The client and the sandbox were written apart from the same reference; here they meet.
func TestTheSandboxAgrees(t *testing.T) {
	ctx, c := context.Background(), organisation(t)
	contact, _ := schema.Of("contact")
	rows := make([]dataverse.BulkRow, 12)
	for i := range rows {
		rows[i] = dataverse.BulkRow{ID: person(i + 1), Fields: dataverse.Fields{"lastname": fmt.Sprintf("P%02d", i), "donotbulkemail": i%4 == 0}}
	}
	made, err := c.Bulk(ctx, dataverse.BulkCreate, contact, rows)
	if err != nil || len(made) != 12 || made[11].ID != person(12) {
		t.Fatal(made, err)
	}
	again, err := c.Bulk(ctx, dataverse.BulkCreate, contact, []dataverse.BulkRow{rows[0], {ID: person(13), Fields: dataverse.Fields{"lastname": "P12"}}})
	if err != nil || fault.Of(again[0].Err) != fault.Conflict || again[1].Err != nil {
		t.Error("one row that is there keeps the other out", again, err)
	}
	if n, capped, err := c.Count(ctx, contact, dataverse.Eq("statecode", 0)); n != 13 || capped || err != nil {
		t.Error(n, capped, err)
	}

}

// The members of a list, and pages of FetchXML.
func TestTheSandboxAgreesOnFetchXML(t *testing.T) {
	ctx, c := context.Background(), organisation(t)
	contact, _ := schema.Of("contact")
	lists, _ := schema.Of("list")
	for i := range 13 {
		if err := c.CreateOnce(ctx, contact, person(i+1), dataverse.Fields{"lastname": fmt.Sprintf("P%02d", i), "donotbulkemail": i%4 == 0}); err != nil {
			t.Fatal(err)
		}
	}
	list := person(100)
	if err := c.CreateOnce(ctx, lists, list, dataverse.Fields{"listname": "L", "type": false, "createdfromcode": 2}); err != nil {
		t.Fatal(err)
	}
	if err := c.AddMember(ctx, list, person(1)); err != nil {
		t.Error(err)
	}
	if err := c.AddMembers(ctx, list, "contact", []connector.RecordID{person(2), person(3), person(4)}); err != nil {
		t.Error(err)
	}
	if err := c.RemoveMember(ctx, list, connector.Record{Table: "contact", ID: person(4)}); err != nil {
		t.Error(err)
	}
	l, err := c.ReadList(ctx, list)
	if err != nil || l.Members != "contact" || l.Dynamic || !l.Active {
		t.Fatal(l, err)
	}
	f := dataverse.NewFetch("contact", "lastname").OrderBy("lastname", false).Size(5)
	n := 0
	for row, err := range c.FetchRows(ctx, contact, f) {
		missing(t, err)
		if err != nil {
			t.Fatal(err)
		}
		if row.String("lastname") != fmt.Sprintf("P%02d", n) {
			t.Error(n, row.String("lastname"))
		}
		n++
	}
	if n != 13 {
		t.Error("FetchXML in pages of five gives", n)
	}

	var members []connector.RecordID
	for row, err := range c.ListMembers(ctx, l, "lastname") {
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, row.ID)
	}
	if len(members) != 2 { // person 1 does not want bulk mail
		t.Error(members)
	}
}

func TestTheSandboxTellsItsTables(t *testing.T) {
	ctx, c := context.Background(), organisation(t)
	m := dataverse.NewMetadata(c, 0, nil)
	k, err := m.Capabilities(ctx)
	missing(t, err)
	if err != nil || !k.Has("list") || !k.Has("lead") {
		t.Fatal(k, err)
	}
	job := schema.SpotlerJob()
	d, err := m.Table(ctx, job.Name)
	if err != nil || d.Set != job.Set || d.Key != job.Key {
		t.Fatalf("%+v %v", d, err)
	}
	for _, col := range job.Columns {
		if col.Kind != schema.Lookup && col.Kind != schema.Customer {
			continue
		}
		for _, target := range col.Targets {
			to, f, g := connector.Record{Table: target, ID: person(1)}, dataverse.Fields{}, dataverse.Fields{}
			if err := m.Bind(ctx, f, job.Name, col.Name, to); err != nil {
				t.Error(col.Name, target, err)
			}
			if err := g.Bind(job, col.Name, to); err != nil || fmt.Sprint(f) != fmt.Sprint(g) {
				t.Errorf("metadata says %v, our own schema %v (%v)", f, g, err)
			}
		}
	}
	if options, err := c.Options(ctx, "contact"); err != nil || len(options["statecode"]) != 2 {
		t.Error(options["statecode"], err)
	}
}

// somebody makes a contact in the organisation.
func somebody(t *testing.T, c *dataverse.Client) connector.Record {
	t.Helper()
	contact, _ := schema.Of("contact")
	who := connector.Record{Table: "contact", ID: person(1)}
	if err := c.CreateOnce(context.Background(), contact, who.ID, dataverse.Fields{"lastname": "x"}); err != nil {
		t.Fatal(err)
	}
	return who
}

func TestTheSandboxKeepsPosts(t *testing.T) {
	ctx, c := context.Background(), organisation(t)
	who := somebody(t, c)
	err := c.CreatePost(ctx, who, person(2), "Tag added")
	missing(t, err)
	if err != nil {
		t.Error(err)
	}
	body, err := c.PostBody(who, person(6), "Score set")
	if err != nil {
		t.Fatal(err)
	}
	posts, _ := schema.Of(schema.PostTable)
	for i, want := range []fault.Kind{"", fault.Conflict} { // the second time it is there already
		out, err := c.Batch(ctx, []dataverse.BatchRequest{c.CreateRequest(posts, body)}, true)
		if err != nil || fault.Of(out[0].Err) != want {
			t.Errorf("time %d: %v, %+v", i, err, out)
		}
	}
	if posts, err := c.Posts(ctx, who.ID, 3); err != nil || len(posts) != 2 {
		t.Error(posts, err)
	}
	if _, err := c.PostBody(who, "x", "Score set"); fault.Of(err) != fault.NotValid {
		t.Error("a post without a proper id:", err)
	}
	if _, err := c.PostBody(who, person(6), ""); fault.Of(err) != fault.NotValid {
		t.Error("a post without a text:", err)
	}
}

func TestTheSandboxKeepsActivities(t *testing.T) {
	ctx, c := context.Background(), organisation(t)
	who := somebody(t, c)
	a := dataverse.Activity{ID: person(3), Regarding: who, Fields: dataverse.Fields{"subject": "Newsletter"}, Close: &dataverse.ActivityState{State: 1, Status: 3},
		Parties: []dataverse.Party{{Who: who, Role: dataverse.PartyTo}}}
	for range 2 { // repeating is harmless
		err := c.CreateActivity(ctx, dataverse.Email, a)
		missing(t, err)
		if err != nil {
			t.Error(err)
		}
	}
	row, err := c.Get(ctx, dataverse.Email, a.ID, "statecode", "statuscode")
	if s, _ := row.Int("statuscode"); err != nil || s != 3 {
		t.Error(s, err)
	}
	if err := c.DefineVariable(ctx, dataverse.Variable{ID: person(4), Name: "dh_x", Value: "d", Type: dataverse.VariableString}, "X"); err != nil {
		t.Error(err)
	}
	if err := c.WriteVariable(ctx, dataverse.NewMetadata(c, 0, nil), "dh_x", "v", person(5)); err != nil {
		t.Error(err)
	}
	if v, found, err := c.ReadVariable(ctx, "dh_x"); !found || v.Value != "v" || v.Default || err != nil {
		t.Errorf("%+v %v", v, err)
	}
}
