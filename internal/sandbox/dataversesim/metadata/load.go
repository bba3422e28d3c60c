package metadata

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

// The standard tables, one file each (reference: dataverse-api 1, 4, 5, 6; the
// labels and lengths are those of the public table reference).
//
//go:embed standard/*.yaml
var standard embed.FS

// tableFile is the form of a data file.
type tableFile struct {
	Table, Schema, Set, Collection, Label, Plural string
	Description                                   string
	Code                                          int
	Key, Primary, Ownership                       string
	Activity, Notes, Activities, Logical          bool
	Intersect, Elastic                            bool
	Tracked                                       *bool
	Columns                                       []columnFile
	// Collections names the collection-valued side of a lookup: "column target" → name.
	Collections  map[string]string
	Associations []associationFile
	Keys         []keyFile
}

type columnFile struct {
	Schema, Label, Type, Format, Behavior string
	Max, Precision                        int
	Targets                               []string
	Options                               []optionFile
	Default                               *int
	Required, Readonly, Createonly        bool
	Secret                                bool
}

type optionFile struct {
	Value          int
	Label          string
	State, Default int
}

type associationFile struct{ Schema, With, Intersect string }

type keyFile struct {
	Schema, Label string
	Columns       []string
}

// kinds translates the words of the data files.
var kinds = map[string]Type{
	"key": Key, "unique": Key, "string": String, "memo": Memo, "int": Integer, "bigint": BigInt, "decimal": Decimal, "double": Double, "money": Money,
	"bool": Boolean, "datetime": DateTime, "dateonly": DateTime, "choice": Picklist, "multichoice": MultiSelect, "state": State, "status": Status,
	"lookup": Lookup, "customer": Customer, "owner": Owner, "partylist": PartyList, "entityname": EntityName, "image": Image, "file": File,
}

// Standard is a new organisation: the standard tables and our solution's own.
// It is made once; a Model never changes.
var Standard = sync.OnceValue(func() *Model {
	m, err := readFiles(standard)
	if err != nil {
		panic("metadata: the embedded tables: " + err.Error()) // a test reads the same bytes
	}
	return withOwn(m)
})

// readFiles makes a model of the data files below standard/.
func readFiles(files fs.FS) (*Model, error) {
	names, err := fs.Glob(files, "standard/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("the names of the data files: %w", err)
	}
	m := newModel()
	var read []*tableFile
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f := &tableFile{}
		if err := yaml.Load(text, f, yaml.WithKnownFields()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t, err := f.table()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.add(t)
		read = append(read, f)
	}
	for _, f := range read {
		m.relateAll(f.Table, f.Collections)
		for _, a := range f.Associations {
			m.associate(&Relationship{Schema: a.Schema, Intersect: a.Intersect, One: f.Table, Two: a.With})
		}
	}
	return m, nil
}

// add is WithTable while the model is being made.
func (m *Model) add(t *Table) {
	t.seal()
	m.tables = append(m.tables, t)
	m.byName[t.Name], m.byID[t.ID] = t, t
}

func (f *tableFile) table() (*Table, error) {
	t := &Table{Name: f.Table, Schema: f.Schema, Set: f.Set, Collection: f.Collection, Label: In(f.Label), Plural: In(f.Plural), Description: In(f.Description), Code: f.Code,
		Ownership: f.Ownership, Key: f.Key, Primary: f.Primary, Activity: f.Activity, Notes: f.Notes, Activities: f.Activities, Logical: f.Logical,
		Intersect: f.Intersect, Elastic: f.Elastic, Tracked: f.Tracked == nil || *f.Tracked}
	if t.Activity {
		t.Suffix = "_" + t.Name
	}
	for _, c := range f.Columns {
		col, err := c.column()
		if err != nil {
			return nil, err
		}
		t.Columns = append(t.Columns, col)
	}
	for _, k := range f.Keys {
		t.Keys = append(t.Keys, &AlternateKey{Schema: k.Schema, Name: strings.ToLower(k.Schema), Label: In(k.Label), Columns: k.Columns})
	}
	if t.Column(t.Key) == nil {
		return nil, fmt.Errorf("table %s has no column %q, its key", t.Name, t.Key)
	}
	t.addSystemColumns()
	return t, nil
}

func (f columnFile) column() (*Column, error) {
	kind, ok := kinds[f.Type]
	if !ok {
		return nil, fmt.Errorf("column %s: the type %q is not known", f.Schema, f.Type)
	}
	c := &Column{Name: strings.ToLower(f.Schema), Schema: f.Schema, Label: In(f.Label), Type: kind, Format: f.Format, Behavior: f.Behavior, Max: f.Max,
		Precision: f.Precision, Targets: f.Targets, Default: f.Default, ReadOnly: f.Readonly, CreateOnly: f.Createonly, Secret: f.Secret}
	if f.Required {
		c.Required = "ApplicationRequired"
	}
	if f.Type == "dateonly" {
		c.Behavior, c.Format = DateOnly, "DateOnly"
	}
	if len(f.Options) > 0 {
		c.Choice = &Choice{}
	}
	for _, o := range f.Options {
		c.Choice.Options = append(c.Choice.Options, Option{Value: o.Value, Label: In(o.Label), State: o.State, Default: o.Default})
	}
	c.complete()
	return c, nil
}

// complete gives a column what its type always has.
func (c *Column) complete() {
	if c.Required == "" {
		c.Required = "None"
	}
	switch c.Type {
	case Owner:
		c.Targets = []string{"systemuser", "team"}
	case Customer:
		if len(c.Targets) == 0 {
			c.Targets = []string{"account", "contact"}
		}
	case Boolean:
		if c.Choice == nil {
			c.Choice = &Choice{Options: []Option{{Value: 0, Label: In("No")}, {Value: 1, Label: In("Yes")}}}
		}
	case DateTime:
		c.completeDate()
	case Picklist, MultiSelect, State, Status:
		if c.Choice == nil {
			c.Choice = &Choice{}
		}
	default:
		c.completeNumber()
	}
}

func (c *Column) completeDate() {
	if c.Behavior == "" {
		c.Behavior = UserLocal
	}
	if c.Format == "" {
		c.Format = "DateAndTime"
	}
}

func (c *Column) completeNumber() {
	precision, bound := 0, 0.0
	switch c.Type {
	case Integer:
		bound = 1<<31 - 1
	case Decimal:
		precision, bound = 10, 100000000000
	case Double:
		precision, bound = 5, 100000000000
	case Money:
		precision, bound = 2, 922337203685477
	case String, Memo:
		if c.Max == 0 {
			c.Max = 100
		}
		if c.Format == "" {
			c.Format = "Text"
		}
	}
	if c.Precision == 0 && !c.Exact {
		c.Precision, c.PrecisionSource = precision, 2
	}
	if c.Min == 0 && c.Top == 0 {
		c.Min, c.Top = -bound, bound
	}
}

// addSystemColumns gives a table what every table has, and a money column its
// companion in the base currency (reference: dataverse-api 2.4).
func (t *Table) addSystemColumns() {
	for _, c := range slices.Clone(t.Columns) {
		if c.Type == Money && t.Column(c.Name+"_base") == nil {
			t.want(&Column{Schema: c.Schema + "_Base", Label: In(c.Label.String() + " (Base)"), Type: Money, ReadOnly: true})
		}
	}
	t.want(&Column{Schema: "CreatedOn", Label: In("Created On"), Type: DateTime, ReadOnly: true})
	t.want(&Column{Schema: "ModifiedOn", Label: In("Modified On"), Type: DateTime, ReadOnly: true})
	t.want(&Column{Schema: "CreatedBy", Label: In("Created By"), Type: Lookup, Targets: []string{"systemuser"}, ReadOnly: true})
	t.want(&Column{Schema: "ModifiedBy", Label: In("Modified By"), Type: Lookup, Targets: []string{"systemuser"}, ReadOnly: true})
	t.want(&Column{Schema: "VersionNumber", Label: In("Version Number"), Type: BigInt, ReadOnly: true})
	if t.Ownership != "UserOwned" {
		return
	}
	t.want(&Column{Schema: "OwnerId", Label: In("Owner"), Type: Owner})
	t.want(&Column{Schema: "OwningBusinessUnit", Label: In("Owning Business Unit"), Type: Lookup, Targets: []string{"businessunit"}, ReadOnly: true})
	t.want(&Column{Schema: "OwningUser", Label: In("Owning User"), Type: Lookup, Targets: []string{"systemuser"}, ReadOnly: true})
	t.want(&Column{Schema: "OwningTeam", Label: In("Owning Team"), Type: Lookup, Targets: []string{"team"}, ReadOnly: true})
}

// want adds a column unless the table has it.
func (t *Table) want(c *Column) {
	c.Name = strings.ToLower(c.Schema)
	if t.Column(c.Name) == nil {
		c.complete()
		t.Columns = append(t.Columns, c)
	}
}
