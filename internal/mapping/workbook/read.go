package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
)

// Read reads the mapping of a workbook. What is wrong is a fault of kind NotValid around
// mapping.Refusals, whose Row is the row of the workbook and whose Cell is the address of
// the cell. A file that is no workbook, or larger than any mapping, is refused whole.
func Read(file []byte) (s *mapping.Sheet, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser is not ours, and the file is a stranger's
			s, err = nil, refuse("the workbook is damaged; save it again in Excel")
		}
	}()
	if len(file) > longestFile {
		return nil, refuse("the workbook is larger than 4 MiB")
	}
	f, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{UnzipSizeLimit: longestZip, UnzipXMLSizeLimit: longestZip})
	if err != nil {
		return nil, &fault.Error{Op: "workbook.Read", Kind: fault.NotValid, Says: "this is no Excel workbook that can be read (.xlsx, without a password)", Err: err}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := &reading{f: f}
	if err := r.rows(); err != nil {
		return nil, err
	}
	if s, err = mapping.Assemble(r.cells); err != nil {
		return nil, r.located(err)
	}
	return s, nil
}

func refuse(says string) error {
	return &fault.Error{Op: "workbook.Read", Kind: fault.NotValid, Says: says}
}

// reading is one workbook on its way in.
type reading struct {
	f       *excelize.File
	columns []int // of the workbook, by heading; 0 is not there
	cells   []mapping.Cells
	at      []int // the row of the workbook that each of cells stands in
}

// rows reads the headings and the rows below them. Empty rows are passed over.
func (r *reading) rows() error {
	sheet := r.sheet()
	it, err := r.f.Rows(sheet)
	if err != nil {
		return &fault.Error{Op: "workbook.Read", Kind: fault.NotValid, Says: "the sheet " + sheetMapping + " cannot be read", Err: err}
	}
	defer func() { _ = it.Close() }()
	for n := 1; it.Next(); n++ {
		if n > mostRows {
			return refuse(fmt.Sprintf("the sheet has more than %d rows; delete the empty ones at its end", mostRows))
		}
		texts, err := it.Columns()
		if err != nil {
			return &fault.Error{Op: "workbook.Read", Kind: fault.NotValid, Says: fmt.Sprintf("row %d of the sheet cannot be read", n), Err: err}
		}
		if r.columns == nil {
			if err := r.head(texts, n); err != nil {
				return err
			}
			continue
		}
		r.row(n, texts)
	}
	if err := it.Error(); err != nil {
		return &fault.Error{Op: "workbook.Read", Kind: fault.NotValid, Says: "the sheet cannot be read to its end", Err: err}
	}
	if r.columns == nil {
		return refuse("the first sheet is empty; its first row needs the headings, such as Contact Column and Spotler Column")
	}
	return nil
}

// sheet is the one called Mapping, or else the first.
func (r *reading) sheet() string {
	names := r.f.GetSheetList()
	for _, n := range names {
		if strings.EqualFold(n, sheetMapping) {
			return n
		}
	}
	if len(names) == 0 {
		return sheetMapping
	}
	return names[0]
}

// head finds the columns by their headings, in any order and case.
func (r *reading) head(texts []string, n int) error {
	columns := make([]int, len(headings))
	for c, text := range texts {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		known := false
		for i, h := range headings {
			if strings.EqualFold(text, h.title) || strings.EqualFold(text, h.cell) {
				if columns[i] > 0 {
					return refuse(fmt.Sprintf("cell %s: the heading %s is there twice", address(c+1, n), h.title))
				}
				columns[i], known = c+1, true
			}
		}
		if !known {
			return refuse(fmt.Sprintf("cell %s: this heading is not known; use Contact Column, Lead Column, Account Column, Entity Column, Sync Direction, Filter, Spotler Column, Unit and Conflicts", address(c+1, n)))
		}
	}
	for i, h := range headings {
		if columns[i] == 0 && (h.cell == "direction" || h.cell == "spotler") {
			return refuse("the heading " + h.title + " is missing in the first row")
		}
	}
	r.columns = columns
	return nil
}

func (r *reading) row(n int, texts []string) {
	var c mapping.Cells
	filled := false
	for i, h := range headings {
		if at := r.columns[i]; at > 0 && at <= len(texts) {
			*h.of(&c) = texts[at-1]
			filled = filled || strings.TrimSpace(texts[at-1]) != ""
		}
	}
	if filled {
		r.cells, r.at = append(r.cells, c), append(r.at, n)
	}
}

// located names the cells of the workbook in what Assemble refuses.
func (r *reading) located(err error) error {
	var refused mapping.Refusals
	if !errors.As(err, &refused) {
		return err
	}
	out := make(mapping.Refusals, len(refused))
	for i, x := range refused {
		if x.Row > 0 && x.Row <= len(r.at) {
			x.Row = r.at[x.Row-1]
			x.Cell = "cell " + r.where(x.Cell, x.Row)
		}
		out[i] = x
	}
	return &fault.Error{Op: "workbook.Read", Kind: fault.NotValid, Says: "the mapping has faults; correct every line below", Err: out}
}

// where is the address of a cell of the mapping in a row of the workbook.
func (r *reading) where(cell string, row int) string {
	for i, h := range headings {
		if h.cell == cell && r.columns[i] > 0 {
			return address(r.columns[i], row)
		}
	}
	return address(1, row)
}
