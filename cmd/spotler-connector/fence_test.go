package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// Too many erasures at once stop with an alert; when a person lets them pass, the
// rest go on.
func TestFence(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, map[string]string{"FENCE_LIMIT": "3", "FENCE_SHARE": "0"})
		for n := 1; n <= 5; n++ {
			s.crm(person(n, nil))
		}
		s.quiet()
		for n := 1; n <= 5; n++ {
			s.crm(edit{Method: http.MethodDelete, Set: "contacts", ID: id(n)})
		}
		s.until("the fence closes", func() bool { return s.gate(store.GateIrreversible).Alert })
		s.until("nothing runs any more", func() bool { n := s.count(); return n.Ops[store.OpRunning] == 0 && n.Tellings == 0 })
		if left := len(s.spotler()); left < 2 { // batches at one moment may stop each other a little early, never late
			t.Errorf("%d of five are left", left)
		}
		s.crm(person(6, nil)) // other work goes on meanwhile
		s.until("the new person arrives", func() bool { _, there := s.spotler()[id(6)]; return there })
		if n := s.count(); n.Ops[store.OpFailed]+n.Ops[store.OpDead] != 0 {
			t.Errorf("jobs failed: %v", n.Ops)
		}
		if err := s.house.store.Resume(t.Context(), s.env, store.GateIrreversible); err != nil {
			t.Fatal(err)
		}
		s.quiet()
		if n := len(s.spotler()); n != 1 {
			t.Errorf("%d people are left in Spotler", n)
		}
	})
}

// Credentials that were changed pause the environment with an alert; no job fails
// for it, and work goes on when they are right again.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil))
	s.quiet()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": "keys", "path": "/integrationservice*", "kind": "status", "status": 401,
		"body": `{"errorType":"NOT_AUTHORIZED","message":"no"}`}, nil)
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}})
	s.until("the gate closes with an alert", func() bool { return s.gate(store.GateSpotler).Alert })
	if n := s.count(); n.Ops[store.OpFailed]+n.Ops[store.OpDead] != 0 {
		t.Errorf("jobs failed: %v", n.Ops)
	}
	s.control(http.MethodDelete, s.sandbox.SpotlerURL+"/control/faults/keys", nil, nil)
	if err := s.house.store.Resume(t.Context(), s.env, store.GateSpotler); err != nil {
		t.Fatal(err)
	}
	s.quiet()
	if c := s.spotler()[id(1)]; c.Properties["profileField1"] != "Buyer" || s.gate(store.GateSpotler).Alert {
		t.Errorf("afterwards: %v, alert %v", c.Properties, s.gate(store.GateSpotler).Alert)
	}
}

// A connector that stops in the middle goes on where it was.
func TestRestart(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": "away", "path": "/integrationservice*", "kind": "status", "status": 503}, nil)
		for n := 1; n <= 20; n++ {
			s.crm(person(n, nil))
		}
		s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/events/flush", nil, nil)
		s.end()
		s.control(http.MethodDelete, s.sandbox.SpotlerURL+"/control/faults/away", nil, nil)
		s.open(database, map[string]string{"HOOK_ID": "", "DATA_DIR": s.house.settings.DataDir})
		for _, g := range []string{store.GateSpotler, store.GateDataverse} {
			if err := s.house.store.Resume(t.Context(), s.env, g); err != nil {
				t.Fatal(err)
			}
		}
		s.quiet()
		if n := len(s.spotler()); n != 20 {
			t.Errorf("%d people arrived", n)
		}
	})
}

// With a hold, an erasure waits first, and undoing the change calls it off.
func TestHold(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"FENCE_HOLD": "2s"})
	s.crm(person(1, nil), person(2, nil))
	s.quiet()
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": true}}, edit{Set: "contacts", ID: id(2), Body: map[string]any{"donotemail": true}})
	s.until("both are held", func() bool { return s.count().Ops[store.OpQueued] == 2 })
	s.crm(edit{Set: "contacts", ID: id(2), Body: map[string]any{"donotemail": false}})
	s.quiet()
	in := s.spotler()
	if _, there := in[id(1)]; there || in[id(2)].State != "active" {
		t.Errorf("in Spotler: %v", in)
	}
}

// With readmit: new-consent, an erased person comes back only by a consent that
// is newer than the erasure.
func TestReadmitByNewConsent(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", map[string]string{"READMIT": "new-consent"})
	s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
	s.quiet()
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": true}})
	s.quiet()
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": false}})
	s.quiet()
	if n := len(s.spotler()); n != 0 {
		t.Fatalf("%d people came back without a new consent", n)
	}
	s.until("a second has passed, for Dynamics keeps whole seconds", func() bool { return time.Since(s.link(1).ErasedAt) > 1100*time.Millisecond })
	s.crm(edit{Set: "dh_spotlerpermissions", ID: id(101), Body: map[string]any{"dh_subscribed": true}})
	s.quiet()
	if c := s.spotler()[id(1)]; !c.bits()["Nieuwsbrief"] {
		t.Errorf("the new consent did not bring the person back: %v", c)
	}
}

func (s *story) link(n int) store.Link {
	s.Helper()
	r := connector.Record{Table: connector.Contact, ID: connector.RecordID(id(n))}
	links, err := s.house.store.Links(context.Background(), s.env, []connector.Record{r})
	if err != nil {
		s.Fatal(err)
	}
	return links[r]
}

// A job that failed for the mapping is tried again when the mapping is edited.
func TestAnEditedMappingWakesWhatFailed(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/rejects", map[string]any{"property": "city", "value": "Nowhere"}, nil)
		s.crm(person(1, map[string]any{"address1_city": "Utrecht"}), person(2, map[string]any{"address1_city": "Nowhere"}))
		s.quiet()
		if n := s.count(); n.Ops[store.OpFailed] != 1 {
			t.Fatalf("ops: %v", n.Ops)
		}
		s.end()
		sheet := filepath.Join(t.TempDir(), "mapping.yaml")
		text := "version: 1\nrows:\n  - {spotler: email, contact: emailaddress1, direction: \"->\"}\n  - {spotler: firstName, contact: firstname, direction: \"->\"}\n"
		if err := os.WriteFile(sheet, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s.open(database, map[string]string{"HOOK_ID": "", "DATA_DIR": s.house.settings.DataDir, "MAPPING": sheet})
		s.until("it is tried again", func() bool {
			last := s.asked()[0]
			return last.Lane == store.LaneOf(s.env, connector.Record{Table: connector.Contact, ID: connector.RecordID(id(2))}) && last.State == store.OpDone
		})
	})
}

// After a write whose answer was lost, the record is synchronised once more some
// minutes later, besides the repetition.
func TestALostAnswerIsReadBack(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": "f", "path": "*/contact/list", "kind": "drop_after_commit", "times": 1}, nil)
	s.crm(person(1, nil))
	s.quiet()
	due := 0
	if err := s.house.store.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM later WHERE source = 'readback'`).Scan(&due); err != nil || due != 1 {
		t.Fatalf("%d records are read back: %v", due, err)
	}
	if _, err := s.house.store.DB().ExecContext(t.Context(), `UPDATE later SET due_at = 1`); err != nil {
		t.Fatal(err)
	}
	if n, err := s.house.store.PutDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("%d were put: %v", n, err)
	}
	s.quiet()
	if last := s.asked()[0]; last.Source != "readback" || last.State != store.OpDone || last.ResultCode != connector.CodeOK {
		t.Errorf("%+v", last)
	}
}
