package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
)

// loneResult is how long a lone change takes on an idle system.
type loneResult struct {
	Store   string  `json:"store"`
	Samples int     `json:"samples"`
	P50     float64 `json:"p50_ms"` // webhook received to contact written
	P99     float64 `json:"p99_ms"`
	Slowest float64 `json:"slowest_ms"`
	Failed  string  `json:"failed,omitempty"`
}

// lone makes one change at a time. A tap in front of the connector notes when the
// webhook arrives; the simulated Spotler notes when the contact is written; both
// by the clock of this machine.
func (b *bench) lone(ctx context.Context, store string) loneResult {
	out := loneResult{Store: store}
	took, err := b.loneSamples(ctx, store)
	if err != nil {
		out.Failed = err.Error()
		progress("lone %s: %v", store, err)
		return out
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	out.Samples = len(took)
	out.P50, out.P99, out.Slowest = ms(took[len(took)/2]), ms(took[len(took)*99/100]), ms(took[len(took)-1])
	return out
}

func (b *bench) loneSamples(ctx context.Context, store string) (took []time.Duration, err error) {
	t, err := rig.NewTap()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	site, err := b.rig.Site(ctx, rig.Options{Store: store, Hook: true, HookURL: t.URL})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	t.Forward(site.Plan.Hook())
	if err := site.Mail.Do(ctx, "DELETE", "/control/journal", nil, nil); err != nil {
		return nil, err
	}
	seq := uint64(0)
	for i := range b.samples {
		d, next, err := loneChange(ctx, site, t, seq, i)
		if err != nil {
			return nil, fmt.Errorf("sample %d: %w", i+1, err)
		}
		took, seq = append(took, d), next
		if err := rig.Rest(ctx, time.Duration(20+rand.IntN(40))*time.Millisecond); err != nil { // idle again, and no rhythm
			return nil, err
		}
	}
	return took, nil
}

// write is one entry of Spotler's journal.
type write struct {
	Seq        uint64    `json:"seq"`
	Time       time.Time `json:"time"`
	ExternalID string    `json:"external_id"`
	Code       string    `json:"code"`
}

func loneChange(ctx context.Context, site *rig.Site, t *rig.Tap, seq uint64, i int) (time.Duration, uint64, error) {
	person := i % rig.People
	if err := site.Edit(ctx, rig.EditBody([]rig.Edit{{Person: person, Version: int64(i + 1)}})); err != nil {
		return 0, seq, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var found write
	err := rig.Until(ctx, 4*time.Millisecond, func(ctx context.Context) (bool, error) {
		var writes []write
		if err := site.Mail.Do(ctx, "GET", "/control/journal?after="+strconv.FormatUint(seq, 10), nil, &writes); err != nil {
			return false, err
		}
		for _, w := range writes {
			if strings.Contains(w.ExternalID, rig.RecordID(person)) {
				found = w
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return 0, seq, fmt.Errorf("the contact was not written: %w: %s", err, site.Connector.Log())
	}
	at, ok := t.Seen(rig.RecordID(person))
	if !ok || found.Code != "OK" {
		return 0, seq, fmt.Errorf("no webhook was seen, or Spotler said %s", found.Code)
	}
	return found.Time.Sub(at), found.Seq, nil
}
