package main

import (
	"net/http"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/sandbox"
)

// A plain Power Apps organisation has no leads, lists or campaigns. All else works: a
// person, permissions both ways, a job that the hook brought and one that it lost, what
// change tracking finds, a subscriber who becomes a contact, a merge, and an erasure;
// and Dataverse is never asked for what it does not have.
func TestPowerApps(t *testing.T) {
	t.Parallel()
	s := beginIn(t, sandbox.Options{Seed: 7, Light: true}, "sqlite:"+t.TempDir()+"/connector.db", map[string]string{"MAPPING": twoWaySheet(t), "POLL_EVERY": "1h",
		"SAFETY_NET_JOBS_AFTER": "1s", "SAFETY_NET_CHANGES_EVERY": "1s", "SUBSCRIBERS_BECOME": "contact"})
	if why := s.house.off(s.env); why != "" {
		t.Fatalf("it is off: %s", why)
	}
	s.variable(900, "dh_spotlerpermissions", "", "Nieuwsbrief;Acties;")
	s.crm(person(1, map[string]any{"jobtitle": "Buyer"}), permission(101, 1, "Nieuwsbrief", true), person(2, nil),
		edit{Method: http.MethodPost, Set: "accounts", ID: id(50), Body: map[string]any{"name": "Bakery", "emailaddress1": "info@bakery.test"}})
	s.quiet()
	in := s.spotler()
	if len(in) != 2 || in[id(1)].Properties["profileField1"] != "Buyer" || !in[id(1)].bits()["Nieuwsbrief"] || len(s.permissions(2)) != 2 {
		t.Fatalf("in Spotler: %+v; rows of the second: %v", in, s.permissions(2))
	}
	s.chooses(id(1), 1, false)
	s.arrive(subscriber("", "jan@example.test", "Vries"))
	s.poll()
	if s.permissions(1)["Nieuwsbrief"] {
		t.Error("the opt-out in Spotler did not come back")
	}
	if n := len(s.rows("contacts")); n != 3 {
		t.Errorf("%d contacts after a subscriber came", n)
	}
	s.shows(s.job(201, connector.AddTag, map[string]any{"dh_parametername": "vip", "dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")"}), connector.Completed, "OK", "vip")
	s.silently(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(202), Body: map[string]any{"dh_name": "x", "dh_operation": int(connector.AddTag), "dh_parametername": "pulled", "dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")"}})
	s.until("the lost job ends", func() bool { return state(s.row("dh_spotlerjobs", id(202))) == connector.Completed })
	s.silently(edit{Set: "contacts", ID: id(2), Body: map[string]any{"lastname": "Found"}})
	s.until("the lost change arrives", func() bool { return s.spotler()[id(2)].Properties["lastName"] == "Found" })
	s.crm(edit{Method: http.MethodDelete, Set: "dh_spotlerpermissions", ID: id(101)})
	s.quiet()
	s.api(http.MethodPost, "Merge", map[string]any{"Target": map[string]any{"@odata.type": "Microsoft.Dynamics.CRM.contact", "contactid": id(1)},
		"Subordinate": map[string]any{"@odata.type": "Microsoft.Dynamics.CRM.contact", "contactid": id(2)}, "PerformParentingChecks": false})
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": true}})
	s.quiet()
	if _, there := s.spotler()[id(1)]; there {
		t.Error("Do Not Email did not erase")
	}
	var counted struct {
		Requests map[string]int64 `json:"requests"`
		Statuses map[string]int64 `json:"statuses"`
	}
	s.control(http.MethodGet, s.sandbox.DataverseURL+"/control/counters", nil, &counted)
	for route := range counted.Requests {
		if strings.Contains(route, "leads") || strings.Contains(route, "lists") || strings.Contains(route, "campaign") {
			t.Errorf("it was asked for %s", route)
		}
	}
	if n := counted.Statuses["4xx"]; n != 0 {
		t.Errorf("%d requests were refused: %v", n, counted)
	}
	for _, op := range s.ops() {
		if op.Cause != "" {
			t.Errorf("%s met trouble (%s): %s", op.Operation, op.Cause, op.Message)
		}
	}
}
