package store

import (
	"slices"
	"strconv"
	"strings"
)

// sql turns the ? of our statements into the dialect's parameters. Our
// statements hold no literal question mark.
func (s *Store) sql(query string) string {
	if !s.dialect.Numbered {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for {
		i := strings.IndexByte(query, '?')
		if i < 0 {
			b.WriteString(query)
			return b.String()
		}
		n++
		b.WriteString(query[:i])
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		query = query[i+1:]
	}
}

// tuples writes rows groups of columns parameters: "(?,?),(?,?)".
func tuples(rows, columns int) string {
	one := "(" + list(columns) + ")"
	return one + strings.Repeat(","+one, rows-1)
}

// typed writes rows groups of parameters like tuples, for a VALUES list that is not
// an INSERT's: there PostgreSQL takes the types from the first row, so that row
// casts each parameter. kinds has one letter a column: t for text, i for bigint.
func typed(rows int, kinds string) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, k := range kinds {
		if i > 0 {
			b.WriteByte(',')
		}
		if k == 'i' {
			b.WriteString("CAST(? AS BIGINT)")
		} else {
			b.WriteString("CAST(? AS TEXT)")
		}
	}
	b.WriteByte(')')
	if rows > 1 {
		b.WriteByte(',')
		b.WriteString(tuples(rows-1, len(kinds)))
	}
	return b.String()
}

// list writes n parameters: "?,?,?".
func list(n int) string { return "?" + strings.Repeat(",?", n-1) }

// anys turns typed values into query arguments.
func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
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
