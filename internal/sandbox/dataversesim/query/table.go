// Package query is one model of a question to a set of tables, and the one
// evaluator that answers it. OData and FetchXML are two ways of writing the
// same question; neither is known here, and neither are the tables, which come
// in through small interfaces.
package query

import "iter"

// Type says which values a column holds.
type Type int

// The types of columns and, in brackets, of their values.
const (
	Text     Type = iota // string
	Whole                // int64: numbers, choices, states and statuses
	Fraction             // float64: decimals and money
	Truth                // bool
	Instant              // Moment
	Date                 // Day
	Identity             // GUID: primary keys and lookups
	Choices              // []int64: a multi-select choice
)

// Column is one column of a table. Two of them are the same column when they
// are equal.
type Column interface {
	// Title is the logical name, which FetchXML uses.
	Title() string
	// Holds says which values the column has.
	Holds() Type
}

// Row is one row. Two of them are the same row when they are equal.
type Row interface {
	// Value is nil, or a value of the type that the column says.
	Value(Column) any
	// Place is the position of the row in its table; no two are equal.
	Place() int64
	ID() GUID
}

// Table is one table. It stands still while a query runs.
type Table interface {
	// Title is the logical name.
	Title() string
	// Identifier is the primary key.
	Identifier() Column
	// Column finds a column by its logical name, Property by its name in OData
	// (_parentcustomerid_value). Columns that may not be read are not found.
	Column(name string) (Column, bool)
	Property(name string) (Column, bool)
	// Columns are those that may be read.
	Columns() []Column
	// Way finds a navigation property.
	Way(name string) (Way, bool)
	// Parent is the lookup that makes a hierarchy of the table, if one does.
	Parent() (Column, bool)
	// All gives the rows whose place is past the given one, in order.
	All(past int64) iter.Seq[Row]
	// Find returns nil when there is no such row.
	Find(GUID) Row
	// Pointing finds the rows whose lookup c is to; ok is false when the table
	// has no index for it.
	Pointing(c Column, to GUID) (rows []Row, ok bool)
}

// Hop is one step from a row to the rows of Table whose column To equals the
// row's column From.
type Hop struct {
	From  Column
	Table Table
	To    Column
}

// Way is a navigation property: one hop for a lookup or a collection, two for
// a collection through an intersect table.
type Way struct {
	Hops []Hop
	// Many says that the way leads to a collection.
	Many bool
}

// Target is the table to which the way leads.
func (w Way) Target() Table { return w.Hops[len(w.Hops)-1].Table }
