package dataverse

import (
	"context"
	"net/http"
	"slices"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// optionalTables are the tables that come with Dynamics 365 apps and are missing in
// a plain Power Apps environment.
var optionalTables = []connector.Table{"lead", "list", "listmember", "campaign", "campaignresponse", "opportunity"}

// Edition names what an organisation is able to do.
type Edition string

// The editions, from the fullest down.
const (
	EditionMarketing Edition = "sales and marketing" // leads, lists and campaigns
	EditionPartial   Edition = "partial"             // some of those tables
	EditionLight     Edition = "light"               // Power Apps: contacts and accounts only
)

// Capabilities is which of the optional tables an organisation has.
type Capabilities struct{ sets map[connector.Table]string }

// Has reports whether the organisation has the table. A table that is not optional
// is always there.
func (k Capabilities) Has(t connector.Table) bool {
	return k.sets[t] != "" || !slices.Contains(optionalTables, t)
}

// Missing lists the optional tables that are not there.
func (k Capabilities) Missing() []connector.Table {
	return slices.DeleteFunc(slices.Clone(optionalTables), k.Has)
}

// Edition names the state.
func (k Capabilities) Edition() Edition {
	switch missing := len(k.Missing()); {
	case missing == len(optionalTables):
		return EditionLight
	case k.Has("lead") && k.Has("list") && k.Has("listmember") && k.Has("campaign"):
		return EditionMarketing
	}
	return EditionPartial
}

// Knows reports whether the organisation has the column: a lookup that only points at
// tables that are missing is missing too.
func (k Capabilities) Knows(col schema.Column) bool {
	return len(col.Targets) == 0 || slices.ContainsFunc(col.Targets, k.Has)
}

// Within keeps reads to what an organisation has: from now on no $select of c, or of a
// view of it, names a lookup to a table that is missing.
func (c *Client) Within(k Capabilities) { c.shared.able.Store(&k) }

// there are the columns of t that the organisation has. A name that t does not list
// stays.
func (c *Client) there(t schema.Table, columns []string) []string {
	k := c.shared.able.Load()
	if k == nil || len(k.Missing()) == 0 {
		return columns
	}
	out := make([]string, 0, len(columns))
	for _, name := range columns {
		if col, listed := t.Column(name); !listed || k.Knows(col) {
			out = append(out, name)
		}
	}
	if len(out) == 0 && len(columns) > 0 {
		return []string{t.Key} // none would mean every column
	}
	return out
}

// Need returns nil when the table is there, else Denied with what to do.
func (k Capabilities) Need(t connector.Table) error {
	if k.Has(t) {
		return nil
	}
	return &fault.Error{Op: "dataverse.Capabilities", On: string(t), Kind: fault.Denied,
		Says: "this organisation has no such table; it needs a Dynamics 365 app (Sales or Customer Insights), or leave this part out"}
}

// Capabilities asks once which optional tables exist, so that no query names a table
// or column that is not there. It is kept as long as a definition. Trouble is an
// error, never "no".
func (m *Metadata) Capabilities(ctx context.Context) (Capabilities, error) {
	return m.had.get(ctx, m, func() (Capabilities, error) { return m.c.Capabilities(ctx) })
}

// Capabilities reads which optional tables exist, in one request.
func (c *Client) Capabilities(ctx context.Context) (Capabilities, error) {
	filter := ""
	for i, t := range optionalTables {
		if i > 0 {
			filter += " or "
		}
		filter += Eq("LogicalName", string(t))
	}
	r := Request{Op: "dataverse.Capabilities", Method: http.MethodGet, Path: "EntityDefinitions?$select=LogicalName,EntitySetName&$filter=" + escape(filter)}
	a, err := c.Send(ctx, r)
	if err != nil {
		return Capabilities{}, err
	}
	list, next, err := parseList[struct {
		LogicalName   connector.Table
		EntitySetName string
	}](a.Body)
	if err != nil || next != "" {
		return Capabilities{}, garbled(r.Op, "", a.Status, "the list of tables cannot be read")
	}
	k := Capabilities{sets: map[connector.Table]string{}}
	for _, t := range list {
		k.sets[t.LogicalName] = t.EntitySetName
	}
	return k, nil
}
