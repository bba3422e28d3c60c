package storetest_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// everyPath walks the hot paths of the store with batches of a size that a bulk
// load has: put, admit, take, finish with a retry, tell, heartbeat, reclaim.
func everyPath(t *testing.T, s *store.Store) {
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var puts []store.Put
	for n := range 60 {
		p := storetest.Sync(storetest.Person(n), fmt.Sprint("path-", n))
		p.Job = storetest.ID(n)
		puts = append(puts, p)
		p.Operation, p.Key = connector.SetScore, fmt.Sprint("path-score-", n)
		puts = append(puts, p)
	}
	_, err := s.Put(ctx, puts)
	must(err)
	hand := func() (b store.Batch) {
		must(s.Admit(ctx, func(ctx context.Context, a *store.Admission) error {
			if _, err := a.InFlight(ctx); err != nil {
				return err
			}
			ready, err := a.Peek(ctx, "acme", 100)
			if err != nil {
				return err
			}
			b, err = a.Take(ctx, "acme", ready, time.Minute)
			return err
		}))
		return b
	}
	b := hand()
	taken, err := s.Take(ctx, b, "node", time.Minute)
	must(err)
	_, err = s.Heartbeat(ctx, b.Lanes, time.Minute)
	must(err)
	out := make([]store.Settlement, len(taken))
	for i, x := range taken {
		out[i] = store.Settlement{Lane: x.Lane, Epoch: x.Epoch, Op: x.ID, State: store.OpDone, Outcome: connector.Done("done"),
			Tellings: []store.Telling{{Environment: "acme", Target: fmt.Sprintf("t(%d)", x.ID), Body: []byte(`{}`)}}}
		if i%3 == 0 {
			out[i].State, out[i].RetryAt = store.OpQueued, time.Now().Add(time.Hour)
		}
	}
	_, err = s.Finish(ctx, out)
	must(err)
	tellings, err := s.DueTellings(ctx, "acme", time.Now().Add(time.Minute), 50)
	must(err)
	heard := make([]store.Heard, len(tellings))
	for i, x := range tellings {
		heard[i] = store.Heard{Target: x.Target, Version: x.Version, Heard: i%2 == 0}
	}
	must(s.Told(ctx, "acme", heard))
	_, err = s.Take(ctx, hand(), "node", time.Minute)
	must(err)
	_, err = s.ReclaimNode(ctx, "node")
	must(err)
	_, err = s.ReclaimExpired(ctx)
	must(err)
}

// fill queues many lanes, beside as many ended ops and some tellings.
func fill(t testing.TB, s storetest.Traced, lanes int) {
	const series = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `
	for _, q := range []string{
		`INSERT INTO lane (key, environment, class, state, head, ready_at) SELECT 'acme/contact/fill-' || i, 'acme', 1, 1, 480000006, i FROM n`,
		`INSERT INTO op (environment, lane, operation, state, class, coalesce_key, source, created_at) SELECT 'acme', 'acme/contact/fill-' || i, 480000006, 0, 1, 'fill-' || i, 'test', i FROM n`,
		`INSERT INTO op (environment, lane, operation, state, class, coalesce_key, source, created_at, finished_at) SELECT 'acme', 'acme/contact/fill-' || i, 480000006, 2, 1, 'fill-' || i, 'test', i, i FROM n`,
		`INSERT INTO request (environment, key, op, job, created_at) SELECT 'acme', 'fill-' || i, i, 'fill-' || i, i FROM n`,
		`INSERT INTO telling (environment, target, may_create, body, due_at) SELECT 'acme', 'fill-' || i, 1, 'x', 9000000000000 + i FROM n`,
	} {
		if _, err := s.DB.ExecContext(context.Background(), fmt.Sprintf(series, lanes)+q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.DB.ExecContext(context.Background(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	s.Statements()
}

var (
	explained = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b`)
	liteScan  = regexp.MustCompile(`SCAN (lane|op|request|link|telling|address)\b`)
	seqScan   = regexp.MustCompile(`Seq Scan on (lane|op|request|link|telling|address)\b`)
)

// plans explains every traced statement, one text each.
func plans(t *testing.T, s storetest.Traced, explain string) map[string]string {
	out := map[string]string{}
	for _, st := range s.Statements() {
		if !explained.MatchString(st.Query) {
			continue
		}
		rows, err := s.DB.QueryContext(context.Background(), explain+st.Query, st.Args...)
		if err != nil {
			t.Fatalf("%v\n%s", err, st.Query)
		}
		columns, _ := rows.Columns()
		var plan strings.Builder
		for rows.Next() {
			var text string
			into := make([]any, len(columns))
			for i := range into {
				into[i] = new(any)
			}
			into[len(columns)-1] = &text
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(text + "\n")
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		out[st.Query] = plan.String()
	}
	if len(out) < 15 {
		t.Fatalf("only %d statements were explained", len(out))
	}
	return out
}

func TestSQLiteNeverScans(t *testing.T) {
	for _, filled := range []bool{false, true} { // without statistics, and with
		s := storetest.TracedSQLite(t)
		if filled {
			fill(t, s, manyLanes())
		}
		everyPath(t, s.Store)
		for query, plan := range plans(t, s, "EXPLAIN QUERY PLAN ") {
			// The leased lanes are as many as there are slots for: their index may be read whole.
			if liteScan.MatchString(strings.ReplaceAll(plan, "SCAN lane USING INDEX lane_leased", "")) {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	}
}

func TestPostgresNeverScans(t *testing.T) {
	s := storetest.TracedPostgres(t)
	fill(t, s, max(60_000, manyLanes())) // with fewer, reading all is cheaper
	everyPath(t, s.Store)
	for query, plan := range plans(t, s, "EXPLAIN ") {
		if seqScan.MatchString(plan) {
			t.Errorf("%s\n%s", query, plan)
		}
	}
}

// manyLanes is enough for a planner to care; a soak has as many as a large customer.
func manyLanes() int {
	if os.Getenv("SOAK") != "" {
		return 200_000
	}
	return 10_000
}
