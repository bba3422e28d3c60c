package mapping

import (
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
	Version int      `yaml:"version"`
	Rows    []rowDoc `yaml:"rows"`
}

type rowDoc struct {
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
	s := &Sheet{Rows: make([]Row, len(doc.Rows))}
	for i, d := range doc.Rows {
		if unread[i+1] {
			continue
		}
		var wrong Refusals
		s.Rows[i], wrong = parseRow(i+1, d)
		refused = append(refused, wrong...)
	}
	slices.SortStableFunc(refused, func(a, b Refusal) int { return a.Row - b.Row })
	if err := refused.orNil("mapping.Parse"); err != nil {
		return nil, err
	}
	if err := checkTwice(s).orNil("mapping.Parse"); err != nil {
		return nil, err
	}
	return s, nil
}

func parseRow(n int, d rowDoc) (Row, Refusals) {
	var wrong Refusals
	refuse := func(cell, value, says string) { wrong = append(wrong, Refusal{n, cell, value, says}) }
	r := Row{Spotler: strings.TrimSpace(d.Spotler), Filter: strings.TrimSpace(d.Filter), Scale: Scale(strings.TrimSpace(d.Scale)),
		Policy: Policy(strings.TrimSpace(d.Policy))}
	for _, c := range []struct {
		cell, text string
		into       *Source
	}{{"contact", d.Contact, &r.Contact}, {"lead", d.Lead, &r.Lead}, {"account", d.Account, &r.Account}} {
		source, err := ParseSource(c.text)
		if err != nil {
			refuse(c.cell, c.text, err.Error())
		}
		*c.into = source
	}
	if d.Entity != "" {
		refuse("entity", d.Entity, "Entity Column: "+errNotYet.Error())
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

// checkRow refuses what contradicts itself within one row.
func checkRow(r Row, refuse func(cell, value, says string)) {
	if r.Contact == nil && r.Lead == nil && r.Account == nil {
		refuse("contact", "", "no table has a column in this row")
	}
	if r.Spotler == "" && r.Filter == "" {
		refuse("spotler", "", "name the Spotler field; only a row with a filter may do without")
	}
	if strings.EqualFold(r.Spotler, externalIDProperty) {
		refuse("spotler", r.Spotler, "the External Id is filled by the connector and cannot be mapped")
	}
	if r.Scale != "" && r.Scale != Cents && r.Scale != Units {
		refuse("scale", string(r.Scale), "use cents or units")
	}
	if !slices.Contains(policies, r.Policy) {
		refuse("policy", string(r.Policy), "use crm, spotler, newest or ask")
	} else if r.Policy != "" && r.Direction != connector.BothWays {
		refuse("policy", string(r.Policy), "a policy chooses between two sides that both moved; it needs the direction <->")
	}
	if r.Filter != "" && len(filterValues(r.Filter)) == 0 {
		refuse("filter", r.Filter, "the filter names no value")
	}
	for _, t := range connector.People {
		checkSource(r, t, refuse)
	}
}

func checkSource(r Row, t connector.Table, refuse func(cell, value, says string)) {
	source := r.For(t)
	switch source.(type) {
	case Literal:
		if r.Direction.Inward() {
			refuse(string(t), source.String(), "a fixed value cannot come back from Spotler; use ->")
		}
		if r.Filter != "" {
			refuse(string(t), source.String(), "a filter on a fixed value never changes; filter on a column")
		}
	case CustomerType:
		if r.Direction.Inward() {
			refuse(string(t), source.String(), "the type of a record cannot come back from Spotler; use ->")
		}
	case Related:
		if r.Filter != "" {
			refuse(string(t), source.String(), "a filter works on a column, not on permissions")
		}
		if r.Spotler == "" {
			refuse(string(t), source.String(), "name the Spotler list that holds the permissions")
		}
	}
}

// checkTwice refuses two rows that write the same thing on one side.
func checkTwice(s *Sheet) Refusals {
	var wrong Refusals
	outward, inward := map[string]int{}, map[string]int{}
	claim := func(taken map[string]int, key string, wrongIfTaken Refusal) {
		if first, twice := taken[key]; twice && first != wrongIfTaken.Row {
			wrong = append(wrong, wrongIfTaken)
			return
		}
		taken[key] = wrongIfTaken.Row
	}
	for i, r := range s.Rows {
		for _, t := range connector.People {
			source := r.For(t)
			if source == nil || r.Spotler == "" {
				continue
			}
			if r.Direction.Outward() {
				claim(outward, string(t)+"/"+r.Spotler, Refusal{i + 1, "spotler", r.Spotler, "an earlier row already fills this field for a " + string(t)})
			}
			if r.Direction.Inward() {
				claim(inward, string(t)+"/"+source.String(), Refusal{i + 1, string(t), source.String(), "an earlier row already writes this column"})
			}
		}
	}
	return wrong
}

// YAML prints s as Parse reads it.
func (s *Sheet) YAML() ([]byte, error) {
	doc := document{Version: 1, Rows: make([]rowDoc, len(s.Rows))}
	for i, r := range s.Rows {
		doc.Rows[i] = rowDoc{Spotler: r.Spotler, Contact: text(r.Contact), Lead: text(r.Lead), Account: text(r.Account),
			Direction: string(r.Direction), Filter: r.Filter, Scale: string(r.Scale), Policy: string(r.Policy)}
	}
	return yaml.Dump(doc)
}

func text(s Source) string {
	if s == nil {
		return ""
	}
	return s.String()
}
