package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
	"github.com/spotler-connector/connector/internal/sandbox/control"
)

const (
	// restarts is after how many kills PostgreSQL is restarted too.
	restarts = 5
	// slow is from when on a takeover misses its target.
	slow = 5 * time.Second
	// patience is how long a takeover may take before the run gives up on it.
	patience = 20 * time.Second
)

// chaos is one run on one database.
type chaos struct {
	rig    *rig.Rig
	kills  int
	set    map[string]string
	result *runResult

	site  *rig.Site
	tap   *rig.Tap
	nodes []*node
	edits *editor
}

// node is one place where the connector runs, with pauses.
type node struct {
	name string
	plan *rig.Plan
	c    *rig.Connector
}

// run kills, and compares when everything has settled.
func (c *chaos) run(ctx context.Context) (err error) {
	if c.tap, err = rig.NewTap(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.tap.Close()) }()
	if err := c.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	if err := c.site.SetLatency(ctx, control.Delay{MinMS: 5, MaxMS: 25}); err != nil {
		return err
	}
	progress("%s: everybody is in Spotler", c.result.Store)
	c.edits = newEditor(c.site.Sandbox)
	stop := c.edits.start(ctx)
	err = c.killAll(ctx)
	if serr := stop(); err == nil {
		err = serr
	}
	if err != nil {
		return err
	}
	progress("%s: the edits have ended", c.result.Store)
	return c.compare(ctx)
}

// start makes the site: one node on SQLite; on PostgreSQL two, on one database.
func (c *chaos) start(ctx context.Context) error {
	set := map[string]string{"SPOTLER_CONNECTOR_SAFETY_NET_CHANGES_EVERY": "2s"} // what is posted to nobody is found there
	for k, v := range c.set {
		set[k] = v
	}
	site, err := c.rig.Site(ctx, rig.Options{Store: c.result.Store, Hook: true, HookURL: c.tap.URL, Node: "one", Set: set})
	if err != nil {
		return err
	}
	c.site = site
	c.nodes = []*node{{"one", site.Plan, site.Connector}}
	hooks := []string{site.Plan.Hook()}
	if c.result.Store == "postgres" {
		plan, err := site.Plan.Beside("two")
		if err != nil {
			return err
		}
		second, err := plan.Start(ctx)
		if err != nil {
			return err
		}
		c.nodes = append(c.nodes, &node{"two", plan, second})
		hooks = append(hooks, plan.Hook())
		if err := second.On(ctx); err != nil {
			return err
		}
	}
	c.tap.Forward(hooks...)
	return nil
}

func (c *chaos) stop() error {
	var errs []error
	for _, n := range c.nodes {
		if n.c.Alive() {
			errs = append(errs, n.c.Stop())
		}
	}
	c.site.Sandbox.Kill()
	return errors.Join(errs...)
}

// killAll kills until enough kills hit work in progress.
func (c *chaos) killAll(ctx context.Context) error {
	for c.result.Kills < c.kills {
		if c.result.Attempts > 4*c.kills {
			return fmt.Errorf("only %d of %d kills hit work in progress", c.result.Kills, c.result.Attempts)
		}
		if err := c.round(ctx); err != nil {
			return fmt.Errorf("kill %d: %w", c.result.Attempts, err)
		}
	}
	return nil
}

// round lets the connector work for a moment, kills it, and waits until it, or the
// other node, works again.
func (c *chaos) round(ctx context.Context) error {
	if err := rig.Rest(ctx, time.Duration(200+rand.IntN(400))*time.Millisecond); err != nil {
		return err
	}
	n, err := c.victim(ctx)
	if err != nil {
		return err
	}
	c.result.Attempts++
	n.c.Kill()
	killed := time.Now()
	held, err := c.held(ctx, n.name)
	if err != nil {
		return err
	}
	if len(c.nodes) == 1 {
		if n.c, err = n.plan.Start(ctx); err != nil {
			return err
		}
	}
	took, err := c.takenOver(ctx, killed, held)
	if err != nil || took >= slow {
		c.explain(ctx)
	}
	if err != nil {
		return err
	}
	if len(held.records) > 0 {
		c.result.Kills++
		c.result.took(took)
		progress("%s: kill %d of node %s held %d lanes; taken over after %d ms", c.result.Store, c.result.Kills, n.name, len(held.records), took.Milliseconds())
	}
	if c.result.Store == "postgres" && len(held.records) > 0 && c.result.Kills%restarts == 0 {
		s, err := c.rig.Postgres()
		if err != nil {
			return err
		}
		if err := s.Restart(); err != nil {
			return err
		}
		c.result.DatabaseRestarts++
	}
	if len(c.nodes) == 1 {
		return nil
	}
	if n.c, err = n.plan.Start(ctx); err != nil {
		return err
	}
	return n.c.On(ctx) // two nodes are up again before the next kill
}

// explain tells what is known about a takeover that was slow.
func (c *chaos) explain(ctx context.Context) {
	progress("slow: %s", c.waiting(ctx))
	for _, n := range c.nodes {
		progress("node %s says: %s", n.name, n.c.Log())
	}
}

// victim is the node to kill: of two, one that has work in hand just now, mostly
// the other one than last time.
func (c *chaos) victim(ctx context.Context) (*node, error) {
	turn := c.nodes[c.result.Attempts%len(c.nodes)]
	if len(c.nodes) == 1 {
		return turn, nil
	}
	db, err := c.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }() // it was read only
	wait, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err = rig.Until(wait, 5*time.Millisecond, func(ctx context.Context) (bool, error) {
		n := 0
		err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM lane WHERE state = 3 AND node = '"+turn.name+"'").Scan(&n)
		return n > 0, err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return c.nodes[(c.result.Attempts+1)%len(c.nodes)], nil
	}
	return turn, err
}

// takenOver waits until somebody goes on with what the killed node held, and
// returns how long that took: a contact of it is written, or an op of it ends, for
// one that was written before the kill needs no second write. On one node, any
// write after its restart will do. Nothing is counted that the killed node may
// have sent: its requests ended with it.
func (c *chaos) takenOver(ctx context.Context, killed time.Time, w *work) (time.Duration, error) {
	again := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var at time.Time
	err := rig.Until(ctx, 10*time.Millisecond, func(ctx context.Context) (bool, error) {
		var err error
		at, err = c.written(ctx, func(record string, t time.Time) bool {
			return t.After(killed) && (w.records[record] || len(w.records) == 0 || len(c.nodes) == 1 && t.After(again))
		})
		if err == nil && at.IsZero() && len(c.nodes) > 1 {
			at, err = w.ended(ctx, c)
		}
		return !at.IsZero(), err
	})
	if err != nil {
		return 0, fmt.Errorf("nobody took over within %v: %w", patience, err)
	}
	return at.Sub(killed), nil
}

// written reads the writes that Spotler has seen since the last time, and returns
// when the first that counts arrived.
func (c *chaos) written(ctx context.Context, counts func(record string, t time.Time) bool) (time.Time, error) {
	var writes []struct {
		Seq        uint64    `json:"seq"`
		Time       time.Time `json:"time"`
		ExternalID string    `json:"external_id"`
	}
	if err := c.site.Mail.Do(ctx, "GET", "/control/journal?after="+strconv.FormatUint(c.edits.journal, 10), nil, &writes); err != nil {
		return time.Time{}, err
	}
	for _, w := range writes {
		c.edits.journal = w.Seq
		if counts(personOf(w.ExternalID), w.Time) {
			return w.Time, nil
		}
	}
	return time.Time{}, nil
}
