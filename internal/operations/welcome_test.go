package operations

import (
	"encoding/json"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// C-106, C-118 (table and columns are assumed): with the setting, a new subscriber
// becomes a Membership Entry of Engage 365, once, and is in no way synchronised.
func TestMembershipEntry(t *testing.T) {
	h := newInboundHouse(t)
	entry := schema.AssumedEngage().Entry
	h.env.Subscribers = Subscribers{Strategy: decide.StrategyMembershipEntry, Entry: entry, Defaults: map[string]any{"ifunds_name": "Form"}}
	lane := store.AddressLane(inboundEnv, "x")
	in := Inbound{EncryptedID: "enc-1", Changed: h.clock.Now(), ReadAt: h.clock.Now(), Properties: map[string]any{"email": "jan@example.test", "firstName": "Jan"}}
	end := h.run(h.inbound(lane, in))
	if len(h.crm.writes) != 1 || h.crm.writes[0].Path != entry.Set || end[0].State != store.OpDone {
		t.Fatalf("writes %+v, end %+v", h.crm.writes, end[0].Outcome)
	}
	var row map[string]any
	if err := json.Unmarshal(h.crm.writes[0].Body, &row); err != nil || row["ifunds_firstname"] != "Jan" || row["ifunds_name"] != "Form" || row[entry.Key] == nil {
		t.Errorf("the entry: %v, %v", row, err)
	}
	if len(end[0].Follow) != 0 || len(end[0].Links) != 1 || end[0].Links[0].InSpotler() {
		t.Errorf("follows %+v, links %+v", end[0].Follow, end[0].Links)
	}
	h.know(end[0].Links...)
	in.Properties["firstName"] = "Johan"
	again := h.run(h.inbound(lane, in))
	if len(h.crm.writes) != 1 || !strings.Contains(again[0].Outcome.Why, "before") {
		t.Errorf("written again: %+v, %s", h.crm.writes, again[0].Outcome.Why)
	}
}

// Of several matches the linked one wins, else the newest active one.
func TestWhichMatchWins(t *testing.T) {
	row := func(n int, created string, state int) map[string]any {
		return map[string]any{"contactid": storetest.ID(n), "emailaddress1": "JAN@example.test", "createdon": created, "statecode": state}
	}
	rows := []map[string]any{row(1, "2020-01-01T00:00:00Z", 0), row(2, "2024-01-01T00:00:00Z", 0), row(3, "2025-01-01T00:00:00Z", 1)}
	for name, c := range map[string]struct {
		linked int
		want   int
	}{"the newest active one": {0, 2}, "the linked one": {1, 1}} {
		t.Run(name, func(t *testing.T) {
			h := newInboundHouse(t)
			h.env.Subscribers = Subscribers{Strategy: decide.StrategyContact}
			h.crm.rows = map[string][]map[string]any{"contacts": rows}
			if c.linked > 0 {
				h.know(h.link(c.linked, nil))
			}
			in := Inbound{EncryptedID: "enc-1", Changed: h.clock.Now(), ReadAt: h.clock.Now(), Properties: map[string]any{"email": "jan@example.test"}}
			end := h.run(h.inbound(store.AddressLane(inboundEnv, "x"), in))
			want := store.LaneOf(inboundEnv, connector.Record{Table: connector.Contact, ID: storetest.ID(c.want)})
			if len(end[0].Follow) != 1 || end[0].Follow[0].Lane != want || len(h.crm.writes) != 0 {
				t.Errorf("handed over to %+v, want %s", end[0].Follow, want)
			}
		})
	}
}

// A GUID in Spotler that we never wrote is looked up as contact, lead and account: who
// is found is linked, and of whom is not found nobody is created.
func TestGUIDIsLookedUp(t *testing.T) {
	h := newInboundHouse(t)
	h.env.Subscribers = Subscribers{Strategy: decide.StrategyContact}
	lead := map[string]any{"leadid": storetest.ID(6), "statecode": 0, "createdon": "2024-01-01T00:00:00Z"}
	h.crm.rows = map[string][]map[string]any{"contacts": {contactRow(5, nil)}, "leads": {lead}}
	var work []store.Taken
	for n := 5; n <= 7; n++ {
		in := Inbound{ExternalID: connector.ExternalIDOf(storetest.ID(n)), EncryptedID: "enc", Changed: h.clock.Now(), ReadAt: h.clock.Now(), Properties: map[string]any{"email": "jan@example.test"}}
		work = append(work, h.inbound(store.AddressLane(inboundEnv, string(storetest.ID(n))), in))
	}
	ends := h.run(work...)
	for i, want := range []connector.Record{{Table: connector.Contact, ID: storetest.ID(5)}, {Table: connector.Lead, ID: storetest.ID(6)}} {
		if len(ends[i].Follow) != 1 || ends[i].Follow[0].Lane != store.LaneOf(inboundEnv, want) {
			t.Errorf("%s: %+v", want, ends[i].Follow)
		}
	}
	if len(ends[2].Follow) != 0 || len(ends[2].Reviews) != 1 || ends[2].Reviews[0].Kind != store.ReviewOrphan || len(h.crm.writes) != 0 {
		t.Errorf("the orphan: %+v, writes %v", ends[2], h.crm.writes)
	}
}

// C-114, C-116, C-117, C-606: an empty id, and one that is no GUID, are new subscribers;
// the fixed values of the mapping and of the settings are on the new row.
func TestDefaultsOfANewLead(t *testing.T) {
	h := newInboundHouse(t)
	h.env.Subscribers = Subscribers{Strategy: decide.StrategyLead, Defaults: map[string]any{"companyname": "Unknown"}}
	var work []store.Taken
	for _, external := range []connector.ExternalID{"", "shop-7"} {
		in := Inbound{ExternalID: external, EncryptedID: "enc-" + string(external), Changed: h.clock.Now(), ReadAt: h.clock.Now(), Properties: map[string]any{"email": "jan@example.test", "firstName": "Jan"}}
		work = append(work, h.inbound(store.AddressLane(inboundEnv, "x"+string(external)), in))
	}
	ends := h.run(work...)
	if len(h.crm.writes) != 2 {
		t.Fatalf("writes %+v, ends %+v", h.crm.writes, ends)
	}
	for _, w := range h.crm.writes {
		var row map[string]any
		if err := json.Unmarshal(w.Body, &row); err != nil || row["subject"] != "Website" || row["companyname"] != "Unknown" || row["firstname"] != "Jan" || row["emailaddress1"] != "jan@example.test" {
			t.Errorf("the lead: %v, %v", row, err)
		}
	}
}
