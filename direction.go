package connector

import "fmt"

// Direction says which side a mapped field may travel to (manual: "Mapping row options").
type Direction string

// The directions as the mapping sheet spells them.
const (
	ToSpotler   Direction = "->"
	ToDataverse Direction = "<-"
	BothWays    Direction = "<->"
)

// ParseDirection reads a cell of the sheet.
func ParseDirection(s string) (Direction, error) {
	switch d := Direction(s); d {
	case ToSpotler, ToDataverse, BothWays:
		return d, nil
	}
	return "", fmt.Errorf("sync direction %q: use ->, <- or <->", s)
}

// Outward reports whether the field may travel from Dataverse to Spotler.
func (d Direction) Outward() bool { return d == ToSpotler || d == BothWays }

// Inward reports whether the field may travel from Spotler to Dataverse.
func (d Direction) Inward() bool { return d == ToDataverse || d == BothWays }
