// Package workbook writes a mapping as an Excel workbook, with lists to choose from,
// and reads one back; what is wrong is told by the cell it stands in.
package workbook

import (
	"strings"
	"unicode"

	"github.com/spotler-connector/connector/internal/mapping"
)

// The sheets of a workbook. Only the first is read.
const (
	sheetMapping = "Mapping"
	sheetFields  = "Fields" // what the lists offer, for people to look up
)

// Name is a column or a field with what people call it.
type Name struct{ Name, Label, Type string }

// Choices is what the lists of a workbook offer. It may be empty: then the cells have no
// lists, and the directions still do.
type Choices struct {
	Contact, Lead, Account, Spotler []Name
}

// heading is one column of the mapping.
type heading struct {
	title string // as the manual calls it ("Mapping row options")
	cell  string // as mapping.Refusal calls it
	width float64
	of    func(*mapping.Cells) *string
}

// headings are the columns of the mapping, in the order of the manual. The last two are
// ours.
var headings = []heading{
	{"Contact Column", "contact", 36, func(c *mapping.Cells) *string { return &c.Contact }},
	{"Lead Column", "lead", 36, func(c *mapping.Cells) *string { return &c.Lead }},
	{"Account Column", "account", 36, func(c *mapping.Cells) *string { return &c.Account }},
	{"Entity Column", "entity", 22, func(c *mapping.Cells) *string { return &c.Entity }},
	{"Sync Direction", "direction", 16, func(c *mapping.Cells) *string { return &c.Direction }},
	{"Filter", "filter", 22, func(c *mapping.Cells) *string { return &c.Filter }},
	{"Spotler Column", "spotler", 30, func(c *mapping.Cells) *string { return &c.Spotler }},
	{"Unit", "scale", 12, func(c *mapping.Cells) *string { return &c.Scale }},
	{"Conflicts", "policy", 14, func(c *mapping.Cells) *string { return &c.Policy }},
}

// The bounds of a file that somebody brings. No real mapping comes near.
const (
	longestFile = 4 << 20
	longestZip  = 32 << 20 // all parts together, unpacked
	mostRows    = 2000     // rows of the sheet, empty ones included
	// longestCell is what Excel holds in a cell.
	longestCell = 32_767
)

// holds reports whether Excel can hold a text in a cell and give it back.
func holds(s string) bool {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++ // Excel counts UTF-16
		}
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == unicode.ReplacementChar || r == 0xfffe || r == 0xffff {
			return false
		}
	}
	return n <= longestCell
}

// escaped keeps a text that looks like an escape of Excel, such as _x0041_, from being
// read as the character that it would stand for.
func escaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if isEscape(s[i:]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isEscape(s string) bool {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_' {
		return false
	}
	for _, c := range []byte(s[2:6]) {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}
