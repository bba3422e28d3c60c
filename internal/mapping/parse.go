package mapping

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	connector "github.com/spotler-connector/connector"
)

// A sheet is bounded in bytes and rows: no real one comes near.
const (
	maxSheet = 128 << 10
	maxRows  = 1000
)

// document is the YAML form of a sheet; readDocument reads it.
type document struct {
	Version int     `yaml:"version"`
	Rows    []Cells `yaml:"rows"`
}

// Cells are a row as a person writes it: the texts of its cells (manual: "Mapping row
// options").
type Cells struct {
	Spotler   string `yaml:"spotler,omitempty"`
	Contact   string `yaml:"contact,omitempty"`
	Lead      string `yaml:"lead,omitempty"`
	Account   string `yaml:"account,omitempty"`
	Entity    string `yaml:"entity,omitempty"`
	Direction string `yaml:"direction"`
	Filter    string `yaml:"filter,omitempty"`
	Scale     string `yaml:"scale,omitempty"`
	Policy    string `yaml:"policy,omitempty"`
}

// Parse reads a sheet. It refuses unknown keys and reports everything that is
// wrong at once: the error is a fault of kind NotValid around Refusals.
func Parse(data []byte) (*Sheet, error) {
	if len(data) > maxSheet {
		return nil, Refusals{{Says: "the sheet is larger than 128 KiB"}}.orNil("mapping.Parse")
	}
	doc, refused := readDocument(data)
	unread := map[int]bool{} // rows whose keys are wrong already
	for _, r := range refused {
		unread[r.Row] = true
	}
	s, wrong := assemble(doc.Rows, unread)
	refused = append(refused, wrong...)
	slices.SortStableFunc(refused, func(a, b Refusal) int { return a.Row - b.Row })
	if len(refused) == 0 {
		refused = checkTwice(s)
	}
	if err := refused.orNil("mapping.Parse"); err != nil {
		return nil, err
	}
	return s, nil
}

// assemble parses rows but those that are unread.
func assemble(rows []Cells, unread map[int]bool) (*Sheet, Refusals) {
	s := &Sheet{Rows: make([]Row, len(rows))}
	var refused Refusals
	for i, d := range rows {
		if unread[i+1] {
			continue
		}
		var wrong Refusals
		s.Rows[i], wrong = parseRow(i+1, d)
		refused = append(refused, wrong...)
	}
	return s, refused
}

// Assemble makes a sheet of rows as a person wrote them, such as those of a workbook.
// Its errors are those of Parse.
func Assemble(rows []Cells) (*Sheet, error) {
	if len(rows) == 0 {
		return nil, Refusals{{Says: "there are no rows"}}.orNil("mapping.Assemble")
	}
	if len(rows) > maxRows {
		return nil, Refusals{{Says: fmt.Sprintf("the sheet has %d rows; %d is the most", len(rows), maxRows)}}.orNil("mapping.Assemble")
	}
	s, refused := assemble(rows, nil)
	if len(refused) == 0 {
		refused = checkTwice(s)
	}
	if err := refused.orNil("mapping.Assemble"); err != nil {
		return nil, err
	}
	text, err := s.YAML()
	if err == nil && len(text) > maxSheet {
		err = Refusals{{Says: "the sheet is larger than 128 KiB"}}.orNil("mapping.Assemble")
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Cells is r as a person writes it.
func (r Row) Cells() Cells {
	return Cells{Spotler: r.Spotler, Contact: text(r.Contact), Lead: text(r.Lead), Account: text(r.Account), Entity: text(r.Entity),
		Direction: string(r.Direction), Filter: r.Filter, Scale: string(r.Scale), Policy: string(r.Policy)}
}

func parseRow(n int, d Cells) (Row, Refusals) {
	var wrong Refusals
	refuse := func(cell, value, says string) { wrong = append(wrong, Refusal{n, cell, value, says}) }
	r := Row{Spotler: strings.TrimSpace(d.Spotler), Filter: strings.TrimSpace(d.Filter), Scale: Scale(strings.TrimSpace(d.Scale)),
		Policy: Policy(strings.TrimSpace(d.Policy))}
	for _, c := range []struct {
		cell, text string
		into       *Source
	}{{"contact", d.Contact, &r.Contact}, {"lead", d.Lead, &r.Lead}, {"account", d.Account, &r.Account}, {"entity", d.Entity, &r.Entity}} {
		source, err := ParseExpression(c.text)
		if err != nil {
			refuse(c.cell, c.text, err.Error())
		}
		*c.into = source
	}
	direction, err := connector.ParseDirection(strings.TrimSpace(d.Direction))
	if err != nil {
		refuse("direction", d.Direction, "use ->, <- or <->")
	}
	r.Direction = direction
	if len(wrong) == 0 {
		checkRow(r, refuse)
	}
	return r, wrong
}

// YAML prints s as Parse reads it.
func (s *Sheet) YAML() ([]byte, error) {
	doc := document{Version: 1, Rows: make([]Cells, len(s.Rows))}
	for i, r := range s.Rows {
		doc.Rows[i] = r.Cells()
	}
	return yaml.Dump(doc)
}

func text(s Source) string {
	if s == nil {
		return ""
	}
	return s.String()
}
