package dataversesim

import (
	"net/http"
	"strings"
	"testing"
)

// Whatever a bulk message or an action carries, the answer is the platform's own.
func FuzzActions(f *testing.F) {
	paths := []string{"contacts/Microsoft.Dynamics.CRM.CreateMultiple", "contacts/Microsoft.Dynamics.CRM.UpdateMultiple", "contacts/Microsoft.Dynamics.CRM.UpsertMultiple", "AddListMembersList", "Merge",
		"lists(" + news + ")/Microsoft.Dynamics.CRM.AddMemberList", "lists(" + news + ")/Microsoft.Dynamics.CRM.RemoveMemberList", "leads(" + ann + ")/Microsoft.Dynamics.CRM.QualifyLead", "lists(" + news + ")/listcontact_association/$ref"}
	for i := range paths {
		f.Add(i, `{"Targets":[{`+ofContact+`,"contactid":"`+ann+`","lastname":"x"}]}`)
		f.Add(i, `{"List":{"listid":"`+news+`"},"Members":[1],"EntityId":"`+ann+`","ListMember":null,"Status":"x","CreateContact":true,"Target":{},"@odata.id":"contacts(`+ann+`)"}`)
	}
	sim := New(Config{Seed: 1})
	f.Cleanup(sim.Close)
	for path, body := range map[string]string{"contacts(" + ann + ")": `{"lastname":"a"}`, "leads(" + ann + ")": `{"lastname":"a"}`, "lists(" + news + ")": `{"listname":"n","createdfromcode":2}`} {
		if resp := sim.serve(&request{method: "PATCH", path: path, header: http.Header{}, body: []byte(body), base: "http://x/"}); resp.status != noContent {
			f.Fatalf("%s: %s", path, resp.body)
		}
	}
	f.Fuzz(func(t *testing.T, at int, body string) {
		path := paths[uint(at)%uint(len(paths))]
		resp := sim.serve(&request{method: "POST", path: path, header: http.Header{}, body: []byte(body), base: "http://x/"})
		if resp.status < 200 || resp.status > 501 || resp.status >= 400 && !strings.HasPrefix(string(resp.body), `{"error":{"code":"0x`) {
			t.Errorf("%s: %d %s", path, resp.status, resp.body)
		}
	})
}
