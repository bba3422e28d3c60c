package mapping

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Expansion is a lookup whose row must come along with a row (reference:
// dataverse-api 2.5). Outward finds it in the row under Navigation, as Dataverse
// answers it.
type Expansion struct {
	Navigation string
	Table      schema.Table // with a name only when the organisation's is not known
	Select     []string     // as $select spells them
}

// Ask is a query that must be answered beside the rows themselves. Outward finds its
// rows in a row under Cell, as []map[string]any; no such entry is trouble, and an
// empty one is "there are none".
type Ask struct {
	Cell   string
	Table  schema.Table
	Select []string // as $select spells them
	// By is the lookup by which the rows of an answer point at records, as $select
	// spells it: one query serves many records. "" is a query per record.
	By      string
	Filter  string // "" is every row
	OrderBy string
	Top     int // 0 is no end
	Labels  bool
}

// For is the filter of a query for one record.
func (a Ask) For(id connector.RecordID) string { return outsideQuotes(a.Filter, string(id)) }

// MaxAsks is how many queries of its own one record may cost (@child and @odata).
const MaxAsks = 5

// Expansions returns the lookups whose rows must come along with rows of t.
func (b *Bound) Expansions(t connector.Table) []Expansion {
	if bt := b.tables[t]; bt != nil {
		return slices.Clone(bt.expansions)
	}
	return nil
}

// Asks returns the queries that belong to rows of t.
func (b *Bound) Asks(t connector.Table) []Ask {
	if bt := b.tables[t]; bt != nil {
		return slices.Clone(bt.asks)
	}
	return nil
}

// Labels reports whether a value of t is read by its label, which only comes when it
// is asked for.
func (b *Bound) Labels(t connector.Table) bool {
	bt := b.tables[t]
	return bt != nil && bt.labels
}

// needs is what must be read for one cell.
type needs struct {
	columns    []string
	expansions []Expansion
	asks       []Ask
	labels     bool
}

func (t *boundTable) need(n needs) {
	for _, c := range n.columns {
		if !slices.Contains(t.columns, c) {
			t.columns = append(t.columns, c)
		}
	}
	for _, e := range n.expansions {
		i := slices.IndexFunc(t.expansions, func(have Expansion) bool { return have.Navigation == e.Navigation })
		if i < 0 {
			e.Select = slices.Clone(e.Select)
			t.expansions = append(t.expansions, e)
			continue
		}
		for _, c := range e.Select {
			if !slices.Contains(t.expansions[i].Select, c) {
				t.expansions[i].Select = append(t.expansions[i].Select, c)
			}
		}
	}
	for _, a := range n.asks {
		if !slices.ContainsFunc(t.asks, func(have Ask) bool { return have.Cell == a.Cell }) {
			t.asks = append(t.asks, a)
		}
	}
	t.labels = t.labels || n.labels
}

// perRecord counts the queries that each record costs.
func (t *boundTable) perRecord() int {
	n := 0
	for _, a := range t.asks {
		if a.By == "" {
			n++
		}
	}
	return n
}

// bareName is the logical name of a column that $select spells.
func bareName(selected string) string {
	if bare, lookup := strings.CutPrefix(selected, "_"); lookup {
		return strings.TrimSuffix(bare, "_value")
	}
	return selected
}
