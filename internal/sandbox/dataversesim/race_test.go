package dataversesim

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Everything at once: writes, reads, batches, deltas, new columns and webhooks.
// No event may be lost and no change set may be seen half done.
func TestManyAtOnce(t *testing.T) {
	o, hook := newOrg(t, Config{Seed: 1, Workers: 4}), newReceiver(t)
	o.register(hook.URL, "Update", "contact", `,"asyncautodelete":true`)
	for i := range 8 {
		o.must(204, "PATCH", "contacts("+numbered(i)+")", `{"lastname":"x"}`)
	}
	const rounds = 25
	var group sync.WaitGroup
	for w := range 4 {
		group.Go(func() {
			for i := range rounds {
				o.must(204, "PATCH", "contacts("+numbered(w)+")", fmt.Sprintf(`{"jobtitle":"t%d"}`, i))
				o.must(200, "GET", "contacts?$expand=masterid($select=fullname)&$orderby=jobtitle&$filter=contains(lastname,'x')", "", "Prefer", `odata.include-annotations="*"`)
			}
		})
	}
	group.Go(func() {
		for i := range rounds {
			value := fmt.Sprintf(`{"firstname":"f%d"}`, i)
			o.batch(200, multipart("b1", changeSet(part("PATCH contacts("+numbered(6)+")", value), part("PATCH contacts("+numbered(7)+")", value))))
		}
	})
	group.Go(func() {
		for range rounds {
			r := o.must(200, "GET", "contacts?$select=firstname&$filter=contactid%20eq%20"+numbered(6)+"%20or%20contactid%20eq%20"+numbered(7), "").json(t)
			value := r["value"].([]any)
			if a, b := value[0].(map[string]any)["firstname"], value[1].(map[string]any)["firstname"]; a != b {
				t.Errorf("half a change set: %v %v", a, b)
			}
			o.follow("contacts", "3")
		}
	})
	group.Go(func() {
		for i := range rounds {
			o.must(201, "POST", "/control/columns/contact", fmt.Sprintf(`{"name":"dh_extra%d","kind":"int"}`, i))
			o.must(204, "PATCH", "leads("+numbered(i)+")", `{"lastname":"y"}`)
			o.must(204, "DELETE", "leads("+numbered(i)+")", "")
		}
	})
	group.Wait()
	o.flush()
	if calls := hook.take(); len(calls) != 6*rounds {
		t.Errorf("%d events, want %d", len(calls), 6*rounds)
	}
	if left := o.must(200, "GET", "asyncoperations/$count", "").body; strings.TrimSpace(left) != "0" {
		t.Errorf("%s system jobs are left", left)
	}
}
