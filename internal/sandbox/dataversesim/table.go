package dataversesim

import (
	"slices"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
	"github.com/spotler-connector/connector/internal/schema"
)

// row is one version of one row. It is never changed: an update makes a new
// one, so whoever holds a row may read it without a lock.
type row struct {
	id      guid
	seq     int64 // when the row was made; the order of a query without $orderby
	version int64
	vals    []any
}

// get returns the value of c, nil when there is none.
func (r *row) get(c *column) any {
	if c.index >= 0 {
		if c.index < len(r.vals) {
			return r.vals[c.index]
		}
		return nil
	}
	if c.kind == schema.PrimaryKey {
		return r.id
	}
	return r.version
}

// successor is a copy of r for its next version, with room for n values at least.
func (r *row) successor(version int64, n int) *row {
	after := &row{id: r.id, seq: r.seq, version: version, vals: make([]any, max(len(r.vals), n))}
	copy(after.vals, r.vals)
	return after
}

// put stores a value; rows end with the last value they have.
func (r *row) put(c *column, v any) {
	if c.index >= len(r.vals) {
		if v == nil {
			return
		}
		r.vals = append(r.vals, make([]any, c.index+1-len(r.vals))...)
	}
	r.vals[c.index] = v
}

// slot is the place of a row in its table; row is nil after a delete.
type slot struct {
	seq int64
	row *row
}

// table is one table with its rows. The lock of the Sim guards it.
type table struct {
	name, set, key, primary string
	pairs                   bool // of an N:N relationship: there are no privileges on it

	meta      *metadata.Table
	shape     *shape
	rows      map[guid]*slot
	order     []*slot // by seq, with the holes that deletes leave
	holes     int
	indexes   map[string]*index          // by column name
	keys      map[string]map[string]guid // by alternate key, then by its value
	relations map[string]relation        // by navigation name

	onDelete map[*column]string // by the lookups that point here: their cascade

	// tracked tables have a change log and can be asked for a delta link.
	tracked bool
	// hidden columns are left out of answers, by the control API's wish.
	hidden map[string]bool
	// eventful tables can have steps on every message about rows.
	eventful bool
	// elastic tables have DeleteMultiple.
	elastic bool
	log     []logged
	written writes
}

// writes counts what was done to a table.
type writes struct {
	Created int64 `json:"created"`
	Updated int64 `json:"updated"`
	Deleted int64 `json:"deleted"`
}

// logged is one line of the change log.
type logged struct {
	version int64
	id      guid
}

func (t *table) find(id guid) *row {
	if s := t.rows[id]; s != nil {
		return s.row
	}
	return nil
}

func (t *table) reshape(s *shape) {
	t.shape = s
	indexes := map[string]*index{}
	for _, c := range s.indexed {
		if indexes[c.name] = t.indexes[c.name]; indexes[c.name] == nil {
			indexes[c.name] = newIndex()
		}
	}
	t.indexes = indexes
	t.rekey()
}

// replace puts after in the place of before; either may be nil.
func (t *table) replace(before, after *row) {
	switch {
	case before == nil:
		s := &slot{after.seq, after}
		t.rows[after.id] = s
		t.order = append(t.order, s)
	case after == nil:
		t.rows[before.id].row = nil
		delete(t.rows, before.id)
		t.holes++
		t.compact()
	default:
		t.rows[before.id].row = after
	}
	for _, c := range t.shape.indexed {
		t.indexes[c.name].move(lookupOf(before, c), lookupOf(after, c), rowID(before, after))
	}
	t.reindexKeys(before, after)
}

// restore undoes a delete: the row gets its old place back.
func (t *table) restore(r *row) {
	t.replace(nil, r)
	last := len(t.order) - 1
	s := t.order[last]
	at, _ := slices.BinarySearchFunc(t.order[:last], s.seq, func(o *slot, seq int64) int { return inOrder(o.seq, seq) })
	copy(t.order[at+1:], t.order[at:last])
	t.order[at] = s
}

// compact removes the holes when they are the larger half.
func (t *table) compact() {
	if t.holes < 64 || t.holes*2 < len(t.order) {
		return
	}
	t.order = slices.DeleteFunc(t.order, func(s *slot) bool { return s.row == nil })
	t.holes = 0
}

// after returns the place of the first slot past seq.
func (t *table) after(seq int64) int {
	at, found := slices.BinarySearchFunc(t.order, seq, func(s *slot, seq int64) int { return inOrder(s.seq, seq) })
	if found {
		at++
	}
	return at
}

// past lists the first rows past seq, at most as many as asked for.
func (t *table) past(seq int64, most int) []*row {
	out := make([]*row, 0, min(most, len(t.rows)))
	for _, at := range t.order[t.after(seq):] {
		if len(out) == most {
			break
		}
		if at.row != nil {
			out = append(out, at.row)
		}
	}
	return out
}

func rowID(a, b *row) guid {
	if a != nil {
		return a.id
	}
	return b.id
}

func lookupOf(r *row, c *column) guid {
	if r == nil {
		return guid{}
	}
	to, _ := r.get(c).(ref)
	return to.id
}
