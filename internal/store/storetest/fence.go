package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	connector "github.com/spotler-connector/connector"
)

// fenceIsNeverLate: however many erasures ask at one moment, no more pass than the
// limit, when each counts itself before it reads how many there are.
func fenceIsNeverLate(b bench) {
	const limit, asking = 3, 12
	ctx, now := context.Background(), b.clock.Now()
	var passed atomic.Int64
	var all sync.WaitGroup
	for n := range asking {
		all.Go(func() {
			record := connector.Record{Table: connector.Contact, ID: ID(n + 1)}
			if err := b.s.CountErasure(ctx, env, record, now); err != nil {
				b.Error(err)
				return
			}
			counted, err := b.s.Erasures(ctx, env, now)
			if err != nil {
				b.Error(err)
				return
			}
			if counted <= limit {
				passed.Add(1)
				return
			}
			if err := b.s.UncountErasure(ctx, env, record); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	counted, err := b.s.Erasures(ctx, env, now.Add(-time.Hour))
	if err != nil || passed.Load() > limit || int64(counted) != passed.Load() {
		b.Errorf("%d passed a fence of %d, %d are counted (%v)", passed.Load(), limit, counted, err)
	}
}
