package storetest

import (
	"bytes"
	"context"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

func (b bench) note(t store.Taken, text string) bool {
	b.Helper()
	held, err := b.s.Checkpoint(context.Background(), env, store.Leased{Lane: t.Lane, Epoch: t.Epoch}, t.ID, []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	return held
}

func raise(lane store.Lane, key string) store.Put {
	p := Sync(lane, key)
	p.Operation = connector.IncreaseScore
	return p
}

// checkpointSurvives: what was noted before a crash is there after it, until the op ends.
func checkpointSurvives(b bench) {
	b.put(raise(Person(1), "1"))
	first := b.take(b.admit(time.Minute))[0]
	if first.Checkpoint != nil {
		b.Errorf("a fresh op has the note %q", first.Checkpoint)
	}
	if !b.note(first, "before 12") || !b.note(first, "before 13") {
		b.Error("the holder of the lane could not keep a note")
	}
	b.crash()
	second := b.take(b.admit(time.Minute))[0]
	if second.ID != first.ID || string(second.Checkpoint) != "before 13" {
		b.Errorf("after the crash: op %d with the note %q", second.ID, second.Checkpoint)
	}
	b.finish(store.Settlement{Lane: second.Lane, Epoch: second.Epoch, Op: second.ID, State: store.OpQueued})
	third := b.take(b.admit(time.Minute))[0]
	if string(third.Checkpoint) != "before 13" {
		b.Errorf("after it was put back: %q", third.Checkpoint)
	}
	if !b.note(third, "") {
		b.Error("the note could not be forgotten")
	}
	b.finish(store.Settlement{Lane: third.Lane, Epoch: third.Epoch, Op: third.ID, State: store.OpQueued})
	fourth := b.take(b.admit(time.Minute))[0]
	if fourth.Checkpoint != nil {
		b.Errorf("a forgotten note came back: %q", fourth.Checkpoint)
	}
	b.note(fourth, "before 14")
	b.finish(store.Settlement{Lane: fourth.Lane, Epoch: fourth.Epoch, Op: fourth.ID, State: store.OpFailed, Outcome: connector.Refused(connector.CodeUncertain, "may have been done")})
	if ended, err := b.s.Op(context.Background(), env, fourth.ID); err != nil || ended.Checkpoint != nil {
		b.Errorf("the ended op keeps %q: %v", ended.Checkpoint, err)
	}
}

// checkpointFenced: who has lost the lane keeps nothing, nor does one who names an op of another lane.
func checkpointFenced(b bench) {
	b.put(raise(Person(1), "1"), raise(Person(2), "2"))
	lost := b.take(b.admit(time.Minute))
	b.crash()
	for _, t := range lost {
		if b.note(t, "old") {
			b.Error("a lost lane kept a note")
		}
	}
	now := b.take(b.admit(time.Minute))
	wrong := now[0]
	wrong.ID = now[1].ID
	if b.note(wrong, "x") {
		b.Error("a note went to an op of another lane")
	}
	b.finish(done(now[0]))
	if b.note(now[0], "late") {
		b.Error("an ended op kept a note")
	}
	if o, err := b.s.Op(context.Background(), env, now[1].ID); err != nil || o.Checkpoint != nil {
		b.Errorf("the other op has %q: %v", o.Checkpoint, err)
	}
}

// checkpointSealed: a note does not stand readable in the database.
func checkpointSealed(b bench) {
	b.put(raise(Person(1), "1"))
	t := b.take(b.admit(time.Minute))[0]
	b.note(t, "before 4711")
	var raw []byte
	if err := b.s.DB().QueryRowContext(context.Background(), "SELECT checkpoint FROM op").Scan(&raw); err != nil {
		b.Fatal(err)
	}
	if len(raw) == 0 || bytes.Contains(raw, []byte("4711")) {
		b.Errorf("stands as %q", raw)
	}
}

// crash is a node that dies with everything it holds.
func (b bench) crash() {
	b.Helper()
	if _, err := b.s.ReclaimAll(context.Background()); err != nil {
		b.Fatal(err)
	}
}
