package dataversesim

import (
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
	"github.com/spotler-connector/connector/internal/schema"
)

// alternateKey is an alternate key as the rows of a table need it.
type alternateKey struct {
	meta *metadata.AlternateKey
	cols []*column
}

func alternateKeys(t *metadata.Table, s *shape) []alternateKey {
	var out []alternateKey
	for _, k := range t.Keys {
		if k.Status != metadata.KeyActive {
			continue
		}
		a := alternateKey{meta: k}
		for _, name := range k.Columns {
			if c := s.byName[name]; c != nil {
				a.cols = append(a.cols, c)
			}
		}
		if len(a.cols) == len(k.Columns) {
			out = append(out, a)
		}
	}
	return out
}

// of is the value of the key in a row; ok is false when a column of it is
// empty, because such rows are in no key.
func (k alternateKey) of(r *row) (value string, ok bool) {
	var b []byte
	for _, c := range k.cols {
		v := r.get(c)
		if v == nil {
			return "", false
		}
		b = append(appendKeyValue(b, v), 0)
	}
	return string(b), true
}

// appendKeyValue writes a value as keys compare it: text without case.
func appendKeyValue(b []byte, v any) []byte {
	if s, ok := v.(string); ok {
		return append(b, strings.ToLower(s)...)
	}
	return appendValue(b, v)
}

// rekey makes the indexes of the alternate keys from the rows.
func (t *table) rekey() {
	keyed := map[string]map[string]guid{}
	for _, k := range t.shape.keys {
		if old := t.keyed[k.meta.Name]; old != nil {
			keyed[k.meta.Name] = old
			continue
		}
		values := map[string]guid{}
		for _, s := range t.order {
			if s.row == nil {
				continue
			}
			if v, ok := k.of(s.row); ok {
				values[v] = s.row.id
			}
		}
		keyed[k.meta.Name] = values
	}
	t.keyed = keyed
}

// reindexKeys follows the change of one row.
func (t *table) reindexKeys(before, after *row) {
	for _, k := range t.shape.keys {
		values := t.keyed[k.meta.Name]
		if before != nil {
			if v, ok := k.of(before); ok && values[v] == before.id {
				delete(values, v)
			}
		}
		if after != nil {
			if v, ok := k.of(after); ok {
				values[v] = after.id
			}
		}
	}
}

// checkKeys refuses a row whose key another row has (reference: dataverse-api
// 2.9, 0x80060892).
func (t *table) checkKeys(after *row) *failure {
	for _, k := range t.shape.keys {
		v, ok := k.of(after)
		if !ok {
			continue
		}
		if other, taken := t.keyed[k.meta.Name][v]; taken && other != after.id {
			return violated(k)
		}
	}
	return nil
}

func violated(k alternateKey) *failure {
	names := strings.Join(k.meta.Columns, ", ")
	return fail(412, "0x80060892", "Entity Key %s violated. A record with the same value for %s already exists. A duplicate record cannot be created. Select one or more unique values and try again. <DuplicateAttributes>%s</DuplicateAttributes>",
		k.meta.Label, names, names)
}

// duplicates tells whether two rows have the same value of k, so that it
// cannot be made.
func (t *table) duplicates(k alternateKey) bool {
	seen := map[string]bool{}
	for _, s := range t.order {
		if s.row == nil {
			continue
		}
		v, ok := k.of(s.row)
		if ok && seen[v] {
			return true
		}
		seen[v] = ok
	}
	return false
}

// addressed finds the row that an alternate key in an address means:
// dh_externalid='A1' or k1='a',k2=5. known is false when the table has no such
// key; the zero id is a row that does not exist.
func (t *table) addressed(text string) (id guid, known bool) {
	given := map[string]string{}
	for _, part := range splitOutside(text) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return id, false
		}
		if len(value) > 1 && value[0] == '\'' && value[len(value)-1] == '\'' {
			value = strings.ReplaceAll(value[1:len(value)-1], "''", "'")
		}
		given[strings.TrimSpace(name)] = strings.ToLower(value)
	}
	for _, k := range t.shape.keys {
		var b []byte
		for _, c := range k.cols {
			value, ok := given[c.wire]
			if !ok {
				b = nil
				break
			}
			if _, isText := columnText[c.kind]; !isText {
				if c.isLookup() || c.kind == schema.DateOnly || c.kind == schema.DateTime {
					value = `"` + value + `"`
				}
			}
			b = append(append(b, value...), 0)
		}
		if b != nil && len(given) == len(k.cols) {
			return t.keyed[k.meta.Name][string(b)], true
		}
	}
	return id, false
}

// columnText are the kinds whose values are text.
var columnText = map[schema.Kind]struct{}{schema.String: {}, schema.Memo: {}, unique: {}}

// splitOutside cuts at commas outside quotes.
func splitOutside(s string) []string {
	var out []string
	start, quoted := 0, false
	for i := range len(s) {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}
