package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// width is how many columns a line may take.
const width = 100

// printer prints for people: aligned, local and short. The first error stays in err.
type printer struct {
	out  io.Writer
	now  time.Time
	zone *time.Location
	err  error
}

// line prints one line; nothing after an error.
func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf(format, args...), " "))
	}
}

// table prints rows below headings. A cell is cut only in the last column, where
// the line would pass the width. below, if it is not nil, runs after each row.
func (p *printer) table(headings []string, rows [][]string, below func(row int)) {
	lines := append([][]string{headings}, rows...)
	widths := make([]int, len(headings))
	for _, row := range lines {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(printable(cell)))
		}
	}
	for n, row := range lines {
		var b strings.Builder
		left := width
		for i, cell := range row {
			cell = printable(cell)
			if i == len(row)-1 {
				b.WriteString(cut(cell, left))
				break
			}
			b.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			left -= widths[i] + 2
		}
		p.line("%s", b.String())
		if n > 0 && below != nil {
			below(n - 1)
		}
	}
}

// sentence prints text below an indent, broken between words.
func (p *printer) sentence(indent int, text string) {
	line := strings.Repeat(" ", indent)
	empty := true
	for word := range strings.FieldsSeq(printable(text)) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			p.line("%s", line)
			line, empty = strings.Repeat(" ", indent), true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	if !empty {
		p.line("%s", line)
	}
}

// moment is a time in at most 12 columns: today's with seconds, this year's with
// the day, an older one with the year. Nothing is a dash.
func (p *printer) moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	t, now := t.In(p.zone), p.now.In(p.zone)
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04:05")
	case t.Year() == now.Year():
		return t.Format("Jan _2 15:04")
	}
	return t.Format("Jan _2 2006")
}

// cut shortens s to n columns.
func cut(s string, n int) string {
	if n < 1 || utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:n-1]), " ") + "…"
}

// printable keeps what another program said from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// grouped is a number with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is a number and its noun.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// value is what p points at, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// some points at v, or at nothing when v is the zero value.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// ordinal is 1st, 2nd, 3rd, 11th.
func ordinal(n int) string {
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return strconv.Itoa(n) + end
}
