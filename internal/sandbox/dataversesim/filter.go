package dataversesim

import (
	"strconv"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/schema"
)

// predicate says whether a row matches. It runs under the read lock.
type predicate func(*row) bool

// filter is a $filter made ready for one table.
type filter struct {
	match predicate
	// ids are the only rows that can match, when an index could tell; known
	// says whether it could.
	ids   []guid
	known bool
}

// compiler turns expressions into predicates over the rows of one table.
type compiler struct {
	sim   *Sim
	table *table
	now   time.Time
}

// compile makes a filter; nil is the filter that lets everything through.
func (s *Sim) compile(t *table, e *expression) (filter, *failure) {
	if e == nil {
		return filter{match: func(*row) bool { return true }}, nil
	}
	c := compiler{s, t, s.cfg.Now()}
	match, f := c.predicate(e)
	if f != nil {
		return filter{}, f
	}
	ids, known := c.candidates(e)
	return filter{match, ids, known}, nil
}

func (c compiler) predicate(e *expression) (predicate, *failure) {
	switch e.op {
	case "and", "or":
		left, f := c.predicate(e.left)
		if f != nil {
			return nil, f
		}
		right, f := c.predicate(e.right)
		if e.op == "and" {
			return func(r *row) bool { return left(r) && right(r) }, f
		}
		return func(r *row) bool { return left(r) || right(r) }, f
	case "not":
		p, f := c.predicate(e.left)
		return func(r *row) bool { return !p(r) }, f
	case "call":
		return c.function(e)
	}
	read, col, f := c.path(e.path)
	if f != nil {
		return nil, f
	}
	switch e.op {
	case "contains", "startswith", "endswith":
		return textPredicate(e, read, col)
	}
	if e.other != "" {
		other, _, f := c.path(e.other)
		return func(r *row) bool { return compared(e.op, read(r), other(r)) }, f
	}
	want, f := col.fromLiteral(e.value)
	if f != nil {
		return nil, f
	}
	if want == nil {
		return nullPredicate(e.op, read)
	}
	op := e.op
	if n, ok := want.(int64); ok && op == "eq" { // states and statuses are asked for the most
		return func(r *row) bool { v, ok := read(r).(int64); return ok && v == n }, nil
	}
	return func(r *row) bool { return compared(op, read(r), want) }, nil
}

// compared is one comparison. A missing value is unequal to everything and
// neither more nor less, as in the platform's queries.
func compared(op string, a, b any) bool {
	order, ok := compare(a, b)
	switch op {
	case "eq":
		return ok && order == 0
	case "ne":
		return !ok || order != 0
	case "gt":
		return ok && order > 0
	case "ge":
		return ok && order >= 0
	case "lt":
		return ok && order < 0
	}
	return ok && order <= 0
}

func nullPredicate(op string, read func(*row) any) (predicate, *failure) {
	switch op {
	case "eq":
		return func(r *row) bool { return read(r) == nil }, nil
	case "ne":
		return func(r *row) bool { return read(r) != nil }, nil
	}
	return nil, badSyntax("null can only be compared with eq and ne.")
}

func textPredicate(e *expression, read func(*row) any, col *column) (predicate, *failure) {
	if col.edm() != "Edm.String" || !e.value.quoted {
		return nil, badSyntax("No function signature for the function with name '%s' matches the specified arguments.", e.op)
	}
	test := strings.Contains
	switch e.op {
	case "startswith":
		test = strings.HasPrefix
	case "endswith":
		test = strings.HasSuffix
	}
	want := strings.ToLower(e.value.text)
	return func(r *row) bool {
		s, ok := read(r).(string)
		return ok && test(strings.ToLower(s), want)
	}, nil
}

// path finds the column that a path names: a column of this table, or one
// behind a lookup (sdkmessageid/name).
func (c compiler) path(path string) (func(*row) any, *column, *failure) {
	first, rest, far := strings.Cut(path, "/")
	if !far {
		col := c.table.shape.byWire[first]
		if col == nil || col.secret {
			return nil, nil, unknownProperty(c.table, first)
		}
		return func(r *row) any { return r.get(col) }, col, nil
	}
	nav, ok := c.table.shape.navs[first]
	if !ok || nav.target == "" || c.sim.tables[nav.target] == nil {
		return nil, nil, unknownProperty(c.table, first)
	}
	target := c.sim.tables[nav.target]
	read, col, f := compiler{c.sim, target, c.now}.path(rest)
	if f != nil {
		return nil, nil, f
	}
	return func(r *row) any {
		to, _ := r.get(nav.col).(ref)
		if to.table != target {
			return nil
		}
		if far := target.find(to.id); far != nil {
			return read(far)
		}
		return nil
	}, col, nil
}

// fromLiteral types a literal by the column it is compared with.
func (c *column) fromLiteral(l literal) (any, *failure) {
	if l.text == "null" && !l.quoted {
		return nil, nil
	}
	var v any
	var ok bool
	switch c.edm() {
	case "Edm.Guid":
		v, ok = parseGUIDAny(l.text) // quoted ids are tolerated (reference: 2.5)
	case "Edm.Int32", "Edm.Int64":
		n, err := strconv.ParseInt(l.text, 10, 64)
		v, ok = n, err == nil && !l.quoted
	case "Edm.Decimal":
		n, err := strconv.ParseFloat(l.text, 64)
		v, ok = n, err == nil && !l.quoted
	case "Edm.Boolean":
		v, ok = l.text == "true", !l.quoted && (l.text == "true" || l.text == "false")
	case "Edm.Date":
		v, ok = parseDayAny(l.text)
	case "Edm.DateTimeOffset":
		v, ok = parseMomentAny(l.text)
	default:
		v, ok = l.text, l.quoted
		if ok && c.kind == unique {
			v = strings.ToLower(l.text)
		}
	}
	if !ok {
		return nil, badSyntax("A binary operator with incompatible types was detected. The column '%s' is of type '%s'.", c.wire, c.edm())
	}
	return v, nil
}

func parseGUIDAny(s string) (any, bool)   { g, ok := parseGUID(s); return g, ok }
func parseDayAny(s string) (any, bool)    { d, ok := parseDay(s); return d, ok }
func parseMomentAny(s string) (any, bool) { m, ok := parseMoment(s); return m, ok }

// candidates asks the indexes which rows can match at all.
func (c compiler) candidates(e *expression) ([]guid, bool) {
	switch e.op {
	case "and":
		left, okLeft := c.candidates(e.left)
		right, okRight := c.candidates(e.right)
		if okLeft && (!okRight || len(left) <= len(right)) {
			return left, true
		}
		return right, okRight
	case "or":
		left, okLeft := c.candidates(e.left)
		right, okRight := c.candidates(e.right)
		return append(left, right...), okLeft && okRight
	case "eq":
		if e.other != "" || e.value.text == "null" {
			return nil, false
		}
		return c.indexed(c.table.shape.byWire[e.path], []literal{e.value})
	case "call":
		if e.name == "In" {
			return c.indexed(c.called(e), e.arg("PropertyValues"))
		}
	}
	return nil, false
}

func (c compiler) indexed(col *column, values []literal) ([]guid, bool) {
	if col == nil || col.kind != schema.PrimaryKey && !col.indexed {
		return nil, false
	}
	var ids []guid
	for _, v := range values {
		id, ok := parseGUID(v.text)
		if !ok {
			continue
		}
		if col.indexed {
			ids = c.table.indexes[col.name].of(ids, id)
		} else {
			ids = append(ids, id)
		}
	}
	return ids, true
}
