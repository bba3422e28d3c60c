package mapping

import (
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// refuser notes what is wrong with a cell of the row in hand.
type refuser func(cell, value, says string)

// checkRow refuses what contradicts itself within one row.
func checkRow(r Row, refuse refuser) {
	cells := r.cells()
	if len(cells) == 0 {
		refuse("contact", "", "no table has a column in this row")
	}
	if r.Spotler == "" && r.Filter == "" {
		refuse("spotler", "", "name the Spotler field; only a row with a filter may do without")
	}
	if strings.EqualFold(r.Spotler, externalIDProperty) {
		refuse("spotler", r.Spotler, "the External Id is filled by the connector and cannot be mapped")
	}
	if r.Scale != "" && r.Scale != Cents && r.Scale != Units {
		refuse("scale", string(r.Scale), "use cents or units")
	}
	if !slices.Contains(policies, r.Policy) {
		refuse("policy", string(r.Policy), "use crm, spotler, newest or ask")
	} else if r.Policy != "" && r.Direction != connector.BothWays {
		refuse("policy", string(r.Policy), "a policy chooses between two sides that both moved; it needs the direction <->")
	}
	if r.Filter != "" && len(filterValues(r.Filter)) == 0 {
		refuse("filter", r.Filter, "the filter names no value")
	}
	if text, fixed := r.fixed(); fixed {
		checkFixed(r, text, refuse)
		return
	}
	for _, c := range cells {
		checkCell(r, c, refuse)
	}
	if r.Entity != nil && len(cells) == 1 && !r.Direction.Inward() {
		refuse("direction", string(r.Direction), "a Membership Entry only comes from Spotler; use <- or <->")
	}
}

// checkFixed checks a row that gives new rows a fixed value.
func checkFixed(r Row, text string, refuse refuser) {
	switch {
	case strings.TrimSpace(text) == "":
		refuse("spotler", r.Spotler, "the fixed value behind $value: is empty")
	case r.Direction != connector.ToDataverse:
		refuse("direction", string(r.Direction), "a fixed value on the side of Spotler is for new rows in Dynamics 365; use <-")
	case r.Filter != "":
		refuse("filter", r.Filter, "a row with a fixed value on the side of Spotler cannot filter")
	}
	for _, c := range r.cells() {
		if _, column := c.source.(Column); !column {
			refuse(c.name, c.source.String(), "name the column that gets the fixed value")
		}
	}
}

// oneWay says why a source cannot be filled from Spotler; "" when it can.
func oneWay(s Source) string {
	switch s.(type) {
	case Literal:
		return "a fixed value cannot come back from Spotler; use ->"
	case CustomerType:
		return "the type of a record cannot come back from Spotler; use ->"
	case Through:
		return "a column of another row cannot be filled from Spotler; use ->"
	case FirstFilled, Concat:
		return "a value out of several columns cannot come back from Spotler; use ->"
	case Child, Query:
		return "a value of other rows cannot come back from Spotler; use ->"
	}
	switch s {
	case Lists:
		return "membership of a list cannot come back from Spotler; use ->"
	case Periodieken:
		return "periodieken cannot come back from Spotler in this version; use ->"
	}
	return ""
}

func checkCell(r Row, c cell, refuse refuser) {
	wrong := func(says string) { refuse(c.name, c.source.String(), says) }
	if says := oneWay(c.source); says != "" && r.Direction.Inward() {
		wrong(says)
	}
	if c.name == "entity" {
		if _, column := c.source.(Column); !column {
			wrong("a Membership Entry only comes from Spotler; name one of its columns")
		}
		return
	}
	switch source := c.source.(type) {
	case Literal:
		if r.Filter != "" {
			wrong("a filter on a fixed value never changes; filter on a column")
		}
	case Related:
		if r.Filter != "" {
			wrong("a filter works on a column, not on " + source.String())
		}
		if r.Spotler == "" {
			wrong("name the Spotler list whose options " + source.String() + " turns on")
		}
	case Query:
		if _, says := parseQuery(source); says != "" {
			wrong(says)
		}
	}
}

// checkTwice refuses two rows that write the same thing on one side.
func checkTwice(s *Sheet) Refusals {
	var wrong Refusals
	outward, inward := map[string]int{}, map[string]int{}
	claim := func(taken map[string]int, key string, wrongIfTaken Refusal) {
		if first, twice := taken[key]; twice && first != wrongIfTaken.Row {
			wrong = append(wrong, wrongIfTaken)
			return
		}
		taken[key] = wrongIfTaken.Row
	}
	for i, r := range s.Rows {
		if r.Spotler == "" {
			continue
		}
		for _, c := range r.cells() {
			if r.Direction.Outward() && c.name != "entity" {
				claim(outward, c.name+"/"+r.Spotler, Refusal{i + 1, "spotler", r.Spotler, "an earlier row already fills this field for a " + c.name})
			}
			if r.Direction.Inward() {
				claim(inward, c.name+"/"+c.source.String(), Refusal{i + 1, c.name, c.source.String(), "an earlier row already writes this column"})
			}
		}
	}
	return wrong
}
