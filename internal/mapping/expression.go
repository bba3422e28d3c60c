package mapping

import "strings"

// The sources of the full grammar (manual: "Mapping row options" and its future
// ideas). ParseExpression reads them.
type (
	// Through is a column of the row that a lookup points at:
	// parentcustomerid(account).accountnumber. Table is "" for slaid().name.
	Through struct{ Lookup, Table, Column string }
	// FirstFilled is the first of several columns that has a value: a;b;c. Its
	// items are Column or Through, at least two.
	FirstFilled []Source
	// Text is fixed text within a Concat: ", ".
	Text string
	// Concat joins Column, Through and Text: @concat(a, " ", b).
	Concat []Source
	// Child is a column of the first row of a child table:
	// @child(dh_permissions).first(createdon desc).name. Match is the lookup of the
	// child table that points at the record; "" when there is only one:
	// @child(dh_permissions, dh_customer).first(createdon desc).name.
	Child struct {
		Table      string
		Match      string
		By         string
		Descending bool
		Column     string
	}
	// Query is an OData query in the context of one record: @odata:contacts?$top=1.
	Query string
)

const queryPrefix = "@odata:"

func (Through) source()     {}
func (FirstFilled) source() {}
func (Text) source()        {}
func (Concat) source()      {}
func (Child) source()       {}
func (Query) source()       {}

// String is lookup(table).column.
func (t Through) String() string { return t.Lookup + "(" + t.Table + ")." + t.Column }

// String is a;b;c.
func (f FirstFilled) String() string { return joined(f, ";") }

// String is the text in quotes, with \" and \\ for the two that cannot stand bare.
func (t Text) String() string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(t)) + `"`
}

// String is @concat(a, " ", b).
func (c Concat) String() string { return "@concat(" + joined(c, ", ") + ")" }

// String is @child(table).first(order).column.
func (c Child) String() string {
	order := c.By
	if c.Descending {
		order += " desc"
	}
	table := c.Table
	if c.Match != "" {
		table += ", " + c.Match
	}
	return "@child(" + table + ").first(" + order + ")." + c.Column
}

// String is the query with its prefix.
func (q Query) String() string { return queryPrefix + string(q) }

func joined(sources []Source, between string) string {
	parts := make([]string, len(sources))
	for i, s := range sources {
		parts[i] = s.String()
	}
	return strings.Join(parts, between)
}
