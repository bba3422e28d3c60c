package mapping

import (
	"fmt"
	"strings"

	"github.com/spotler-connector/connector/internal/fault"
)

// Refusal is one thing that is wrong with a sheet.
type Refusal struct {
	Row   int    // 1 is the first row; 0 is the sheet as a whole
	Cell  string // contact, lead, account, spotler, direction, filter, scale, policy
	Value string // what the cell says
	Says  string // one plain sentence
}

// String names the row, the cell, its value and what is wrong.
func (r Refusal) String() string {
	if r.Row == 0 {
		return "sheet: " + r.Says
	}
	return fmt.Sprintf("row %d, %s %q: %s", r.Row, r.Cell, r.Value, r.Says)
}

// Refusals is everything that is wrong with a sheet, in the order of its rows.
type Refusals []Refusal

// mostLines bounds what Error prints; the Refusals themselves are complete.
const mostLines = 200

// Error prints one refusal a line.
func (rs Refusals) Error() string {
	var lines []string
	for i, r := range rs {
		if i == mostLines {
			lines = append(lines, fmt.Sprintf("and %d more", len(rs)-i))
			break
		}
		lines = append(lines, r.String())
	}
	return strings.Join(lines, "\n")
}

// orNil is a fault of kind NotValid around the refusals, or nil without any.
func (rs Refusals) orNil(op string) error {
	if len(rs) == 0 {
		return nil
	}
	return &fault.Error{Op: op, Kind: fault.NotValid, Says: "the mapping has faults; correct every line below", Err: rs}
}
