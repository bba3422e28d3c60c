package metadata

import (
	"encoding/json"
	"fmt"
	"strings"
)

// stored is the form of a model in a file.
type stored struct {
	Version       int64
	Tables        []*Table
	Choices       []*Choice
	Relationships []*Relationship
}

// MarshalJSON writes everything that m knows.
func (m *Model) MarshalJSON() ([]byte, error) {
	return json.Marshal(stored{m.version, m.tables, m.Choices(), m.Relationships()})
}

// UnmarshalJSON reads what MarshalJSON wrote. It refuses a model that does not
// hold together.
func (m *Model) UnmarshalJSON(text []byte) error {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("the definitions: %w", err)
	}
	*m = *newModel()
	m.version = s.Version
	for _, c := range s.Choices {
		if c == nil || c.Name == "" {
			return fmt.Errorf("the definitions: a choice has no name")
		}
		m.choices[strings.ToLower(c.Name)] = c
	}
	for _, t := range s.Tables {
		if err := t.whole(); err != nil {
			return fmt.Errorf("the definitions: %w", err)
		}
		if m.byName[t.Name] != nil || m.setTaken(t.Set) {
			return fmt.Errorf("the definitions: the table %q is there twice", t.Name)
		}
		for _, c := range t.Columns {
			if err := m.relink(c); err != nil {
				return fmt.Errorf("the definitions: table %q: %w", t.Name, err)
			}
		}
		m.add(t)
	}
	for _, r := range s.Relationships {
		if r == nil || r.Schema == "" {
			return fmt.Errorf("the definitions: a relationship has no name")
		}
		if r.ManyToMany() && (m.byName[r.Intersect] == nil || m.byName[r.One] == nil || m.byName[r.Two] == nil) {
			return fmt.Errorf("the definitions: the relationship %q leads to a table that is not there", r.Schema)
		}
		if t := m.byName[r.Referencing]; !r.ManyToMany() && (t == nil || t.Column(r.Column) == nil) {
			return fmt.Errorf("the definitions: the relationship %q has no column", r.Schema)
		}
		m.relationships[strings.ToLower(r.Schema)] = r
	}
	return nil
}

// whole refuses a table that rows cannot live in.
func (t *Table) whole() error {
	if t == nil || t.Name == "" || t.Set == "" {
		return fmt.Errorf("a table has no name")
	}
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if c == nil || c.Name == "" || seen[c.Name] {
			return fmt.Errorf("table %q has a column without a name, or one twice", t.Name)
		}
		seen[c.Name] = true
	}
	if !seen[t.Key] {
		return fmt.Errorf("table %q has no column %q, its key", t.Name, t.Key)
	}
	return nil
}

// relink lets a column share its global choice with the model.
func (m *Model) relink(c *Column) error {
	if c.Choice == nil || !c.Choice.Global {
		return nil
	}
	same := m.Choice(c.Choice.Name)
	if same == nil {
		return fmt.Errorf("column %q uses the choice %q, which is not there", c.Name, c.Choice.Name)
	}
	c.Choice = same
	return nil
}
