package mapping

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/spotler-connector/connector/internal/schema"
)

// origin is a cell that was bound to the schema: where its value is read.
type origin struct {
	name  string // for a Problem: the column, or the cell
	parts []input
	join  bool // the parts are joined to one text; else the first that is filled counts
}

// input is one column that an origin reads, or fixed text between columns.
type input struct {
	reader reader
	column string // logical name
	fixed  string
}

// reading is what an origin gave.
type reading struct {
	value
	kind   schema.Kind
	column string
}

// read returns the value of the cell for a row, or says why it cannot. Trouble with
// an earlier part is never taken for "empty", so the later ones do not step in.
func (o *origin) read(row map[string]any, goal *target) (reading, string) {
	if o.join {
		return o.joined(row, goal)
	}
	last := reading{}
	for i := range o.parts {
		p := &o.parts[i]
		v, says := p.reader.read(row)
		last = reading{v, p.reader.known(), p.column}
		if says != "" || v.canonical != "" {
			return last, says
		}
	}
	return last, ""
}

// joined is the texts of the parts behind each other. Columns that are all empty
// give no value, whatever the fixed text between them.
func (o *origin) joined(row map[string]any, goal *target) (reading, string) {
	var b strings.Builder
	filled := false
	for i := range o.parts {
		p := &o.parts[i]
		if p.fixed != "" {
			b.WriteString(p.fixed)
			continue
		}
		v, says := p.reader.read(row)
		if says != "" {
			return reading{}, says
		}
		if v.canonical == "" {
			continue
		}
		t := *goal
		t.kind, t.column = p.reader.known(), p.column
		w := writeString(&t, v)
		if w.fault != "" {
			return reading{}, w.fault
		}
		filled = true
		b.WriteString(w.canonical)
	}
	if !filled {
		return reading{kind: schema.String}, ""
	}
	text := strings.TrimSpace(b.String())
	return reading{value: value{canonical: text, text: text}, kind: schema.String}, ""
}

// known is the kind as which a value is converted.
func (r *reader) known() schema.Kind {
	if r.kind == anyKind {
		return schema.String
	}
	return r.kind
}

// kind is that of the only column, or String for what is put together.
func (o *origin) kind() schema.Kind {
	if len(o.parts) == 1 && !o.join {
		return o.parts[0].reader.known()
	}
	return schema.String
}

// within returns the row in which r's column stands: the row itself, the row that a
// lookup points at, or the first row of a query's answer. nil without words is
// "there is none".
func (r *reader) within(row map[string]any) (map[string]any, string) {
	switch {
	case r.via != "":
		raw, there := row[r.via]
		if !there {
			return nil, saysUnread
		}
		return linkedRow(raw)
	case r.answer != "":
		rows, there := row[r.answer].([]map[string]any)
		if !there {
			return nil, saysUnread
		}
		if len(rows) == 0 {
			return nil, ""
		}
		return rows[0], ""
	}
	return row, ""
}

// linkedRow reads the row that came along with an expanded lookup.
func linkedRow(raw any) (map[string]any, string) {
	switch v := raw.(type) {
	case nil:
		return nil, ""
	case map[string]any:
		return v, ""
	case json.RawMessage:
		d := json.NewDecoder(bytes.NewReader(v))
		d.UseNumber()
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			return nil, saysType
		}
		return row, ""
	}
	return nil, saysType
}
