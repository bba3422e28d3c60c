package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// erasureLeavesNothing: an erasure takes arguments, messages and untold texts of the
// person with it, leaves those of others, and writes a receipt.
func erasureLeavesNothing(b bench) {
	ctx := context.Background()
	for n := 1; n <= 2; n++ { // a failed job with an argument, its text untold
		put := erase(Person(n), "f")
		put.Key, put.Operation, put.Job, put.Arguments = "f"+string(ID(n)), connector.SetContactField, ID(100+n), []byte(`{"value":"Ann Jansen"}`)
		b.put(put)
		s := done(b.take(b.admit(time.Minute))[0])
		s.State, s.Outcome = store.OpFailed, connector.Refused("NO", "Ann Jansen has no such field.")
		s.Tellings = []store.Telling{{Environment: env, Target: "dh_spotlerjobs(" + string(ID(100+n)) + ")", Body: json.RawMessage(`{"statuscode":5,"dh_resultmessage":"Ann Jansen has no such field."}`)},
			{Environment: env, Target: line(s.Op), Create: true, Body: json.RawMessage(`{"text":"Ann Jansen has no such field."}`)}}
		b.finish(s)
	}
	put := erase(store.AddressLane(env, "hash"), "w") // what came from Spotler before there was a record
	put.Operation, put.Arguments = connector.FromSpotler, []byte(`{"properties":{"firstName":"Ann Jansen"}}`)
	b.put(put)
	late := done(b.take(b.admit(time.Minute))[0])
	late.State, late.Outcome = store.OpDead, connector.Refused("NO", "Ann Jansen fits nowhere.")
	b.finish(late)
	record := connector.Record{Table: connector.Contact, ID: ID(1)}
	b.put(erase(Person(1), "e"))
	s := done(b.take(b.admit(time.Minute))[0])
	s.Links = []store.Link{{Environment: env, Record: record, AddressHash: "hash", ErasedAt: b.clock.Now()}}
	s.Receipts = []store.Receipt{{Environment: env, Record: record, At: b.clock.Now(), Rule: "do-not-email", Why: "Do Not Email is set", ExternalID: "X-1",
		Answers: []store.Answer{{System: "spotler", Says: "gone", Status: 410, At: b.clock.Now()}},
		Lanes:   []store.Lane{store.AddressLane(env, "hash")},
		Rows:    func(op int64) []string { return []string{line(op)} }}}
	b.finish(s)

	ops, err := b.s.Ops(ctx, store.OpFilter{Environment: env, Limit: 10})
	if err != nil {
		b.Fatal(err)
	}
	for _, o := range ops {
		whole, err := b.s.Op(ctx, env, o.ID)
		if err != nil {
			b.Fatal(err)
		}
		mine := o.Lane != Person(2)
		if failed := o.State == store.OpFailed || o.State == store.OpDead; failed && (len(whole.Arguments) == 0) != mine || failed && (o.Message == "") != mine {
			b.Errorf("lane %s: arguments %q, message %q", o.Lane, whole.Arguments, o.Message)
		}
	}
	tellings, err := b.s.DueTellings(ctx, env, b.clock.Now(), 10)
	if err != nil || len(tellings) != 3 {
		b.Fatalf("%d tellings, %v", len(tellings), err)
	}
	for _, t := range tellings {
		if strings.HasPrefix(t.Target, "posts(") {
			continue // the other's
		}
		erased := t.Target == "dh_spotlerjobs("+string(ID(101))+")"
		if bytes.Contains(t.Body, []byte("Jansen")) == erased || !bytes.Contains(t.Body, []byte(`"statuscode":5`)) {
			b.Errorf("%s is to hear %s", t.Target, t.Body)
		}
	}
	receiptKept(b, record)
}

// line is the timeline post of an op.
func line(op int64) string { return "posts(" + strconv.FormatInt(op, 10) + ")" }

func receiptKept(b bench, record connector.Record) {
	ctx := context.Background()
	got, err := b.s.Receipts(ctx, env, record)
	if err != nil || len(got) != 1 {
		b.Fatalf("%d receipts, %v", len(got), err)
	}
	r := got[0]
	if r.Rule != "do-not-email" || r.ExternalID != "X-1" || len(r.Answers) != 2 || r.Answers[0].Status != 410 || r.Answers[1].System != "connector" || !r.CheckedAt.IsZero() {
		b.Errorf("the receipt is %+v", r)
	}
	for _, early := range []bool{true, false} {
		before := r.At
		if !early {
			before = before.Add(time.Second)
		}
		open, err := b.s.UncheckedReceipts(ctx, env, before, 10)
		if err != nil || (len(open) == 0) != early {
			b.Fatalf("to look at before %s: %d, %v", before, len(open), err)
		}
	}
	atRest := func() (id string) {
		if err := b.s.DB().QueryRowContext(context.Background(), `SELECT external_id FROM receipt`).Scan(&id); err != nil {
			b.Fatal(err)
		}
		return id
	}
	if id := atRest(); strings.Contains(id, "X-1") || id == "" {
		b.Errorf("the id of another system is stored as %q", id)
	}
	r.CheckedAt, r.Found = b.clock.Now().Add(time.Hour), store.FoundGone
	r.Answers = append(r.Answers, store.Answer{System: "dynamics", Says: "the row is there", At: r.CheckedAt})
	if err := b.s.CheckReceipt(ctx, r); err != nil {
		b.Fatal(err)
	}
	got, err = b.s.AllReceipts(ctx, store.ReceiptFilter{Environment: env, Found: store.FoundGone, Limit: 10})
	if err != nil || len(got) != 1 || !got[0].CheckedAt.Equal(r.CheckedAt) || len(got[0].Answers) != 3 {
		b.Fatalf("after the check: %+v, %v", got, err)
	}
	if id := atRest(); id != "" {
		b.Errorf("after the check the id of another system is stored as %q", id)
	}
	for _, f := range []store.ReceiptFilter{{Environment: env, Found: store.FoundBack, Limit: 10}, {Environment: env, Before: got[0], Limit: 10}, {Environment: "other", Limit: 10}} {
		if got, err := b.s.AllReceipts(ctx, f); err != nil || len(got) != 0 {
			b.Errorf("%+v gives %+v, %v", f, got, err)
		}
	}
}

// failedAfterErasure: a job that waited in the lane of somebody who is erased by now
// fails without leaving its arguments behind.
func failedAfterErasure(b bench) {
	record := connector.Record{Table: connector.Contact, ID: ID(1)}
	b.put(erase(Person(1), "e"))
	late := erase(Person(1), "late")
	late.Operation, late.Arguments = connector.SetContactField, []byte(`{"value":"Ann Jansen"}`)
	b.put(late)
	s := done(b.take(b.admit(time.Minute))[0])
	s.Links = []store.Link{{Environment: env, Record: record, ErasedAt: b.clock.Now()}}
	s.Receipts = []store.Receipt{{Environment: env, Record: record, At: b.clock.Now()}}
	b.finish(s)
	t := b.take(b.admit(time.Minute))[0]
	if !bytes.Contains(t.Arguments, []byte("Jansen")) {
		b.Fatalf("the waiting job lost its arguments: %q", t.Arguments)
	}
	s = done(t)
	s.State, s.Outcome = store.OpFailed, connector.Refused("NO", "no")
	b.finish(s)
	if whole, err := b.s.Op(context.Background(), env, t.ID); err != nil || len(whole.Arguments) != 0 {
		b.Errorf("it keeps %q, %v", whole.Arguments, err)
	}
}
