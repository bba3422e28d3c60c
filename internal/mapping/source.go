package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Source says where the value of a Spotler field comes from. It is one of the
// types below and nothing else; String prints it as it is read.
type Source interface {
	fmt.Stringer
	source()
}

// The sources (manual: "Mapping row options").
type (
	// Column is the value of a column, such as emailaddress1.
	Column string
	// Literal is the same for everybody, such as $value:PRD.
	Literal string
	// CustomerType is the kind of record: $CustomerType.
	CustomerType struct{}
	// Related is read from rows that belong to the record, such as @map(permissions).
	Related string
)

// The Related sources.
const (
	Permissions Related = "permissions" // the Spotler Permission rows
	Lists       Related = "list"        // the marketing lists that the record is a member of
	Periodieken Related = "periodiek"   // the subscriptions of Engage 365
)

const literalPrefix = "$value:"

func (Column) source()       {}
func (Literal) source()      {}
func (CustomerType) source() {}
func (Related) source()      {}

// String is the logical name of the column.
func (c Column) String() string { return string(c) }

// String is the literal with its prefix.
func (l Literal) String() string { return literalPrefix + string(l) }

// String is $CustomerType.
func (CustomerType) String() string { return "$CustomerType" }

// String is @map(…).
func (r Related) String() string { return "@map(" + string(r) + ")" }

var columnName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,127}$`)

// parseDollar reads a cell that starts with a dollar sign.
func parseDollar(cell string) (Source, error) {
	if text, fixed := strings.CutPrefix(cell, literalPrefix); fixed {
		if strings.TrimSpace(text) != "" {
			return Literal(text), nil
		}
		return nil, errors.New("the fixed value behind $value: is empty")
	}
	if strings.EqualFold(cell, "$CustomerType") {
		return CustomerType{}, nil
	}
	return nil, errors.New("use $CustomerType or $value: followed by a fixed value")
}
