package operations

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
)

// matchesAtOnce bounds the length of a filter.
const matchesAtOnce = 20

// matchQueries look for records that hold what the guests bring in the columns of the
// setting (manual: "New Subscribers", a custom strategy).
func (b *run) matchQueries(t connector.Table, guests []*guest) []dataverse.Query {
	var filters []string
	for _, g := range guests {
		if _, ours := g.in.ExternalID.RecordID(); ours || !g.link.IsZero() {
			continue
		}
		brings := b.brings(g, t)
		if len(brings) == 0 {
			continue
		}
		var all []string
		for _, column := range b.env.Subscribers.Match {
			all = append(all, dataverse.Eq(column, brings[column]))
		}
		if filter := "(" + dataverse.And(all...) + ")"; !slices.Contains(filters, filter) {
			filters = append(filters, filter)
		}
	}
	var out []dataverse.Query
	for some := range slices.Chunk(filters, matchesAtOnce) {
		out = append(out, dataverse.Query{Table: b.env.Tables[t], Select: append(b.columns(t), "createdon"), Filter: strings.Join(some, " or "), Annotations: b.env.Mapping.Labels(t)})
	}
	return out
}

// brings are the values of a guest in the columns of the setting; nil when one is
// missing: nothing in common is no match.
func (b *run) brings(g *guest, t connector.Table) map[string]string {
	out := map[string]string{}
	if column := b.env.Mapping.AddressColumn(t); column != "" && !g.email.IsZero() {
		out[column] = g.email.Address()
	}
	for _, r := range b.env.Mapping.Inward(t, g.in.Properties) {
		if text, ok := r.Value.(string); ok && r.Says == "" {
			out[r.Column] = text
		}
	}
	for _, column := range b.env.Subscribers.Match {
		if strings.TrimSpace(out[column]) == "" {
			return nil
		}
	}
	return out
}

// matches reports whether a row holds what the guest brings, in any spelling: so
// Dataverse compares too.
func (b *run) matches(g *guest, t connector.Table, row dataverse.Row) bool {
	brings := b.brings(g, t)
	if brings == nil {
		return false
	}
	for _, column := range b.env.Subscribers.Match {
		if !strings.EqualFold(strings.TrimSpace(row.String(column)), strings.TrimSpace(brings[column])) {
			return false
		}
	}
	return true
}
