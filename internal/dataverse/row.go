package dataverse

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// The annotations that rows carry when they are asked for (section 2.2).
const (
	formattedValue = "@OData.Community.Display.V1.FormattedValue"
	lookupTable    = "@Microsoft.Dynamics.CRM.lookuplogicalname"
	etagMember     = "@odata.etag"
)

// Row is one row as Dataverse sent it (section 2.4).
type Row struct {
	ID      connector.RecordID
	Version int64 // the number in @odata.etag, 0 when there was none
	// Values holds the members under their own names: logical names for columns,
	// _name_value for lookups, full names for annotations. A value is a string,
	// json.Number, bool or nil; an expanded row or collection is a json.RawMessage.
	Values map[string]any
}

// Has reports whether the row carries col, be it empty. A column that was not
// asked for, or that we may not see, is not there; that is not "empty".
func (r Row) Has(col string) bool {
	if _, ok := r.Values[col]; ok {
		return true
	}
	_, ok := r.Values[lookupProperty(col)]
	return ok
}

// String is the text in col, "" when it is empty or not a text.
func (r Row) String(col string) string { s, _ := r.Values[col].(string); return s }

// Bool is the yes or no in col; ok is false when it is empty or not a bool.
func (r Row) Bool(col string) (value, ok bool) { value, ok = r.Values[col].(bool); return value, ok }

// Int is the whole number or choice in col; ok is false when it is empty or not a
// whole number.
func (r Row) Int(col string) (n int, ok bool) {
	num, isNumber := r.Values[col].(json.Number)
	if !isNumber {
		return 0, false
	}
	n, err := strconv.Atoi(string(num))
	return n, err == nil
}

// Time is the instant or day in col, in UTC; a day is its midnight. ok is false
// when it is empty or not a date.
func (r Row) Time(col string) (t time.Time, ok bool) {
	s, isText := r.Values[col].(string)
	if !isText {
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), true
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

// Lookup is the row that col points at, where col is the logical name of the
// lookup. Its table is known when annotations were asked for, as every read of
// this client does that selects a lookup. ok is false when it is empty.
func (r Row) Lookup(col string) (to connector.Record, ok bool) {
	p := lookupProperty(col)
	s, isText := r.Values[p].(string)
	if !isText {
		return connector.Record{}, false
	}
	id, err := recordID(s)
	if err != nil || id == "" {
		return connector.Record{}, false
	}
	table, _ := r.Values[p+lookupTable].(string)
	return connector.Record{Table: connector.Table(table), ID: id}, true
}

// Formatted is the text that Dynamics shows for col: the label of a choice, the
// name of a lookup. "" when annotations were not asked for.
func (r Row) Formatted(col string) string {
	if s, ok := r.Values[col+formattedValue].(string); ok {
		return s
	}
	s, _ := r.Values[lookupProperty(col)+formattedValue].(string)
	return s
}

// lookupProperty is the name under which a lookup is read and filtered: _name_value.
func lookupProperty(col string) string { return "_" + col + "_value" }

// page is one answer of a query.
type page struct {
	rows    []Row
	removed []removal // of change tracking
	next    string
	delta   string
}

// removal is an entry of change tracking that is not a row.
type removal struct {
	id      connector.RecordID
	deleted bool
}

// reader decodes pages of one table. Names repeat on every row, so each is kept
// once.
type reader struct {
	key   string
	names map[string]string
	size  int // members of the row before, a guess for the next
	// linksOnly passes over the rows.
	linksOnly bool
}

func newReader(t schema.Table) *reader { return &reader{key: t.Key, names: map[string]string{}} }

// page decodes a query's answer; any error means that it is garbled.
func (d *reader) page(body []byte) (page, error) {
	var out page
	p := &scan{s: string(body)}
	seen := false
	err := p.object(func(key string) (err error) {
		switch key {
		case "value":
			seen = true
			return p.array(func() error { return d.entry(p, &out) })
		case "@odata.nextLink":
			out.next, err = p.str()
		case "@odata.deltaLink":
			out.delta, err = p.str()
		default:
			_, err = p.value()
		}
		return err
	})
	if err == nil && (!seen || !p.end()) {
		err = errSyntax
	}
	return out, err
}

// entry decodes one element of value: a row, or what change tracking says of one.
func (d *reader) entry(p *scan, out *page) error {
	text, err := p.value()
	if err != nil || d.linksOnly {
		return err
	}
	row, err := d.row(text)
	if err != nil {
		return err
	}
	if row.ID != "" {
		out.rows = append(out.rows, row)
		return nil
	}
	id, err := recordID(row.String("id"))
	if err != nil || id == "" {
		return errNoKey
	}
	marked := strings.HasSuffix(row.String("@odata.context"), "/$deletedEntity")
	reason := row.String("reason")
	out.removed = append(out.removed, removal{id, reason == "deleted" || marked && reason == ""})
	return nil
}

// row decodes one object. ID is "" when it has no key. The text is copied once
// and every value points into the copy, so a row costs few allocations and does
// not keep its page alive.
func (d *reader) row(text string) (Row, error) {
	p := &scan{s: strings.Clone(text)}
	row := Row{Values: make(map[string]any, max(d.size, 8))}
	err := p.object(func(key string) error {
		v, err := rowValue(p)
		if err != nil {
			return err
		}
		if key == etagMember {
			row.Version = etagVersion(v)
		}
		row.Values[d.name(key)] = v
		return nil
	})
	if err != nil {
		return Row{}, err
	}
	d.size = len(row.Values)
	if s, ok := row.Values[d.key].(string); ok {
		row.ID, err = recordID(s)
	}
	return row, err
}

// single decodes the answer to a read of one row.
func (d *reader) single(body []byte) (Row, error) {
	p := &scan{s: string(body)}
	text, err := p.value()
	if err == nil && !p.end() {
		err = errSyntax
	}
	if err != nil {
		return Row{}, err
	}
	row, err := d.row(text)
	if err == nil && row.ID == "" {
		err = errNoKey
	}
	return row, err
}

func (d *reader) name(key string) string {
	if n, ok := d.names[key]; ok {
		return n
	}
	n := strings.Clone(key)
	d.names[n] = n
	return n
}

func rowValue(p *scan) (any, error) {
	switch p.peek() {
	case '"':
		return p.str()
	case '{', '[':
		raw, err := p.value()
		return json.RawMessage(raw), err
	}
	raw, err := p.value()
	if err != nil {
		return nil, err
	}
	switch raw {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	return json.Number(raw), nil
}

// etagVersion reads W/"123".
func etagVersion(v any) int64 {
	s, _ := v.(string)
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "W/"), `"`), `"`)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// etag writes the version of a row as If-Match wants it.
func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }
