package workbook

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
)

// spareRows get the lists as well, for rows that somebody adds.
const spareRows = 100

// Write returns s as a workbook. A cell that Excel cannot hold is refused by a fault of
// kind NotValid that names it.
func Write(s *mapping.Sheet, offer Choices) (out []byte, err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	w := &writing{f: f, last: len(s.Rows) + 1 + spareRows}
	w.try(f.SetSheetName("Sheet1", sheetMapping))
	w.look()
	for i, r := range s.Rows {
		w.row(i+2, r.Cells())
	}
	w.fields(offer)
	w.lists(offer)
	if w.err != nil {
		return nil, w.err
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return nil, fmt.Errorf("workbook: %w", err)
	}
	return b.Bytes(), nil
}

// writing keeps the first error; nothing is done after it.
type writing struct {
	f    *excelize.File
	last int // the last row with lists
	err  error
}

func (w *writing) try(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("workbook: %w", err)
	}
}

func address(column, row int) string {
	at, err := excelize.CoordinatesToCellName(column, row)
	if err != nil { // only for numbers that no sheet has
		return "A1"
	}
	return at
}

func letter(column int) string {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		return "A"
	}
	return name
}

// look sets headings, widths and the text format: Excel then takes what somebody types,
// such as @map(permissions) or ->, as it is.
func (w *writing) look() {
	bold, err := w.f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDEBF7"}}})
	w.try(err)
	const asText = 49
	plain, err := w.f.NewStyle(&excelize.Style{NumFmt: asText})
	w.try(err)
	for i, h := range headings {
		w.try(w.f.SetColStyle(sheetMapping, letter(i+1), plain))
		w.try(w.f.SetColWidth(sheetMapping, letter(i+1), letter(i+1), h.width))
		w.try(w.f.SetCellStr(sheetMapping, address(i+1, 1), h.title))
	}
	w.try(w.f.SetCellStyle(sheetMapping, "A1", address(len(headings), 1), bold))
	w.try(w.f.SetPanes(sheetMapping, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

func (w *writing) row(n int, c mapping.Cells) {
	for i, h := range headings {
		text := *h.of(&c)
		if text == "" {
			continue
		}
		if !holds(text) {
			w.try(&fault.Error{Op: "workbook.Write", On: address(i+1, n), Kind: fault.NotValid,
				Says: "the cell " + address(i+1, n) + " is longer than Excel can hold, or has a character that it cannot; export the mapping as YAML"})
			return
		}
		w.try(w.f.SetCellStr(sheetMapping, address(i+1, n), escaped(text)))
	}
}

// offers are the lists of the second sheet, in its columns.
func offers(c Choices) []struct {
	title string
	cell  string
	names []Name
} {
	return []struct {
		title string
		cell  string
		names []Name
	}{{"Spotler", "spotler", c.Spotler}, {"Contact", "contact", c.Contact}, {"Lead", "lead", c.Lead}, {"Account", "account", c.Account}}
}

// fields writes what the lists offer: name, what people call it, type.
func (w *writing) fields(c Choices) {
	_, err := w.f.NewSheet(sheetFields)
	w.try(err)
	for i, o := range offers(c) {
		at := 3*i + 1
		w.try(w.f.SetColWidth(sheetFields, letter(at), letter(at+1), 26))
		for j, title := range []string{o.title, "Name", "Type"} {
			w.try(w.f.SetCellStr(sheetFields, address(at+j, 1), title))
		}
		for n, name := range o.names {
			for j, text := range []string{name.Name, name.Label, name.Type} {
				if holds(text) {
					w.try(w.f.SetCellStr(sheetFields, address(at+j, n+2), escaped(text)))
				}
			}
		}
	}
}

// lists gives the cells their lists. Those of columns and fields only offer: a cell may
// hold a special value as well.
func (w *writing) lists(c Choices) {
	for i, h := range headings {
		v := excelize.NewDataValidation(true)
		v.Sqref = address(i+1, 2) + ":" + address(i+1, w.last)
		switch h.cell {
		case "direction":
			w.try(v.SetDropList([]string{"->", "<-", "<->"}))
			v.SetError(excelize.DataValidationErrorStyleStop, "Sync Direction", "Use ->, <- or <->.")
		case "scale":
			w.try(v.SetDropList([]string{string(mapping.Cents), string(mapping.Units)}))
		case "policy":
			w.try(v.SetDropList([]string{string(mapping.PolicyCRM), string(mapping.PolicySpotler), string(mapping.PolicyNewest), string(mapping.PolicyAsk)}))
		default:
			if !offer(v, h.cell, c) {
				continue
			}
		}
		w.try(w.f.AddDataValidation(sheetMapping, v))
	}
}

// offer points v at the list of the second sheet that belongs to a cell, if there is one.
func offer(v *excelize.DataValidation, cell string, c Choices) bool {
	for i, o := range offers(c) {
		if o.cell == cell && len(o.names) > 0 {
			column := letter(3*i + 1)
			v.SetSqrefDropList(fmt.Sprintf("%s!$%s$2:$%s$%d", sheetFields, column, column, len(o.names)+1))
			v.ShowErrorMessage = false
			return true
		}
	}
	return false
}
