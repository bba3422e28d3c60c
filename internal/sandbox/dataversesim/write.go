package dataversesim

import (
	"slices"
	"strings"
)

// assignment is one value of a request body, ready to be stored.
type assignment struct {
	col *column
	val any
}

// assignments reads a body against the table: names are case-sensitive, types
// are checked, lookups are resolved (reference: dataverse-api 2.4). The id is
// the primary key in the body, zero when it has none.
func (tx *transaction) assignments(t *table, body object, links map[string]string) (sets []assignment, id guid, f *failure) {
	sets = make([]assignment, 0, len(body)+4)
	for _, m := range body {
		if at := strings.IndexByte(m.key, '@'); at >= 0 {
			set, skip, f := tx.bound(t, m, at, links)
			if f != nil {
				return nil, guid{}, f
			}
			if !skip {
				sets = assign(sets, set)
			}
			continue
		}
		if m.key == t.key {
			text, _ := m.value.(string)
			given, ok := parseGUID(text)
			if !ok {
				return nil, guid{}, badPayload(t, "Cannot convert the literal to the expected type 'Edm.Guid'. Property: %s.", t.key)
			}
			id = given
			continue
		}
		c := t.shape.byWire[m.key]
		if c == nil {
			if deep, f := tx.nest(t, m, links); f != nil {
				return nil, guid{}, f
			} else if deep {
				continue
			}
		}
		if c == nil || c.kind == version {
			return nil, guid{}, badPayload(t, "The property '%s' does not exist on type 'Microsoft.Dynamics.CRM.%s'. Make sure to only use property names that are defined by the type.", m.key, t.name)
		}
		val, f := c.fromJSON(t, m.value)
		if f != nil {
			return nil, guid{}, f
		}
		if !c.fixed {
			sets = assign(sets, assignment{c, val})
		}
	}
	return sets, id, nil
}

// assign keeps the last value of a column that is given twice.
func assign(sets []assignment, a assignment) []assignment {
	for i := range sets {
		if sets[i].col == a.col {
			sets[i] = a
			return sets
		}
	}
	return append(sets, a)
}

// create makes a row; the zero id asks for a new one.
func (tx *transaction) create(t *table, id guid, sets []assignment) (*row, *failure) {
	s := tx.sim
	inner := tx.nested
	tx.nested = nil
	sets, f := tx.makeFirst(inner, sets)
	if f != nil {
		return nil, f
	}
	if id.isZero() {
		id = newGUID(s.rand)
	}
	if t.find(id) != nil {
		return nil, fail(412, "0x80040237", "A record with matching key values already exists.")
	}
	after := &row{id: id, seq: s.nextSeq(), version: s.nextVersion(), vals: make([]any, room(t.shape.usual, sets))}
	c := change{table: t, after: after, message: "Create", asked: columnsOf(sets)}
	for _, a := range sets {
		after.put(a.col, a.val)
	}
	if f := tx.derive(&c); f != nil {
		return nil, f
	}
	if f := t.checkKeys(after); f != nil {
		return nil, f
	}
	tx.apply(c)
	tx.mirror(&c)
	return after, tx.makeAfter(inner, ref{t, id})
}

// update changes a row that exists.
func (tx *transaction) update(t *table, before *row, sets []assignment) (*row, *failure) {
	if len(tx.nested) > 0 {
		tx.nested = nil
		return nil, badPayload(t, "Deep update is not supported: change the other row by itself.")
	}
	sets = slices.DeleteFunc(sets, func(a assignment) bool { return a.col.once && before.get(a.col) != nil })
	after := before.successor(tx.sim.nextVersion(), room(0, sets))
	c := change{table: t, before: before, after: after, message: "Update", asked: columnsOf(sets)}
	for _, a := range sets {
		after.put(a.col, a.val)
	}
	if f := tx.derive(&c); f != nil {
		return nil, f
	}
	if f := t.checkKeys(after); f != nil {
		return nil, f
	}
	tx.apply(c)
	tx.mirror(&c)
	return after, nil
}

// remove takes a row away, and empties the lookups that pointed at it, as the
// platform's Remove Link behaviour does.
func (tx *transaction) remove(t *table, before *row) {
	c := change{table: t, before: before, message: "Delete", gone: tx.sim.nextVersion()}
	tx.apply(c)
	tx.mirror(&c)
	for _, other := range tx.sim.ordered {
		for _, c := range other.shape.indexed {
			if !slices.Contains(c.targets, t.name) {
				continue
			}
			for _, id := range other.indexes[c.name].of(nil, before.id) {
				switch found := other.find(id); {
				case found == nil: // it went along with another
				case t.goesAlong(other, c):
					tx.remove(other, found)
				default:
					tx.unlink(other, found, c)
				}
			}
		}
	}
}

func (tx *transaction) unlink(t *table, before *row, c *column) {
	after := before.successor(tx.sim.nextVersion(), 0)
	after.put(c, nil)
	tx.apply(change{table: t, before: before, after: after, message: "Update", quiet: true})
}

func columnsOf(sets []assignment) []*column {
	cols := make([]*column, len(sets))
	for i, a := range sets {
		cols[i] = a.col
	}
	return cols
}

// room is the number of values that a row needs for what is set.
func room(least int, sets []assignment) int {
	for _, a := range sets {
		if a.val != nil {
			least = max(least, a.col.index+1)
		}
	}
	return least
}

// put sets a column if the table has it, and notes that the platform did so.
func (c *change) put(name string, v any) {
	c.fill(c.table.shape.byName[name], v)
}

// fill is put for a column that is at hand; nil is a column the table has not.
func (c *change) fill(col *column, v any) {
	if col == nil || col.index < 0 {
		return
	}
	c.after.put(col, v)
	if !slices.Contains(c.asked, col) && !slices.Contains(c.computed, col) {
		c.computed = append(c.computed, col)
	}
}

// value reads a column of the row that is being made.
func (c *change) value(name string) any {
	if col := c.table.shape.byName[name]; col != nil {
		return c.after.get(col)
	}
	return nil
}

func (c *change) asks(names ...string) bool {
	for _, col := range c.asked {
		if slices.Contains(names, col.name) {
			return true
		}
	}
	return false
}
