package mapping

import (
	"maps"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Snapshot is what both schemas said of the columns and fields of a sheet at some time.
// It says what became of one that is not there any more (manual: "Database Fields").
type Snapshot struct {
	Columns map[string]Seen `json:"columns"` // "contact.firstname"
	Fields  map[string]Seen `json:"fields"`  // by database name
}

// Seen is a column or a field as it was.
type Seen struct {
	Type  string `json:"type"`
	Label string `json:"label,omitempty"` // what people call it
}

// columnKey is the key of a column in a Snapshot.
func columnKey(t connector.Table, column string) string { return string(t) + "." + column }

// columnsOf are the columns of table t that a cell reads itself, not through a lookup.
func columnsOf(s Source) []string {
	switch source := s.(type) {
	case Column:
		return []string{string(source)}
	case Through:
		return []string{source.Lookup}
	case FirstFilled:
		return columnsOfAll(source)
	case Concat:
		return columnsOfAll(source)
	}
	return nil
}

func columnsOfAll(parts []Source) []string {
	var out []string
	for _, p := range parts {
		out = append(out, columnsOf(p)...)
	}
	return out
}

// Columns are the columns of table t that the sheet names, each once. A nil sheet names
// none.
func (s *Sheet) Columns(t connector.Table) []string {
	if s == nil {
		return nil
	}
	var out []string
	for _, r := range s.Rows {
		for _, name := range columnsOf(r.For(t)) {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// Snapshot notes what both schemas say of the sheet's columns and fields now. What is
// not there any more keeps what before says of it.
func (s *Sheet) Snapshot(tables []schema.Table, properties []Property, before Snapshot) Snapshot {
	out := Snapshot{Columns: map[string]Seen{}, Fields: map[string]Seen{}}
	for _, r := range s.Rows {
		for _, c := range r.cells() {
			for _, name := range columnsOf(c.source) {
				key := columnKey(c.table, name)
				if now, there := seenColumn(tables, c.table, name); there {
					out.Columns[key] = now
				} else if was, known := before.Columns[key]; known {
					out.Columns[key] = was
				}
			}
		}
		if now, there := seenField(properties, r.Spotler); there {
			out.Fields[r.Spotler] = now
		} else if was, known := before.Fields[r.Spotler]; known {
			out.Fields[r.Spotler] = was
		}
	}
	return out
}

// Same reports whether nothing differs.
func (s Snapshot) Same(other Snapshot) bool {
	return maps.Equal(s.Columns, other.Columns) && maps.Equal(s.Fields, other.Fields)
}

func seenColumn(tables []schema.Table, t connector.Table, name string) (Seen, bool) {
	for _, table := range tables {
		if table.Name == t {
			c, there := table.Column(name)
			return Seen{string(c.Kind), c.Label}, there
		}
	}
	return Seen{}, false
}

func seenField(properties []Property, name string) (Seen, bool) {
	for _, p := range properties {
		if p.Name == name {
			return Seen{p.Type, p.Description}, true
		}
	}
	return Seen{}, false
}

// Drift tells what became of the sheet's columns and fields since before: vanished (with
// the one that has the same name for people now, if there is one) or of another type.
// Each finding proposes what to do. What before does not know is not mentioned.
func (s *Sheet) Drift(before Snapshot, tables []schema.Table, properties []Property) []Finding {
	var out []Finding
	tell := func(severity Severity, row int, cell, value, says string) {
		out = append(out, Finding{severity, Refusal{row, cell, value, says}})
	}
	for i, r := range s.Rows {
		for _, c := range r.cells() {
			for _, name := range columnsOf(c.source) {
				was, known := before.Columns[columnKey(c.table, name)]
				now, there := seenColumn(tables, c.table, name)
				switch {
				case !known:
				case !there:
					tell(Fails, i+1, c.name, c.source.String(), "the column "+name+vanished(was, likeColumn(tables, c.table, was)))
				case now.Type != was.Type:
					tell(Warns, i+1, c.name, c.source.String(), "the column "+name+retyped(was, now))
				}
			}
		}
		was, known := before.Fields[r.Spotler]
		now, there := seenField(properties, r.Spotler)
		switch {
		case !known:
		case !there:
			tell(Fails, i+1, "spotler", r.Spotler, "the Spotler field "+r.Spotler+vanishedField(was, likeField(properties, was, s)))
		case now.Type != was.Type:
			tell(Warns, i+1, "spotler", r.Spotler, "the Spotler field "+r.Spotler+retyped(was, now))
		}
	}
	return out
}

func vanished(was Seen, like string) string {
	says := " (" + was.Type + ") is not in Dynamics 365 any more, or the connector may not read it"
	if like != "" {
		return says + "; the column " + like + " has the same name for people now: put it into the row"
	}
	return says + "; make it again, or take it out of the row"
}

func vanishedField(was Seen, like string) string {
	says := " (" + was.Type + ") was deleted in Spotler or is hidden now"
	if like != "" {
		return says + "; the field " + like + " has its name for people now: put it into the row"
	}
	return says + "; make it visible again, or take the row out"
}

func retyped(was, now Seen) string {
	return " was of type " + was.Type + " and is " + now.Type + " now; check that its values still are what is meant, or change the row"
}

// likeColumn is the only other column with the label of was.
func likeColumn(tables []schema.Table, t connector.Table, was Seen) string {
	var fit []string
	for _, table := range tables {
		for _, c := range table.Columns {
			if table.Name == t && was.Label != "" && strings.EqualFold(c.Label, was.Label) {
				fit = append(fit, c.Name)
			}
		}
	}
	return only(fit)
}

// likeField is the only other field with the description of was that no row has.
func likeField(properties []Property, was Seen, s *Sheet) string {
	var fit []string
	for _, p := range properties {
		mapped := slices.ContainsFunc(s.Rows, func(r Row) bool { return r.Spotler == p.Name })
		if !mapped && was.Label != "" && strings.EqualFold(p.Description, was.Label) {
			fit = append(fit, p.Name)
		}
	}
	return only(fit)
}

func only(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return ""
}
