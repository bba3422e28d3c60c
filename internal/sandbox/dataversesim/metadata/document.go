package metadata

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Document is one object of the metadata service, as it is written in JSON.
type Document struct {
	// Type is the name behind Microsoft.Dynamics.CRM., empty for a plain value.
	Type string
	// Typed documents say in every place what they are.
	Typed   bool
	members []member
	// below are the navigation properties: shown only when they are expanded.
	below map[string]func() any
}

// member is one property. A value is nil, bool, int, float64, string, []string,
// a *Document or []*Document.
type member struct {
	name  string
	value any
}

func doc(kind string, pairs ...any) *Document {
	d := &Document{Type: kind}
	d.add(pairs...)
	return d
}

// add takes names and values in turn.
func (d *Document) add(pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		d.members = append(d.members, member{pairs[i].(string), pairs[i+1]})
	}
}

// lead gives d a navigation property.
func (d *Document) lead(name string, to func() any) {
	if d.below == nil {
		d.below = map[string]func() any{}
	}
	d.below[name] = to
}

// get finds a property.
func (d *Document) get(name string) (any, bool) {
	for _, m := range d.members {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

// Below follows a navigation property: a *Document, which is nil when there is
// nothing behind it, or []*Document.
func (d *Document) Below(name string) (any, bool) {
	to, ok := d.below[name]
	if !ok {
		return nil, false
	}
	return to(), true
}

// Property is the value of a property as JSON.
func (d *Document) Property(name string) ([]byte, bool) {
	v, ok := d.get(name)
	if !ok {
		return nil, false
	}
	return appendJSON(nil, v), true
}

// Append writes d as JSON; context is the value of @odata.context or empty.
func (d *Document) Append(b []byte, context string) []byte {
	b = append(b, '{')
	start := len(b)
	if context != "" {
		b = appendMember(b, start, "@odata.context", context)
	}
	if d.Typed && d.Type != "" {
		b = appendMember(b, start, "@odata.type", "#Microsoft.Dynamics.CRM."+d.Type)
	}
	for _, m := range d.members {
		b = appendMember(b, start, m.name, m.value)
	}
	return append(b, '}')
}

func appendMember(b []byte, start int, name string, value any) []byte {
	if len(b) > start {
		b = append(b, ',')
	}
	b = append(append(append(b, '"'), name...), `":`...)
	return appendJSON(b, value)
}

func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case string:
		text, _ := json.Marshal(v) // a string cannot fail
		return append(b, text...)
	case []string:
		text, _ := json.Marshal(v)
		return append(b, text...)
	case *Document:
		if v != nil {
			return v.Append(b, "")
		}
	case []*Document:
		b = append(b, '[')
		for i, d := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = d.Append(b, "")
		}
		return append(b, ']')
	}
	return append(b, "null"...)
}

// text is the empty text as null, as the service writes most names.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// label writes a label with all its languages.
func label(l Label, managed bool) *Document {
	all := []*Document{}
	var user *Document
	for _, t := range l {
		one := doc("", "Label", t.Text, "LanguageCode", t.Language, "IsManaged", managed, "MetadataId", identity("label", strconv.Itoa(t.Language)+t.Text), "HasChanged", nil)
		all = append(all, one)
		if user == nil || t.Language == English {
			user = one
		}
	}
	return doc("", "LocalizedLabels", all, "UserLocalizedLabel", user)
}

// managed writes a managed property.
func managed(value any, changeable bool, name string) *Document {
	return doc("", "Value", value, "CanBeChanged", changeable, "ManagedPropertyLogicalName", name)
}

// names are the properties of d, with those that can only be expanded.
func (d *Document) names() []string {
	var out []string
	for _, m := range d.members {
		out = append(out, m.name)
	}
	for name := range d.below {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Has tells whether d has a property of that name, to be read or to be expanded.
func (d *Document) Has(name string) bool {
	_, found := slices.BinarySearch(d.names(), name)
	return found
}
