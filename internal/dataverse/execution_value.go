package dataverse

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Entity is a row inside an execution context. The values of Attributes are:
// string, json.Number, bool, time.Time, Option, []Option, Reference, Money,
// Entity, EntityCollection, []any, Unknown, or nil for a column that was emptied.
type Entity struct {
	LogicalName connector.Table
	ID          connector.RecordID // "" when the row has none, as a party of an activity
	Attributes  map[string]any
	Formatted   map[string]string // what Dynamics shows, where it was sent
}

// Option is the number of a choice, state or status.
type Option int

// Reference points at a row: a lookup, owner or customer.
type Reference struct {
	Table connector.Table
	ID    connector.RecordID
}

// Record is the row in the words of the glossary.
func (r Reference) Record() connector.Record { return connector.Record{Table: r.Table, ID: r.ID} }

// Money is an amount as it was written: its decimals are exact.
type Money json.Number

// EntityCollection is a list of rows: the parties of an activity, for one.
type EntityCollection struct {
	EntityName connector.Table
	Entities   []Entity
}

// Unknown is a value of a type that we do not know, kept as it was sent.
type Unknown struct {
	Type string // the name in __type, before the colon; "" when there was none
	Raw  json.RawMessage
}

// decodeValue reads a value by its first byte and, for objects, by its __type.
func decodeValue(raw string) (any, error) {
	p := &scan{s: raw}
	switch p.peek() {
	case '"':
		s, err := p.str()
		if err != nil {
			return nil, err
		}
		if t, ok := parseDate(s); ok {
			return t, nil
		}
		return s, nil
	case '{':
		return decodeObject(raw)
	case '[':
		return decodeArray(raw)
	}
	return rowValue(p)
}

// decodeArray reads a multi-select choice as []Option and any other list as []any.
func decodeArray(raw string) (any, error) {
	p := &scan{s: raw}
	var all []any
	var options []Option
	err := p.array(func() error {
		text, err := p.value()
		if err != nil {
			return err
		}
		v, err := decodeValue(text)
		if o, ok := v.(Option); ok {
			options = append(options, o)
		}
		all = append(all, v)
		return err
	})
	if err == nil && len(all) > 0 && len(options) == len(all) {
		return options, nil
	}
	return all, err
}

// decodeObject reads a typed value. Where the marker is absent, as in images, the
// members tell the type.
func decodeObject(raw string) (any, error) {
	o, err := membersOf(raw)
	if err != nil {
		return nil, err
	}
	switch o.kind() {
	case "Entity":
		return o.entity()
	case "EntityReference":
		return o.reference()
	case "EntityCollection":
		return o.collection()
	case "OptionSetValue":
		n, err := strconv.Atoi(o.value)
		if err != nil {
			return nil, errType
		}
		return Option(n), nil
	case "Money":
		if c := strings.TrimLeft(o.value, "-0123456789.eE+"); o.value == "" || c != "" {
			return nil, errType
		}
		return Money(o.value), nil
	}
	return Unknown{Type: o.name, Raw: json.RawMessage(raw)}, nil
}

// members holds the JSON of the members that tell values apart.
type members struct {
	name                             string // of __type, before the colon
	id, table, attributes, formatted string
	entities, entityName, value      string
	count                            int
}

func membersOf(raw string) (members, error) {
	p := &scan{s: raw}
	var m members
	err := p.object(func(key string) error {
		if key == "__type" && p.peek() == '"' {
			s, err := p.str()
			m.name, _, _ = strings.Cut(s, ":")
			return err
		}
		v, err := p.value()
		m.count++
		switch key {
		case "Id":
			m.id = v
		case "LogicalName":
			m.table = v
		case "Attributes":
			m.attributes = v
		case "FormattedValues":
			m.formatted = v
		case "Entities":
			m.entities = v
		case "EntityName":
			m.entityName = v
		case "Value":
			m.value = v
		}
		return err
	})
	return m, err
}

// kind is the type of the value: as marked, or as its members tell.
func (m members) kind() string {
	switch {
	case m.name != "":
		return m.name
	case m.attributes != "" && m.table != "":
		return "Entity"
	case m.entities != "" && m.entityName != "":
		return "EntityCollection"
	case m.id != "" && m.table != "":
		return "EntityReference"
	case m.count == 1 && m.value != "" && strings.ContainsAny(m.value, "."):
		return "Money"
	case m.count == 1 && m.value != "" && strings.Trim(m.value, "-0123456789") == "":
		return "OptionSetValue"
	}
	return ""
}

func decodeEntity(raw string) (Entity, error) {
	m, err := membersOf(raw)
	if err != nil {
		return Entity{}, err
	}
	return m.entity()
}

func (m members) entity() (Entity, error) {
	ref, err := m.reference()
	if err != nil {
		return Entity{}, err
	}
	e := Entity{LogicalName: ref.Table, ID: ref.ID, Attributes: map[string]any{}}
	err = pairs(m.attributes, func(key, raw string) (bool, error) {
		v, err := decodeValue(raw)
		e.Attributes[key] = v
		return true, err
	})
	if err != nil {
		return Entity{}, err
	}
	err = pairs(m.formatted, func(key, raw string) (bool, error) {
		s, err := ownText(&scan{s: raw})
		if e.Formatted == nil {
			e.Formatted = map[string]string{}
		}
		e.Formatted[key] = s
		return true, err
	})
	return e, err
}

func (m members) reference() (Reference, error) {
	table, err := optionalText(m.table)
	if err != nil {
		return Reference{}, err
	}
	id, err := optionalText(m.id)
	if err != nil {
		return Reference{}, err
	}
	rid, err := recordID(id)
	return Reference{Table: connector.Table(table), ID: rid}, err
}

func (m members) collection() (EntityCollection, error) {
	name, err := optionalText(m.entityName)
	if err != nil {
		return EntityCollection{}, err
	}
	out := EntityCollection{EntityName: connector.Table(name)}
	if m.entities == "" || m.entities == "null" {
		return out, nil
	}
	p := &scan{s: m.entities}
	err = p.array(func() error {
		raw, err := p.value()
		if err != nil {
			return err
		}
		e, err := decodeEntity(raw)
		out.Entities = append(out.Entities, e)
		return err
	})
	return out, err
}

// optionalText reads a text, null or nothing.
func optionalText(raw string) (string, error) {
	if raw == "" {
		return "", nil
	}
	return ownText(&scan{s: raw})
}

// parseDate reads a date as the serializer writes it: /Date(ms)/ with or without
// an offset, where ms counts from 1970 in UTC and the offset only tells where the
// server stood; or 2006-01-02T15:04:05.999Z, as newer servers write it. A text
// that somebody typed in exactly that form is read as a date, too: the body does
// not tell the two apart.
func parseDate(s string) (time.Time, bool) {
	if inner, ok := strings.CutPrefix(s, "/Date("); ok {
		inner, ok = strings.CutSuffix(inner, ")/")
		if !ok {
			return time.Time{}, false
		}
		if i := strings.LastIndexAny(inner, "+-"); i > 0 {
			if len(inner)-i != 5 || strings.Trim(inner[i+1:], "0123456789") != "" {
				return time.Time{}, false
			}
			inner = inner[:i]
		}
		ms, err := strconv.ParseInt(inner, 10, 64)
		if err != nil || ms < earliestDate || ms > latestDate {
			return time.Time{}, false
		}
		return time.UnixMilli(ms).UTC(), true
	}
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[10] != 'T' || s[len(s)-1] != 'Z' {
		return time.Time{}, false
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z", s)
	return t, err == nil
}

// The years 1 to 9999, in milliseconds from 1970: what a .NET date can be.
const (
	earliestDate = -62135596800000
	latestDate   = 253402300799999
)
