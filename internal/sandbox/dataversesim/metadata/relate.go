package metadata

import (
	"slices"
	"strings"
)

// relateAll makes the 1:N relationships that the lookups of a table stand for.
// names has the collections that are not called as usual.
func (m *Model) relateAll(table string, names map[string]string) {
	t := m.byName[table]
	for _, c := range t.Columns {
		if c.IsLookup() {
			m.relateColumn(t, c, names)
		}
	}
}

func (m *Model) relateColumn(t *Table, c *Column, names map[string]string) {
	targets := c.Targets
	if c.Type == Owner {
		targets = []string{"owner"} // one relationship for users and teams
	}
	for _, target := range targets {
		r := newOneToMany(t, c, target)
		if to := m.byName[target]; to != nil {
			r.ReferencedKey = to.Key
		}
		if given := names[c.Name+" "+target]; given != "" {
			r.Collection, r.Schema = given, given
		}
		r.Schema = m.freeSchema(r.Schema, c.Name)
		r.Collection = r.Schema
		m.relationships[strings.ToLower(r.Schema)] = r
	}
}

// newOneToMany is the relationship that c stands for when it points at target.
func newOneToMany(t *Table, c *Column, target string) *Relationship {
	r := &Relationship{Referenced: target, ReferencedKey: target + "id", Referencing: t.Name, Column: c.Name, Navigation: t.Navigation(c, target), Custom: c.Custom,
		Cascade: defaultCascade()}
	if slices.Contains(mergeable, target) {
		r.Cascade["Merge"] = "Cascade"
	}
	if t.Activity && c.Name == "regardingobjectid" { // the activities of a row go with it (5.4)
		r.Cascade["Delete"] = "Cascade"
	}
	switch c.Name {
	case "createdby", "modifiedby":
		r.Schema = "lk_" + t.Name + "_" + c.Name
	default:
		r.Schema = target + "_" + t.Name
		if c.Custom {
			r.Schema = publisherOf(c.Schema) + target + "_" + t.Name + "_" + c.Schema
		}
	}
	r.ID = identity("relationship", r.Schema+"/"+c.Name)
	return r
}

// mergeable are the tables whose rows can be merged; what points at them moves
// along, unless the relationship says otherwise (*assumed* for custom lookups).
var mergeable = []string{"account", "contact", "lead"}

// publisherOf is the prefix of a custom name with its underscore.
func publisherOf(schema string) string {
	prefix, _, ok := strings.Cut(schema, "_")
	if !ok {
		return ""
	}
	return prefix + "_"
}

func defaultCascade() map[string]string {
	return map[string]string{"Assign": "NoCascade", "Delete": "RemoveLink", "Archive": "RemoveLink", "Merge": "NoCascade", "Reparent": "NoCascade", "Share": "NoCascade", "Unshare": "NoCascade", "RollupView": "NoCascade"}
}

// freeSchema makes a schema name unique by the column behind it.
func (m *Model) freeSchema(schema, column string) string {
	if m.Relationship(schema) == nil {
		return schema
	}
	return schema + "_" + column
}

// associate completes an N:N relationship and makes its intersect table when
// the organisation has none.
func (m *Model) associate(r *Relationship) {
	one, two := m.byName[r.One], m.byName[r.Two]
	if one == nil || two == nil {
		return
	}
	r.OneKey, r.TwoKey = one.Key, two.Key
	if one == two {
		r.OneKey, r.TwoKey = one.Key+"one", two.Key+"two"
	}
	if r.OneNav == "" {
		r.OneNav = r.Schema
	}
	if r.TwoNav == "" {
		r.TwoNav = r.Schema
	}
	if r.ID == "" {
		r.ID = identity("relationship", r.Schema)
	}
	if m.byName[r.Intersect] == nil {
		m.add(intersect(r, one, two))
	}
	m.relationships[strings.ToLower(r.Schema)] = r
}

// intersect is the table of the pairs of an N:N relationship.
func intersect(r *Relationship, one, two *Table) *Table {
	t := &Table{Name: r.Intersect, Schema: r.Intersect, Set: plainSet(r.Intersect), Collection: r.Intersect, Label: In(r.Intersect), Plural: In(r.Intersect), Ownership: "None",
		Key: r.Intersect + "id", Intersect: true, Logical: true, Custom: r.Custom, Code: 10900}
	t.Columns = []*Column{
		{Name: t.Key, Schema: t.Key, Type: Key},
		{Name: r.OneKey, Schema: r.OneKey, Type: Key, Label: one.Label, Targets: []string{one.Name}},
		{Name: r.TwoKey, Schema: r.TwoKey, Type: Key, Label: two.Label, Targets: []string{two.Name}},
		{Name: "versionnumber", Schema: "VersionNumber", Type: BigInt, ReadOnly: true},
	}
	if r.Intersect == "roleprivileges" { // at which depth a role holds a privilege
		t.Columns = append(t.Columns, &Column{Name: "privilegedepthmask", Schema: "PrivilegeDepthMask", Type: Integer, ReadOnly: true})
	}
	for _, c := range t.Columns {
		c.complete()
	}
	return t
}

// plainSet is the entity set of an intersect table, which is called as it is
// when it looks like a plural: systemuserrolescollection (*assumed* for others).
func plainSet(name string) string {
	if strings.HasSuffix(name, "s") {
		return name + "collection"
	}
	return name + "set"
}
