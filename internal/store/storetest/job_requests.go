package storetest

import (
	"context"
	"encoding/json"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// jobRequests says what the pull of Spotler Jobs may rely on.
func jobRequests(b bench) {
	ctx := context.Background()
	know := func() map[connector.RecordID]store.JobRequest {
		out, err := b.s.JobRequests(ctx, env, []connector.RecordID{ID(1), ID(2), ID(3)})
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	ask := func(n int, key string) {
		p := erase(Person(n), key)
		p.Job = ID(n)
		b.put(p)
	}
	if known := know(); len(known) != 0 {
		b.Errorf("nobody asked: %+v", known)
	}
	ask(1, string(ID(1)))
	ask(2, string(ID(2)))
	b.put(Sync(Person(3), string(ID(3)))) // an event, not a job row
	if known := know(); len(known) != 2 || !known[ID(1)].Open || known[ID(1)].Told || !known[ID(1)].EndedAt.IsZero() {
		b.Errorf("queued: %+v", known)
	}
	taken := b.take(b.admit(time.Minute))
	if known := know(); !known[ID(1)].Open || !known[ID(2)].Open {
		b.Errorf("running: %+v", known)
	}
	ended := b.clock.Now()
	for _, op := range taken {
		x := done(op)
		if len(op.Jobs) > 0 && op.Jobs[0] == ID(1) {
			x.Tellings = []store.Telling{{Environment: env, Target: "dh_spotlerjobs(" + string(ID(1)) + ")", Body: json.RawMessage(`{}`)}}
		}
		b.finish(x)
	}
	if known := know(); known[ID(1)] != (store.JobRequest{EndedAt: ended}) || known[ID(2)] != (store.JobRequest{EndedAt: ended, Told: true}) {
		b.Errorf("ended: %+v", known)
	}
	due, err := b.s.DueTellings(ctx, env, b.clock.Now(), 10)
	if err != nil || len(due) != 1 {
		b.Fatal(due, err)
	}
	if err := b.s.Told(ctx, env, []store.Heard{{Target: due[0].Target, Version: due[0].Version, Heard: true}}); err != nil {
		b.Fatal(err)
	}
	b.clock.Advance(time.Hour)
	ask(2, string(ID(2))+"/again")
	if known := know(); !known[ID(1)].Told || !known[ID(2)].Open || known[ID(2)].Told {
		b.Errorf("told, and asked again: %+v", known)
	}
	if strangers, err := b.s.JobRequests(ctx, "other", []connector.RecordID{ID(1)}); err != nil || len(strangers) != 0 {
		b.Errorf("another environment knows: %+v %v", strangers, err)
	}
}
