package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
)

// The pace of the edits: some for everybody in turn, slower than the connector,
// so that a kill meets work and the end is reached.
const (
	editEvery = 50 * time.Millisecond
	editsEach = 10
)

// editor changes people in Dataverse without a pause.
type editor struct {
	sandbox *rig.Sandbox
	journal uint64 // how far Spotler's journal was read
	mu      sync.Mutex
	version [rig.People]int64
	next    int
	made    int
}

func newEditor(s *rig.Sandbox) *editor { return &editor{sandbox: s} }

// start edits until the function that it returns is called, which tells of the
// first edit that failed.
func (e *editor) start(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

func (e *editor) run(ctx context.Context) error {
	tick := time.NewTicker(editEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := e.sandbox.Edit(context.WithoutCancel(ctx), rig.EditBody(e.some())); err != nil {
			return err
		}
	}
}

// some are the next edits: mostly of people in turn, and again and again of the
// same few, whose changes must not overtake each other.
func (e *editor) some() []rig.Edit {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]rig.Edit, editsEach)
	for i := range out {
		person := i % 5
		if i >= 5 {
			e.next = (e.next + 1) % rig.People
			person = e.next
		}
		e.version[person]++
		out[i] = rig.Edit{Person: person, Version: e.version[person]}
	}
	e.made += len(out)
	return out
}

// personOf finds the id of a record in what Spotler calls a contact.
func personOf(externalID string) string {
	if len(externalID) < 36 {
		return strings.ToLower(externalID)
	}
	return strings.ToLower(externalID[len(externalID)-36:])
}
