package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
)

// stored are those of words that the raw database holds: the bytes of the files of
// SQLite as they are while it works, or every text and byte column of PostgreSQL.
func (s *story) stored(database string, words ...string) (found []string) {
	s.Helper()
	if path, file := strings.CutPrefix(database, "sqlite:"); file {
		var all []byte
		for _, end := range []string{"", "-wal", "-shm"} {
			content, err := os.ReadFile(path + end)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				s.Fatal(err)
			}
			all = append(all, content...)
		}
		return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !bytes.Contains(all, []byte(w)) })
	}
	db := s.house.store.DB()
	rows, err := db.Query(`SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean')`)
	if err != nil {
		s.Fatal(err)
	}
	defer rows.Close()
	var tests []string
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			s.Fatal(err)
		}
		text := fmt.Sprintf("convert_to(%q::text, 'UTF8')", column)
		if kind == "bytea" {
			text = fmt.Sprintf("%q", column)
		}
		tests = append(tests, fmt.Sprintf("EXISTS (SELECT 1 FROM %q WHERE position(convert_to($1, 'UTF8') IN %s) > 0)", table, text))
	}
	if err := rows.Err(); err != nil || len(tests) < 50 {
		s.Fatalf("%d columns to search, %v", len(tests), err)
	}
	for _, w := range words {
		there := false
		if err := db.QueryRow("SELECT "+strings.Join(tests, " OR "), w).Scan(&there); err != nil {
			s.Fatal(err)
		}
		if there {
			found = append(found, w)
		}
	}
	return found
}

// C-188 to C-190, C-217: an erasure leaves nothing personal in our own database
// either: not the address that another system uses as the id, not the name, not what a
// failed job wanted to set. A keyed hash stays, and a receipt that says what each
// system answered.
func TestErasureLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, database string) {
		s := begin(t, database, nil)
		s.control(http.MethodPost, s.sandbox.SpotlerURL+"/control/contacts", map[string]any{"contacts": []any{map[string]any{"external_id": "ann1@example.test", "properties": map[string]any{
			"email": "ann1@example.test", "permissions": []any{map[string]any{"bit": 1, "enabled": true}}}}}}, nil)
		s.crm(person(1, map[string]any{"jobtitle": "Zwaluwkenner"}), permission(101, 1, "Nieuwsbrief", true), person(2, nil))
		s.quiet()
		s.shows(s.job(201, connector.SetContactField, map[string]any{"dh_parametername": "Jansen1 Zwaluwkenner", "dh_parametervalue": "Zwaluwkenner", "dh_Customer_contact@odata.bind": "/contacts(" + id(1) + ")"}),
			connector.Failed, "JOB_NOT_VALID", "no field of this name")
		// Our own sentences name nobody; what another system says in one may.
		if _, err := s.house.store.DB().Exec(`UPDATE op SET message = 'Jansen1 is no Zwaluwkenner' WHERE operation = 480000015`); err != nil {
			t.Fatal(err)
		}
		words := []string{"ann1@example.test", "Jansen1", "Zwaluwkenner"}
		if got := s.stored(database, words...); !slices.Equal(got, words) {
			t.Fatalf("before the erasure the search finds only %q", got)
		}
		s.crm(edit{Set: "contacts", ID: id(1), Body: map[string]any{"donotemail": true}})
		s.quiet()
		record := connector.Record{Table: connector.Contact, ID: connector.RecordID(id(1))}
		receipts, err := s.house.store.Receipts(context.Background(), s.env, record)
		if err != nil || len(receipts) != 1 {
			t.Fatalf("%d receipts, %v", len(receipts), err)
		}
		r := receipts[0]
		if r.Rule != "do-not-email" || r.ExternalID != "ann1@example.test" || len(r.Answers) != 2 || r.Answers[0].System != "spotler" || r.Answers[0].Status != http.StatusGone {
			t.Errorf("the receipt is %+v", r)
		}
		links, err := s.house.store.Links(context.Background(), s.env, []connector.Record{record})
		if l := links[record]; err != nil || len(l.Shadow) != 0 || l.AddressHash == "" || l.ErasedAt.IsZero() {
			t.Errorf("the link is %+v, %v", l, err)
		}
		if err := s.house.store.Scrub(context.Background()); err != nil { // as the clock does when somebody was reading
			t.Error(err)
		}
		if got := s.stored(database, words...); len(got) != 0 {
			t.Errorf("the database still holds %q", got)
		}
		kept := 0
		if err := s.house.store.DB().QueryRow(`SELECT (SELECT COUNT(*) FROM op WHERE arguments IS NOT NULL) + (SELECT COUNT(*) FROM telling) + (SELECT COUNT(*) FROM review) + (SELECT COUNT(*) FROM ledger_person WHERE record = 'contact/` + id(1) + `')`).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("%d rows still hold something that is encrypted, or a name in the ledger, %v", kept, err)
		}
		if got := s.stored(database, id(2)); len(got) != 1 {
			t.Error("the search finds nothing at all")
		}
		if got := s.row("contacts", id(1)); got["emailaddress1"] != "ann1@example.test" || got["lastname"] != "Jansen1" { // C-196
			t.Errorf("the row in Dynamics is %v", got)
		}
	})
}
