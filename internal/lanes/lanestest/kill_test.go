package lanestest_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/lanes"
	"github.com/spotler-connector/connector/internal/lanes/lanestest"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/postgres"
	"github.com/spotler-connector/connector/internal/store/sqlite"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// A node process is this test binary with its orders in the environment.
const (
	nodeName  = "LANES_NODE"
	nodeStore = "LANES_STORE" // a path, or a postgres URL
	nodeHangs = "LANES_HANGS" // it says "begun" in mid batch, and then does nothing
)

func TestMain(m *testing.M) {
	if name := os.Getenv(nodeName); name != "" {
		if err := node(name, os.Getenv(nodeStore)); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	storetest.Main(m)
}

type process struct{ hangs bool }

func (p process) Run(_ context.Context, _ connector.Environment, work []store.Taken) []store.Settlement {
	if p.hangs {
		fmt.Println("begun")
		select {}
	}
	out := make([]store.Settlement, len(work))
	for i := range out {
		out[i] = store.Settlement{State: store.OpDone, Outcome: connector.Done("done")}
	}
	return out
}

func (process) Slow(context.Context, connector.Environment, []store.Taken) {}

// node is one process: it works until its standard input closes.
func node(name, where string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	log := slog.New(slog.DiscardHandler)
	var s *store.Store
	var executor lanes.Executor = lanes.NewLocal(4, time.Second)
	if strings.HasPrefix(where, "postgres:") {
		pg, err := postgres.Open(ctx, postgres.Options{URL: where}, storetest.Sealer())
		if err != nil {
			return err
		}
		river, err := lanes.NewRiver(ctx, lanes.RiverOptions{URL: where, Workers: 4, Grace: time.Second, Log: log})
		if err != nil {
			return err
		}
		s, executor = pg, river
	} else {
		lite, err := sqlite.Open(ctx, where, storetest.Sealer(), time.Now)
		if err != nil {
			return err
		}
		s = lite.Store
	}
	worker := &lanes.Worker{Store: s, Node: name, Lease: time.Second, Runner: process{os.Getenv(nodeHangs) != ""}, Log: log}
	pump := &lanes.Pump{Store: s, Executor: executor, Node: name, Slots: 4, Lease: time.Second, Log: log, Now: time.Now, Leadership: time.Second, Reclaim: 50 * time.Millisecond,
		Environments: func() []connector.Environment { return []connector.Environment{lanestest.Acme} }}
	ended := make(chan error, 2)
	go func() { ended <- executor.Run(ctx, worker.Do) }()
	go func() { ended <- pump.Run(ctx) }()
	fmt.Println("started")
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // until the test closes it
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			return err
		}
	}
	return s.Close()
}

// spawn starts a node process and returns when it has said the word.
func spawn(t *testing.T, name, where, word string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), nodeName+"="+name, nodeStore+"="+where)
	if word == "begun" {
		cmd.Env = append(cmd.Env, nodeHangs+"=1")
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // the killed one has been waited for
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == word {
			return cmd
		}
		if strings.HasPrefix(lines.Text(), "error") {
			t.Fatalf("node %s: %s", name, lines.Text())
		}
	}
	t.Fatalf("node %s ended without saying %q", name, word)
	return nil
}

const killedOps = 950

func askAll(t *testing.T, s *store.Store) {
	var puts []store.Put
	for i := range killedOps {
		op := connector.SyncContact
		if i >= 900 {
			op = connector.SetScore
		}
		puts = append(puts, lanestest.Ask(lanestest.Acme, i%900, op, fmt.Sprint(i)))
	}
	if _, err := s.Put(context.Background(), puts); err != nil {
		t.Fatal(err)
	}
}

// checkAll waits until all is done, and counts what the killed node had begun.
func checkAll(t *testing.T, s *store.Store) {
	limit, again := time.NewTimer(2*time.Minute), time.NewTicker(50*time.Millisecond)
	defer limit.Stop()
	defer again.Stop()
	for {
		c, err := s.Count(context.Background(), lanestest.Acme)
		if err != nil {
			t.Fatal(err)
		}
		if c.Ops[store.OpDone] == killedOps {
			break
		}
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("not everything was done: %+v", c)
		}
	}
	ops, err := s.Ops(context.Background(), store.OpFilter{Environment: lanestest.Acme, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	twice, last := 0, map[store.Lane]time.Time{}
	for _, op := range ops { // newest first
		if op.Attempt > 1 {
			twice++
		}
		if before, ok := last[op.Lane]; ok && op.FinishedAt.After(before) {
			t.Errorf("lane %s is out of order", op.Lane)
		}
		last[op.Lane] = op.FinishedAt
	}
	if twice < 1 || twice > 400 {
		t.Errorf("%d ops had been begun by the killed node", twice)
	}
}

func TestKilledOnSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "connector.db")
	open := func() *sqlite.DB {
		s, err := sqlite.Open(context.Background(), path, storetest.Sealer(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	askAll(t, s.Store)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	first := spawn(t, "a", path, "begun")
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	s = open() // the lock is free at once, and all leases are void
	n := lanesNode(s.Store)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() {
		ended <- n.Executor.Run(ctx, (&lanes.Worker{Store: s.Store, Node: "b", Lease: time.Minute, Runner: process{}, Log: lanestest.Quiet()}).Do)
	}()
	go func() { ended <- n.Run(ctx) }()
	checkAll(t, s.Store)
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func lanesNode(s *store.Store) *lanes.Pump {
	return &lanes.Pump{Store: s, Executor: lanes.NewLocal(4, time.Second), Node: "b", Slots: 4, Lease: time.Minute, Log: lanestest.Quiet(), Now: time.Now,
		Environments: func() []connector.Environment { return []connector.Environment{lanestest.Acme} }}
}

// The killed node leads and works; the other takes over both.
func TestKilledOnPostgres(t *testing.T) {
	url := storetest.PostgresURL(t)
	s, err := postgres.Open(context.Background(), postgres.Options{URL: url}, storetest.Sealer())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	askAll(t, s)
	first := spawn(t, "a", url, "begun")
	spawn(t, "b", url, "started")
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	checkAll(t, s)
	t.Logf("all was done %s after the kill", time.Since(killed))
	if name, term, err := s.Leader(context.Background(), "pump"); err != nil || name != "b" || term < 2 {
		t.Errorf("%s leads in term %d (%v)", name, term, err)
	}
}

// Nodes whose clocks differ by hours agree on leases and leadership, because they
// ask the database for the time.
func TestClockSkewOnPostgres(t *testing.T) {
	s := lanestest.Postgres(t)
	r := s.Recorder()
	for name, skew := range map[string]time.Duration{"early": -time.Hour, "right": 0, "late": time.Hour} {
		n := s.Build(lanestest.Plan{Name: name, Runner: r, Store: s.Another(), Slots: 3, Lease: 5 * time.Second})
		n.Pump.Now = func() time.Time { return time.Now().Add(skew) }
		n.Pump.Leadership = 30 * time.Second // far below the skew, far above what a busy machine takes
		s.Run(n)
	}
	var puts []store.Put
	for i := range 600 {
		op := connector.SyncContact
		if i >= 500 {
			op = connector.SetScore
		}
		puts = append(puts, lanestest.Ask(lanestest.Acme, i%500, op, fmt.Sprint(i)))
	}
	s.Put(puts...)
	s.Wait("all are done", func() bool { return r.Ran() >= 600 && s.Open(lanestest.Acme) == 0 })
	r.Verify(t, 600)
	if _, term, err := s.Store.Leader(context.Background(), "pump"); err != nil || term != 1 {
		t.Errorf("leadership moved %d times (%v)", term-1, err)
	}
}
