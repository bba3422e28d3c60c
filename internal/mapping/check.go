package mapping

import (
	"errors"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/schema"
)

// Severity says what a Finding costs.
type Severity string

// The severities.
const (
	Fails Severity = "error"   // the sheet, or the row, cannot be used
	Warns Severity = "warning" // the sheet works, and this may not be what is meant
)

// Finding is one thing that Check found.
type Finding struct {
	Severity Severity
	Refusal
}

// Since gives Check what was known of both schemas before, so that it can say what
// became of a column or field.
func Since(before Snapshot) Option { return func(b *binding) { b.before = before } }

// Check compares s with both schemas and tells everything that is wrong with it, as
// Bind would, what changed Since, and what no row fills: with
// PurgeExistingPropertiesWhenNotSet a write clears those fields (manual: "Purging
// existing properties"). Errors come first.
func (s *Sheet) Check(tables []schema.Table, properties []Property, options ...Option) []Finding {
	var asked binding
	for _, o := range options {
		o(&asked)
	}
	out := merge(s.refusals(tables, properties, options...), s.Drift(asked.before, tables, properties))
	for _, p := range properties {
		mapped := slices.ContainsFunc(s.Rows, func(r Row) bool { return r.Spotler == p.Name })
		if !mapped && !strings.EqualFold(p.Name, externalIDProperty) {
			out = append(out, Finding{Warns, Refusal{Cell: "spotler", Value: p.Name,
				Says: "the Spotler field " + p.Name + " is in no row; with PurgeExistingPropertiesWhenNotSet a write clears it, so map it with <- if Spotler owns it"}})
		}
	}
	return out
}

// merge joins what Bind refuses with what became of the same cells; the latter knows
// more and speaks for both.
func merge(refused, drifted []Finding) []Finding {
	var out []Finding
	same := func(a Finding) func(Finding) bool {
		return func(b Finding) bool { return a.Row == b.Row && a.Cell == b.Cell && a.Value == b.Value }
	}
	for _, f := range refused {
		if i := slices.IndexFunc(drifted, same(f)); i >= 0 {
			f.Says = drifted[i].Says
		}
		out = append(out, f)
	}
	for _, f := range drifted {
		if !slices.ContainsFunc(refused, same(f)) {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return strings.Compare(string(a.Severity), string(b.Severity)) })
	return out
}

// refusals are what Bind refuses.
func (s *Sheet) refusals(tables []schema.Table, properties []Property, options ...Option) []Finding {
	var out []Finding
	_, err := s.Bind(tables, properties, options...)
	var refused Refusals
	switch {
	case errors.As(err, &refused):
		for _, r := range refused {
			out = append(out, Finding{Fails, r})
		}
	case err != nil:
		out = append(out, Finding{Fails, Refusal{Says: err.Error()}})
	}
	return out
}
