package intake

import (
	"encoding/json"
	"maps"
	"strconv"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/dataverse"
)

// attributes are the columns that an event brought, as dataverse.Entity has them.
// In an image a missing column is empty.
type attributes map[string]any

// has reports whether col came along, be it empty.
func (a attributes) has(col string) bool { _, ok := a[col]; return ok }

// with lays newer over a.
func (a attributes) with(newer attributes) attributes {
	out := maps.Clone(a)
	if out == nil {
		return newer
	}
	maps.Copy(out, newer)
	return out
}

// String is the text in col.
func (a attributes) String(col string) string { s, _ := a[col].(string); return s }

// Int is the number or choice in col.
func (a attributes) Int(col string) (int, bool) {
	switch v := a[col].(type) {
	case dataverse.Option:
		return int(v), true
	case json.Number:
		n, err := strconv.Atoi(string(v))
		return n, err == nil
	}
	return 0, false
}

// Bool is the yes or no in col.
func (a attributes) Bool(col string) (value, ok bool) { value, ok = a[col].(bool); return value, ok }

// Lookup is the row that col points at.
func (a attributes) Lookup(col string) (connector.Record, bool) {
	ref, ok := a[col].(dataverse.Reference)
	if !ok || ref.ID == "" || ref.Table == "" {
		return connector.Record{}, false
	}
	return ref.Record(), true
}
