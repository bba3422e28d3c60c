package metadata

import (
	"slices"
)

// reword is the wording that waits after a PUT: what the body says, with the
// languages it does not have kept when merge is set (MSCRM.MergeLabels,
// reference: dataverse-api 2.2). A label that is left out stays as it is.
func (b *Body) reword(now Wording, waiting *Wording, merge bool) *Wording {
	if waiting != nil {
		now = *waiting
	}
	next := now
	for _, l := range []struct {
		name string
		old  Label
		new  *Label
	}{{"DisplayName", now.Label, &next.Label}, {"DisplayCollectionName", now.Plural, &next.Plural}, {"Description", now.Description, &next.Description}} {
		given, ok := b.Label(l.name)
		switch {
		case !ok:
		case merge:
			*l.new = l.old.Merge(given)
		default:
			*l.new = given
		}
	}
	if len(next.Label) == 0 && len(now.Label) > 0 {
		b.refuse(invalid("The DisplayName cannot be empty."))
	}
	return &next
}

// ReplaceTable returns m with t as the body describes it. Labels wait for
// Publish; what the body leaves out gets its default (*assumed*).
func (m *Model) ReplaceTable(t *Table, b *Body, merge bool) (*Model, error) {
	if b.Type != "" && b.Type != "EntityMetadata" {
		return nil, invalid("A table is an EntityMetadata, not a %s.", b.Type)
	}
	b.check(m.TableDocument(t))
	same := *t
	same.Next = b.reword(Wording{t.Label, t.Plural, t.Description}, t.Next, merge)
	b.readTable(&same)
	same.Label, same.Plural, same.Description = t.Label, t.Plural, t.Description
	// What was switched on stays on, as the platform has it for notes and activities.
	same.Notes, same.Activities = same.Notes || t.Notes, same.Activities || t.Activities
	if given := b.Text("SchemaName"); given != "" && given != t.Schema {
		b.refuse(invalid("The SchemaName of %s cannot be changed.", t.Name))
	}
	if given := b.Text("OwnershipType"); given != "" && given != t.Ownership {
		b.refuse(invalid("The OwnershipType of %s cannot be changed.", t.Name))
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	out := m.WithTable(&same)
	if same.Notes && !t.Notes {
		out.allow("annotation", "objectid", t.Name)
	}
	if same.Activities && !t.Activities {
		out.allowActivities(t.Name)
	}
	return out, nil
}

// ReplaceColumn returns m with c as the body describes it. Labels wait for
// Publish; name, type, options and the tables of a lookup stay as they are.
func (m *Model) ReplaceColumn(t *Table, c *Column, b *Body, merge bool) (*Model, error) {
	if b.Type != "" && b.Type != c.CastName() {
		return nil, invalid("The column %s is a %s and cannot become a %s.", c.Name, c.CastName(), b.Type)
	}
	if given := b.Text("SchemaName"); given != "" && given != c.Schema {
		return nil, invalid("The SchemaName of the column %s cannot be changed.", c.Name)
	}
	same := *c
	same.Next = b.reword(Wording{Label: c.Label, Description: c.Description}, c.Next, merge)
	same.Default = nil
	b.check(m.ColumnDocument(t, c), "OptionSet", "GlobalOptionSet", "IsPrimaryName")
	b.readChangeable(t, c, &same)
	same.Label, same.Description = c.Label, c.Description
	if err := b.Err(); err != nil {
		return nil, err
	}
	return m.WithColumn(t.Name, &same), nil
}

// readChangeable reads what of a column can be changed into same.
func (b *Body) readChangeable(t *Table, c, same *Column) {
	source, formula := c.Source, c.Formula
	if !b.Has("DisplayName") { // it stays
		b.members["DisplayName"] = []byte(`{"LocalizedLabels":[{"Label":"-","LanguageCode":1033}]}`)
	}
	b.readCommon(same)
	if same.Required == "" {
		same.Required = "None"
	}
	if c.Required == "SystemRequired" {
		same.Required = c.Required
	}
	same.Source, same.Formula, same.ReadOnly = source, formula, c.ReadOnly
	switch c.Type {
	case String, Memo:
		b.readText(same)
		same.Format = c.Format
	case Integer, Decimal, Double, Money:
		b.readNumber(same)
	case DateTime:
		b.readDate(same)
		b.keepBehavior(c, same)
	case Boolean:
		if b.Flag("DefaultValue", false) {
			one := 1
			same.Default = &one
		}
	case Picklist, MultiSelect:
		if v := b.Whole("DefaultFormValue", -1); v != -1 {
			if !c.Choice.hasOption(v) {
				b.refuse(invalid("The DefaultFormValue %d of '%s' is not among its options.", v, c.Name))
			}
			same.Default = &v
		}
	}
	same.complete()
}

// keepBehavior lets a DateTime column leave UserLocal, and nothing else.
func (b *Body) keepBehavior(c, same *Column) {
	if !b.Has("DateTimeBehavior") {
		same.Behavior = c.Behavior
	}
	if !b.Has("Format") {
		same.Format = c.Format
	}
	if same.Behavior != c.Behavior && (c.Behavior != UserLocal || !c.Custom) {
		b.refuse(invalid("The DateTimeBehavior of '%s' cannot be changed any more.", c.Name))
	}
}

// DropTable returns m without a table of a customer, unless other tables' lookups need it.
func (m *Model) DropTable(t *Table) (*Model, error) {
	if !t.Custom || t.Intersect {
		return nil, ofPlatform("The table %s cannot be deleted.", t.Name)
	}
	for _, other := range m.tables {
		for _, c := range other.Columns {
			if c.IsLookup() && c.Custom && other != t && slices.Contains(c.Targets, t.Name) {
				return nil, needed("The Entity(%s) component cannot be deleted because it is referenced by 1 other components: the lookup %s of %s.", t.ID, c.Name, other.Name)
			}
		}
	}
	out := m
	for _, r := range m.Relationships() {
		if r.ManyToMany() && (r.One == t.Name || r.Two == t.Name) {
			out = out.WithoutTable(r.Intersect)
		}
	}
	for _, other := range out.tables {
		for _, c := range other.Columns {
			if at := slices.Index(c.Targets, t.Name); at >= 0 && other.Name != t.Name {
				fewer := *c
				fewer.Targets = slices.Delete(slices.Clone(c.Targets), at, at+1)
				out = out.WithColumn(other.Name, &fewer)
			}
		}
	}
	return out.WithoutTable(t.Name), nil
}

// DropColumn returns m without a customer's column and what came along with it.
func (m *Model) DropColumn(t *Table, c *Column) (*Model, error) {
	switch {
	case c == nil:
		return nil, invalid("The column is not there.")
	case !c.Custom || c.Name == t.Key:
		return nil, ofPlatform("The column %s of %s belongs to the platform and cannot be deleted.", c.Name, t.Name)
	case c.Name == t.Primary:
		return nil, ofPlatform("The primary name column %s of %s cannot be deleted.", c.Name, t.Name)
	}
	for _, k := range t.Keys {
		if slices.Contains(k.Columns, c.Name) {
			return nil, needed("The Attribute(%s) component cannot be deleted because it is referenced by 1 other components: the key %s.", c.ID, k.Schema)
		}
	}
	out := m.WithoutColumn(t.Name, c.Name)
	for _, suffix := range companions[c.Type] {
		if t.Column(c.Name+suffix) != nil {
			out = out.WithoutColumn(t.Name, c.Name+suffix)
		}
	}
	if c.Source == 2 {
		for _, suffix := range []string{"_date", "_state"} {
			if t.Column(c.Name+suffix) != nil {
				out = out.WithoutColumn(t.Name, c.Name+suffix)
			}
		}
	}
	return out, nil
}

// companions are what accompany makes with a column of a type.
var companions = map[Type][]string{Money: {"_base"}, Image: {"id", "_timestamp", "_url"}, File: {"_name"}}
