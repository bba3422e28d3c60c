package metadata

import (
	"slices"
	"strings"
)

// MakeTable returns m with the table that the body describes: its primary name
// column, the columns that every table has, and those that the body adds
// (reference: dataverse-api 6.1).
func (m *Model) MakeTable(b *Body, o Origin) (*Model, *Table, error) {
	t, err := m.readNewTable(b, o)
	if err != nil {
		return nil, nil, err
	}
	out := m.next()
	t.Code = out.freeCode()
	out.add(t)
	columns := b.List("Attributes")
	if err := b.Err(); err != nil {
		return nil, nil, err
	}
	for _, in := range columns {
		c, err := out.NewColumn(t, in, o)
		if err != nil {
			return nil, nil, err
		}
		if in.Flag("IsPrimaryName", false) {
			if t.Primary != "" && t.Primary != c.Name || c.Type != String {
				return nil, nil, invalid("A table has one primary name column, of the type String.")
			}
			t.Primary = c.Name
		}
		t.gain(c)
	}
	if t.Primary == "" {
		return nil, nil, invalid("The table %s needs a primary name column: an attribute with IsPrimaryName.", t.Schema)
	}
	t.addSystemColumns()
	t.seal()
	out.relateAll(t.Name, nil)
	if t.Notes {
		out.allow("annotation", "objectid", t.Name)
	}
	if t.Activities {
		out.allowActivities(t.Name)
	}
	return out, out.Table(t.Name), b.Err()
}

// readNewTable reads what a table is, without its columns.
func (m *Model) readNewTable(b *Body, o Origin) (*Table, error) {
	if b.Type != "EntityMetadata" && b.Type != "" {
		return nil, invalid("A table is an EntityMetadata, not a %s.", b.Type)
	}
	t := &Table{Schema: b.Text("SchemaName"), Ownership: b.Text("OwnershipType"), Custom: true, Activity: b.Flag("IsActivity", false)}
	t.Name = strings.ToLower(t.Schema)
	if r := o.checkName(t.Schema, "table"); r != nil {
		return nil, r
	}
	if m.Table(t.Name) != nil {
		return nil, exists("An entity with the specified name %s already exists. Specify a unique name.", t.Name)
	}
	if b.readTable(t); len(t.Label) == 0 || len(t.Plural) == 0 {
		return nil, invalid("The table %s needs a DisplayName and a DisplayCollectionName.", t.Schema)
	}
	switch kind := b.Text("TableType"); kind {
	case "", "Standard":
	case "Elastic":
		t.Elastic = true
	default:
		return nil, notSimulated("A table of the type " + kind)
	}
	switch t.Ownership {
	case "":
		t.Ownership = "UserOwned"
	case "UserOwned", "OrganizationOwned":
	default:
		return nil, invalid("The OwnershipType of a new table must be UserOwned or OrganizationOwned, not %s.", t.Ownership)
	}
	t.Set, t.Collection = plural(t.Name), plural(t.Schema)
	t.Key = t.Name + "id"
	if given := b.Text("EntitySetName"); given != "" {
		t.Set = given
	}
	if m.setTaken(t.Set) {
		return nil, exists("An entity set with the name %s already exists.", t.Set)
	}
	b.check(m.TableDocument(t))
	m.furnish(t)
	return t, b.Err()
}

// readTable reads what can be changed of a table, too.
func (b *Body) readTable(t *Table) {
	t.Label, _ = b.Label("DisplayName")
	t.Plural, _ = b.Label("DisplayCollectionName")
	t.Description, _ = b.Label("Description")
	t.Notes, t.Activities = b.Flag("HasNotes", false), b.Flag("HasActivities", false)
	t.Tracked = b.Flag("ChangeTrackingEnabled", true)
}

func (m *Model) setTaken(set string) bool {
	return slices.ContainsFunc(m.tables, func(t *Table) bool { return t.Set == set })
}

// freeCode is the object type code of a new table: customers' begin at 10000.
func (m *Model) freeCode() int {
	code := 10000
	for _, t := range m.tables {
		if t.Code >= code && !t.Intersect {
			code = t.Code + 1
		}
	}
	return code
}

// furnish gives a new table the columns that come with its kind.
func (m *Model) furnish(t *Table) {
	if t.Activity {
		m.furnishActivity(t)
		return
	}
	t.gain(&Column{Schema: t.Schema + "Id", Label: t.Label, Type: Key})
	t.gain(&Column{Schema: "statecode", Label: In("Status"), Type: State, Choice: &Choice{Options: []Option{
		{Value: 0, Label: In("Active"), Default: 1}, {Value: 1, Label: In("Inactive"), Default: 2}}}})
	t.gain(&Column{Schema: "statuscode", Label: In("Status Reason"), Type: Status, Choice: &Choice{Options: []Option{
		{Value: 1, Label: In("Active")}, {Value: 2, Label: In("Inactive"), State: 1}}}})
	t.gainCommon()
}

// gainCommon adds what tables of every kind have for imports and time zones.
func (t *Table) gainCommon() {
	t.gain(&Column{Schema: "ImportSequenceNumber", Label: In("Import Sequence Number"), Type: Integer, CreateOnly: true})
	t.gain(&Column{Schema: "OverriddenCreatedOn", Label: In("Record Created On"), Type: DateTime, Behavior: DateOnly, Format: "DateOnly", CreateOnly: true})
	t.gain(&Column{Schema: "TimeZoneRuleVersionNumber", Label: In("Time Zone Rule Version Number"), Type: Integer})
	t.gain(&Column{Schema: "UTCConversionTimeZoneCode", Label: In("UTC Conversion Time Zone Code"), Type: Integer})
}

// ofEveryActivity are the columns that a new kind of activity shares with a task.
var ofEveryActivity = []string{"activityid", "description", "activitytypecode", "regardingobjectid", "scheduledstart", "scheduledend", "actualstart", "actualend",
	"prioritycode", "sortdate", "ownerid", "statecode", "statuscode", "transactioncurrencyid", "exchangerate"}

// furnishActivity makes t an activity like a task (*assumed*: the reference
// has no list of what a customer's own activity gets).
func (m *Model) furnishActivity(t *Table) {
	t.Key, t.Suffix = "activityid", "_"+t.Name
	like := m.Table("activitypointer")
	for _, name := range ofEveryActivity {
		if c := like.Column(name); c != nil {
			same := *c
			same.ID = ""
			if c.Choice != nil {
				choice := *c.Choice
				choice.ID, choice.Name = "", ""
				same.Choice = &choice
			}
			t.Columns = append(t.Columns, &same)
		}
	}
	t.gainCommon()
}

// gain adds a column and what comes along with it, unless the table has it.
func (t *Table) gain(c *Column) {
	c.Name = strings.ToLower(c.Schema)
	if t.Column(c.Name) != nil {
		return
	}
	c.complete()
	t.Columns = append(t.Columns, c)
	t.accompany(c)
}

// accompany adds the columns that a new column brings: the base value of money
// and the currency of its row (reference: dataverse-api 2.4), when a rollup was
// made, the address of an image, the name of a file.
func (t *Table) accompany(c *Column) {
	title := c.Label.String()
	switch {
	case c.Type == Money && !strings.HasSuffix(c.Name, "_base"):
		t.gain(&Column{Schema: c.Schema + "_Base", Label: In(title + " (Base)"), Type: Money, Precision: c.Precision, Exact: c.Exact, PrecisionSource: 2, ReadOnly: true, Custom: c.Custom})
		t.gain(&Column{Schema: "TransactionCurrencyId", Label: In("Currency"), Type: Lookup, Targets: []string{"transactioncurrency"}})
		t.gain(&Column{Schema: "ExchangeRate", Label: In("Exchange Rate"), Type: Decimal, ReadOnly: true})
	case c.Type == Image:
		t.gain(&Column{Schema: c.Schema + "Id", Label: In(title + " Id"), Type: Key, ReadOnly: true, Custom: c.Custom})
		t.gain(&Column{Schema: c.Schema + "_Timestamp", Label: In(title + " Timestamp"), Type: BigInt, ReadOnly: true, Custom: c.Custom})
		t.gain(&Column{Schema: c.Schema + "_URL", Label: In(title + " URL"), Type: String, Max: 200, ReadOnly: true, Custom: c.Custom})
	case c.Type == File:
		t.gain(&Column{Schema: c.Schema + "_Name", Label: In(title + " Name"), Type: String, Max: 200, ReadOnly: true, Custom: c.Custom})
	}
	if c.Source == 2 {
		t.gain(&Column{Schema: c.Schema + "_Date", Label: In(title + " (Last Updated On)"), Type: DateTime, ReadOnly: true, Custom: c.Custom})
		t.gain(&Column{Schema: c.Schema + "_State", Label: In(title + " (State)"), Type: Integer, ReadOnly: true, Custom: c.Custom})
	}
}

// MakeColumn returns m with the column that the body describes, and what comes
// along with it.
func (m *Model) MakeColumn(t *Table, b *Body, o Origin) (*Model, *Column, error) {
	if t.Intersect || t.Logical {
		return nil, nil, ofPlatform("The table %s cannot have custom columns.", t.Name)
	}
	c, err := m.NewColumn(t, b, o)
	if err != nil {
		return nil, nil, err
	}
	same := *t
	same.Columns = append(slices.Clone(t.Columns), c)
	same.accompany(c)
	out := m.WithTable(&same)
	for _, extra := range same.Columns[len(t.Columns):] {
		if extra.IsLookup() {
			out.relateColumn(&same, extra, nil)
		}
	}
	return out, c, nil
}

// ColumnOf finds a column by logical name or MetadataId, nil when there is none.
func (t *Table) ColumnOf(name string) *Column {
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, name) || strings.EqualFold(c.ID, name) {
			return c
		}
	}
	return nil
}
