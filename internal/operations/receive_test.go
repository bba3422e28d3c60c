package operations

import (
	"slices"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// What changes in Spotler for a row that was merged into another goes to the other;
// one that is not active takes nothing.
func TestArrivalOfTheMerged(t *testing.T) {
	h := newInboundHouse(t)
	h.know(h.link(1, map[string]string{"city": "Ede"}), h.link(2, map[string]string{"city": "Ede"}))
	h.crm.rows = map[string][]map[string]any{"contacts": {
		contactRow(1, map[string]any{"statecode": 1, "statuscode": 2, "merged": true, "_masterid_value": storetest.ID(3)}),
		contactRow(2, map[string]any{"statecode": 1, "statuscode": 2})}}
	var work []store.Taken
	for n := 1; n <= 2; n++ {
		c := h.told(n, map[string]any{"city": "Epe"})
		lane := store.LaneOf(inboundEnv, connector.Record{Table: connector.Contact, ID: storetest.ID(n)})
		work = append(work, h.inbound(lane, inboundOf(c, map[string]bool{"email": true, "city": true}, h.clock.Now())))
	}
	for i := range work {
		work[i].ID = int64(i + 1)
	}
	h.clock.Advance(time.Minute) // the links are older than what was read
	ends := h.run(work...)
	want := store.LaneOf(inboundEnv, connector.Record{Table: connector.Contact, ID: storetest.ID(3)})
	if len(ends[0].Follow) != 1 || ends[0].Follow[0].Lane != want || ends[0].Follow[0].Operation != connector.FromSpotler {
		t.Errorf("the merged one: %+v", ends[0])
	}
	if len(ends[1].Follow) != 0 || ends[1].Outcome.State != connector.Skipped("").State || len(h.crm.writes) != 0 {
		t.Errorf("the inactive one: %+v, writes %v", ends[1].Outcome, h.crm.writes)
	}
}

// Two rows for one permission: No wins, and it is reported, each name once.
func TestTwoPermissionRows(t *testing.T) {
	a := &arrival{person: &person{permissions: []connector.Permission{{Name: "Nieuwsbrief", Subscribed: true}, {Name: " nieuwsbrief ", Subscribed: false},
		{Name: "Nieuwsbrief", Subscribed: true}, {Name: "Acties", Subscribed: true}, {Name: "Acties", Subscribed: true}}}}
	if got := a.twice(); len(got) != 1 || !slices.Contains([]string{"nieuwsbrief", " nieuwsbrief "}, got[0]) {
		t.Errorf("reported: %q", got)
	}
	h := newInboundHouse(t)
	bits := bitsOf(h.env.Mapping.Outward(connector.Contact, map[string]any{"emailaddress1": "a@example.test"}, a.permissions))
	for _, b := range bits {
		if b.Name == "Nieuwsbrief" && b.Row || b.Name == "Acties" && !b.Row {
			t.Errorf("%s counts as %t", b.Name, b.Row)
		}
	}
	if len(bits) != 2 {
		t.Errorf("%d bits", len(bits))
	}
}
