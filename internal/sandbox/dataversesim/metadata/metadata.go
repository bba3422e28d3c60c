// Package metadata holds what a Dataverse organisation knows about its own
// tables: columns, choices, relationships and alternate keys, how they are read
// from data files and written as the metadata service writes them.
//
// Everything in a Model is immutable: a change makes a new Model that shares
// what did not change, so readers need no lock.
package metadata

import "strings"

// Type is the type of a column, as @odata.type and AttributeTypeName have it
// without "AttributeMetadata" (reference: dataverse-api 6.1).
type Type string

// The types of columns.
const (
	Key         Type = "Uniqueidentifier" // with Column.ID of the table: its primary key
	String      Type = "String"
	Memo        Type = "Memo"
	Integer     Type = "Integer"
	BigInt      Type = "BigInt"
	Decimal     Type = "Decimal"
	Double      Type = "Double"
	Money       Type = "Money"
	Boolean     Type = "Boolean"
	DateTime    Type = "DateTime"
	Picklist    Type = "Picklist"
	MultiSelect Type = "MultiSelectPicklist"
	State       Type = "State"
	Status      Type = "Status"
	Lookup      Type = "Lookup"
	Customer    Type = "Customer" // a lookup to account and contact
	Owner       Type = "Owner"    // a lookup to systemuser and team
	PartyList   Type = "PartyList"
	EntityName  Type = "EntityName"
	Image       Type = "Image"
	File        Type = "File"
)

// Behaviours of a DateTime column (reference: dataverse-api 2.4).
const (
	UserLocal           = "UserLocal"
	DateOnly            = "DateOnly"
	TimeZoneIndependent = "TimeZoneIndependent"
)

// English is the language of labels that are given as plain text.
const English = 1033

// Text is a label in one language.
type Text struct {
	Language int // LCID
	Text     string
}

// Label is a label in several languages; empty is no label.
type Label []Text

// In returns an English label, none for an empty text.
func In(text string) Label {
	if text == "" {
		return nil
	}
	return Label{{English, text}}
}

// String is the label in English, else in whatever language there is.
func (l Label) String() string {
	for _, t := range l {
		if t.Language == English {
			return t.Text
		}
	}
	if len(l) > 0 {
		return l[0].Text
	}
	return ""
}

// Merge keeps the languages of l that over does not have.
func (l Label) Merge(over Label) Label {
	out := append(Label(nil), over...)
	for _, t := range l {
		kept := true
		for _, o := range over {
			kept = kept && o.Language != t.Language
		}
		if kept {
			out = append(out, t)
		}
	}
	return out
}

// Option is one value of a choice.
type Option struct {
	Value       int
	Label       Label
	Description Label
	Color       string
	State       int // of a status: the state it belongs to
	Default     int // of a state: its default status
	Next        *Wording
}

// Wording is how something is called: labels that were changed wait in one
// until they are published.
type Wording struct{ Label, Plural, Description Label }

// Choice is a set of options: of one column, or global when it has a name of its own.
type Choice struct {
	ID          string
	Name        string
	Label       Label
	Description Label
	Global      bool
	Custom      bool
	Options     []Option
	Next        *Wording
}

// Column is one column of a table.
type Column struct {
	ID                 string
	Name, Schema       string // logical name, schema name
	Label, Description Label
	Type               Type
	Required           string // None, Recommended, ApplicationRequired, SystemRequired
	Max                int    // of text: characters
	Min, Top           float64
	Precision          int
	Format             string // Text, Email, DateOnly, DateAndTime, …
	Behavior           string // of a DateTime
	Targets            []string
	Choice             *Choice // of Picklist, MultiSelect, State, Status and Boolean
	Default            *int    // of a choice or a Boolean (0, 1)
	ReadOnly           bool    // kept by the platform: neither create nor update
	CreateOnly         bool    // can be given, not changed
	Secret             bool    // can be written, never read
	Custom             bool
	Source             int // 0 simple, 1 calculated, 2 rollup, 3 formula
	Formula            string
	Exact              bool // Precision was given: 0 is none, and not the usual one
	PrecisionSource    int  // of money: 0 Precision, 1 the organisation's, 2 the currency's
	Next               *Wording
}

// IsLookup tells whether the column points at rows.
func (c *Column) IsLookup() bool { return c.Type == Lookup || c.Type == Customer || c.Type == Owner }

// AlternateKey is a set of columns that together identify a row.
type AlternateKey struct {
	ID           string
	Name, Schema string
	Label        Label
	Columns      []string
	Custom       bool
	Status       KeyStatus
}

// KeyStatus is how far the index of an alternate key is (reference:
// dataverse-api 6.1); the zero value is Active.
type KeyStatus string

// The states of an index. Only an active one finds rows and refuses doubles.
const (
	KeyActive  KeyStatus = ""
	KeyPending KeyStatus = "Pending"
	KeyFailed  KeyStatus = "Failed"
)

func (s KeyStatus) String() string {
	if s == KeyActive {
		return "Active"
	}
	return string(s)
}

// Table is one table.
type Table struct {
	ID                         string
	Name, Schema               string
	Set, Collection            string // contacts, Contacts
	Label, Plural, Description Label
	Code                       int // object type code
	Ownership                  string
	Key, Primary               string
	Suffix                     string // of the navigation names of an activity's lookups: _email
	Activity, Intersect        bool
	Notes, Activities          bool
	Tracked, Elastic           bool
	Logical                    bool // of the platform's inside: no steps on it
	Custom                     bool
	Columns                    []*Column
	Keys                       []*AlternateKey
	Next                       *Wording
}

// Column returns the column with that logical name, nil when there is none.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Navigation is the single-valued navigation name of c when it points at target
// (reference: dataverse-api 2.4): the schema name of a custom lookup, else the
// logical name; _target behind it when there are several; an activity's own
// suffix last.
func (t *Table) Navigation(c *Column, target string) string {
	name := c.Name
	if c.Custom {
		name = c.Schema
	}
	if len(c.Targets) > 1 && c.Type != Owner {
		name += "_" + target
	}
	return name + t.Suffix
}

// Relationship is a 1:N relationship, or an N:N one when Intersect is set.
type Relationship struct {
	ID, Schema string
	Custom     bool

	// 1:N: rows of Referencing point at rows of Referenced through Column.
	Referenced, ReferencedKey string
	Referencing, Column       string
	Navigation                string            // on Referencing, single-valued
	Collection                string            // on Referenced, collection-valued
	Cascade                   map[string]string // Assign, Delete, … → NoCascade, RemoveLink, Cascade, Restrict

	// N:N: Intersect holds pairs of One and Two.
	Intersect      string
	One, Two       string // tables
	OneKey, TwoKey string // columns of Intersect
	OneNav, TwoNav string // the collection on One, which holds rows of Two, and the other way round
}

// ManyToMany tells whether r is an N:N relationship.
func (r *Relationship) ManyToMany() bool { return r.Intersect != "" }

// Touches tells whether r has to do with a table.
func (r *Relationship) Touches(table string) bool {
	return r.Referenced == table || r.Referencing == table || r.One == table || r.Two == table || r.Intersect == table && table != ""
}

// plural is the platform's rule for an entity set without a given name (*assumed*).
func plural(name string) string {
	switch {
	case strings.HasSuffix(name, "y") && !strings.ContainsAny(name[max(0, len(name)-2):len(name)-1], "aeiou"):
		return name[:len(name)-1] + "ies"
	case strings.HasSuffix(name, "s"), strings.HasSuffix(name, "x"), strings.HasSuffix(name, "ch"), strings.HasSuffix(name, "sh"):
		return name + "es"
	}
	return name + "s"
}

// option finds an option by its value, nil when there is none.
func (c *Choice) option(value int) *Option {
	for i := range c.Options {
		if c.Options[i].Value == value {
			return &c.Options[i]
		}
	}
	return nil
}
