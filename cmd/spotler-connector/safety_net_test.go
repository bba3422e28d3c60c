package main

import (
	"net/http"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// What the webhook lost, the safety net finds: changes by change tracking, and
// nothing that did not change.
func TestChangeTracking(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, map[string]string{"SAFETY_NET_CHANGES_EVERY": "1s"})
		s.crm(person(1, nil), person(2, nil))
		s.quiet()
		s.until("the first pass keeps its token", func() bool {
			token, err := s.house.store.Cursor(t.Context(), s.env, "feed/contact")
			return err == nil && token != ""
		})
		before := len(s.ops())
		s.silently(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}}, edit{Set: "contacts", ID: id(2), Body: map[string]any{"telephone1": "1234"}})
		s.until("the change arrives", func() bool { return s.spotler()[id(1)].Properties["profileField1"] == "Buyer" })
		s.silently(edit{Method: http.MethodDelete, Set: "contacts", ID: id(2)})
		s.until("the deletion arrives", func() bool { _, there := s.spotler()[id(2)]; return !there })
		s.quiet()
		for _, op := range s.ops()[:len(s.ops())-before] {
			if op.Source != "feed" {
				t.Errorf("op %d came from %s", op.ID, op.Source)
			}
		}
		if n := len(s.ops()) - before; n != 2 {
			t.Errorf("%d ops for two changes that matter", n)
		}
	})
}

// A Queued job row whose webhook was lost is found by the pull.
func TestPullOfQueuedJobs(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"SAFETY_NET_JOBS_AFTER": "1s"})
	s.crm(person(1, nil))
	s.quiet()
	s.silently(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(201), Body: map[string]any{"dh_name": "x", "dh_operation": int(connector.AnonymizeContact), "dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")"}})
	s.until("the job ends", func() bool { return state(s.row("dh_spotlerjobs", id(201))).Final() })
	s.quiet()
	if len(s.spotler()) != 0 || state(s.row("dh_spotlerjobs", id(201))) != connector.Completed {
		t.Errorf("job %v", s.row("dh_spotlerjobs", id(201)))
	}
	if ops := s.asked(); len(ops) != 2 || ops[0].State != store.OpDone || ops[1].State != store.OpDone {
		t.Errorf("ops %v", ops)
	}
}

// silently makes changes whose events are lost on the way.
func (s *story) silently(edits ...edit) {
	s.Helper()
	s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/edits?events=false", edits, nil)
}
