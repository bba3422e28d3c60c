package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
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

// C-188 to C-190, C-217: an erasure leaves nothing personal in our own database
// either: not the address, not the name, not what a failed job wanted to set; and a
// receipt says what each system answered.
func TestErasureLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	s := begin(t, "sqlite:"+folder+"/connector.db", nil)
	s.crm(person(1, map[string]any{"jobtitle": "Zwaluwkenner"}), permission(101, 1, "Nieuwsbrief", true), person(2, nil))
	s.quiet()
	s.job(1, connector.SetContactField, map[string]any{"dh_parametername": "No such field", "dh_parametervalue": "Zwaluwkenner"})
	s.quiet()
	s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": true}})
	s.quiet()
	record := connector.Record{Table: connector.Contact, ID: connector.RecordID(id(1))}
	receipts, err := s.house.store.Receipts(context.Background(), s.env, record)
	if err != nil || len(receipts) != 1 {
		t.Fatalf("%d receipts, %v", len(receipts), err)
	}
	r := receipts[0]
	if r.Rule != "do-not-email" || r.ExternalID != connector.ExternalID(id(1)) || len(r.Answers) != 2 || r.Answers[0].System != "spotler" || r.Answers[0].Status != http.StatusGone {
		t.Errorf("the receipt is %+v", r)
	}
	links, err := s.house.store.Links(context.Background(), s.env, []connector.Record{record})
	if l := links[record]; err != nil || len(l.Shadow) != 0 || l.AddressHash == "" || l.ErasedAt.IsZero() {
		t.Errorf("the link is %+v, %v", l, err)
	}
	s.end()
	for _, file := range []string{"connector.db", "connector.db-wal"} {
		content, err := os.ReadFile(filepath.Join(folder, file))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"ann1@example.test", "Jansen1", "Zwaluwkenner"} {
			if bytes.Contains(content, []byte(word)) {
				t.Errorf("%s still holds %q", file, word)
			}
		}
	}
	if stored, err := os.ReadFile(filepath.Join(folder, "connector.db")); err != nil || !bytes.Contains(stored, []byte(id(2))) {
		t.Errorf("the search finds nothing at all in the database: %v", err)
	}
}
