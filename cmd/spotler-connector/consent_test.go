package main

import (
	"context"
	"net/http"
	"slices"
	"testing"

	connector "github.com/spotler-connector/connector"
)

// ledger is what the ledger says of the n-th person: "permission: was > becomes (who, origin)".
func (s *story) ledger(n int) []string {
	s.Helper()
	entries, err := s.house.store.LedgerOf(context.Background(), s.env, connector.Record{Table: connector.Contact, ID: connector.RecordID(id(n))})
	if err != nil {
		s.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Permission+": "+e.Was+" > "+e.Becomes+" ("+e.Who+", "+e.Origin+")")
	}
	return out
}

func (s *story) ledgerHolds(entries int64) {
	s.Helper()
	c, err := s.house.store.VerifyLedger(context.Background(), s.env, "")
	if err != nil {
		s.Fatal(err)
	}
	if c.Broken != 0 || c.Entries != entries {
		s.Errorf("the ledger: %+v, want %d entries", c, entries)
	}
}

// Every change of consent is in the ledger, with who and where from: first values,
// Do Not Bulk Email set and lifted, an opt-out in Spotler that wins, an erasure.
func TestConsentIsWrittenDown(t *testing.T) {
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true), permission(102, 1, "Acties", false))
		s.quiet()
		want := []string{"Acties:  > off (user, dynamics)", "Nieuwsbrief:  > on (user, dynamics)"}
		if got := s.ledger(1); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Fatalf("at first: %q, want %q", got, want)
		}
		bulk := func(set bool) {
			s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": set}})
			s.quiet()
		}
		bulk(true)
		bulk(false)
		want = []string{"*bulk-email: on > off (user, dynamics)", "Nieuwsbrief: on > off (user, dynamics)",
			"*bulk-email: off > on (user, dynamics)", "Nieuwsbrief: off > on (user, dynamics)"}
		if got := s.ledger(1)[2:]; !slices.Equal(got, want) {
			t.Fatalf("Do Not Bulk Email set and lifted: %q, want %q", got, want)
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"jobtitle": "Buyer"}})
		s.quiet()
		if got := s.ledger(1); len(got) != 6 {
			t.Errorf("an edit of a job title entered %q", got[6:])
		}
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts/permission", map[string]any{"external_id": id(1), "bit": 1, "enabled": false}, nil)
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotbulkemail": true}})
		s.quiet()
		n := len(s.ledger(1))
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": true}})
		s.quiet()
		if got := s.ledger(1); len(got) != 0 {
			t.Errorf("after the erasure the ledger still knows whose entries these are: %q", got)
		}
		s.ledgerHolds(int64(n + 1))
	})
}

// An opt-out that wins over a row that says Yes is the person's, in Spotler.
func TestOptOutThatWinsIsWrittenDown(t *testing.T) {
	s := begin(t, "sqlite:"+t.TempDir()+"/connector.db", nil)
	s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts", map[string]any{"contacts": []any{map[string]any{"properties": map[string]any{
		"email": "ann1@example.test", "permissions": []any{map[string]any{"bit": 1, "enabled": false}}}}}}, nil)
	s.crm(person(1, nil), permission(101, 1, "Nieuwsbrief", true))
	s.quiet()
	if got, want := s.ledger(1), []string{"Nieuwsbrief: on > off (person, spotler)"}; !slices.Equal(got, want) {
		t.Errorf("the ledger says %q, want %q", got, want)
	}
	s.ledgerHolds(1)
	if _, err := s.house.store.DB().Exec(`UPDATE ledger SET becomes = 'on'`); err != nil {
		t.Fatal(err)
	}
	c, err := s.house.store.VerifyLedger(context.Background(), s.env, "")
	if err != nil || c.Broken != 1 {
		t.Errorf("an opt-out was made an opt-in and the check says %+v, %v", c, err)
	}
}
