package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Our statements are written once, with ? for a parameter. Two kinds of argument
// stand for many values: words or numbers after IN, a *grid after VALUES. SQLite
// gets a parameter for each value. PostgreSQL gets one array for each list and for
// each column of a grid, so that a statement has one text, however many rows it is
// about, and is parsed and planned once for each connection.

// words is a list of texts after IN: `key IN ?`.
type words []string

// numbers is a list of integers after IN: `id IN ?`.
type numbers []int64

// grid is the rows after VALUES: `INSERT INTO t (a, b) VALUES ?`, `WITH v (a, b) AS (VALUES ?)`.
// kinds has one letter a column: t for text, i for bigint, b for bytea.
type grid struct {
	kinds string
	cells []any
}

func newGrid(kinds string, rows int) *grid {
	return &grid{kinds: kinds, cells: make([]any, 0, rows*len(kinds))}
}

// add appends one row; a column is a string, an int64 or a []byte, as kinds says.
func (g *grid) add(row ...any) { g.cells = append(g.cells, row...) }

func (g *grid) rows() int { return len(g.cells) / len(g.kinds) }

// bind turns a statement of ours and its arguments into the dialect's. Our
// statements hold no literal question mark.
func (s *Store) bind(query string, args []any) (string, []any) {
	if s.dialect.Numbered {
		return bindArrays(query, args)
	}
	return bindEach(query, args)
}

// sql is bind for a statement whose arguments are all single values.
func (s *Store) sql(query string) string {
	query, _ = s.bind(query, make([]any, strings.Count(query, "?")))
	return query
}

// bindEach writes a parameter for each value.
func bindEach(query string, args []any) (string, []any) {
	if !slices.ContainsFunc(args, isMany) {
		return query, args
	}
	var b strings.Builder
	b.Grow(len(query) + 1024)
	out := make([]any, 0, len(args)+64)
	for _, arg := range args {
		at := strings.IndexByte(query, '?')
		b.WriteString(query[:at])
		query = query[at+1:]
		switch v := arg.(type) {
		case words:
			b.WriteString("(" + list(len(v)) + ")")
			out = appendAll(out, v)
		case numbers:
			b.WriteString("(" + list(len(v)) + ")")
			out = appendAll(out, v)
		case *grid:
			b.WriteString(tuples(v.rows(), len(v.kinds)))
			out = append(out, v.cells...)
		default:
			b.WriteByte('?')
			out = append(out, v)
		}
	}
	b.WriteString(query)
	return b.String(), out
}

func isMany(arg any) bool {
	switch arg.(type) {
	case words, numbers, *grid:
		return true
	}
	return false
}

func appendAll[T any](out []any, values []T) []any {
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

// bindArrays writes $1, $2, … and an array for a list and for each column of a grid.
func bindArrays(query string, args []any) (string, []any) {
	var b strings.Builder
	b.Grow(len(query) + 128)
	out := make([]any, 0, len(args)+16)
	for _, arg := range args {
		at := strings.IndexByte(query, '?')
		before := query[:at]
		query = query[at+1:]
		switch v := arg.(type) {
		case words:
			b.WriteString(strings.TrimSuffix(before, "IN ") + "= ANY(")
			out = parameter(&b, out, []string(v), "text[]")
			b.WriteByte(')')
		case numbers:
			b.WriteString(strings.TrimSuffix(before, "IN ") + "= ANY(")
			out = parameter(&b, out, []int64(v), "bigint[]")
			b.WriteByte(')')
		case *grid:
			b.WriteString(strings.TrimSuffix(before, "VALUES ") + "SELECT * FROM unnest(")
			for i := range v.kinds {
				if i > 0 {
					b.WriteByte(',')
				}
				column, kind := v.column(i)
				out = parameter(&b, out, column, kind)
			}
			b.WriteByte(')')
		default:
			b.WriteString(before)
			out = parameter(&b, out, v, "")
		}
	}
	b.WriteString(query)
	return b.String(), out
}

// parameter writes the next $n, cast to kind if that is not empty.
func parameter(b *strings.Builder, out []any, value any, kind string) []any {
	b.WriteByte('$')
	b.WriteString(strconv.Itoa(len(out) + 1))
	if kind != "" {
		b.WriteString("::" + kind)
	}
	return append(out, value)
}

// column is one column as an array, with its type on PostgreSQL.
func (g *grid) column(i int) (array any, kind string) {
	switch g.kinds[i] {
	case 't':
		return columnOf[string](g, i), "text[]"
	case 'i':
		return columnOf[int64](g, i), "bigint[]"
	case 'b':
		return columnOf[[]byte](g, i), "bytea[]"
	}
	panic(fmt.Sprintf("store: a grid has no kind %q", g.kinds[i]))
}

func columnOf[T any](g *grid, i int) []T {
	out := make([]T, 0, g.rows())
	for ; i < len(g.cells); i += len(g.kinds) {
		out = append(out, g.cells[i].(T))
	}
	return out
}

// tuples writes rows groups of columns parameters: "(?,?),(?,?)".
func tuples(rows, columns int) string {
	one := "(" + list(columns) + ")"
	return one + strings.Repeat(","+one, rows-1)
}

// list writes n parameters: "?,?,?".
func list(n int) string { return "?" + strings.Repeat(",?", n-1) }

// texts are values as the database takes them.
func texts[T ~string](values []T) words {
	out := make(words, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// chunks cuts values into pieces of at most n, so that one statement stays far
// below the limits on parameters (SQLite 32,766; PostgreSQL 65,535).
func chunks[T any](values []T, n int) [][]T {
	var out [][]T
	for len(values) > n {
		out = append(out, values[:n])
		values = values[n:]
	}
	if len(values) > 0 {
		out = append(out, values)
	}
	return out
}

// sortBy sorts values by a text of each.
func sortBy[T any](values []T, by func(T) string) {
	slices.SortFunc(values, func(a, b T) int { return strings.Compare(by(a), by(b)) })
}
