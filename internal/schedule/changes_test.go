package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
)

// started is a house with three synchronised people and a kept token.
func started(t *testing.T) *house {
	h := newHouse(t)
	for n := 1; n <= 3; n++ {
		h.person(n, nil)
		h.put(n)
	}
	h.sync()
	h.step("changes")
	return h
}

func (h *house) put(people ...int) {
	h.Helper()
	var puts []store.Put
	for _, n := range people {
		puts = append(puts, operations.PutSync(env, contact(n), store.Live, fmt.Sprintf("test/%d/%d", n, h.crm.version), "test"))
	}
	if _, err := h.db.Put(background, puts); err != nil {
		h.Fatal(err)
	}
}

func (h *house) change(n int, columns map[string]any) { h.crm.set(connector.Contact, ID(n), columns) }

func TestTheFirstPassQueuesNothing(t *testing.T) {
	h := newHouse(t)
	for n := 1; n <= 5; n++ {
		h.person(n, nil)
	}
	h.step("changes")
	h.wantQueued()
	h.step("changes")
	h.wantQueued()
	for _, table := range []connector.Table{connector.Contact, connector.Lead, schema.SpotlerPermissionTable} {
		if c, err := h.db.Cursor(background, env, "feed/"+string(table)); err != nil || c != "5" {
			t.Errorf("%s: %q %v", table, c, err)
		}
	}
}

func TestChanges(t *testing.T) {
	const sync = "contact/000000000001 Sync Contact 1 feed"
	for name, tt := range map[string]struct {
		happen func(h *house)
		want   []string
	}{
		"a mapped column": {func(h *house) { h.change(1, map[string]any{"firstname": "Bea"}) }, []string{sync}},
		"a mapped column, twice": {func(h *house) {
			h.change(1, map[string]any{"firstname": "Bea"})
			h.change(1, map[string]any{"firstname": "Cas"})
		}, []string{sync}},
		"another column": {func(h *house) { h.change(1, map[string]any{"description": "x"}) }, nil},
		"there and back": {func(h *house) {
			h.change(1, map[string]any{"firstname": "Bea"})
			h.change(1, map[string]any{"firstname": "Ann"})
		}, nil},
		"the address":                   {func(h *house) { h.change(1, map[string]any{"emailaddress1": "other@example.test"}) }, []string{sync}},
		"no address":                    {func(h *house) { h.change(1, map[string]any{"emailaddress1": nil}) }, []string{sync}},
		"deactivated":                   {func(h *house) { h.change(1, map[string]any{"statecode": 1}) }, []string{sync}},
		"do not e-mail":                 {func(h *house) { h.change(1, map[string]any{"donotemail": true}) }, []string{strings.Replace(sync, "1 feed", "0 feed", 1)}},
		"do not bulk e-mail":            {func(h *house) { h.change(1, map[string]any{"donotbulkemail": true}) }, []string{strings.Replace(sync, "1 feed", "0 feed", 1)}},
		"a rule column of another type": {func(h *house) { h.change(1, map[string]any{"donotemail": "maybe"}) }, []string{sync}},
		"a linked row": {func(h *house) {
			h.change(1, map[string]any{"_parentcustomerid_value": string(ID(50)), "_parentcustomerid_value@OData.Community.Display.V1.FormattedValue": "Acme", "_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname": "account"})
		}, []string{sync}},
		"a new row":          {func(h *house) { h.person(9, nil) }, []string{"contact/000000000009 Sync Contact 1 feed"}},
		"deleted":            {func(h *house) { h.crm.remove(connector.Contact, ID(1)) }, []string{strings.Replace(sync, "1 feed", "0 feed", 1)}},
		"a stranger deleted": {func(h *house) { h.person(9, nil); h.crm.remove(connector.Contact, ID(9)) }, nil},
		"an erased one deleted": {func(h *house) {
			h.crm.remove(connector.Contact, ID(1))
			h.put(1)
			h.sync()
		}, nil},
		"synced already": {func(h *house) { h.change(1, map[string]any{"firstname": "Bea"}); h.put(1); h.sync() }, nil},
		"everybody": {func(h *house) {
			h.change(1, map[string]any{"firstname": "B"})
			h.change(2, map[string]any{"firstname": "B"})
			h.change(3, map[string]any{"firstname": "B"})
		}, []string{sync, strings.Replace(sync, "001 ", "002 ", 1), strings.Replace(sync, "001 ", "003 ", 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			h := started(t)
			tt.happen(h)
			h.step("changes")
			h.wantQueued(tt.want...)
			h.sync()
			h.step("changes") // what was seen is not seen again
			h.wantQueued()
		})
	}
}

func TestLabelsAreAskedForWhenALookupIsMapped(t *testing.T) {
	h := started(t)
	h.change(1, map[string]any{"_parentcustomerid_value": string(ID(50)), "_parentcustomerid_value@OData.Community.Display.V1.FormattedValue": "Acme"})
	h.put(1)
	h.sync()
	h.change(1, map[string]any{"description": "x"})
	h.step("changes")
	h.wantQueued() // with the name it can tell that nothing changed
}

func TestTheTokenStaysWhenThePullBreaksOff(t *testing.T) {
	h := started(t)
	for n := 1; n <= 3; n++ {
		h.change(n, map[string]any{"firstname": "Bea"})
	}
	before, _ := h.db.Cursor(background, env, "feed/contact")
	h.crm.refuse["contacts"] = 403
	if err := h.try("changes"); !errors.Is(err, fault.Denied) || !strings.Contains(err.Error(), "changes of contact") {
		t.Error(err)
	}
	if after, _ := h.db.Cursor(background, env, "feed/contact"); after != before {
		t.Errorf("the token moved from %s to %s", before, after)
	}
	if lead, _ := h.db.Cursor(background, env, "feed/lead"); lead == before {
		t.Error("trouble with contacts stopped the leads")
	}
	h.crm.refuse = nil
	h.step("changes")
	if got := h.queued(); len(got) != 3 {
		t.Errorf("%v", got)
	}
}

func TestAnExpiredToken(t *testing.T) {
	h := started(t)
	h.change(1, map[string]any{"firstname": "Bea"})
	h.person(9, nil)
	h.crm.remove(connector.Contact, ID(3))
	h.crm.expired = h.crm.version
	h.step("changes")
	h.wantQueued("contact/000000000001 Sync Contact 1 feed", "contact/000000000003 Sync Contact 0 feed", "contact/000000000009 Sync Contact 3 feed")
	h.sync()
	h.step("changes")
	h.wantQueued()
	h.change(2, map[string]any{"firstname": "Cas"})
	h.step("changes")
	h.wantQueued("contact/000000000002 Sync Contact 1 feed")
}

func TestAnExpiredTokenWhoseComparisonBreaksOff(t *testing.T) {
	h := started(t)
	before, _ := h.db.Cursor(background, env, "feed/contact")
	h.change(1, map[string]any{"firstname": "Bea"})
	h.crm.expired = h.crm.version
	h.Store = failing{h.Store}
	if err := h.try("changes"); err == nil {
		t.Error("no error")
	}
	if after, _ := h.db.Cursor(background, env, "feed/contact"); after != before {
		t.Errorf("the token moved from %s to %s", before, after)
	}
	h.Store = h.db
	h.step("changes")
	h.wantQueued("contact/000000000001 Sync Contact 1 feed")
}

// failing is a store whose links cannot be walked.
type failing struct{ Store }

func (failing) EachLink(_ context.Context, _ connector.Environment, _ func(store.Link) error) error {
	return errors.New("disk I/O error")
}

func TestMoreChangesThanOneChunk(t *testing.T) {
	h := newHouse(t)
	h.crm.page = 200
	h.step("changes")
	for n := 1; n <= changesAtOnce+5; n++ {
		h.person(n, nil)
	}
	h.step("changes")
	if got := h.queued(); len(got) != changesAtOnce+5 {
		t.Errorf("%d ops", len(got))
	}
}

func TestPermissionRows(t *testing.T) {
	h := started(t)
	permission := func(n int, columns map[string]any) { h.crm.set(schema.SpotlerPermissionTable, ID(100+n), columns) }
	of := func(lookup string, table connector.Table, n int) map[string]any {
		return map[string]any{"_" + lookup + "_value": string(ID(n)), "_" + lookup + "_value@Microsoft.Dynamics.CRM.lookuplogicalname": string(table), "modifiedon": "2026-11-25T09:00:00Z"}
	}
	permission(1, of("dh_customer", connector.Contact, 1))
	permission(2, of("dh_customer", connector.Account, 7)) // not synchronised here
	permission(3, of("dh_lead", connector.Lead, 8))
	permission(4, map[string]any{"modifiedon": "2026-11-25T09:00:00Z"}) // of nobody
	permission(5, of("dh_customer", connector.Contact, 2))
	h.crm.remove(schema.SpotlerPermissionTable, ID(105))
	h.step("changes")
	h.wantQueued("contact/000000000001 Sync Contact 0 feed", "lead/000000000008 Sync Contact 0 feed")
	h.step("changes")
	h.run(nil)
	h.step("changes")
	h.wantQueued()

	permission(1, map[string]any{"modifiedon": "2026-11-25T11:00:00Z"})
	h.crm.expired = h.crm.version
	h.step("changes")
	h.wantQueued("contact/000000000001 Sync Contact 0 feed") // the lead's row is read again, and known
}

func TestOldPermissionRowsAreLeftAloneWhenTheTokenExpired(t *testing.T) {
	h := started(t)
	h.crm.set(schema.SpotlerPermissionTable, ID(101), map[string]any{"_dh_customer_value": string(ID(1)), "_dh_customer_value@Microsoft.Dynamics.CRM.lookuplogicalname": "contact", "modifiedon": "2026-11-20T09:00:00Z"})
	h.crm.expired = h.crm.version
	h.step("changes")
	h.wantQueued()
}
