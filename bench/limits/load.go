package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/bench/rig"
	"github.com/spotler-connector/connector/internal/dataverse"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/sandbox"
	"github.com/spotler-connector/connector/internal/sandbox/dataversesim"
	"github.com/spotler-connector/connector/internal/schema"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/transport"
)

// Load is what Dataverse allows in a window, and how many requests are made.
type Load struct {
	Requests  int
	Execution time.Duration
	Window    time.Duration
	Total     int
}

// Result is how one run used what was allowed.
type Result struct {
	Nodes    int     `json:"nodes"`
	Requests int     `json:"requests"`
	Windows  int     `json:"full_windows"`
	Used     float64 `json:"used"`    // share of the requests allowed in windows 3 to n-1
	Refused  float64 `json:"refused"` // share answered 429
	Lost     int     `json:"lost"`
	Seconds  float64 `json:"seconds"`
}

// String is the line for people.
func (r Result) String() string {
	return fmt.Sprintf("%d node(s): %d requests in %.0f s; %.1f %% of the budget used in %d full windows, %.2f %% refused, %d lost", r.Nodes, r.Requests, r.Seconds, 100*r.Used, r.Windows, 100*r.Refused, r.Lost)
}

// workers is how many requests a node would make at a time if it were let.
const workers = 24

// Run makes the requests from so many nodes: each is a PATCH of a contact that counts.
func Run(ctx context.Context, load Load, nodes int) (Result, error) {
	out := Result{Nodes: nodes, Requests: load.Total}
	s, err := sandbox.Start(sandbox.Options{Dataverse: "127.0.0.1:0", Spotler: "127.0.0.1:0", Leads: "127.0.0.1:0", Seed: 7})
	if err != nil {
		return out, err
	}
	defer func() { _ = s.Close() }()
	remote := rig.At(s.DataverseURL)
	people := make([]connector.RecordID, 50)
	var rows []any
	for i := range people {
		people[i] = connector.RecordID(fmt.Sprintf("c0000000-0000-4000-8000-%012d", i+1))
		rows = append(rows, map[string]any{"set": "contacts", "id": people[i], "body": map[string]any{"lastname": "Person"}})
	}
	if err := remote.Do(ctx, http.MethodPost, "/control/edits", rows, nil); err != nil {
		return out, fmt.Errorf("make contacts: %w", err)
	}
	// A request takes its time really, and by the account of the simulator.
	const takes = 100 * time.Millisecond
	if err := remote.Do(ctx, http.MethodPut, "/control/latency", map[string]any{"min_ms": takes.Milliseconds(), "max_ms": takes.Milliseconds()}, nil); err != nil {
		return out, fmt.Errorf("latency: %w", err)
	}
	if err := remote.Do(ctx, http.MethodPut, "/control/limits", dataversesim.Limits{Requests: load.Requests, ExecutionMillis: int(load.Execution.Milliseconds()), WindowSeconds: int(load.Window.Seconds()), RequestMillis: float64(takes.Milliseconds())}, nil); err != nil {
		return out, fmt.Errorf("limits: %w", err)
	}
	lease, end, err := shared(ctx, load, nodes)
	if err != nil {
		return out, err
	}
	defer func() { _ = end() }()
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, nodes*workers)
	for range nodes {
		crm, err := client(s, lease)
		if err != nil {
			return out, err
		}
		for range workers {
			all.Go(func() { errs <- patch(ctx, crm, people, &next, load.Total) })
		}
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return out, err
		}
	}
	out.Seconds = time.Since(began).Seconds()
	return out, report(ctx, remote, load, &out)
}

// patch makes requests until all are made; one that is refused is made again.
func patch(ctx context.Context, crm *dataverse.Client, people []connector.RecordID, next *atomic.Int64, total int) error {
	table, _ := schema.Of(connector.Contact)
	for n := next.Add(1); n <= int64(total); n = next.Add(1) {
		for {
			err := crm.Update(ctx, table, people[n%int64(len(people))], dataverse.Fields{"jobtitle": fmt.Sprintf("Version %d", n)}, 0)
			if err == nil {
				break
			}
			if !errors.Is(err, fault.Busy) {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	return nil
}

// client is Dataverse as a node of the connector reaches it.
func client(s *sandbox.Sandbox, lease func(context.Context, int, time.Duration, time.Duration) (int, time.Duration, error)) (*dataverse.Client, error) {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 2 * workers
	tokens := dataverse.TokenSource(context.Background(), dataverse.TokenConfig{TokenURL: s.TokenURL(), ClientID: sandbox.ClientID, ClientSecret: sandbox.ClientSecret, Scope: s.DataverseURL + "/.default"}, &http.Client{Transport: transport.Stack(base, transport.Classify())})
	pacer := transport.NewPacer(transport.PacerSettings{Start: 16, Max: 48, MaxWait: 2 * time.Second})
	return dataverse.New(dataverse.Config{URL: s.DataverseURL, HTTP: &http.Client{Transport: transport.Stack(base, transport.LimitBody(0), pacer.Layer(),
		transport.NewBudget(transport.BudgetSettings{Lease: lease}).Layer(), dataverse.Bearer(tokens), transport.Classify())}})
}

// report reads how the simulator saw it.
func report(ctx context.Context, remote *rig.Remote, load Load, out *Result) error {
	var r dataversesim.LimitReport
	if err := remote.Do(ctx, http.MethodGet, "/control/limits/report", nil, &r); err != nil {
		return err
	}
	accepted, refused, used := 0, 0, 0
	for _, w := range r.Windows {
		accepted += w.Accepted
		refused += w.RefusedRequests + w.RefusedExecution + w.RefusedConcurrency
		if w.Index >= 3 && w.Index < r.Windows[len(r.Windows)-1].Index {
			out.Windows++
			used += w.Accepted
		}
	}
	if out.Windows == 0 {
		return errors.New("the run was too short to have full windows")
	}
	out.Used = float64(used) / float64(out.Windows*load.Requests)
	out.Refused = float64(refused) / float64(accepted+refused)
	out.Lost = max(0, load.Total-accepted)
	return nil
}

// shared is the budget of all nodes: in memory for one, in PostgreSQL for more.
func shared(ctx context.Context, load Load, nodes int) (lease func(context.Context, int, time.Duration, time.Duration) (int, time.Duration, error), end func() error, err error) {
	l := store.BudgetLease{Environment: "main", API: store.GateDataverse, Allowance: store.Allowance{Requests: load.Requests, Execution: load.Execution, Window: load.Window, Share: 0.97}}
	with := func(want int, cost, spent time.Duration) store.BudgetLease {
		l := l
		l.Want, l.Cost, l.Spent = want, cost, spent
		return l
	}
	if nodes == 1 {
		var b store.Bucket
		return func(_ context.Context, want int, cost, spent time.Duration) (int, time.Duration, error) {
			n, wait := b.Lease(with(want, cost, spent), time.Now())
			return n, wait, nil
		}, func() error { return nil }, nil
	}
	db, end, err := rig.PostgresStore(ctx)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, want int, cost, spent time.Duration) (int, time.Duration, error) {
		return db.LeaseBudget(ctx, with(want, cost, spent))
	}, end, nil
}
