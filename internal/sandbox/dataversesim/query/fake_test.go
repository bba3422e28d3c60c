package query

import (
	"iter"
	"time"
)

// The tables of the tests: people who work at firms, and the lists they are on.

type fakeColumn struct {
	name string
	kind Type
}

func (c *fakeColumn) Title() string { return c.name }
func (c *fakeColumn) Holds() Type   { return c.kind }

type fakeRow struct {
	place  int64
	id     GUID
	values map[string]any
}

func (r *fakeRow) Value(c Column) any { return r.values[c.Title()] }
func (r *fakeRow) Place() int64       { return r.place }
func (r *fakeRow) ID() GUID           { return r.id }

type fakeTable struct {
	name    string
	columns []*fakeColumn
	rows    []*fakeRow
	indexed map[string]bool
	scans   int
}

func (t *fakeTable) Title() string      { return t.name }
func (t *fakeTable) Identifier() Column { return t.columns[0] }
func (t *fakeTable) Way(string) (Way, bool) {
	return Way{}, false
}
func (t *fakeTable) Property(name string) (Column, bool) { return t.Column(name) }
func (t *fakeTable) Column(name string) (Column, bool) {
	for _, c := range t.columns {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}
func (t *fakeTable) Columns() (out []Column) {
	for _, c := range t.columns {
		out = append(out, c)
	}
	return out
}
func (t *fakeTable) Parent() (Column, bool) { return t.Column("parent") }
func (t *fakeTable) All(past int64) iter.Seq[Row] {
	t.scans++
	return func(yield func(Row) bool) {
		for _, r := range t.rows {
			if r.place > past && !yield(r) {
				return
			}
		}
	}
}
func (t *fakeTable) Find(id GUID) Row {
	for _, r := range t.rows {
		if r.id == id {
			return r
		}
	}
	return nil
}
func (t *fakeTable) Pointing(c Column, to GUID) (out []Row, ok bool) {
	if !t.indexed[c.Title()] {
		return nil, false
	}
	for _, r := range t.rows {
		if r.values[c.Title()] == to {
			out = append(out, r)
		}
	}
	return out, true
}

func (t *fakeTable) col(name string) Column {
	c, ok := t.Column(name)
	if !ok {
		panic("no column " + name)
	}
	return c
}

func (t *fakeTable) ref(name string) Ref { return Ref{Column: t.col(name)} }

func (t *fakeTable) add(values map[string]any) {
	n := int64(len(t.rows) + 1)
	id := idOf(t.name, n)
	values[t.columns[0].name] = id
	t.rows = append(t.rows, &fakeRow{n, id, values})
}

func idOf(table string, n int64) GUID { return GUID{0: table[0], 15: byte(n)} }

var noon = time.Date(2026, 5, 13, 12, 0, 0, 0, time.UTC) // a Wednesday

// town is two firms, one of them owned by the other, and six people.
func town() (people, firms, members *fakeTable) {
	firms = &fakeTable{name: "firm", columns: []*fakeColumn{{"firmid", Identity}, {"name", Text}, {"parent", Identity}}}
	firms.add(map[string]any{"name": "Acme"})
	firms.add(map[string]any{"name": "Bolt", "parent": idOf("firm", 1)})
	people = &fakeTable{name: "person", indexed: map[string]bool{"firm": true}, columns: []*fakeColumn{{"personid", Identity}, {"name", Text},
		{"score", Whole}, {"money", Fraction}, {"mail", Truth}, {"seen", Instant}, {"born", Date}, {"firm", Identity}, {"tags", Choices}, {"parent", Identity}}}
	for i := range int64(6) {
		row := map[string]any{"name": []string{"Ann", "bob", "Cé", "Dora", "Eve", "Flo"}[i], "score": i, "money": float64(i) + 0.1, "mail": i%2 == 0,
			"seen": MomentOf(noon.AddDate(0, 0, -int(i)*5)), "born": Day("1980-01-0" + string(rune('1'+i)))}
		if i < 4 {
			row["firm"] = idOf("firm", i%2+1)
		}
		if i == 5 {
			delete(row, "score")
			delete(row, "money")
		}
		if i == 2 {
			row["tags"] = []int64{1, 3}
		}
		people.add(row)
	}
	members = &fakeTable{name: "member", indexed: map[string]bool{"who": true}, columns: []*fakeColumn{{"memberid", Identity}, {"list", Text}, {"who", Identity}}}
	for _, m := range []struct {
		list string
		who  int64
	}{{"news", 1}, {"news", 2}, {"offers", 1}, {"offers", 5}} {
		members.add(map[string]any{"list": m.list, "who": idOf("person", m.who)})
	}
	return people, firms, members
}
