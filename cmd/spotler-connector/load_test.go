package main

import (
	"net/http"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/store"
)

// Everybody who was there before the connector is brought over; a node that dies in the
// middle goes on where it was; and nobody who changes meanwhile waits for it.
func TestLoad(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		const people = 1200
		var all []edit
		for n := 1; n <= people; n++ {
			all = append(all, person(n, nil))
		}
		s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/edits?events=false", all, nil)
		s.quiet()
		if n := len(s.spotler()); n != 0 {
			t.Fatalf("%d people came by themselves", n)
		}
		put, err := operations.PutLoad(s.env, connector.Contact, "load-1", "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.house.store.Put(t.Context(), []store.Put{put, put}); err != nil {
			t.Fatal(err)
		}
		s.until("the load has begun", func() bool { return len(s.spotler()) > 0 })
		s.end()
		s.open(database, map[string]string{"HOOK_ID": "", "DATA_DIR": s.house.settings.DataDir})
		s.until("everybody is there", func() bool { return len(s.spotler()) == people })
		s.quiet()
		if n := s.count(); n.Ops[store.OpFailed]+n.Ops[store.OpDead] != 0 || n.Links != people {
			t.Errorf("ops %v, %d links", n.Ops, n.Links)
		}
	})
}
