package odata

import (
	"iter"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// The tables of the tests have no rows: people who work at firms, and the
// lists that they are on.

type bareColumn struct {
	name, property string
	holds          query.Type
}

func (c *bareColumn) Title() string     { return c.name }
func (c *bareColumn) Holds() query.Type { return c.holds }

type bareTable struct {
	name    string
	columns []*bareColumn
	ways    map[string]query.Way
}

func (t *bareTable) Title() string            { return t.name }
func (t *bareTable) Identifier() query.Column { return t.columns[0] }
func (t *bareTable) Column(name string) (query.Column, bool) {
	for _, c := range t.columns {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}
func (t *bareTable) Property(name string) (query.Column, bool) {
	for _, c := range t.columns {
		if c.property == name {
			return c, true
		}
	}
	return nil, false
}
func (t *bareTable) Columns() (out []query.Column) {
	for _, c := range t.columns {
		out = append(out, c)
	}
	return out
}
func (t *bareTable) Way(name string) (query.Way, bool) {
	w, ok := t.ways[name]
	return w, ok
}
func (t *bareTable) Parent() (query.Column, bool)                          { return t.Column("parentid") }
func (t *bareTable) All(int64) iter.Seq[query.Row]                         { return func(func(query.Row) bool) {} }
func (t *bareTable) Find(query.GUID) query.Row                             { return nil }
func (t *bareTable) Pointing(query.Column, query.GUID) ([]query.Row, bool) { return nil, false }

func (t *bareTable) col(name string) query.Column {
	c, ok := t.Column(name)
	if !ok {
		panic("no column " + name)
	}
	return c
}

// people is the table of persons, with ways to the other two.
func people() *bareTable {
	firms := &bareTable{name: "firm", columns: []*bareColumn{{"firmid", "firmid", query.Identity}, {"name", "name", query.Text},
		{"parentid", "_parentid_value", query.Identity}, {"size", "size", query.Whole}}}
	persons := &bareTable{name: "person", columns: []*bareColumn{{"personid", "personid", query.Identity}, {"name", "name", query.Text}, {"note", "note", query.Text},
		{"score", "score", query.Whole}, {"money", "money", query.Fraction}, {"mail", "mail", query.Truth}, {"seen", "seen", query.Instant},
		{"born", "born", query.Date}, {"firmid", "_firmid_value", query.Identity}, {"tags", "tags", query.Choices}, {"ownerid", "_ownerid_value", query.Identity},
		{"parentid", "_parentid_value", query.Identity}}}
	lists := &bareTable{name: "list", columns: []*bareColumn{{"listid", "listid", query.Identity}, {"title", "title", query.Text}}}
	members := &bareTable{name: "member", columns: []*bareColumn{{"memberid", "memberid", query.Identity}, {"who", "_who_value", query.Identity}, {"listid", "_listid_value", query.Identity}}}
	persons.ways = map[string]query.Way{
		"firm":     {Hops: []query.Hop{{From: persons.col("firmid"), Table: firms, To: firms.Identifier()}}},
		"parent":   {Hops: []query.Hop{{From: persons.col("parentid"), Table: persons, To: persons.Identifier()}}},
		"children": {Many: true, Hops: []query.Hop{{From: persons.Identifier(), Table: persons, To: persons.col("parentid")}}},
		"lists": {Many: true, Hops: []query.Hop{{From: persons.Identifier(), Table: members, To: members.col("who")},
			{From: members.col("listid"), Table: lists, To: lists.Identifier()}}},
	}
	firms.ways = map[string]query.Way{
		"people": {Many: true, Hops: []query.Hop{{From: firms.Identifier(), Table: persons, To: persons.col("firmid")}}},
		"parent": {Hops: []query.Hop{{From: firms.col("parentid"), Table: firms, To: firms.Identifier()}}},
		"parts":  {Many: true, Hops: []query.Hop{{From: firms.Identifier(), Table: firms, To: firms.col("parentid")}}},
	}
	return persons
}
