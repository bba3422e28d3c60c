package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
	"github.com/spotler-connector/connector/internal/intake"
)

// intakeResult is how fast events are taken in while no work is done.
type intakeResult struct {
	Store     string  `json:"store"`
	Events    int     `json:"events"`
	BodyBytes int     `json:"body_bytes"` // the average, as sent
	RawBytes  int     `json:"raw_bytes"`  // and as the simulated Dataverse made them
	Senders   int     `json:"senders"`
	PerS      float64 `json:"per_s"`
	Backlog   int64   `json:"backlog"` // what waits afterwards: one job for each record
	Failed    string  `json:"failed,omitempty"`
}

const (
	senders  = 64
	bodySize = 7800 // bytes, as the recorded bodies have on average
)

// intake posts events that the simulated Dataverse made, each of its own, from
// many senders, to a connector that hands no work out.
func (b *bench) intake(ctx context.Context, store string) intakeResult {
	out := intakeResult{Store: store, Senders: senders}
	if err := b.intakeInto(ctx, store, &out); err != nil {
		out.Failed = err.Error()
		progress("intake %s: %v", store, err)
	}
	return out
}

func (b *bench) intakeInto(ctx context.Context, store string, out *intakeResult) (err error) {
	t, err := rig.NewTap()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	s, err := b.rig.Sandbox(ctx)
	if err != nil {
		return err
	}
	defer s.Kill()
	if err := s.Populate(ctx); err != nil {
		return err
	}
	database, err := b.rig.Database(ctx, store)
	if err != nil {
		return err
	}
	set := map[string]string{"SPOTLER_CONNECTOR_TEST_PAUSE_WORK": "1"}
	profile, err := b.profileAt(ctx, set)
	if err != nil {
		return err
	}
	plan, err := b.rig.Plan(s, rig.Options{Store: store, Database: database, Hook: true, HookURL: t.URL, Set: set})
	if err != nil {
		return err
	}
	c, err := plan.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if err := c.On(ctx); err != nil {
		return err
	}
	bodies, err := collect(ctx, t, s)
	if err != nil {
		return err
	}
	for i := range bodies {
		out.RawBytes += len(bodies[i])
		bodies[i] = pad(bodies[i])
	}
	out.RawBytes /= len(bodies)
	stop := b.takeProfile(ctx, profile, "intake "+store)
	took, err := post(ctx, plan.Hook(), bodies)
	stop()
	if err != nil {
		return err
	}
	for _, body := range bodies {
		out.BodyBytes += len(body)
	}
	out.Events, out.BodyBytes, out.PerS = len(bodies), out.BodyBytes/len(bodies), float64(len(bodies))/took.Seconds()
	_, env, err := c.Status(ctx)
	out.Backlog = env.Backlog
	if err == nil && out.Backlog != rig.People {
		err = fmt.Errorf("%d jobs wait where %d records changed", out.Backlog, rig.People)
	}
	return err
}

// collect lets the simulated Dataverse make an event for every change of a run,
// and returns their bodies.
func collect(ctx context.Context, t *rig.Tap, s *rig.Sandbox) ([][]byte, error) {
	t.Keep(true)
	if err := s.Edit(ctx, rig.EditBody(rig.Edits(rig.Spread, 0))); err != nil {
		return nil, err
	}
	if err := s.Delivered(ctx); err != nil {
		return nil, err
	}
	out := t.Keep(false)
	if len(out) != changes {
		return nil, fmt.Errorf("%d events came of %d changes", len(out), changes)
	}
	return out, nil
}

// pad fills a body up with entries as its collections have them, in a member that
// nobody knows but everybody must read over.
func pad(body []byte) []byte {
	body = bytes.TrimSuffix(bytes.TrimSpace(body), []byte("}"))
	body = append(body, `,"FilledUp":[`...)
	for i := 0; len(body) < bodySize-len(`{"key":"column_00","value":"a text of some length"},]}`); i++ {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"key":"column_%02d","value":"a text of some length"}`, i)
	}
	return append(body, "]}"...)
}

// post sends all bodies and returns how long it took until the last was accepted.
func post(ctx context.Context, to string, bodies [][]byte) (time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: senders, MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	failed := make(chan error, senders)
	var running sync.WaitGroup
	began := time.Now()
	for range senders {
		running.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(bodies)); i = next.Add(1) - 1 {
				if err := postOne(ctx, client, to, bodies[i]); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	running.Wait()
	took := time.Since(began)
	select {
	case err := <-failed:
		return 0, err
	default:
		return took, nil
	}
}

func postOne(ctx context.Context, client *http.Client, to string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(intake.SecretHeader, rig.HookSecret)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	says, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("an event was answered %d: %s", resp.StatusCode, says)
	}
	return nil
}
