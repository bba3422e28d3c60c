package dataverse

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// errDefinition says that a definition lacks what it must have.
var errDefinition = errors.New("the definition has no name")

// Labels is a text per language, by the language's number: 1033 English, 1043 Dutch.
type Labels map[int]string

// In is the label in the first of the languages that has one, else any, else "".
func (l Labels) In(languages ...int) string {
	for _, n := range languages {
		if l[n] != "" {
			return l[n]
		}
	}
	for _, n := range slices.Sorted(maps.Keys(l)) {
		if l[n] != "" {
			return l[n]
		}
	}
	return ""
}

// TableDefinition is what an organisation says of one of its tables. Those who read it
// share it: it is not to be changed.
type TableDefinition struct {
	Name           connector.Table
	Set            string // the entity set, the first part of a path
	SchemaName     string
	Key, Primary   string // logical names
	TypeCode       int
	Ownership      string // UserOwned, OrganizationOwned, …
	Activity       bool
	Custom         bool
	ChangeTracking bool
	Labels, Plural Labels
	Columns        map[string]ColumnDefinition // by logical name
	Lookups        []LookupDefinition
}

// ColumnDefinition is what an organisation says of one column.
type ColumnDefinition struct {
	Name, SchemaName string
	// Type is the name of its type without "Type": String, Picklist, Lookup, Customer,
	// Owner, DateTime, …; Virtual for what only accompanies another column.
	Type            string
	Format          string
	Behavior        string // of a DateTime: UserLocal, DateOnly, TimeZoneIndependent
	MaxLength       int
	Targets         []connector.Table
	Create, Update  bool // may be written
	Read            bool
	Required        string // None, Recommended, ApplicationRequired, SystemRequired
	Labels          Labels
	CompanionOf     string // AttributeOf: the column that it accompanies
	Formula, Rollup bool
}

// LookupDefinition is one table that a lookup may point at.
type LookupDefinition struct {
	Column     string
	Navigation string // in its own case
	Target     connector.Table
	SchemaName string // of the relationship
}

// LookupsOf returns where a lookup may point; its name may be in any case.
func (t TableDefinition) LookupsOf(column string) []LookupDefinition {
	var out []LookupDefinition
	for _, l := range t.Lookups {
		if strings.EqualFold(l.Column, column) {
			out = append(out, l)
		}
	}
	return out
}

// Fingerprint is a short text that changes when a name, type, length, target or right
// of the table's columns or lookups changes, and not when a label does.
func (t TableDefinition) Fingerprint() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %q %q %q %q %t\n", t.Name, t.Set, t.Key, t.Primary, t.Ownership, t.ChangeTracking)
	for _, name := range slices.Sorted(maps.Keys(t.Columns)) {
		c := t.Columns[name]
		targets := slices.Sorted(slices.Values(c.Targets))
		_, _ = fmt.Fprintf(h, "%q %q %q %q %q %d %q %t %t %t\n", name, c.SchemaName, c.Type, c.Format, c.Behavior, c.MaxLength, targets, c.Create, c.Update, c.Read)
	}
	links := make([]string, len(t.Lookups))
	for i, l := range t.Lookups {
		links[i] = fmt.Sprintf("%q %q %q", l.Column, l.Navigation, l.Target)
	}
	slices.Sort(links)
	_, _ = fmt.Fprintf(h, "%q", links) // a hash never fails
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// labelText is a Label of section 6.1.
type labelText struct {
	LocalizedLabels []struct {
		Label        string
		LanguageCode int
	}
	UserLocalizedLabel *struct {
		Label        string
		LanguageCode int
	}
}

func (l labelText) labels() Labels {
	out := Labels{}
	for _, t := range l.LocalizedLabels {
		out[t.LanguageCode] = t.Label
	}
	if u := l.UserLocalizedLabel; u != nil && out[u.LanguageCode] == "" {
		out[u.LanguageCode] = u.Label
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func parseTable(body []byte) (TableDefinition, error) {
	var d struct {
		LogicalName, EntitySetName, SchemaName, PrimaryIdAttribute, PrimaryNameAttribute, OwnershipType string
		ObjectTypeCode                                                                                  int
		IsActivity, IsCustomEntity, ChangeTrackingEnabled                                               bool
		DisplayName, DisplayCollectionName                                                              labelText
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return TableDefinition{}, err
	}
	if !plainIdentifier(d.LogicalName) || !plainIdentifier(d.EntitySetName) || !plainIdentifier(d.PrimaryIdAttribute) {
		return TableDefinition{}, errDefinition
	}
	return TableDefinition{Name: connector.Table(d.LogicalName), Set: d.EntitySetName, SchemaName: d.SchemaName, Key: d.PrimaryIdAttribute, Primary: d.PrimaryNameAttribute,
		TypeCode: d.ObjectTypeCode, Ownership: d.OwnershipType, Activity: d.IsActivity, Custom: d.IsCustomEntity, ChangeTracking: d.ChangeTrackingEnabled,
		Labels: d.DisplayName.labels(), Plural: d.DisplayCollectionName.labels(), Columns: map[string]ColumnDefinition{}}, nil
}

// attributeText is one attribute as it is sent.
type attributeText struct {
	LogicalName, SchemaName, Format, AttributeOf                   string
	MaxLength                                                      int
	Targets                                                        []connector.Table
	IsValidForCreate, IsValidForUpdate, IsValidForRead             *bool
	SourceType                                                     int
	AttributeTypeName, DateTimeBehavior, FormatName, RequiredLevel struct{ Value string }
	DisplayName                                                    labelText
}

func (a attributeText) column() ColumnDefinition {
	format := a.Format
	if format == "" {
		format = a.FormatName.Value
	}
	may := func(b *bool) bool { return b == nil || *b }
	return ColumnDefinition{Name: a.LogicalName, SchemaName: a.SchemaName, Type: strings.TrimSuffix(a.AttributeTypeName.Value, "Type"), Format: format,
		Behavior: a.DateTimeBehavior.Value, MaxLength: a.MaxLength, Targets: a.Targets, Create: may(a.IsValidForCreate), Update: may(a.IsValidForUpdate),
		Read: may(a.IsValidForRead), Required: a.RequiredLevel.Value, Labels: a.DisplayName.labels(), CompanionOf: a.AttributeOf,
		Formula: a.SourceType == 1 || a.SourceType == 3, Rollup: a.SourceType == 2}
}

// parseList decodes a collection of definitions.
func parseList[T any](body []byte) (list []T, next string, err error) {
	var d struct {
		Value *[]T
		Next  string `json:"@odata.nextLink"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, "", err
	}
	if d.Value == nil {
		return nil, "", errSyntax
	}
	return *d.Value, d.Next, nil
}

// addColumns adds a page of attributes to t.
func (t *TableDefinition) addColumns(body []byte) (string, error) {
	list, next, err := parseList[attributeText](body)
	for _, a := range list {
		if !plainIdentifier(a.LogicalName) {
			return "", errDefinition
		}
		t.Columns[a.LogicalName] = a.column()
	}
	return next, err
}

// addLookups adds a page of relationships to t.
func (t *TableDefinition) addLookups(body []byte) (string, error) {
	list, next, err := parseList[struct {
		SchemaName, ReferencingAttribute, ReferencingEntityNavigationPropertyName, ReferencedEntity string
	}](body)
	for _, r := range list {
		if r.ReferencingAttribute == "" || r.ReferencingEntityNavigationPropertyName == "" || !plainIdentifier(r.ReferencedEntity) {
			return "", errDefinition
		}
		t.Lookups = append(t.Lookups, LookupDefinition{Column: r.ReferencingAttribute, Navigation: r.ReferencingEntityNavigationPropertyName,
			Target: connector.Table(r.ReferencedEntity), SchemaName: r.SchemaName})
	}
	return next, err
}
