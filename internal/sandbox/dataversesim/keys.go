package dataversesim

import (
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
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
	switch v := v.(type) {
	case string:
		return append(b, strings.ToLower(v)...)
	case ref:
		return v.id.append(b)
	case keyRef:
		return v.id.append(b)
	}
	return appendValue(b, v)
}

// rekey makes the indexes of the alternate keys from the rows.
func (t *table) rekey() {
	keyed := map[string]map[string]guid{}
	for _, k := range t.shape.keys {
		if old := t.keys[k.meta.Name]; old != nil {
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
	t.keys = keyed
}

// reindexKeys follows the change of one row.
func (t *table) reindexKeys(before, after *row) {
	for _, k := range t.shape.keys {
		values := t.keys[k.meta.Name]
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
		if other, taken := t.keys[k.meta.Name][v]; taken && other != after.id {
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
