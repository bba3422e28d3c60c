package dataversesim

import (
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// queried is a table as package query sees it. It lives under the read lock.
type queried struct {
	s *Sim
	t *table
}

// pointer is a lookup of which only the rows of one table count.
type pointer struct {
	*column
	to *table
}

// Title is the logical name.
func (c *column) Title() string { return c.name }

// Holds says which values the column has.
func (c *column) Holds() query.Type {
	switch c.kind {
	case unique:
		return query.Identity
	case multiSelect:
		return query.Choices
	}
	switch c.edm() {
	case "Edm.Guid":
		return query.Identity
	case "Edm.Int32", "Edm.Int64":
		return query.Whole
	case "Edm.Decimal", "Edm.Double":
		return query.Fraction
	case "Edm.Boolean":
		return query.Truth
	case "Edm.Date":
		return query.Date
	case "Edm.DateTimeOffset":
		return query.Instant
	}
	return query.Text
}

// Value is the value of a column as package query knows it.
func (r *row) Value(c query.Column) any {
	switch c := c.(type) {
	case *column:
		if c.kind == unique {
			return c.neutral(r.get(c))
		}
		return neutral(r.get(c))
	case pointer:
		if to, _ := r.get(c.column).(ref); to.table == c.to {
			return query.GUID(to.id)
		}
	}
	return nil
}

// Place is when the row was made.
func (r *row) Place() int64 { return r.seq }

// ID is the primary key.
func (r *row) ID() query.GUID { return query.GUID(r.id) }

func neutral(v any) any {
	switch v := v.(type) {
	case moment:
		return query.Moment(v)
	case day:
		return query.Day(v)
	case guid:
		return query.GUID(v)
	case ref:
		return query.GUID(v.id)
	case picks:
		return v.list()
	}
	return v
}

// neutral reads an id that is kept as text.
func (c *column) neutral(v any) any {
	text, ok := v.(string)
	if !ok {
		return neutral(v)
	}
	if id, ok := query.ParseGUID(text); ok {
		return id
	}
	return nil
}

// stored is the other way round, for values that were computed.
func stored(v any) any {
	switch v := v.(type) {
	case query.Moment:
		return moment(v)
	case query.Day:
		return day(v)
	case query.GUID:
		return guid(v)
	case []int64:
		return picksOf(v)
	}
	return v
}

func (q queried) Title() string            { return q.t.name }
func (q queried) Identifier() query.Column { return q.t.shape.byName[q.t.key] }

func (q queried) Column(name string) (query.Column, bool) {
	return readable(q.t.shape.byName[name])
}

func (q queried) Property(name string) (query.Column, bool) {
	return readable(q.t.shape.byWire[name])
}

func readable(c *column) (query.Column, bool) {
	if c == nil || c.secret {
		return nil, false
	}
	return c, true
}

func (q queried) Columns() (out []query.Column) {
	for _, c := range q.t.visible(q.t.shape.cols) {
		if !c.secret {
			out = append(out, c)
		}
	}
	return out
}

// Parent is the lookup parent… at rows of the same table.
func (q queried) Parent() (query.Column, bool) {
	for _, c := range q.t.shape.cols {
		if c.isLookup() && strings.HasPrefix(c.name, "parent") && slices.Equal(c.targets, []string{q.t.name}) {
			return c, true
		}
	}
	return nil, false
}

// Way finds the row behind a lookup, the rows that point here, or those that a
// row here is paired with.
func (q queried) Way(name string) (query.Way, bool) {
	if nav, ok := q.t.shape.navs[name]; ok && q.s.tables[nav.target] != nil {
		far := queried{q.s, q.s.tables[nav.target]}
		return query.Way{Hops: []query.Hop{{From: aimed(nav.col, far.t), Table: far, To: far.Identifier()}}}, true
	}
	r, ok := q.t.relations[name]
	if !ok {
		return query.Way{}, false
	}
	far := queried{q.s, r.of}
	if r.through == nil {
		return query.Way{Many: true, Hops: []query.Hop{{From: q.Identifier(), Table: far, To: aimed(r.via, q.t)}}}, true
	}
	pairs := queried{q.s, r.through}
	return query.Way{Many: true, Hops: []query.Hop{{From: q.Identifier(), Table: pairs, To: aimed(r.here, q.t)}, {From: aimed(r.there, r.of), Table: far, To: far.Identifier()}}}, true
}

// aimed is a column that points at rows of one table, also when it can point
// at those of others.
func aimed(c *column, to *table) query.Column {
	if len(c.targets) > 1 {
		return pointer{c, to}
	}
	return c
}

func (q queried) All(past int64) iter.Seq[query.Row] {
	return func(yield func(query.Row) bool) {
		for _, at := range q.t.order[q.t.after(past):] {
			if at.row != nil && !yield(at.row) {
				return
			}
		}
	}
}

func (q queried) Find(id query.GUID) query.Row {
	if r := q.t.find(guid(id)); r != nil {
		return r
	}
	return nil
}

func (q queried) Pointing(c query.Column, to query.GUID) ([]query.Row, bool) {
	target, only := c.(pointer)
	col, _ := c.(*column)
	if only {
		col = target.column
	}
	if col == nil || !col.indexed {
		return nil, false
	}
	bucket := q.t.indexes[col.name].buckets[guid(to)]
	if bucket == nil {
		return nil, true
	}
	out := make([]query.Row, 0, bucket.size())
	for id := range bucket.all {
		r := q.t.find(id)
		if at, _ := r.get(col).(ref); !only || at.table == target.to {
			out = append(out, r)
		}
	}
	if len(out) > 1 {
		slices.SortFunc(out, func(a, b query.Row) int { return inOrder(a.Place(), b.Place()) })
	}
	return out, true
}

// asker is what a query knows about who asks, and when.
func (s *Sim) asker() query.Env {
	return query.Env{Now: s.cfg.Now(), User: query.GUID(s.user.id), Unit: query.GUID(s.unit.id)}
}

// mayQuery refuses a query of tables that the role may not read.
func (s *Sim) mayQuery(q *query.Query) *failure {
	for _, t := range q.Tables() {
		of := t.(queried).t
		if of.meta.Intersect {
			continue // pairs have no rights of their own
		}
		if f := s.permitted(of, http.MethodGet); f != nil {
			return f
		}
	}
	return nil
}

// Codes of what a query is refused for, *assumed*: the reference has none of them.
const (
	codeNoEntity     = "0x80041102"
	codeNoAttribute  = "0x80041103"
	codeBadFetch     = "0x80041101"
	codeTooManyToSum = "0x8004e023"
)

// queryFailure is trouble with a FetchXML query as the platform tells it.
func queryFailure(err error) *failure {
	var e *query.Error
	if !errors.As(err, &e) {
		return badSyntax("%s", err)
	}
	switch e.Kind {
	case query.Unknown:
		if e.Name == "" {
			return fail(http.StatusBadRequest, codeNoEntity, "%s", e.Text)
		}
		return fail(http.StatusBadRequest, codeNoAttribute, "'%s' entity doesn't contain attribute with Name = '%s' and NameMapping = 'Logical'.", e.Table, e.Name)
	case query.Unsupported:
		return fail(http.StatusNotImplemented, "0x80060888", "%s", e.Text)
	case query.TooManyToSum:
		return fail(http.StatusBadRequest, codeTooManyToSum, "%s", e.Text)
	}
	return fail(http.StatusBadRequest, codeBadFetch, "%s", e.Text)
}
