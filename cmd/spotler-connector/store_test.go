package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// An installation that outgrew SQLite goes on in PostgreSQL where it was: the links, the
// work that waits, the tokens and the secrets come along.
func TestMoveToPostgres(t *testing.T) {
	t.Parallel()
	s := begin(t, "sqlite:"+t.TempDir()+"/c.db", nil)
	s.crm(person(1, nil), person(2, nil))
	s.quiet()
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/faults", map[string]any{"name": "away", "path": "/integrationservice*", "kind": "status", "status": 503}, nil)
	s.crm(person(3, nil))
	s.control(http.MethodPost, s.sandbox.DataverseURL+"/control/events/flush", nil, nil)
	s.end()
	before := s.house.settings
	url := storetest.PostgresURL(t)
	rows, err := moveStore(t.Context(), before, url)
	if err != nil {
		t.Fatal(err)
	}
	if rows["link"] < 2 || rows["op"] < 3 || rows["secret"] == 0 || rows["data_key"] == 0 {
		t.Errorf("%v", rows)
	}
	if _, err := moveStore(t.Context(), before, url); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second move: %v", err)
	}
	s.control(http.MethodDelete, s.sandbox.SpotlerURL+"/control/faults/away", nil, nil)
	s.open(url, map[string]string{"HOOK_ID": "", "DATA_DIR": before.DataDir})
	if s.house.settings.Database.Kind != settings.Postgres {
		t.Fatal("not on PostgreSQL")
	}
	for _, g := range []string{"spotler", "dataverse"} {
		if err := s.house.store.Resume(t.Context(), s.env, g); err != nil {
			t.Fatal(err)
		}
	}
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}})
	s.quiet()
	in := s.spotler()
	if len(in) != 3 || in[id(1)].Properties["profileField1"] != "Buyer" {
		t.Errorf("in Spotler: %v", in)
	}
	if c := s.count(); c.Links != 3 {
		t.Errorf("%d links", c.Links)
	}
}
