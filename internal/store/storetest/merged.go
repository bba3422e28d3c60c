package storetest

import (
	"context"

	"github.com/spotler-connector/connector/internal/store"
)

// servedAlready: the event came while its change was being written, so the op that
// it asked for turns out to be done. It leaves no op behind, and a repeated delivery of the event is known.
func servedAlready(b bench) {
	b.put(Sync(Person(1), "1"), Sync(Person(2), "other"))
	first := b.take(b.admit(0))
	b.put(Sync(Person(1), "2"))
	for _, t := range first {
		b.finish(done(t))
	}
	served := int64(0)
	for _, t := range first {
		if t.Lane == Person(1) {
			served = t.ID
		}
	}
	second := b.take(b.admit(0))
	if len(second) != 1 || second[0].ID == served {
		b.Fatalf("%+v", second)
	}
	into := done(second[0])
	into.Into = served
	if held := b.finish(into); !held[0] {
		b.Fatal("the holder could not settle")
	}
	ops, err := b.s.Ops(context.Background(), store.OpFilter{Environment: env, Lane: Person(1), Limit: 10})
	if err != nil || len(ops) != 1 || ops[0].ID != served || ops[0].Merged != 1 {
		b.Errorf("%+v %v", ops, err)
	}
	if again := b.put(Sync(Person(1), "2")); !again[0].Known || again[0].Op != served {
		b.Errorf("%+v", again)
	}
	if left := b.take(b.admit(0)); len(left) != 0 {
		b.Errorf("left over: %+v", left)
	}
}
