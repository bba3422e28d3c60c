package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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
	t, err := newTap()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	site, err := b.rig.Site(ctx, rig.Options{Store: store, Hook: true, HookURL: t.url})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	hook := site.Plan.Hook()
	t.forward.Store(&hook)
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
		time.Sleep(time.Duration(20+rand.IntN(40)) * time.Millisecond) // idle again, and no rhythm
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

func loneChange(ctx context.Context, site *rig.Site, t *tap, seq uint64, i int) (time.Duration, uint64, error) {
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
	at, ok := t.seen(rig.RecordID(person))
	if !ok || found.Code != "OK" {
		return 0, seq, fmt.Errorf("no webhook was seen, or Spotler said %s", found.Code)
	}
	return found.Time.Sub(at), found.Seq, nil
}

// tap stands in front of the connector: it notes when an event about a contact
// arrives, keeps bodies when asked to, and passes everything on.
type tap struct {
	url     string
	forward atomic.Pointer[string] // where to; nil answers 202 itself
	server  *http.Server
	client  *http.Client

	mu     sync.Mutex
	at     map[string]time.Time
	keep   bool
	bodies [][]byte
}

func newTap() (*tap, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &tap{url: "http://" + l.Addr().String(), at: map[string]time.Time{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: rig.Couriers}}}
	t.server = &http.Server{Handler: http.HandlerFunc(t.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = t.server.Serve(l) }() // ends in Close
	return t, nil
}

// Close ends the tap.
func (t *tap) Close() error {
	t.client.CloseIdleConnections()
	return t.server.Close()
}

func (t *tap) serve(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	t.note(at, body)
	to := t.forward.Load()
	if to == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, *to, bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	req.Header = r.Header.Clone()
	resp, err := t.client.Do(req)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
}

// note remembers when the row of an event was last heard of.
func (t *tap) note(at time.Time, body []byte) {
	id := ""
	if _, rest, ok := bytes.Cut(body, []byte(`"PrimaryEntityId":"`)); ok && len(rest) >= 36 {
		id = strings.ToLower(string(rest[:36]))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at[id] = at
	if t.keep {
		t.bodies = append(t.bodies, body)
	}
}

func (t *tap) seen(id string) (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := t.at[id]
	return at, ok
}
