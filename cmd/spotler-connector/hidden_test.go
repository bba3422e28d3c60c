package main

import (
	"net/http"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// hide makes a column vanish from what Dataverse answers, as column security does.
func (s *story) hide(table, column string, hidden bool) {
	s.Helper()
	s.control(http.MethodPut, s.sandbox.DataverseURL+"/control/hidden", map[string]any{"table": table, "column": column, "hidden": hidden}, nil)
}

// waits waits until an op has met trouble, and is kept for later.
func (s *story) waits(what string) {
	s.Helper()
	s.until(what, func() bool {
		for _, o := range s.ops() {
			if o.State == store.OpQueued && o.Cause != "" {
				return true
			}
		}
		return s.gate(store.GateDataverse).Alert
	})
}

func (s *story) goOn() {
	s.Helper()
	if err := s.house.store.Resume(s.Context(), s.env, store.GateDataverse); err != nil {
		s.Fatal(err)
	}
	s.house.store.Wake(string(s.env))
}

// A permission whose value we may not see is not a No: nobody loses a permission for it.
func TestAHiddenPermissionIsNotANo(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
	s.quiet()
	s.hide("dh_spotlerpermission", "dh_subscribed", true)
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}})
	s.waits("the sync waits")
	if b := s.spotler()[id(1)].bits(); !b["Nieuwsbrief"] {
		t.Error("a permission was taken away that nobody took away")
	}
	s.hide("dh_spotlerpermission", "dh_subscribed", false)
	s.goOn()
	s.until("the edit arrives", func() bool { return s.spotler()[id(1)].Properties["profileField1"] == "Buyer" })
	if b := s.spotler()[id(1)].bits(); !b["Nieuwsbrief"] {
		t.Error("afterwards the permission is off")
	}
}

// A job row whose state we may not see has not ended: its command waits, and is done once.
func TestAHiddenStateIsNotAnEnd(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil))
	s.quiet()
	s.hide("dh_spotlerjob", "statuscode", true)
	s.crm(edit{Method: http.MethodPost, Set: "dh_spotlerjobs", ID: id(201), Body: map[string]any{"dh_name": "Erase", "dh_operation": int(connector.AnonymizeContact), "dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")"}})
	s.waits("the command waits")
	if _, there := s.spotler()[id(1)]; !there {
		t.Error("the person was erased before the state of the job was known")
	}
	s.hide("dh_spotlerjob", "statuscode", false)
	s.goOn()
	s.until("the command is done", func() bool { _, there := s.spotler()[id(1)]; return !there })
	s.quiet()
	if got := state(s.row("dh_spotlerjobs", id(201))); got != connector.Completed {
		t.Errorf("the job is %s", got)
	}
}
