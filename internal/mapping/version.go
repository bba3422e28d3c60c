package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// VersionID names the content of a sheet: the same rows in the same order have
// the same id, whatever the YAML that they were read from looked like.
type VersionID string

// Version is the id of s: the first 16 hex digits of the SHA-256 of its YAML.
func (s *Sheet) Version() (VersionID, error) {
	text, err := s.YAML()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return VersionID(hex.EncodeToString(sum[:8])), nil
}

// ChangeKind says what happened to a row between two sheets.
type ChangeKind string

// The kinds of change.
const (
	RowAdded   ChangeKind = "added"
	RowRemoved ChangeKind = "removed"
	RowChanged ChangeKind = "changed"
)

// CellChange is one cell of a changed row; "" is an empty cell.
type CellChange struct{ Cell, Before, After string }

// Change is one row that differs between two sheets. A row number is 0 on the
// side that has no such row.
type Change struct {
	Kind        ChangeKind
	Spotler     string // the property of the row; "" for a row that only filters
	Before      int
	After       int
	CellChanges []CellChange
}

// String is one line for a person: "row 3, birthday: direction -> became <->".
func (c Change) String() string {
	var b strings.Builder
	number := c.After
	if c.Kind == RowRemoved {
		number = c.Before
	}
	b.WriteString("row " + strconv.Itoa(number) + ", ")
	if c.Spotler == "" {
		b.WriteString("filter only")
	} else {
		b.WriteString(c.Spotler)
	}
	b.WriteString(": ")
	if c.Kind != RowChanged {
		b.WriteString(string(c.Kind))
	}
	for i, cell := range c.CellChanges {
		if i > 0 || c.Kind != RowChanged {
			b.WriteString(", ")
		}
		switch {
		case cell.Before == "":
			b.WriteString(cell.Cell + " " + cell.After)
		case cell.After == "":
			b.WriteString(cell.Cell + " " + cell.Before + " went")
		default:
			b.WriteString(cell.Cell + " " + cell.Before + " became " + cell.After)
		}
	}
	return b.String()
}

// Diff lists what after changed against before: rows removed first, then rows
// added and changed in the order of after. Rows of one property are paired:
// equal ones first, then those that share a source, then in their order. A row
// that only moved is no change.
func Diff(before, after *Sheet) []Change {
	partner := pair(before, after)
	taken := map[int]bool{}
	var changed []Change
	for i, r := range after.Rows {
		j, paired := partner[i]
		if !paired {
			changed = append(changed, Change{Kind: RowAdded, Spotler: r.Spotler, After: i + 1, CellChanges: cellChanges(Row{}, r)})
			continue
		}
		taken[j] = true
		if cells := cellChanges(before.Rows[j], r); len(cells) > 0 {
			changed = append(changed, Change{Kind: RowChanged, Spotler: r.Spotler, Before: j + 1, After: i + 1, CellChanges: cells})
		}
	}
	var out []Change
	for j, r := range before.Rows {
		if !taken[j] {
			out = append(out, Change{Kind: RowRemoved, Spotler: r.Spotler, Before: j + 1})
		}
	}
	return append(out, changed...)
}

// pair tells which row of before each row of after comes from, by index.
func pair(before, after *Sheet) map[int]int {
	partner, taken := map[int]int{}, map[int]bool{}
	for _, alike := range []func(a, b Row) bool{
		func(a, b Row) bool { return len(cellChanges(a, b)) == 0 },
		shareSource,
		func(Row, Row) bool { return true },
	} {
		for i, a := range after.Rows {
			if _, done := partner[i]; done {
				continue
			}
			for j, b := range before.Rows {
				if !taken[j] && a.Spotler == b.Spotler && alike(b, a) {
					partner[i], taken[j] = j, true
					break
				}
			}
		}
	}
	return partner
}

func shareSource(a, b Row) bool {
	for _, t := range connector.People {
		if from := text(a.For(t)); from != "" && from == text(b.For(t)) {
			return true
		}
	}
	return false
}

// cellChanges compares two rows of one property cell by cell.
func cellChanges(a, b Row) []CellChange {
	var out []CellChange
	for _, c := range []CellChange{
		{"contact", text(a.Contact), text(b.Contact)}, {"lead", text(a.Lead), text(b.Lead)}, {"account", text(a.Account), text(b.Account)}, {"entity", text(a.Entity), text(b.Entity)},
		{"direction", string(a.Direction), string(b.Direction)}, {"filter", a.Filter, b.Filter}, {"scale", string(a.Scale), string(b.Scale)},
		{"policy", string(a.Policy), string(b.Policy)},
	} {
		if c.Before != c.After {
			out = append(out, c)
		}
	}
	return out
}
