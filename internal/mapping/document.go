package mapping

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// readDocument reads the YAML of a sheet node by node. The library's own decoding
// into a struct is not used for two reasons: it reports a repeated key once per
// pair, so that some kilobytes of one key cost minutes, and it knows lines where
// the user knows rows.
func readDocument(data []byte) (document, Refusals) {
	var node yaml.Node
	if err := yaml.Load(data, &node); err != nil {
		return document{}, Refusals{{Says: "the YAML cannot be read: " + err.Error()}}
	}
	root := &node
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind != yaml.MappingNode {
		return document{}, Refusals{{Says: "the YAML cannot be read: write version: 1 and rows: with a list below it"}}
	}
	var doc document
	var wrong Refusals
	version, rows := "", (*yaml.Node)(nil)
	for key, n := range pairs(root, 0, &wrong) {
		switch key {
		case "version":
			version = n.Value
		case "rows":
			rows = n
		default:
			wrong = append(wrong, Refusal{Says: fmt.Sprintf("the key %q is not known; use version and rows", key)})
		}
	}
	if version != "1" {
		wrong = append(wrong, Refusal{Says: "write version: 1 at the top"})
	}
	if rows == nil || rows.Kind != yaml.SequenceNode || len(rows.Content) == 0 {
		return doc, append(wrong, Refusal{Says: "there are no rows"})
	}
	if len(rows.Content) > maxRows {
		return doc, append(wrong, Refusal{Says: fmt.Sprintf("the sheet has %d rows; %d is the most", len(rows.Content), maxRows)})
	}
	doc.Version, doc.Rows = 1, make([]Cells, len(rows.Content))
	for i, n := range rows.Content {
		wrong = append(wrong, doc.Rows[i].read(i+1, n)...)
	}
	return doc, wrong
}

// read fills d from the node of row number row.
func (d *Cells) read(row int, n *yaml.Node) Refusals {
	if n.Kind != yaml.MappingNode {
		return Refusals{{Row: row, Says: "a row is a list of keys: spotler, contact, lead, account, direction, filter, scale, policy"}}
	}
	var wrong Refusals
	cells := map[string]*string{"spotler": &d.Spotler, "contact": &d.Contact, "lead": &d.Lead, "account": &d.Account, "entity": &d.Entity,
		"direction": &d.Direction, "filter": &d.Filter, "scale": &d.Scale, "policy": &d.Policy}
	for key, value := range pairs(n, row, &wrong) {
		cell, known := cells[key]
		switch {
		case !known:
			wrong = append(wrong, Refusal{row, key, "", "this key is not known; use spotler, contact, lead, account, direction, filter, scale or policy"})
		case value.Kind != yaml.ScalarNode:
			wrong = append(wrong, Refusal{row, key, "", "write one text here, not a list, a group or a reference"})
		case value.Tag != "!!null":
			*cell = value.Value
		}
	}
	return wrong
}

// pairs ranges over the keys and values of a mapping node; a key that is not a
// text, or comes twice, is refused and left out.
func pairs(n *yaml.Node, row int, wrong *Refusals) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			switch {
			case key.Kind != yaml.ScalarNode:
				*wrong = append(*wrong, Refusal{Row: row, Says: "a key must be one word"})
			case seen[key.Value]:
				*wrong = append(*wrong, Refusal{Row: row, Cell: key.Value, Says: "this key is given twice"})
			default:
				seen[key.Value] = true
				if !yield(key.Value, n.Content[i+1]) {
					return
				}
			}
		}
	}
}
