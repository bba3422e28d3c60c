package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

func sameRequestTwice(b bench) {
	first := b.put(Sync(Person(1), "event-1"))
	second := b.put(Sync(Person(1), "event-1"))
	if first[0].Known || !second[0].Known || first[0].Op != second[0].Op {
		b.Errorf("first %+v, second %+v", first[0], second[0])
	}
	if got := b.take(b.admit(time.Minute)); len(got) != 1 {
		b.Errorf("%d ops ran", len(got))
	}
}

func groupWithDuplicates(b bench) {
	out := b.put(Sync(Person(1), "a"), Sync(Person(1), "a"), Sync(Person(2), "b"), Sync(Person(1), "c"))
	if out[0].Op == 0 || out[0].Op != out[1].Op || out[0].Op != out[3].Op || out[2].Op == out[0].Op {
		b.Errorf("%+v", out)
	}
	if !out[1].Known || out[3].Known || !out[3].Joined {
		b.Errorf("%+v", out)
	}
}

func queuedSyncServesLater(b bench) {
	first := b.put(Sync(Person(1), "event-1"))
	second := b.put(Sync(Person(1), "event-2"))
	if second[0].Op != first[0].Op || !second[0].Joined || second[0].Known {
		b.Errorf("first %+v, second %+v", first[0], second[0])
	}
}

func barrierKeepsOrder(b bench) {
	b.put(Sync(Person(1), "1"), erase(Person(1), "2"), Sync(Person(1), "3"), Sync(Person(1), "4"))
	b.put(Sync(Person(1), "5"))
	var ran []connector.Operation
	for range 5 {
		for _, op := range b.take(b.admit(time.Minute)) {
			ran = append(ran, op.Operation)
			b.finish(done(op))
		}
	}
	if len(ran) != 3 || ran[0] != connector.SyncContact || ran[1] != connector.AnonymizeContact || ran[2] != connector.SyncContact {
		b.Errorf("ran %v", ran)
	}
}

func duringRunQueuesOne(b bench) {
	b.put(Sync(Person(1), "1"))
	running := b.take(b.admit(time.Minute))
	second := b.put(Sync(Person(1), "2"))
	third := b.put(Sync(Person(1), "3"))
	if second[0].Op == running[0].ID || third[0].Op != second[0].Op {
		b.Errorf("running %d, then %+v and %+v", running[0].ID, second[0], third[0])
	}
	if batch := b.admit(time.Minute); len(batch.Lanes) != 0 {
		b.Error("a lane was handed out while it ran")
	}
	b.finish(done(running[0]))
	if next := b.take(b.admit(time.Minute)); len(next) != 1 || next[0].ID != second[0].Op {
		b.Errorf("next %+v", next)
	}
}

func retryAbsorbs(b bench) {
	b.put(store.Put{Environment: env, Lane: Person(1), Operation: connector.SyncContact, Class: store.Live, Source: "test", Key: "1", Job: ID(101)})
	running := b.take(b.admit(time.Minute))[0]
	younger := Sync(Person(1), "2")
	younger.Job = ID(102)
	b.put(younger)
	again := done(running)
	again.State = store.OpQueued
	b.finish(again)
	next := b.take(b.admit(time.Minute))
	if len(next) != 1 || next[0].ID != running.ID || next[0].Attempt != 2 || len(next[0].Jobs) != 2 {
		b.Fatalf("next %+v", next)
	}
	b.finish(done(next[0]))
	if rest := b.take(b.admit(time.Minute)); len(rest) != 0 {
		b.Errorf("left over: %+v", rest)
	}
}

func lostLeaseCannotSettle(b bench) {
	b.put(Sync(Person(1), "1"))
	slow := b.take(b.admit(time.Minute))[0]
	b.clock.Advance(2 * time.Minute)
	if _, err := b.s.ReclaimExpired(context.Background()); err != nil {
		b.Fatal(err)
	}
	quick := b.take(b.admit(time.Minute))
	if len(quick) != 1 || quick[0].ID != slow.ID || quick[0].Attempt != 2 {
		b.Fatalf("quick %+v", quick)
	}
	if held := b.finish(done(slow)); held[0] {
		b.Error("the slow worker overwrote the quick one")
	}
	if held := b.finish(done(quick[0])); !held[0] {
		b.Error("the holder could not settle")
	}
	if held := b.finish(done(quick[0])); held[0] {
		b.Error("it settled twice")
	}
}

func doubledDispatch(b bench) {
	b.put(Sync(Person(1), "1"))
	batch := b.admit(time.Minute)
	first, second := b.take(batch), b.take(batch)
	if len(first) != 1 || len(second) != 0 {
		b.Errorf("first %d, second %d", len(first), len(second))
	}
}

func backOffWaits(b bench) {
	b.put(Sync(Person(1), "1"))
	op := b.take(b.admit(time.Minute))[0]
	again := done(op)
	again.State, again.RetryAt = store.OpQueued, b.clock.Now().Add(time.Minute)
	b.finish(again)
	b.put(Sync(Person(1), "2"), Sync(Person(2), "3"))
	batch := b.admit(time.Hour)
	if len(batch.Lanes) != 1 || batch.Lanes[0].Lane != Person(2) {
		b.Errorf("handed out %+v", batch.Lanes)
	}
	b.clock.Advance(61 * time.Second)
	if batch := b.admit(time.Hour); len(batch.Lanes) != 1 || batch.Lanes[0].Lane != Person(1) {
		b.Errorf("after the back-off: %+v", batch.Lanes)
	}
}

func jobRowsKept(b bench) {
	for n := 1; n <= 3; n++ {
		p := Sync(Person(1), "job-"+string(ID(n)))
		p.Job = ID(n)
		b.put(p)
	}
	op := b.take(b.admit(time.Minute))
	if len(op) != 1 || len(op[0].Jobs) != 3 || op[0].Jobs[0] != ID(1) {
		b.Errorf("%+v", op)
	}
}

func linkAndTelling(b bench) {
	ctx := context.Background()
	b.put(Sync(Person(1), "1"))
	op := b.take(b.admit(time.Minute))[0]
	record := connector.Record{Table: connector.Contact, ID: ID(1)}
	x := done(op)
	x.Links = []store.Link{{Environment: env, Record: record, ExternalID: "x", AddressHash: "h", Owner: true, Status: connector.StatusActive, Version: 7,
		Shadow: map[string]store.Sides{"email": {CRM: "1", Spotler: "2"}}}}
	x.Tellings = []store.Telling{{Environment: env, Target: "dh_spotlerinfos(1)", Create: true, Body: json.RawMessage(`{"a":1}`)}}
	late := x
	late.Epoch--
	if b.finish(late)[0] {
		b.Fatal("a late worker settled")
	}
	if links, err := b.s.Links(ctx, env, []connector.Record{record}); err != nil || len(links) != 0 {
		b.Fatalf("a late worker left a link: %v %v", links, err)
	}
	b.finish(x)
	links, err := b.s.Links(ctx, env, []connector.Record{record})
	if err != nil || links[record].Shadow["email"].Spotler != "2" || !links[record].Owner || links[record].Version != 7 {
		b.Errorf("links %+v %v", links, err)
	}
	sharing, err := b.s.LinksByAddress(ctx, env, []string{"h"})
	if err != nil || len(sharing["h"]) != 1 || sharing["h"][0].Record != record || !sharing["h"][0].Owner {
		b.Errorf("links by address %+v %v", sharing, err)
	}
	tellings, err := b.s.DueTellings(ctx, env, b.clock.Now(), 10)
	if err != nil || len(tellings) != 1 || string(tellings[0].Body) != `{"a":1}` || !tellings[0].Create {
		b.Errorf("tellings %+v %v", tellings, err)
	}
}

func tellingReplaced(b bench) {
	ctx := context.Background()
	tell := func(body string) {
		if err := b.s.PutTellings(ctx, []store.Telling{{Environment: env, Target: "t(1)", Body: json.RawMessage(body)}}); err != nil {
			b.Fatal(err)
		}
	}
	due := func() []store.Telling {
		out, err := b.s.DueTellings(ctx, env, b.clock.Now(), 10)
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	tell(`{"n":1}`)
	sent := due()
	tell(`{"n":2}`)
	if err := b.s.Told(ctx, env, []store.Heard{{Target: "t(1)", Version: sent[0].Version, Heard: true}}); err != nil {
		b.Fatal(err)
	}
	left := due()
	if len(left) != 1 || string(left[0].Body) != `{"n":2}` {
		b.Fatalf("left %+v", left)
	}
	if err := b.s.Told(ctx, env, []store.Heard{{Target: "t(1)", Version: left[0].Version, RetryAt: b.clock.Now().Add(time.Minute)}}); err != nil {
		b.Fatal(err)
	}
	if len(due()) != 0 {
		b.Error("a telling in back-off is due")
	}
	b.clock.Advance(2 * time.Minute)
	if again := due(); len(again) != 1 || again[0].Attempt != 1 {
		b.Errorf("again %+v", again)
	}
}

func followPut(b bench) {
	b.put(Sync(Person(1), "1"))
	op := b.take(b.admit(time.Minute))[0]
	x := done(op)
	x.Follow = []store.Put{Sync(Person(2), "next")}
	b.finish(x)
	if next := b.take(b.admit(time.Minute)); len(next) != 1 || next[0].Lane != Person(2) {
		b.Errorf("next %+v", next)
	}
}

func classIsMostUrgent(b bench) {
	slow := Sync(Person(1), "1")
	slow.Class = store.Backfill
	b.put(slow)
	urgent := Sync(Person(1), "2")
	urgent.Class = store.Consent
	b.put(urgent)
	if batch := b.admit(time.Minute); batch.Class != store.Consent {
		b.Errorf("class %d", batch.Class)
	}
}

func argumentsSealed(b bench) {
	ctx := context.Background()
	p := erase(Person(1), "1")
	p.Arguments = []byte("jan@example.test")
	res := b.put(p)
	var raw []byte
	if err := b.s.DB().QueryRowContext(ctx, `SELECT arguments FROM op`).Scan(&raw); err != nil {
		b.Fatal(err)
	}
	if len(raw) == 0 || bytes.Contains(raw, []byte("jan@")) {
		b.Error("arguments are readable at rest")
	}
	op := b.take(b.admit(time.Minute))[0]
	if string(op.Arguments) != "jan@example.test" {
		b.Error("arguments do not come back")
	}
	b.finish(done(op))
	if got, err := b.s.Op(ctx, env, res[0].Op); err != nil || got.Arguments != nil {
		b.Errorf("a done op kept its arguments (%v)", err)
	}
}

func strangers(b bench) {
	ctx := context.Background()
	other := Sync(store.LaneOf("other", connector.Record{Table: connector.Contact, ID: ID(1)}), "1")
	other.Environment = "other"
	b.put(Sync(Person(1), "1"), other)
	if batch := b.admit(time.Minute); len(batch.Lanes) != 1 || batch.Lanes[0].Lane != Person(1) {
		b.Errorf("batch %+v", batch)
	}
	ours, err := b.s.Hasher(ctx, env)
	if err != nil {
		b.Fatal(err)
	}
	theirs, err := b.s.Hasher(ctx, "other")
	if err != nil {
		b.Fatal(err)
	}
	first, again := ours("x"), ours("x")
	if first != again {
		b.Error("a hash is not the same twice")
	}
	if first == theirs("x") {
		b.Error("two environments share a hash key")
	}
	if _, err := b.s.Op(ctx, "other", 1); err == nil {
		if ops, _ := b.s.Ops(ctx, store.OpFilter{Environment: "other", Limit: 10}); len(ops) != 1 {
			b.Errorf("ops of the other: %+v", ops)
		}
	}
}

func gates(b bench) {
	ctx := context.Background()
	pause := func(until time.Time) {
		if err := b.s.Pause(ctx, store.Gate{Environment: env, API: store.GateSpotler, PausedUntil: until, Reason: "busy"}); err != nil {
			b.Fatal(err)
		}
	}
	pause(b.clock.Now().Add(time.Hour))
	pause(b.clock.Now().Add(time.Minute)) // an earlier end never shortens a pause
	g, err := b.s.Gates(ctx)
	if err != nil || len(g) != 1 || !g[0].Closed(b.clock.Now().Add(30*time.Minute)) {
		b.Fatalf("%+v %v", g, err)
	}
	if err := b.s.Resume(ctx, env, store.GateSpotler); err != nil {
		b.Fatal(err)
	}
	if g, _ := b.s.Gates(ctx); g[0].Closed(b.clock.Now()) {
		b.Error("the gate did not open")
	}
}

func leadership(b bench) {
	ctx := context.Background()
	lead := func(node string) bool {
		ok, err := b.s.Lead(ctx, "pump", node, 3*time.Second)
		if err != nil {
			b.Fatal(err)
		}
		return ok
	}
	if !lead("a") || lead("b") || !lead("a") {
		b.Error("leadership is not exclusive")
	}
	b.clock.Advance(4 * time.Second)
	if !lead("b") || lead("a") {
		b.Error("leadership did not move when its lease ended")
	}
	if node, term, err := b.s.Leader(ctx, "pump"); err != nil || node != "b" || term != 2 {
		b.Errorf("leader %s term %d (%v)", node, term, err)
	}
}

func pruning(b bench) {
	ctx := context.Background()
	for n := 1; n <= 2; n++ {
		p := Sync(Person(n), "job-"+string(ID(n)))
		p.Job = ID(n)
		b.put(p)
	}
	for _, op := range b.take(b.admit(time.Minute)) {
		x := done(op)
		if op.Jobs[0] == ID(1) {
			x.Tellings = []store.Telling{{Environment: env, Target: "dh_spotlerjobs(" + string(ID(1)) + ")", Body: json.RawMessage(`{}`)}}
		}
		b.finish(x)
	}
	b.clock.Advance(31 * 24 * time.Hour)
	n, err := b.s.Prune(ctx, b.clock.Now().Add(-30*24*time.Hour), 100)
	if err != nil || n != 1 {
		b.Fatalf("pruned %d (%v)", n, err)
	}
	left, err := b.s.Ops(ctx, store.OpFilter{Environment: env, Limit: 10})
	if err != nil || len(left) != 1 || left[0].Lane != Person(1) {
		b.Errorf("left %+v (%v)", left, err)
	}
}

func retryJobs(b bench) {
	ctx := context.Background()
	p := erase(Person(1), "job-1")
	p.Job = ID(1)
	res := b.put(p)
	op := b.take(b.admit(time.Minute))[0]
	x := done(op)
	x.State = store.OpDead
	b.finish(x)
	again, err := b.s.Retry(ctx, env, res[0].Op, "retry-1")
	if err != nil {
		b.Fatal(err)
	}
	next := b.take(b.admit(time.Minute))
	if len(next) != 1 || next[0].ID != again.Op || len(next[0].Jobs) != 1 || next[0].Jobs[0] != ID(1) {
		b.Fatalf("next %+v", next)
	}
	b.finish(done(next[0]))
	if _, err := b.s.Retry(ctx, env, again.Op, "retry-2"); !errors.Is(err, fault.NotValid) {
		b.Errorf("retry of a done job: %v", err)
	}
}
