package metadata

import (
	"maps"
	"slices"
	"strings"
)

// allow lets a lookup point at one more table.
func (m *Model) allow(table, column, target string) {
	t := m.byName[table]
	if t == nil || t.Column(column) == nil || slices.Contains(t.Column(column).Targets, target) {
		return
	}
	c := *t.Column(column)
	c.Targets = append(slices.Clone(c.Targets), target)
	same := *t
	same.Columns = slices.Clone(t.Columns)
	same.Columns[t.place(t.Column(column))-1] = &c
	m.swap(&same)
	r := newOneToMany(&same, &c, target)
	r.ReferencedKey = m.byName[target].Key
	m.relate(r)
}

// allowActivities lets all activities regard rows of a table.
func (m *Model) allowActivities(target string) {
	for _, t := range slices.Clone(m.tables) {
		if t.Name == "activitypointer" || t.Activity {
			m.allow(t.Name, "regardingobjectid", target)
		}
	}
}

// swap puts t in the place of the table of its name while a model is being made.
func (m *Model) swap(t *Table) {
	t.seal()
	at := slices.IndexFunc(m.tables, func(o *Table) bool { return o.Name == t.Name })
	m.tables[at] = t
	m.byName[t.Name], m.byID[t.ID] = t, t
}

// relate enters a 1:N relationship under a name that is free.
func (m *Model) relate(r *Relationship) {
	r.Schema = m.freeSchema(r.Schema, r.Column)
	if r.Collection == "" {
		r.Collection = r.Schema
	}
	if r.ID == "" {
		r.ID = identity("relationship", r.Schema+"/"+r.Column)
	}
	m.relationships[strings.ToLower(r.Schema)] = r
}

// MakeRelationship returns m with the relationship that the body describes: a
// 1:N one with its lookup column, or an N:N one with its intersect table
// (reference: dataverse-api 6.1).
func (m *Model) MakeRelationship(b *Body, o Origin) (*Model, *Relationship, error) {
	switch b.Type {
	case "OneToManyRelationshipMetadata":
		return m.makeOneToMany(b, o)
	case "ManyToManyRelationshipMetadata":
		return m.makeManyToMany(b, o)
	case "":
		return nil, nil, garbled("A relationship needs an '@odata.type': %sOneToManyRelationshipMetadata or %sManyToManyRelationshipMetadata.", typePrefix, typePrefix)
	}
	return nil, nil, invalid("A relationship of the type %s cannot be made.", b.Type)
}

func (m *Model) makeOneToMany(b *Body, o Origin) (*Model, *Relationship, error) {
	lookup := b.Object("Lookup")
	if lookup == nil {
		return nil, nil, invalid("A 1:N relationship needs a Lookup: the column that it makes.")
	}
	one, err := m.readOneToMany(b, o)
	if err != nil {
		return nil, nil, err
	}
	out, made, err := m.makeLookup(lookup, []*Relationship{one}, Lookup, o)
	if err != nil {
		return nil, nil, err
	}
	return out, made[0], nil
}

// readOneToMany reads one relationship without its lookup.
func (m *Model) readOneToMany(b *Body, o Origin) (*Relationship, error) {
	r := &Relationship{Schema: b.Text("SchemaName"), Custom: true, Referenced: b.Text("ReferencedEntity"), Referencing: b.Text("ReferencingEntity"),
		ReferencedKey: b.Text("ReferencedAttribute"), Navigation: b.Text("ReferencingEntityNavigationPropertyName"), Collection: b.Text("ReferencedEntityNavigationPropertyName"),
		Cascade: defaultCascade()}
	if err := o.checkName(r.Schema, "relationship"); err != nil {
		return nil, err
	}
	if m.Relationship(r.Schema) != nil {
		return nil, exists("An entity relationship with the name %s already exists.", r.Schema)
	}
	referenced, referencing := m.Table(r.Referenced), m.Table(r.Referencing)
	switch {
	case referenced == nil:
		return nil, invalid("The ReferencedEntity '%s' is not a table.", r.Referenced)
	case referencing == nil:
		return nil, invalid("The ReferencingEntity '%s' is not a table.", r.Referencing)
	case referencing.Intersect || referencing.Logical:
		return nil, ofPlatform("The table '%s' cannot have custom lookups.", r.Referencing)
	case r.ReferencedKey == "":
		r.ReferencedKey = referenced.Key
	case r.ReferencedKey != referenced.Key:
		return nil, invalid("The ReferencedAttribute must be '%s', the primary key of '%s'.", referenced.Key, r.Referenced)
	}
	b.readCascade(r)
	b.check(m.RelationshipDocument(r), "Lookup")
	return r, b.Err()
}

// cascades are what can happen to the rows that point at a row.
var cascades = []string{"NoCascade", "Cascade", "Active", "UserOwned", "RemoveLink", "Restrict"}

func (b *Body) readCascade(r *Relationship) {
	in := b.Object("CascadeConfiguration")
	if in == nil {
		return
	}
	r.Cascade = maps.Clone(r.Cascade)
	for name := range in.members {
		if strings.HasPrefix(name, "@") {
			continue
		}
		value := in.Text(name)
		if _, known := defaultCascade()[name]; !known {
			b.refuse(garbled("The property '%s' does not exist on type '%sCascadeConfiguration'.", name, typePrefix))
		} else if value != "" && !slices.Contains(cascades, value) {
			b.refuse(garbled("Cannot convert the literal '%s' to the expected type '%sCascadeType'.", value, typePrefix))
		} else if value != "" {
			r.Cascade[name] = value
		}
	}
}

// makeLookup makes a lookup column, and the relationships that it carries.
func (m *Model) makeLookup(b *Body, rs []*Relationship, kind Type, o Origin) (*Model, []*Relationship, error) {
	t := m.Table(rs[0].Referencing)
	c := &Column{Schema: b.Text("SchemaName"), Type: kind, Custom: true}
	c.Name = strings.ToLower(c.Schema)
	if err := o.checkName(c.Schema, "lookup"); err != nil {
		return nil, nil, err
	}
	if t.Column(c.Name) != nil {
		return nil, nil, exists("An attribute with the specified name %s already exists for entity %s.", c.Name, t.Name)
	}
	for _, r := range rs {
		if slices.Contains(c.Targets, r.Referenced) || r.Referencing != t.Name {
			return nil, nil, invalid("The relationships of one lookup must start at one table and each lead to another: see %s.", r.Schema)
		}
		c.Targets = append(c.Targets, r.Referenced)
	}
	b.readCommon(c)
	c.complete()
	b.check(m.ColumnDocument(t, c))
	if err := b.Err(); err != nil {
		return nil, nil, err
	}
	out := m.WithColumn(t.Name, c)
	for _, r := range rs {
		if r.Navigation == "" {
			r.Navigation = t.Navigation(c, r.Referenced)
		}
		r.Column = c.Name
		out.relate(r)
	}
	return out, rs, nil
}

// MakeLookup returns m with a lookup to several tables and its relationships:
// CreateCustomerRelationships and CreatePolymorphicLookupAttribute.
func (m *Model) MakeLookup(b *Body, customer bool, o Origin) (*Model, *Column, []*Relationship, error) {
	kind := Lookup
	if customer {
		kind = Customer
	}
	lookup := b.Object("Lookup")
	if lookup == nil {
		return nil, nil, nil, invalid("The parameter Lookup is missing.")
	}
	var rs []*Relationship
	for _, in := range b.List("OneToManyRelationships") {
		r, err := m.readOneToMany(in, o)
		if err != nil {
			return nil, nil, nil, err
		}
		if customer && r.Referenced != "account" && r.Referenced != "contact" {
			return nil, nil, nil, invalid("A customer lookup leads to account and contact, not to %s.", r.Referenced)
		}
		rs = append(rs, r)
	}
	if len(rs) == 0 || customer && len(rs) != 2 {
		return nil, nil, nil, invalid("The parameter OneToManyRelationships needs a relationship for each table that the lookup leads to.")
	}
	out, made, err := m.makeLookup(lookup, rs, kind, o)
	if err != nil {
		return nil, nil, nil, err
	}
	return out, out.Table(made[0].Referencing).Column(made[0].Column), made, nil
}

func (m *Model) makeManyToMany(b *Body, o Origin) (*Model, *Relationship, error) {
	r := &Relationship{Schema: b.Text("SchemaName"), Custom: true, One: b.Text("Entity1LogicalName"), Two: b.Text("Entity2LogicalName"), Intersect: strings.ToLower(b.Text("IntersectEntityName")),
		OneNav: b.Text("Entity1NavigationPropertyName"), TwoNav: b.Text("Entity2NavigationPropertyName")}
	if err := o.checkName(r.Schema, "relationship"); err != nil {
		return nil, nil, err
	}
	if r.Intersect == "" {
		r.Intersect = strings.ToLower(r.Schema)
	}
	switch {
	case m.Relationship(r.Schema) != nil:
		return nil, nil, exists("An entity relationship with the name %s already exists.", r.Schema)
	case m.Table(r.Intersect) != nil:
		return nil, nil, exists("An entity with the specified name %s already exists. Specify a unique name.", r.Intersect)
	}
	for _, name := range []string{r.One, r.Two} {
		if t := m.Table(name); t == nil || t.Intersect {
			return nil, nil, invalid("'%s' is not a table that can be in an N:N relationship.", name)
		}
	}
	b.check(m.RelationshipDocument(r))
	if err := b.Err(); err != nil {
		return nil, nil, err
	}
	out := m.next()
	out.associate(r)
	return out, r, nil
}

// DropRelationship returns m without a relationship: a 1:N one goes with its
// lookup, an N:N one with its pairs.
func (m *Model) DropRelationship(r *Relationship) (*Model, error) {
	if !r.Custom {
		return nil, ofPlatform("The relationship %s belongs to the platform and cannot be deleted.", r.Schema)
	}
	if r.ManyToMany() {
		return m.WithoutTable(r.Intersect).WithoutRelationship(r.Schema), nil
	}
	t := m.Table(r.Referencing)
	c := t.Column(r.Column)
	if c == nil || len(c.Targets) < 2 {
		return m.DropColumn(t, c)
	}
	fewer := *c
	fewer.Targets = slices.DeleteFunc(slices.Clone(c.Targets), func(name string) bool { return name == r.Referenced })
	return m.WithColumn(t.Name, &fewer).WithoutRelationship(r.Schema), nil
}

// ReplaceRelationship returns m with what can be changed of a relationship: how
// changes of a row go on to the rows that point at it.
func (m *Model) ReplaceRelationship(r *Relationship, b *Body) (*Model, error) {
	if b.Type != "" && b.Type != m.RelationshipDocument(r).Type {
		return nil, invalid("The relationship %s is not a %s.", r.Schema, b.Type)
	}
	same := *r
	b.check(m.RelationshipDocument(r))
	if !r.ManyToMany() {
		same.Cascade = defaultCascade()
		b.readCascade(&same)
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	return m.WithRelationship(&same), nil
}
