package dataversesim

import (
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/schema"
)

// view says what of a row an answer shows.
type view struct {
	table   *table
	columns []*column
	// selected is the $select as it was asked, for @odata.context.
	selected []string
	notes    annotations
	// sparse leaves out what has no value, as the platform does for FetchXML and
	// saved queries (Microsoft Learn: "Retrieve and execute predefined queries").
	sparse bool
	// bare rows have no @odata.etag.
	bare bool
}

// viewOf reads $select: the primary key is always shown, secrets never
// (reference: dataverse-api 2.4).
func viewOf(t *table, selects string, notes annotations) (view, *failure) {
	v := view{table: t, notes: notes}
	if selects == "" || selects == "*" {
		for _, c := range t.shape.cols {
			if !c.secret {
				v.columns = append(v.columns, c)
			}
		}
		v.columns = t.visible(v.columns)
		return v, nil
	}
	hasKey := false
	for name := range strings.SplitSeq(selects, ",") {
		name = strings.TrimSpace(name)
		c := t.shape.byWire[name]
		if c == nil || c.secret {
			return v, unknownProperty(t, name)
		}
		hasKey = hasKey || c.kind == schema.PrimaryKey
		v.columns = append(v.columns, c)
		v.selected = append(v.selected, name)
	}
	if key := t.shape.byName[t.key]; !hasKey && key != nil {
		v.columns = append(v.columns, key)
	}
	v.columns = t.visible(v.columns)
	return v, nil
}

// usualSize is about how many bytes a row takes.
func (v view) usualSize() int {
	n := 48
	for _, c := range v.columns {
		n += len(c.key) + 20
	}
	return n
}

// etag is the version of a row as HTTP knows it.
func (r *row) etag() string { return `W/"` + strconv.FormatInt(r.version, 10) + `"` }

// appendRow adds r as a JSON object; context is the value of @odata.context or
// empty. With annotations it must run under the read lock.
func (s *Sim) appendRow(b []byte, r *row, v view, context string) []byte {
	b = append(b, '{')
	if context != "" {
		b = append(appendString(append(b, `"@odata.context":`...), context), ',')
	}
	if !v.bare {
		b = append(b, `"@odata.etag":"W/\"`...)
		b = strconv.AppendInt(b, r.version, 10)
		b = append(b, `\"",`...)
	}
	for _, c := range v.columns {
		val := r.get(c)
		if val == nil && v.sparse {
			continue
		}
		b = append(b, c.key...)
		b = c.appendOwn(b, val)
		if v.notes.any() && val != nil {
			b = s.appendNotes(b, c, val, v.notes)
		}
		b = append(b, ',')
	}
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, '}')
}

// appendNotes adds the annotations of one value.
func (s *Sim) appendNotes(b []byte, c *column, val any, notes annotations) []byte {
	note := func(name, value string) {
		b = append(appendString(append(b, ','), c.wire+"@"+name), ':')
		b = appendString(b, value)
	}
	to, isRef := val.(ref)
	if isRef && notes.navigation && c.kind != schema.Owner {
		note("Microsoft.Dynamics.CRM.associatednavigationproperty", c.navigationTo(to.table.name))
	} else if isRef && notes.navigation {
		note("Microsoft.Dynamics.CRM.associatednavigationproperty", c.nav)
	}
	if isRef && notes.target {
		note("Microsoft.Dynamics.CRM.lookuplogicalname", to.table.name)
	}
	if notes.formatted {
		if text := s.formatted(c, val); text != "" {
			note("OData.Community.Display.V1.FormattedValue", text)
		}
	}
	return b
}

// formatted is a value as the platform shows it to an English reader; empty
// for values that have no formatted form, such as text.
func (s *Sim) formatted(c *column, val any) string {
	switch v := val.(type) {
	case int64:
		for _, o := range c.options {
			if int64(o.Value) == v {
				return o.Label
			}
		}
		return grouped(strconv.FormatInt(v, 10))
	case float64:
		if c.meta != nil {
			return grouped(strconv.FormatFloat(v, 'f', c.meta.Precision, 64))
		}
		return grouped(strconv.FormatFloat(v, 'f', 2, 64))
	case picks:
		return c.labels(v)
	case bool:
		if int64(truth(v)) < int64(len(c.options)) {
			for _, o := range c.options {
				if o.Value == truth(v) {
					return o.Label
				}
			}
		}
		if v {
			return "Yes"
		}
		return "No"
	case moment:
		return v.time().Format("1/2/2006 3:04 PM")
	case day:
		if m, ok := parseMoment(string(v)); ok {
			return m.time().Format("1/2/2006")
		}
	case ref:
		return s.nameOf(v)
	}
	return ""
}

// grouped puts commas between the thousands.
func grouped(n string) string {
	whole, fraction, _ := strings.Cut(n, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction
}
