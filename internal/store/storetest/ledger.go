package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

func consent(n int, permission, was, becomes string) store.ConsentChange {
	return store.ConsentChange{Record: connector.Record{Table: connector.Contact, ID: ID(n)}, Permission: permission, Was: was, Becomes: becomes,
		Who: "user", Origin: "dynamics", Why: "the permission row says so"}
}

// entered runs an op of the n-th person to its end with changes of consent.
func (b bench) entered(n int, key string, changes ...store.ConsentChange) {
	b.Helper()
	b.put(Sync(Person(n), key))
	s := done(b.take(b.admit(time.Minute))[0])
	s.Consents = changes
	b.finish(s)
}

func (b bench) verify(seen string) store.LedgerCheck {
	b.Helper()
	c, err := b.s.VerifyLedger(context.Background(), env, seen)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b bench) entriesOf(n int) []store.Entry {
	b.Helper()
	out, err := b.s.LedgerOf(context.Background(), env, connector.Record{Table: connector.Contact, ID: ID(n)})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// ledgerGrows: entries come in with the settlement, in order, and the chain holds.
func ledgerGrows(b bench) {
	b.entered(1, "a", consent(1, "Newsletter", "", "on"), consent(1, "Offers", "", "off"))
	b.clock.Advance(time.Hour)
	b.entered(2, "b", consent(2, "Newsletter", "", "on"))
	b.entered(1, "c", consent(1, "Newsletter", "on", "off"))
	got := b.entriesOf(1)
	if len(got) != 3 {
		b.Fatalf("%d entries of the first person, want 3", len(got))
	}
	for i, want := range []string{"Newsletter::on", "Offers::off", "Newsletter:on:off"} {
		if e := got[i]; e.Permission+":"+e.Was+":"+e.Becomes != want || e.Person != got[0].Person || e.Who != "user" || e.Origin != "dynamics" {
			b.Errorf("entry %d is %+v, want %s", i, e, want)
		}
	}
	if got[2].Seq != 4 || !got[2].At.Equal(b.clock.Now()) {
		b.Errorf("the last entry has seq %d at %s", got[2].Seq, got[2].At)
	}
	if other := b.entriesOf(2); len(other) != 1 || other[0].Person == got[0].Person || strings.Contains(other[0].Person, string(ID(2))) {
		b.Errorf("the second person's entries are %+v", other)
	}
	if c := b.verify(""); c.Entries != 4 || c.Broken != 0 || c.Head != got[2].MAC {
		b.Errorf("the check says %+v", c)
	}
	if c := b.verify(got[0].MAC); c.Broken != 0 {
		b.Errorf("an earlier end is not found: %+v", c)
	}
}

// ledgerLostLease: a worker that lost its lane enters nothing.
func ledgerLostLease(b bench) {
	b.put(Sync(Person(1), "a"))
	s := done(b.take(b.admit(time.Minute))[0])
	s.Epoch--
	s.Consents = []store.ConsentChange{consent(1, "Newsletter", "", "on")}
	if held := b.finish(s); held[0] {
		b.Fatal("a lost lease could settle")
	}
	if got := b.entriesOf(1); len(got) != 0 {
		b.Errorf("%d entries of a lost lease", len(got))
	}
}

// ledgerForgets: after an erasure the entries are there and nobody knows whose.
func ledgerForgets(b bench) {
	b.entered(1, "a", consent(1, "Newsletter", "", "on"))
	was := b.entriesOf(1)[0].Person
	b.put(erase(Person(1), "b"))
	s := done(b.take(b.admit(time.Minute))[0])
	record := connector.Record{Table: connector.Contact, ID: ID(1)}
	s.Links = []store.Link{{Environment: env, Record: record, ErasedAt: b.clock.Now()}}
	s.Receipts = []store.Receipt{{Environment: env, Record: record, At: b.clock.Now(), Rule: "job", Why: "a job"}}
	s.Consents = []store.ConsentChange{consent(1, store.AllMail, "on", "off")}
	b.finish(s)
	if got := b.entriesOf(1); len(got) != 0 {
		b.Errorf("%d entries are still known to be the erased person's", len(got))
	}
	if c := b.verify(""); c.Entries != 2 || c.Broken != 0 {
		b.Errorf("the check says %+v", c)
	}
	b.entered(1, "c", consent(1, "Newsletter", "", "on"))
	if got := b.entriesOf(1); len(got) != 1 || got[0].Person == was {
		b.Errorf("who came back is known by the old id: %+v", got)
	}
}

// ledgerTampered: every column of every row is guarded, and so are rows themselves.
func ledgerTampered(b bench) {
	for i := range 4 {
		b.entered(1, fmt.Sprint(i), consent(1, "Newsletter", "", "on"))
	}
	head := b.verify("").Head
	tamper := func(what string, broken int64, statements ...string) {
		b.Helper()
		undo := []string{`DELETE FROM ledger`, `INSERT INTO ledger SELECT * FROM kept`, `DELETE FROM ledger_head`, `INSERT INTO ledger_head SELECT * FROM kept_head`}
		b.sql(statements...)
		if c := b.verify(""); c.Broken != broken || c.Why == "" {
			b.Errorf("%s: the check says %+v, want entry %d", what, c, broken)
		}
		b.sql(undo...)
		if c := b.verify(head); c.Broken != 0 || c.Entries != 4 {
			b.Fatalf("%s: not undone: %+v", what, c)
		}
	}
	b.sql(`CREATE TABLE kept AS SELECT * FROM ledger`, `CREATE TABLE kept_head AS SELECT * FROM ledger_head`)
	for _, column := range []string{"person", "permission", "was", "becomes", "who", "origin", "why", "mac"} {
		for seq := int64(1); seq <= 4; seq++ {
			tamper(column, seq, fmt.Sprintf(`UPDATE ledger SET %s = 'x' WHERE seq = %d`, column, seq))
		}
	}
	tamper("at", 2, `UPDATE ledger SET at = at + 1 WHERE seq = 2`)
	tamper("changed_at", 2, `UPDATE ledger SET changed_at = 7 WHERE seq = 2`)
	tamper("a row taken out", 3, `DELETE FROM ledger WHERE seq = 3`)
	tamper("a row taken out and the others moved up", 3, `DELETE FROM ledger WHERE seq = 3`, `UPDATE ledger SET seq = 3 WHERE seq = 4`)
	tamper("the end cut off", 4, `DELETE FROM ledger WHERE seq = 4`)
	tamper("a row put in", 5, `INSERT INTO ledger SELECT environment, 5, person, at, permission, was, becomes, who, origin, why, changed_at, mac FROM ledger WHERE seq = 4`)
	tamper("the end forgotten", 1, `DELETE FROM ledger_head`)
	b.sql(`DELETE FROM ledger WHERE seq = 4`, `UPDATE ledger_head SET seq = 3, mac = (SELECT mac FROM ledger WHERE seq = 3)`)
	if c := b.verify(head); c.Broken == 0 {
		b.Error("the end was cut off and the remembered end with it, and an end that was kept elsewhere does not show it")
	}
}

func (b bench) sql(statements ...string) {
	b.Helper()
	for _, q := range statements {
		if _, err := b.s.DB().ExecContext(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// ledgerCrowd: many who settle at once make one chain.
func ledgerCrowd(b bench) {
	const people = 24
	var settlements []store.Settlement
	for n := range people {
		b.put(Sync(Person(n), fmt.Sprint(n)))
	}
	for _, t := range b.take(b.admit(time.Minute)) {
		record, _ := t.Lane.Record()
		s := done(t)
		s.Consents = []store.ConsentChange{{Record: record, Permission: "Newsletter", Becomes: "on", Who: "user", Origin: "dynamics"}}
		settlements = append(settlements, s)
	}
	var all sync.WaitGroup
	errs := make([]error, len(settlements))
	for i, s := range settlements {
		all.Go(func() { _, errs[i] = b.s.Finish(context.Background(), []store.Settlement{s}) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			b.Error(err)
		}
	}
	if c := b.verify(""); c.Entries != people || c.Broken != 0 {
		b.Errorf("the check says %+v, want %d entries", c, people)
	}
}
