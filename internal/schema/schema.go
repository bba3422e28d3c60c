// Package schema holds our own tables and columns in Dataverse, and the standard
// ones we touch, as data: one source for the client, the sandbox and the installer.
package schema

import (
	"strings"
	"sync"

	connector "github.com/spotler-connector/connector"
)

// Kind is the type of a column in Dataverse.
type Kind string

// The column types that the tables below use.
const (
	PrimaryKey Kind = "primarykey"
	String     Kind = "string"
	Memo       Kind = "memo"
	Int        Kind = "int"
	BigInt     Kind = "bigint"
	Decimal    Kind = "decimal"
	Double     Kind = "double"
	Money      Kind = "money"
	Bool       Kind = "bool"
	DateOnly   Kind = "dateonly"
	DateTime   Kind = "datetime" // UTC on the wire
	// LocalTime is a DateTime of the behaviour TimeZoneIndependent: what a clock on the
	// wall says, although the wire ends it with a Z (reference: dataverse-api 2.4).
	LocalTime Kind = "localtime"
	Choice    Kind = "choice"
	Choices   Kind = "choices" // several of a choice; "1,2" on the wire
	State     Kind = "state"
	Status    Kind = "status"
	Lookup    Kind = "lookup"   // one target table
	Customer  Kind = "customer" // account or contact
	Owner     Kind = "owner"
)

// Option is one value of a choice, state or status column.
type Option struct {
	Value int
	Label string
	// Labels are the labels in the other languages of the organisation.
	Labels []string
	// State is the statecode that a status value belongs to; unused elsewhere.
	State int
}

// Column is one column of a table.
type Column struct {
	Name    string // logical name, lower case: dh_spotlerinfo
	Schema  string // schema name, which is the navigation name of a custom lookup: dh_SpotlerInfo
	Label   string
	Kind    Kind
	Targets []connector.Table // of a lookup
	Options []Option          // of a choice, state or status
	Max     int               // of a string or memo, in characters
}

// Navigation is the name in front of @odata.bind for a lookup that points at
// target (reference: dataverse-api 2.4): schema name for a custom lookup, with
// _target behind it when the lookup has several targets.
func (c Column) Navigation(target connector.Table) string {
	name := c.Schema
	if !strings.HasPrefix(c.Name, "dh_") {
		name = c.Name // system lookups are lower case
	}
	if len(c.Targets) > 1 {
		name += "_" + string(target)
	}
	return name
}

// Table is one table.
type Table struct {
	Name    connector.Table // logical name
	Set     string          // entity set name in URLs
	Label   string
	Key     string // primary key column
	Primary string // primary name column
	Own     bool   // made by our solution
	Columns []Column
}

// Column returns the column called name.
func (t Table) Column(name string) (Column, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Of returns the table with that logical name. Its slices are shared: they are not
// to be changed.
func Of(name connector.Table) (Table, bool) {
	t, ok := known().byName[name]
	return t, ok
}

// OfSet returns the table with that entity set name, as Of does.
func OfSet(set string) (Table, bool) {
	t, ok := known().bySet[set]
	return t, ok
}

// known holds the tables ready made, because every row that is written asks for one.
var known = sync.OnceValue(func() (out struct {
	byName map[connector.Table]Table
	bySet  map[string]Table
}) {
	out.byName, out.bySet = map[connector.Table]Table{}, map[string]Table{}
	for _, t := range Tables() {
		out.byName[t.Name], out.bySet[t.Set] = t, t
	}
	return out
})

// SetOf returns the entity set name of a table: "contacts".
func SetOf(name connector.Table) string {
	t, _ := Of(name)
	return t.Set
}

// Tables lists every table the connector touches.
func Tables() []Table {
	return []Table{contact(), lead(), account(), list(), SpotlerJob(), SpotlerInfo(), SpotlerPermission(), SpotlerAutomation(), post()}
}
