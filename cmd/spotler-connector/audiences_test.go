package main

import (
	"net/http"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
)

// audience is a dynamic list as Spotler itself shows it.
type audience struct {
	ID      string   `json:"external_id"`
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

// audiences are Spotler's dynamic lists by name.
func (s *story) audiences() map[string]audience {
	s.Helper()
	var all []audience
	s.control(http.MethodGet, s.sandbox.SpotlerURL+"/control/audiences", nil, &all)
	out := map[string]audience{}
	for _, a := range all {
		out[a.Name] = a
	}
	if len(out) != len(all) {
		s.Errorf("%d lists, %d names", len(all), len(out))
	}
	return out
}

// C-352 to C-360, C-479, C-484 to C-489, C-492 to C-496.
func TestAudiences(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.unheard(person(1, nil), person(2, nil), person(3, map[string]any{"emailaddress1": nil}))
		s.shows(s.job(201, connector.AddToAudience, on(1, "VIP 2026", "")), connector.Completed, "OK", "The list was created in Spotler, and the person added")
		s.shows(s.job(202, connector.AddToAudience, on(2, " VIP 2026 ", "")), connector.Completed, "OK", "Added to the list")
		s.shows(s.job(203, connector.AddToAudience, on(2, "VIP 2026", "")), connector.Completed, "OK", "Added to the list")
		if a := s.audiences()["VIP 2026"]; len(s.audiences()) != 1 || strings.Join(a.Members, " ") != id(1)+" "+id(2) || len(a.ID) > 255 {
			t.Errorf("lists: %+v", s.audiences())
		}
		// Without a person the list alone (C-489).
		s.shows(s.job(204, connector.AddToAudience, map[string]any{"dh_parametername": "Empty"}), connector.Completed, "OK", "with nobody in it")
		s.shows(s.job(205, connector.AddToAudience, map[string]any{"dh_parametername": "Empty"}), connector.Completed, "SKIPPED", "already")
		if a, there := s.audiences()["Empty"]; !there || len(a.Members) > 0 {
			t.Errorf("the empty list: %+v, %v", a, there)
		}
		// The obsolete parameter Marketing List stands for its name (C-354).
		s.crm(edit{Method: http.MethodPost, Set: "lists", ID: id(301), Body: map[string]any{"listname": "Old list"}})
		old := on(1, "", "")
		delete(old, "dh_parametername")
		old["dh_List@odata.bind"] = "/lists(" + id(301) + ")"
		s.shows(s.job(206, connector.AddToAudience, old), connector.Completed, "OK", "created")
		if len(s.audiences()["Old list"].Members) != 1 {
			t.Errorf("lists: %+v", s.audiences())
		}
		s.shows(s.job(207, connector.AddToAudience, on(1, " ", "")), connector.Failed, "JOB_NOT_VALID", "Parameter Name is empty")
		// Nobody whom the rules keep out comes in by a list.
		s.shows(s.job(208, connector.AddToAudience, on(3, "VIP 2026", "")), connector.Completed, "SKIPPED", "There is no e-mail address")
		// Removing: the exact name of a list that exists.
		s.shows(s.job(211, connector.RemoveFromAudience, on(1, "vip 2026", "")), connector.Failed, "AUDIENCE_NOT_FOUND", "spelling and capitals")
		s.shows(s.job(212, connector.RemoveFromAudience, on(3, "No such list", "")), connector.Failed, "AUDIENCE_NOT_FOUND", "spelling and capitals")
		s.shows(s.job(213, connector.RemoveFromAudience, on(1, "VIP 2026", "")), connector.Completed, "OK", "Removed from the list")
		s.shows(s.job(214, connector.RemoveFromAudience, on(1, "VIP 2026", "")), connector.Completed, "OK", "Removed from the list")
		s.shows(s.job(215, connector.RemoveFromAudience, on(3, "VIP 2026", "")), connector.Completed, "SKIPPED", "in no list")
		s.shows(s.job(216, connector.RemoveFromAudience, map[string]any{"dh_parametername": "VIP 2026"}), connector.Failed, "JOB_NOT_VALID", "no Customer or Lead")
		if a := s.audiences()["VIP 2026"]; strings.Join(a.Members, " ") != id(2) {
			t.Errorf("after removing: %+v", a)
		}
		if len(s.spotler()) != 2 {
			t.Errorf("%d people in Spotler", len(s.spotler()))
		}
	})
}

// A name that another list has ends with the way out; it does not turn into that list.
func TestAudienceNameIsTaken(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/audiences", map[string]any{"external_id": "of-somebody-else", "name": "VIP"}, nil)
	s.crm(person(1, nil))
	s.shows(s.job(201, connector.AddToAudience, on(1, "VIP", "")), connector.Failed, "NAME_ALREADY_IN_USE", "Use another List Name")
	s.shows(s.job(202, connector.RemoveFromAudience, on(1, "VIP", "")), connector.Failed, "AUDIENCE_NOT_FOUND", "")
	if a := s.audiences()["VIP"]; len(a.Members) > 0 {
		t.Errorf("somebody else's list: %+v", a)
	}
}

// C-481, C-482: 403 says which licence is needed, ends the job, and holds up nobody.
func TestAudienceNeedsALicence(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": "licence", "path": "*/audience*", "kind": "status", "status": 403}, nil)
	s.crm(person(1, nil))
	for n, operation := range map[int]connector.Operation{201: connector.AddToAudience, 202: connector.RemoveFromAudience} {
		s.shows(s.job(n, operation, on(1, "VIP", "")), connector.Failed, "NOT_AUTHORIZED", "licence Automation or eCommerce")
	}
	if g := s.gate("spotler"); g.Alert {
		t.Errorf("the environment is paused: %+v", g)
	}
}

// An answer that was lost is no reason to stop: adding twice is adding once.
func TestAudienceSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"*/audience", "*/audience/*/contact"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
			s.crm(person(1, nil))
			s.job(200, connector.AddToAudience, map[string]any{"dh_parametername": "Other"})
			s.breaks(path, http.MethodPost, "drop_after_commit", 1)
			s.shows(s.job(201, connector.AddToAudience, on(1, "VIP", "")), connector.Completed, "OK", "dded to")
			if a := s.audiences()["VIP"]; len(a.Members) != 1 || s.effects("audience_added") != 1 {
				t.Errorf("%+v, added %d times", a, s.effects("audience_added"))
			}
		})
	}
}
