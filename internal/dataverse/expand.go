package dataverse

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/schema"
)

// Expand brings the rows behind a navigation property along (section 2.5).
type Expand struct {
	Navigation string // in the case that the metadata gives
	// Table tells how columns are written and which is the key of what comes along.
	Table   schema.Table
	Select  []string
	Filter  string
	OrderBy string
	Top     int
	Expand  []Expand
}

// expansions writes the value of $expand.
func expansions(list []Expand) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = e.String()
	}
	return strings.Join(parts, ",")
}

// String is e as $expand wants it.
func (e Expand) String() string {
	var options []string
	add := func(name, value string) {
		if value != "" {
			options = append(options, name+"="+value)
		}
	}
	add("$select", properties(e.Table, e.Select))
	add("$filter", e.Filter)
	add("$orderby", e.OrderBy)
	if e.Top > 0 {
		add("$top", strconv.Itoa(e.Top))
	}
	add("$expand", expansions(e.Expand))
	if len(options) == 0 {
		return e.Navigation
	}
	return e.Navigation + "(" + strings.Join(options, ";") + ")"
}

// Expanded is the one row behind a navigation property. ok is false when there is
// none; an error says that it came but cannot be read.
func (r Row) Expanded(e Expand) (row Row, ok bool, err error) {
	raw, is := r.Values[e.Navigation].(json.RawMessage)
	if !is {
		return Row{}, false, nil
	}
	row, err = newReader(e.Table).single(raw)
	if err != nil {
		return Row{}, false, garbled("dataverse.Expand", string(e.Table.Name), 0, "a linked row cannot be read")
	}
	return row, true, nil
}

// ExpandedMany are the rows behind a navigation property that leads to many. more is
// the link to the rest, "" when these are all; RowsFrom follows it.
func (r Row) ExpandedMany(e Expand) (rows []Row, more string, err error) {
	raw, is := r.Values[e.Navigation].(json.RawMessage)
	if !is {
		return nil, "", nil
	}
	p, err := newReader(e.Table).page([]byte(`{"value":` + string(raw) + `}`))
	if err != nil || len(p.removed) > 0 {
		return nil, "", garbled("dataverse.Expand", string(e.Table.Name), 0, "the linked rows cannot be read")
	}
	return p.rows, r.String(e.Navigation + "@odata.nextLink"), nil
}
