// Package storetest says in tests what a store is, once for every database.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
)

const env connector.Environment = "acme"

// Person is the lane of the n-th person of the test environment.
func Person(n int) store.Lane {
	return store.LaneOf(env, connector.Record{Table: connector.Contact, ID: ID(n)})
}

// ID is the n-th GUID of tests.
func ID(n int) connector.RecordID {
	return connector.RecordID(fmt.Sprintf("6f0c1d9e-0000-4000-8000-%012d", n))
}

// Sync asks for a Sync Contact in a lane.
func Sync(lane store.Lane, key string) store.Put {
	return store.Put{Environment: env, Lane: lane, Operation: connector.SyncContact, Class: store.Live, Source: "test", Key: key}
}

func erase(lane store.Lane, key string) store.Put {
	p := Sync(lane, key)
	p.Operation = connector.AnonymizeContact
	return p
}

type bench struct {
	*testing.T
	s     *store.Store
	clock *Clock
}

func (b bench) put(puts ...store.Put) []store.PutResult {
	b.Helper()
	out, err := b.s.Put(context.Background(), puts)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// admit hands out every ready lane as one batch.
func (b bench) admit(lease time.Duration) store.Batch {
	b.Helper()
	var batch store.Batch
	err := b.s.Admit(context.Background(), func(ctx context.Context, a *store.Admission) error {
		ready, err := a.Peek(ctx, env, 100)
		if err != nil || len(ready) == 0 {
			return err
		}
		batch, err = a.Take(ctx, env, ready, lease)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return batch
}

func (b bench) take(batch store.Batch) []store.Taken {
	b.Helper()
	out, err := b.s.Take(context.Background(), batch, "node", time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func done(t store.Taken) store.Settlement {
	return store.Settlement{Lane: t.Lane, Epoch: t.Epoch, Op: t.ID, State: store.OpDone, Outcome: connector.Done("done")}
}

func (b bench) finish(s ...store.Settlement) []bool {
	b.Helper()
	out, err := b.s.Finish(context.Background(), s)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// Run says in sentences what a store is.
func Run(t *testing.T, open Opener) {
	t.Run("a budget of time", bucketOfTime)
	t.Run("a budget never overflows", bucketNeverOverflows)
	for name, f := range map[string]func(bench){
		"the same request twice is one op":                              sameRequestTwice,
		"a queued sync serves later requests":                           queuedSyncServesLater,
		"sync, erase, sync does not fold":                               barrierKeepsOrder,
		"what arrives during a run queues one more":                     duringRunQueuesOne,
		"an op that runs again absorbs a younger one":                   retryAbsorbs,
		"an op that was served already gives its requests away":         servedAlready,
		"a lost lease cannot settle":                                    lostLeaseCannotSettle,
		"a dispatch that comes twice runs once":                         doubledDispatch,
		"a lane in back-off waits in order":                             backOffWaits,
		"every job row gets its own answer":                             jobRowsKept,
		"a settlement writes link and telling, or nothing":              linkAndTelling,
		"a newer telling takes the place of an older one":               tellingReplaced,
		"an op that follows is put in the same transaction":             followPut,
		"the most urgent class is handed out as such":                   classIsMostUrgent,
		"arguments are encrypted at rest and dropped when done":         argumentsSealed,
		"two environments with the same record are strangers":           strangers,
		"a gate stays closed until its time or until a person opens it": gates,
		"one node leads until its lease ends":                           leadership,
		"pruning keeps what was not told":                               pruning,
		"two nodes share one budget":                                    budgetShared,
		"a group with the same request twice is one op":                 groupWithDuplicates,
		"a failed job can be retried, a done one cannot":                retryJobs,
		"a note of a running op survives a crash":                       checkpointSurvives,
		"a lost lane keeps no note":                                     checkpointFenced,
		"a note is encrypted at rest":                                   checkpointSealed,
		"a job row that asked before is known, until its end was told":  jobRequests,
		"questions come once and go with their answer":                  reviewsComeAndGo,
		"erasure deletes the questions about a person":                  reviewsOfTheErased,
		"versions of a mapping are kept":                                sheetsAreKept,
		"links are found by the external id":                            linksByExternalID,
		"the ledger grows with settlements and holds":                   ledgerGrows,
		"a lost lease enters nothing into the ledger":                   ledgerLostLease,
		"the ledger forgets who was erased":                             ledgerForgets,
		"a ledger that was tampered with is found":                      ledgerTampered,
		"an erasure leaves nothing but hashes and a receipt":            erasureLeavesNothing,
		"erasures at one moment never pass the fence together":          fenceIsNeverLate,
		"a job that fails after an erasure keeps no arguments":          failedAfterErasure,
		"many at once make one ledger":                                  ledgerCrowd,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			f(bench{t, open(t, clock), clock})
		})
	}
}
