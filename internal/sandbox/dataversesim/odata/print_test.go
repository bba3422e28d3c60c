package odata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// written writes a filter down again, every part in parentheses. It is the
// other way round of Filter: what it writes is read as the same filter.
func written(n query.Node, t *bareTable, self string) string {
	switch n := n.(type) {
	case query.And:
		return joined(n, t, self, " and ")
	case query.Or:
		return joined(n, t, self, " or ")
	case query.Not:
		return "not (" + written(n.Node, t, self) + ")"
	case query.Exists:
		return lambda(n, t, self)
	case query.Condition:
		return condition(n, t, self)
	}
	panic(fmt.Sprintf("a node of the kind %T", n))
}

func joined(parts []query.Node, t *bareTable, self, between string) string {
	var out []string
	for _, n := range parts {
		out = append(out, "("+written(n, t, self)+")")
	}
	return strings.Join(out, between)
}

// lambda writes a chain of Exists as a path and a lambda.
func lambda(n query.Exists, t *bareTable, self string) string {
	path := ""
	if self != "" {
		path = self + "/"
	}
	var hops []query.Hop
	var inner query.Node = n
	for {
		link := inner.(query.Exists).Link
		hops, inner = append(hops, link.Hop), link.Where
		name, way := wayOf(t, hops)
		if name == "" {
			continue
		}
		path += name + "/"
		if t = way.Target().(*bareTable); way.Many {
			break
		}
		hops = nil
	}
	if inner == nil {
		return path + "any()"
	}
	variable := self + "o"
	return path + "any(" + variable + ":" + written(inner, t, variable) + ")"
}

// wayOf finds the navigation property that consists of hops.
func wayOf(t *bareTable, hops []query.Hop) (string, query.Way) {
	for name, w := range t.ways {
		if slices.Equal(w.Hops, hops) {
			return name, w
		}
	}
	return "", query.Way{}
}

func reference(r query.Ref, t *bareTable, self string) string {
	path := ""
	if self != "" {
		path = self + "/"
	}
	for _, h := range r.Hops {
		name, _ := wayOf(t, []query.Hop{h})
		path += name + "/"
		t = h.Table.(*bareTable)
	}
	return path + r.Column.(*bareColumn).property
}

func condition(n query.Condition, t *bareTable, self string) string {
	left := reference(n.Ref, t, self)
	for word, op := range comparisons {
		switch {
		case op.op != n.Op:
		case n.Other != nil:
			return left + " " + word + " " + reference(*n.Other, t, self)
		case functionOnly(n.Ref):
		default:
			return left + " " + word + " " + value(n.Values[0])
		}
	}
	switch n.Op {
	case query.IsNull:
		return left + " eq null"
	case query.NotNull:
		return left + " ne null"
	}
	for word, op := range texts {
		if op == n.Op {
			return word + "(" + left + "," + value(n.Values[0]) + ")"
		}
	}
	return call(n)
}

func functionOnly(r query.Ref) bool { return r.Column.Holds() == query.Choices }

func call(n query.Condition) string {
	out := functions + functionOf(n.Op) + "(PropertyName=" + value(n.Ref.Column.Title())
	least, most, _ := n.Op.Takes()
	switch {
	case most > 2:
		var list []string
		for _, v := range n.Values {
			list = append(list, quoteText(plain(v)))
		}
		return out + ",PropertyValues=[" + strings.Join(list, ",") + "])"
	case least == 2 && (n.Op == query.Between || n.Op == query.NotBetween):
		return out + ",PropertyValues=[" + quoteText(plain(n.Values[0])) + "," + quoteText(plain(n.Values[1])) + "])"
	case least == 2:
		return out + ",PropertyValue1=" + plain(n.Values[0]) + ",PropertyValue2=" + plain(n.Values[1]) + ")"
	case least == 1:
		return out + ",PropertyValue=" + value(n.Values[0]) + ")"
	}
	return out + ")"
}

// functionOf is the name of the query function that means op.
func functionOf(op query.Op) string {
	for name, o := range dynamics {
		if o == op {
			return name
		}
	}
	var b strings.Builder
	for part := range strings.SplitSeq(string(op), "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func value(v interface{}) string {
	if s, ok := v.(string); ok {
		return quoteText(s)
	}
	return plain(v)
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func plain(v interface{}) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return fmt.Sprint(v)
}
