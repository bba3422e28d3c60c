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

// Permissions is the one Related source so far: the Spotler Permission rows.
const Permissions Related = "permissions"

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

var (
	columnName  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,127}$`)
	relatedCell = regexp.MustCompile(`^@map\(\s*([a-zA-Z]+)\s*\)$`)
)

// errNotYet marks what the manual knows and this version does not.
var errNotYet = errors.New("not supported yet")

// ParseSource reads one cell of a column of the sheet. Empty text is no source
// (nil) and no error. Column names are folded to lower case, because logical
// names in Dataverse are.
func ParseSource(cell string) (Source, error) {
	cell = strings.TrimSpace(cell)
	switch {
	case cell == "":
		return nil, nil
	case strings.HasPrefix(cell, literalPrefix):
		if text := cell[len(literalPrefix):]; strings.TrimSpace(text) != "" {
			return Literal(text), nil
		}
		return nil, errors.New("the fixed value behind $value: is empty")
	case strings.EqualFold(cell, "$CustomerType"):
		return CustomerType{}, nil
	case cell[0] == '@':
		return parseSpecial(cell)
	case cell[0] == '$':
		return nil, errors.New("use $CustomerType or $value: followed by a fixed value")
	case columnName.MatchString(strings.ToLower(cell)):
		return Column(strings.ToLower(cell)), nil
	case strings.Contains(cell, ";"):
		return nil, fmt.Errorf("the first filled of several columns: %w", errNotYet)
	case strings.Contains(cell, "("):
		return nil, fmt.Errorf("a column of a related table: %w", errNotYet)
	}
	return nil, errors.New("this is not the logical name of a column: use letters, digits and underscores")
}

func parseSpecial(cell string) (Source, error) {
	if m := relatedCell.FindStringSubmatch(cell); m != nil {
		switch name := strings.ToLower(m[1]); name {
		case string(Permissions):
			return Permissions, nil
		case "list", "periodiek":
			return nil, fmt.Errorf("@map(%s): %w", name, errNotYet)
		}
		return nil, errors.New("use @map(permissions)")
	}
	for _, idea := range []string{"@concat", "@child", "@odata"} {
		if strings.HasPrefix(strings.ToLower(cell), idea) {
			return nil, fmt.Errorf("%s: %w", idea, errNotYet)
		}
	}
	return nil, errors.New("use @map(permissions)")
}
