package metadata

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// edmTypes is the type of a column's value in CSDL; what is not here is Edm.String.
var edmTypes = map[Type]string{
	Key: "Edm.Guid", Integer: "Edm.Int32", BigInt: "Edm.Int64", Decimal: "Edm.Decimal", Double: "Edm.Double", Money: "Edm.Decimal", Boolean: "Edm.Boolean",
	DateTime: "Edm.DateTimeOffset", Picklist: "Edm.Int32", State: "Edm.Int32", Status: "Edm.Int32", Lookup: "Edm.Guid", Customer: "Edm.Guid", Owner: "Edm.Guid",
	Image: "Edm.Binary", File: "Edm.Guid",
}

// Edm is the type of the values of c in CSDL.
func (c *Column) Edm() string {
	if c.Type == DateTime && c.Behavior == DateOnly {
		return "Edm.Date"
	}
	if t := edmTypes[c.Type]; t != "" {
		return t
	}
	return "Edm.String"
}

// Wire is the name of a column in a row: _x_value for a lookup.
func (c *Column) Wire() string {
	if c.IsLookup() {
		return "_" + c.Name + "_value"
	}
	return c.Name
}

// CSDL is the $metadata document: the entity types with their properties, keys
// and navigation properties, and the entity sets (OData 4.0 CSDL).
func (m *Model) CSDL() []byte {
	b := &csdl{}
	b.line(`<?xml version="1.0" encoding="utf-8"?>`)
	b.line(`<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" xmlns="http://docs.oasis-open.org/odata/ns/edm">`)
	b.line(`<EntityType Name="crmbaseentity" Abstract="true" />`)
	b.line(`<EntityType Name="principal" BaseType="mscrm.crmbaseentity"><Key><PropertyRef Name="ownerid" /></Key><Property Name="ownerid" Type="Edm.Guid" Nullable="false" /></EntityType>`)
	for _, t := range m.tables {
		m.entityType(b, t)
	}
	b.line(`<EntityContainer Name="System">`)
	for _, t := range m.tables {
		m.entitySet(b, t)
	}
	b.line(`</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`)
	return b.text
}

type csdl struct{ text []byte }

func (b *csdl) line(s string) { b.text = append(append(b.text, s...), '\n') }

// element writes an empty element with attributes, name and value in turn.
func (b *csdl) element(name string, attributes ...string) {
	b.open(name, attributes...)
	b.text = append(b.text[:len(b.text)-2], " />\n"...)
}

func (b *csdl) open(name string, attributes ...string) {
	b.text = append(append(b.text, '<'), name...)
	for i := 0; i+1 < len(attributes); i += 2 {
		var escaped strings.Builder
		_ = xml.EscapeText(&escaped, []byte(attributes[i+1])) // a Builder cannot fail
		b.text = append(b.text, " "+attributes[i]+`="`+escaped.String()+`"`...)
	}
	b.text = append(b.text, ">\n"...)
}

// navigation is a navigation property and what is on its other end.
type navigation struct {
	name, target, partner string
	many                  bool
	column, key           string
}

// navigations are the navigation properties of t, single-valued ones first.
func (m *Model) navigations(t *Table) []navigation {
	var single, many []navigation
	for _, r := range m.Relationships() {
		switch {
		case r.ManyToMany():
			if r.One == t.Name {
				many = append(many, navigation{name: r.OneNav, target: r.Two, partner: r.TwoNav, many: true})
			}
			if r.Two == t.Name && r.TwoNav != r.OneNav || r.Two == t.Name && r.One != t.Name {
				many = append(many, navigation{name: r.TwoNav, target: r.One, partner: r.OneNav, many: true})
			}
			continue
		case r.Referencing == t.Name:
			single = append(single, navigation{name: r.Navigation, target: r.Referenced, partner: r.Collection, column: r.Column, key: r.ReferencedKey})
		}
		if r.Referenced == t.Name {
			many = append(many, navigation{name: r.Collection, target: r.Referencing, partner: r.Navigation, many: true})
		}
	}
	return append(single, many...)
}

func (m *Model) entityType(b *csdl, t *Table) {
	b.open("EntityType", "Name", t.Name, "BaseType", "mscrm.crmbaseentity")
	b.line(`<Key><PropertyRef Name="` + t.Key + `" /></Key>`)
	for _, c := range t.Columns {
		attributes := []string{"Name", c.Wire(), "Type", c.Edm()}
		if c.Name == t.Key {
			attributes = append(attributes, "Nullable", "false")
		}
		if c.Edm() == "Edm.String" || c.Edm() == "Edm.Decimal" {
			attributes = append(attributes, facet(c)...)
		}
		b.element("Property", attributes...)
	}
	for _, n := range m.navigations(t) {
		if n.target == "owner" {
			n.target, n.key = "principal", "ownerid"
		} else if m.byName[n.target] == nil {
			continue // a table that the organisation has not
		}
		m.navigationProperty(b, n)
	}
	b.line(`</EntityType>`)
}

func facet(c *Column) []string {
	switch {
	case c.Edm() == "Edm.Decimal":
		return []string{"Scale", "Variable"}
	case c.Max > 0:
		return []string{"MaxLength", strconv.Itoa(c.Max), "Unicode", "true"}
	}
	return []string{"Unicode", "true"}
}

func (m *Model) navigationProperty(b *csdl, n navigation) {
	if n.many {
		b.element("NavigationProperty", "Name", n.name, "Type", "Collection(mscrm."+n.target+")", "Partner", n.partner)
		return
	}
	b.open("NavigationProperty", "Name", n.name, "Type", "mscrm."+n.target, "Nullable", "true", "Partner", n.partner)
	b.element("ReferentialConstraint", "Property", "_"+n.column+"_value", "ReferencedProperty", n.key)
	b.line(`</NavigationProperty>`)
}

func (m *Model) entitySet(b *csdl, t *Table) {
	b.open("EntitySet", "Name", t.Set, "EntityType", "Microsoft.Dynamics.CRM."+t.Name)
	for _, n := range m.navigations(t) {
		if to := m.byName[n.target]; to != nil {
			b.element("NavigationPropertyBinding", "Path", n.name, "Target", to.Set)
		}
	}
	b.line(`</EntitySet>`)
}
