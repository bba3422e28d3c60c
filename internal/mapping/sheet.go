// Package mapping says which column of Dataverse goes to which property of
// Spotler: it reads the sheet, checks it against both schemas and converts rows.
// It is pure: no clock, no network, no files.
package mapping

import (
	_ "embed"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// Sheet is the mapping of one environment (manual: "Mapping").
type Sheet struct{ Rows []Row }

// Row maps at most one column of each table to one Spotler property.
type Row struct {
	// Spotler is the database name of the property; "" in a row that only filters.
	// $value:TEXT is what a new row gets from us in the column: see Bound.Defaults.
	Spotler   string
	Contact   Source // nil: contacts have no value for it
	Lead      Source
	Account   Source
	Entity    Source // of a Membership Entry of Engage 365, which only comes from Spotler
	Direction connector.Direction
	// Filter keeps a whole record out of Spotler unless its column has this
	// value; several values are separated by ";". Case does not count. A choice is
	// compared by label or number, a yes/no column with true or false.
	Filter string
	Scale  Scale // of a money property
	// Policy decides when both sides of a <-> row moved apart; "" leaves it to the
	// environment.
	Policy Policy
}

// Policy says which side a <-> row believes when both moved apart.
type Policy string

// The policies. Their words are those of decide.Preference.
const (
	PolicyCRM     Policy = "crm"
	PolicySpotler Policy = "spotler"
	PolicyNewest  Policy = "newest"
	PolicyAsk     Policy = "ask" // a person chooses
)

var policies = []Policy{"", PolicyCRM, PolicySpotler, PolicyNewest, PolicyAsk}

// Scale is the unit of a money property in Spotler, which its reference leaves
// open (reference: spotler-api G15).
type Scale string

// The scales. The zero value reads as Cents.
const (
	Cents Scale = "cents"
	Units Scale = "units"
)

// For returns the source of r for rows of table t, or nil.
func (r Row) For(t connector.Table) Source {
	switch t {
	case connector.Contact:
		return r.Contact
	case connector.Lead:
		return r.Lead
	case connector.Account:
		return r.Account
	}
	return nil
}

// fixed is the text of a row whose Spotler cell is $value:TEXT.
func (r Row) fixed() (text string, ok bool) { return strings.CutPrefix(r.Spotler, literalPrefix) }

// cell is one table's cell of a row. table is "" for the Entity column, whose table
// is that of the profile of Engage 365.
type cell struct {
	name   string
	table  connector.Table
	source Source
}

// cells are the cells of r that are filled.
func (r Row) cells() []cell {
	var out []cell
	for _, t := range connector.People {
		if source := r.For(t); source != nil {
			out = append(out, cell{string(t), t, source})
		}
	}
	if r.Entity != nil {
		out = append(out, cell{"entity", "", r.Entity})
	}
	return out
}

// The Spotler properties with a meaning of their own.
const (
	emailProperty      = "email"
	externalIDProperty = "externalId"
	permissionProperty = "permissions"
)

//go:embed default.yaml
var defaultSheet []byte

// Default returns the mapping that an environment starts with.
func Default() *Sheet {
	s, err := Parse(defaultSheet)
	if err != nil {
		panic("the default mapping does not parse: " + err.Error()) // a test guards it
	}
	return s
}
