package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"

	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// What the bare loop must reach on Spotler alone for a run to be valid, by the
// latency of both remotes: a slower machine, or a busy one, measures nothing.
const (
	bareAtOnce = 4000 // without latency
	bareFar    = 600  // with 20 ms
)

// Bare is what the plain loop reached.
type Bare struct {
	Latency       control.Delay `json:"latency"`
	ChangesPerS   float64       `json:"changes_per_s"`   // with Spotler and Dataverse
	MarketingPerS float64       `json:"marketing_per_s"` // with Spotler alone
	Valid         bool          `json:"valid"`
}

// JobID is the id of Spotler Job number i, which the bare loop writes.
func JobID(i int) string { return fmt.Sprintf("b0b0b0b0-0000-4000-8000-%012x", i) }

// Bare runs the plain loop in a process of its own against a new sandbox.
func (r *Rig) Bare(ctx context.Context, shape Shape, d control.Delay) (Bare, error) {
	out := Bare{}
	s, err := r.Sandbox(ctx)
	if err != nil {
		return out, err
	}
	defer s.Kill()
	if err := s.Populate(ctx); err != nil {
		return out, err
	}
	rows := make([]map[string]any, People*Versions)
	for i := range rows {
		rows[i] = map[string]any{"dh_spotlerjobid": JobID(i), "dh_name": "Sync Contact", "statecode": 0, "statuscode": 1}
	}
	if err := s.CRM.Do(ctx, "POST", "/control/rows/dh_spotlerjobs", rows, nil); err != nil {
		return out, err
	}
	if err := s.SetLatency(ctx, d); err != nil {
		return out, err
	}
	cmd := exec.CommandContext(ctx, r.bare, "-dataverse", s.CRM.URL, "-spotler", s.Mail.URL, "-shape", string(shape))
	dieWithUs(cmd)
	text, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return out, fmt.Errorf("bare loop: %w", err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("bare loop: %w", err)
	}
	out.Latency = d
	out.Valid = out.MarketingPerS >= bareAtOnce
	if d.MaxMS > 0 {
		out.Valid = out.MarketingPerS >= bareFar
	}
	return out, nil
}
