package metadata

import "slices"

// publish gives what waits its place; it returns nil when nothing waits.
func (c *Choice) publish() *Choice {
	waiting := c.Next != nil || slices.ContainsFunc(c.Options, func(o Option) bool { return o.Next != nil })
	if !waiting {
		return nil
	}
	same := *c
	if c.Next != nil {
		same.Label, same.Description, same.Next = c.Next.Label, c.Next.Description, nil
	}
	same.Options = slices.Clone(c.Options)
	for i := range same.Options {
		if o := &same.Options[i]; o.Next != nil {
			o.Label, o.Description, o.Next = o.Next.Label, o.Next.Description, nil
		}
	}
	return &same
}

// Publish returns m with the labels that wait; all stands for everything, else
// tables and choices name what is published (reference: dataverse-api 6.1).
func (m *Model) Publish(all bool, tables, choices []string) *Model {
	out := m
	for _, c := range m.Choices() {
		if all || slices.Contains(choices, c.Name) {
			if next := c.publish(); next != nil {
				out = out.WithChoice(next)
			}
		}
	}
	for _, t := range out.Tables() {
		if !all && !slices.Contains(tables, t.Name) {
			continue
		}
		if next := t.publish(); next != nil {
			out = out.WithTable(next)
		}
	}
	return out
}

// publish is t with what waits, nil when nothing does.
func (t *Table) publish() *Table {
	same, changed := *t, t.Next != nil
	if t.Next != nil {
		same.Label, same.Plural, same.Description, same.Next = t.Next.Label, t.Next.Plural, t.Next.Description, nil
	}
	same.Columns = slices.Clone(t.Columns)
	for i, c := range t.Columns {
		next := *c
		if c.Next != nil {
			next.Label, next.Description, next.Next = c.Next.Label, c.Next.Description, nil
		}
		if c.Choice != nil && !c.Choice.Global {
			if choice := c.Choice.publish(); choice != nil {
				next.Choice = choice
			}
		}
		if c.Next != nil || next.Choice != c.Choice {
			same.Columns[i], changed = &next, true
		}
	}
	if !changed {
		return nil
	}
	return &same
}
