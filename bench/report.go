package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spotler-connector/connector/bench/rig"
)

// result is everything that was measured.
type result struct {
	Valid         bool                         `json:"valid"` // the bare loop was fast enough for the figures to mean something
	Bare          []rig.Bare                   `json:"bare"`
	Cases         []caseResult                 `json:"cases"`
	Lone          []loneResult                 `json:"lone"`
	Intake        []intakeResult               `json:"intake"`
	Durability    map[string]map[string]string `json:"durability"` // by database, as the live connection says
	TargetsMissed []string                     `json:"targets_missed"`
}

// judge compares with the targets; what missed one is listed, never hidden.
func (r *result) judge() {
	r.TargetsMissed = []string{}
	r.Cases, r.Lone, r.Intake = orEmpty(r.Cases), orEmpty(r.Lone), orEmpty(r.Intake)
	r.Valid = len(r.Bare) > 0
	bare := map[string]rig.Bare{}
	for _, b := range r.Bare {
		bare[latency(b.Latency)] = b
		if !b.Valid {
			r.Valid = false
			r.miss("run not valid: bare at %s ms reached %.0f/s on Spotler alone", latency(b.Latency), b.MarketingPerS)
		}
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		if b, ok := bare[fmt.Sprint(c.Latency)]; ok && b.ChangesPerS > 0 {
			c.RatioToBare = c.ChangesPerS / b.ChangesPerS
		}
		r.judgeCase(c)
	}
	for _, l := range r.Lone {
		r.missIf(l.Failed != "", "lone %s failed: %s", l.Store, l.Failed)
		r.missIf(l.Failed == "" && (l.P50 >= 20 || l.P99 >= 100), "lone %s: p50 %.1f ms, p99 %.1f ms", l.Store, l.P50, l.P99)
	}
	for _, n := range r.Intake {
		r.missIf(n.Failed != "", "intake %s failed: %s", n.Store, n.Failed)
		r.missIf(n.Failed == "" && n.PerS < 3000, "intake %s: %.0f/s", n.Store, n.PerS)
	}
}

// orEmpty keeps a list a list in JSON.
func orEmpty[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// broken reports whether anything is wrong that no machine excuses.
func (r *result) broken() bool {
	for _, c := range r.Cases {
		if c.Failed != "" && c.Failed != errNoTime.Error() || c.OrderViolations+c.Lost > 0 {
			return true
		}
	}
	for _, l := range r.Lone {
		if l.Failed != "" {
			return true
		}
	}
	for _, n := range r.Intake {
		if n.Failed != "" {
			return true
		}
	}
	return false
}

func (r *result) miss(format string, args ...any) {
	r.TargetsMissed = append(r.TargetsMissed, fmt.Sprintf(format, args...))
}

func (r *result) missIf(bad bool, format string, args ...any) {
	if bad {
		r.miss(format, args...)
	}
}

func (r *result) judgeCase(c *caseResult) {
	name := fmt.Sprintf("%s %s %s %v ms", c.Store, c.Source, c.Shape, c.Latency)
	if c.Failed != "" {
		r.miss("%s failed: %s", name, c.Failed)
		return
	}
	if c.Shape == rig.Spread && c.RatioToBare > 0 {
		want := map[any]float64{0: 1, 20: 4}[c.Latency]
		r.missIf(c.RatioToBare < want, "%s: %.2f × bare, wanted %.0f", name, c.RatioToBare, want)
	}
	if c.Shape == rig.Spread {
		r.missIf(c.RequestsPerChange > 0.04, "%s: %.3f requests per change", name, c.RequestsPerChange)
	}
	if c.Shape == rig.Burst {
		r.missIf(c.ContactsWritten > 3000 || c.MarketingRequests > 60, "%s: %d contacts written, %d marketing requests", name, c.ContactsWritten, c.MarketingRequests)
	}
	r.missIf(c.RowsPerOp > 2.2, "%s: %.2f rows written per op", name, c.RowsPerOp)
	r.missIf(c.OrderViolations+c.Lost > 0, "%s: %d order violations, %d lost", name, c.OrderViolations, c.Lost)
	r.missIf(c.PeakRSSMB >= 80, "%s: %.0f MB at its peak", name, c.PeakRSSMB)
	r.missIf(c.Connections >= 60, "%s: %d connections", name, c.Connections)
}

// table prints the result for people.
func (r *result) table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") }
	row("bare, ms", "changes/s", "Spotler alone/s", "valid")
	for _, b := range r.Bare {
		row(latency(b.Latency), fmt.Sprintf("%.0f", b.ChangesPerS), fmt.Sprintf("%.0f", b.MarketingPerS), fmt.Sprint(b.Valid))
	}
	_ = t.Flush()
	row("case", "ms", "changes/s", "× bare", "all told/s", "req/change", "Spotler req", "written", "rows/op", "wrong order", "lost", "MB", "CPU s", "sandbox s", "conns")
	for _, c := range r.Cases {
		if c.Failed != "" {
			row(fmt.Sprintf("%s %s %s", c.Store, c.Source, c.Shape), fmt.Sprint(c.Latency), "failed")
			continue
		}
		row(fmt.Sprintf("%s %s %s", c.Store, c.Source, c.Shape), fmt.Sprint(c.Latency), fmt.Sprintf("%.0f", c.ChangesPerS), fmt.Sprintf("%.2f", c.RatioToBare), fmt.Sprintf("%.0f", changes/c.ToldSeconds),
			fmt.Sprintf("%.4f", c.RequestsPerChange), fmt.Sprint(c.MarketingRequests), fmt.Sprint(c.ContactsWritten), fmt.Sprintf("%.2f", c.RowsPerOp),
			fmt.Sprint(c.OrderViolations), fmt.Sprint(c.Lost), fmt.Sprintf("%.0f", c.PeakRSSMB), fmt.Sprintf("%.1f", c.CPUSeconds), fmt.Sprintf("%.1f", c.SandboxCPU), fmt.Sprint(c.Connections))
	}
	_ = t.Flush()
	row("lone change", "samples", "p50 ms", "p99 ms", "slowest ms")
	for _, l := range r.Lone {
		row(l.Store, fmt.Sprint(l.Samples), fmt.Sprintf("%.1f", l.P50), fmt.Sprintf("%.1f", l.P99), fmt.Sprintf("%.1f", l.Slowest))
	}
	_ = t.Flush()
	row("intake", "events", "bytes each", "accepted/s")
	for _, n := range r.Intake {
		row(n.Store, fmt.Sprint(n.Events), fmt.Sprint(n.BodyBytes), fmt.Sprintf("%.0f", n.PerS))
	}
	_ = t.Flush()
	for _, store := range slices.Sorted(maps.Keys(r.Durability)) {
		_, _ = fmt.Fprintf(w, "durability of %s: %v\n", store, r.Durability[store])
	}
	for _, m := range r.TargetsMissed {
		_, _ = fmt.Fprintln(w, "target missed:", m)
	}
}
