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

// Check compares s with both schemas and tells everything that is wrong with it, as
// Bind would, and what no row fills: with PurgeExistingPropertiesWhenNotSet a write
// clears those fields (manual: "Purging existing properties"). Errors come first.
func (s *Sheet) Check(tables []schema.Table, properties []Property, options ...Option) []Finding {
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
	for _, p := range properties {
		mapped := slices.ContainsFunc(s.Rows, func(r Row) bool { return r.Spotler == p.Name })
		if !mapped && !strings.EqualFold(p.Name, externalIDProperty) {
			out = append(out, Finding{Warns, Refusal{Cell: "spotler", Value: p.Name,
				Says: "the Spotler field " + p.Name + " is in no row; with PurgeExistingPropertiesWhenNotSet a write clears it, so map it with <- if Spotler owns it"}})
		}
	}
	return out
}
