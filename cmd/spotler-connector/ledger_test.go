package main

import (
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/store"
)

// erases ends a job of record as an erasure, with a change of consent in the ledger.
func (d *desk) erases(record string, more func(*store.Settlement)) {
	d.Helper()
	d.ok("jobs", "run", "anonymize-contact", record)
	r, err := connector.ParseRecord(record)
	if err != nil {
		d.Fatal(err)
	}
	d.ends("shop", func(s *store.Settlement) {
		s.Receipts = []store.Receipt{{Environment: "shop", Record: r, At: d.clock.Now(), Rule: "job", Why: "A Spotler Job asked for it.", ExternalID: "anna@example.test",
			Answers: []store.Answer{{System: "spotler", Says: "the contact was anonymised", Status: 410, At: d.clock.Now()}}}}
		more(s)
	}, store.Settlement{State: store.OpDone, Outcome: connector.Done("Done.")})
}

func (d *desk) consents(record, permission, was, becomes string) {
	d.Helper()
	d.ok("sync", record)
	r, err := connector.ParseRecord(record)
	if err != nil {
		d.Fatal(err)
	}
	d.ends("shop", func(s *store.Settlement) {
		s.Consents = []store.ConsentChange{{Record: r, Permission: permission, Was: was, Becomes: becomes, Who: "user", Origin: "dynamics", Why: "the permission row says so", ChangedAt: d.clock.Now()}}
	}, store.Settlement{State: store.OpDone, Outcome: connector.Done("Done.")})
}

// A person's consent can be exported; a whole ledger is found whole, and one whose
// entry was changed by somebody with access to the database is not: the entry is
// named, and the command fails.
func TestConsentCommands(t *testing.T) {
	t.Parallel()
	d := sit(t, "shop")
	if got := d.ok("consent", "verify"); !strings.Contains(got, "is whole: 0 entries") {
		t.Errorf("an empty ledger: %s", got)
	}
	d.consents(anna, "Newsletter", "", "on")
	d.clock.Advance(time.Hour)
	d.consents(bert, "Newsletter", "", "on")
	d.consents(anna, "Newsletter", "on", "off")
	export, _ := asJSON[openapi.LedgerExport](d, "consent", "export", anna)
	if len(export.Entries) != 2 || export.Record != anna || export.Person == nil || strings.Contains(*export.Person, "6f0c1c9e") {
		t.Fatalf("the export is %+v", export)
	}
	if first, last := export.Entries[0], export.Entries[1]; first.Was != openapi.ConsentStateUnknown || first.Becomes != openapi.ConsentStateOn || last.Number != 3 || last.Becomes != openapi.ConsentStateOff || last.Who != "user" || last.ChangedAt == nil {
		t.Errorf("the entries are %+v", export.Entries)
	}
	if got := d.ok("consent", "export", anna); !strings.Contains(got, "on > off") || !strings.Contains(got, "user in dynamics") {
		t.Errorf("the export reads %s", got)
	}
	check, code := asJSON[openapi.LedgerCheck](d, "consent", "verify")
	if code != exitOK || !check.Whole || check.Entries != 3 || check.Head == nil || *check.Head != export.Entries[1].Seal {
		t.Fatalf("the check is %+v, exit %d", check, code)
	}
	d.ok("consent", "verify", "--seen", export.Entries[0].Seal)
	if got := d.types("consent", "verify", "--seen", strings.Repeat("0", 64)); got.code != exitFailed || !strings.Contains(got.err, "entries were cut off") {
		t.Errorf("an end that never was: %+v", got)
	}
	if _, err := d.store.DB().Exec(`UPDATE ledger SET becomes = 'off' WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	if got := d.types("consent", "verify"); got.code != exitFailed || !strings.Contains(got.err, "tampered with at entry 2") {
		t.Errorf("a changed entry: %+v", got)
	}
	if check, code := asJSON[openapi.LedgerCheck](d, "consent", "verify"); code != exitFailed || check.Whole || *check.Broken != 2 || check.Entries != 1 {
		t.Errorf("a changed entry: %+v, exit %d", check, code)
	}
	if got := d.types("consent", "export", "anna"); got.code == exitOK || !strings.Contains(got.err, "record is not a record") {
		t.Errorf("no record: %+v", got)
	}
}

// A receipt says what each system answered, and never under which id the person was
// known elsewhere.
func TestReceiptsCommands(t *testing.T) {
	t.Parallel()
	d := sit(t, "shop")
	if got := d.ok("receipts", "list"); !strings.Contains(got, "Nobody was erased") {
		t.Errorf("no receipts: %s", got)
	}
	d.consents(anna, "Newsletter", "", "on")
	d.erases(anna, func(s *store.Settlement) {})
	d.clock.Advance(time.Minute)
	d.erases(bert, func(s *store.Settlement) {})
	list, _ := asJSON[openapi.ReceiptList](d, "receipts", "list", "--limit", "1")
	if len(list.Receipts) != 1 || list.Receipts[0].Record != bert || list.Next == nil {
		t.Fatalf("the first page is %+v", list)
	}
	list, _ = asJSON[openapi.ReceiptList](d, "receipts", "list", "--limit", "1", "--cursor", *list.Next)
	if len(list.Receipts) != 1 || list.Receipts[0].Record != anna || list.Next != nil || list.Receipts[0].Found != nil {
		t.Fatalf("the second page is %+v", list)
	}
	show := d.types("receipts", "show", anna, "--json")
	if show.code != exitOK || strings.Contains(show.out, "example.test") || !strings.Contains(show.out, `"status": 410`) && !strings.Contains(show.out, `"status":410`) {
		t.Errorf("the receipt is %s", show.out)
	}
	if got := d.ok("receipts", "show", anna); !strings.Contains(got, "the contact was anonymised") || !strings.Contains(got, "Found later: not looked yet") {
		t.Errorf("the receipt reads %s", got)
	}
	if export, _ := asJSON[openapi.LedgerExport](d, "consent", "export", anna); len(export.Entries) != 0 || export.Person != nil {
		t.Errorf("the ledger still knows the erased: %+v", export)
	}
	if got := d.types("receipts", "show", "contact/00000000-0000-4000-8000-000000000009"); got.code == exitOK || !strings.Contains(got.err, "there is no receipt") {
		t.Errorf("no receipt: %+v", got)
	}
	for _, wrong := range [][]string{{"--found", "elsewhere"}, {"--cursor", "x"}, {"--limit", "0"}} {
		if got := d.types(append([]string{"receipts", "list"}, wrong...)...); got.code == exitOK {
			t.Errorf("%v: %+v", wrong, got)
		}
	}
	if list, _ := asJSON[openapi.ReceiptList](d, "receipts", "list", "--found", "back"); len(list.Receipts) != 0 {
		t.Errorf("found back: %+v", list)
	}
}
