package operations

import (
	"context"
	"hash/fnv"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

// Canary lets a share of the records work with a newer version of the mapping, until
// somebody puts it to use for all or goes back.
type Canary struct {
	// Environment is the same environment with the newer mapping.
	Environment *Environment
	Share       int // of the records, in hundredths of a percent
}

// wholeShare is every record.
const wholeShare = 10_000

// Covers reports whether the record works with the newer mapping: always the same
// answer for the same record, on every node and in every run.
func (c *Canary) Covers(r connector.Record) bool {
	if c == nil {
		return false
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.String())) // a hash never fails
	return int(h.Sum64()%wholeShare) < c.Share
}

// For is the environment with which a record works: e, or that of its canary.
func (e *Environment) For(r connector.Record) *Environment {
	if e.Canary.Covers(r) {
		return e.Canary.Environment
	}
	return e
}

// apart runs the ops of the canary's records with its mapping, and the others with the
// one in use; done is false when there is no canary.
func (r *Runner) apart(ctx context.Context, e *Environment, work []store.Taken) (out []store.Settlement, done bool) {
	if e == nil || e.Canary == nil {
		return nil, false
	}
	sides := map[*Environment][]int{}
	for i, t := range work {
		side := e
		if record, ok := t.Lane.Record(); ok {
			side = e.For(record)
		}
		sides[side] = append(sides[side], i)
	}
	out = make([]store.Settlement, len(work))
	for side, indices := range sides {
		part := make([]store.Taken, len(indices))
		for n, i := range indices {
			part[n] = work[i]
		}
		for n, s := range r.runOn(ctx, side, part) {
			out[indices[n]] = s
		}
	}
	return out, true
}
