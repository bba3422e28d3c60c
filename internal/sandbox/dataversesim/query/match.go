package query

import (
	"slices"
	"strings"
)

// value makes the test of one value.
func (run *runtime) value(n Condition) (func(any) bool, error) {
	if w, ok := windows[n.Op]; ok {
		return run.within(w, n), nil
	}
	kind, known := n.Op.signature()
	if !known {
		return nil, Errorf(Unsupported, "The operator '%s' is not simulated.", string(n.Op))
	}
	switch kind {
	case takesNothing:
		return run.plain(n.Op), nil
	case takesText:
		return textual(n.Op, n.Values[0].(string)), nil
	case takesSome:
		return chosen(n.Op, n.Values), nil
	case takesTwo:
		between := n.Op == Between
		low, high := n.Values[0], n.Values[1]
		return func(v any) bool { return (compared(AtLeast, v, low) && compared(AtMost, v, high)) == between }, nil
	case takesNumber, takesDate, takesTwoNumbers:
		return dating(n.Op, n.Values), nil
	}
	return ordinary(n.Op, n.Values[0]), nil
}

// ordinary compares with one value; whole numbers, which states and statuses
// are, and text are asked for the most.
func ordinary(op Op, want any) func(any) bool {
	if n, ok := want.(int64); ok && op == Equal {
		return func(v any) bool { got, ok := v.(int64); return ok && got == n }
	}
	if g, ok := want.(GUID); ok && op == Equal {
		return func(v any) bool { got, ok := v.(GUID); return ok && got == g }
	}
	return func(v any) bool { return compared(op, v, want) }
}

func (run *runtime) plain(op Op) func(any) bool {
	user, unit, teams := run.env.User, run.env.Unit, run.env.Teams
	member := func(v any) bool { g, ok := v.(GUID); return ok && slices.Contains(teams, g) }
	switch op {
	case IsNull:
		return func(v any) bool { return v == nil }
	case NotNull:
		return func(v any) bool { return v != nil }
	case "eq-userid":
		return func(v any) bool { return v == user }
	case "ne-userid":
		return func(v any) bool { return v != user }
	case "eq-businessid":
		return func(v any) bool { return v == unit }
	case "ne-businessid":
		return func(v any) bool { return v != unit }
	case "eq-userteams":
		return member
	}
	return func(v any) bool { return v == user || member(v) }
}

// around is what stands before and behind the text of an operator, as a pattern;
// like has nothing there.
var around = map[Op]struct{ before, after string }{
	BeginsWith: {"", "%"}, "not-begin-with": {"", "%"}, EndsWith: {"%", ""}, "not-end-with": {"%", ""}, ContainsText: {"%", "%"}, "not-contain": {"%", "%"},
}

// textual makes the tests of text. The negated ones let missing text through.
// Wildcards are wildcards in all of them (Microsoft Learn: "Use wildcard characters
// in conditions for string values").
func textual(op Op, want string) func(any) bool {
	sides, plain := around[op]
	is := like(sides.before + want + sides.after)
	if plain && !strings.ContainsAny(want, "%_[") {
		test := strings.Contains
		switch {
		case sides.before == "":
			test = strings.HasPrefix
		case sides.after == "":
			test = strings.HasSuffix
		}
		folded := strings.ToLower(want)
		is = func(s string) bool { return test(strings.ToLower(s), folded) }
	}
	not := strings.HasPrefix(string(op), "not-")
	return func(v any) bool {
		s, ok := v.(string)
		return (ok && is(s)) != not
	}
}

// chosen makes the tests of sets of values.
func chosen(op Op, values []any) func(any) bool {
	if ids, ok := identities(values); ok && (op == In || op == NotIn) {
		return func(v any) bool {
			id, ok := v.(GUID)
			if ok {
				_, ok = ids[id]
			}
			return ok == (op == In)
		}
	}
	set := make(map[any]bool, len(values))
	for _, v := range values {
		set[Fold(v)] = true
	}
	switch op {
	case In:
		return func(v any) bool { return set[Fold(v)] }
	case NotIn:
		return func(v any) bool { return !set[Fold(v)] }
	}
	want := op == ContainValues
	return func(v any) bool {
		list, _ := v.([]int64)
		return slices.ContainsFunc(list, func(n int64) bool { return set[n] }) == want
	}
}

// identities is a set of GUIDs, if these are all values.
func identities(values []any) (map[GUID]struct{}, bool) {
	set := make(map[GUID]struct{}, len(values))
	for _, v := range values {
		id, ok := v.(GUID)
		if !ok {
			return nil, false
		}
		set[id] = struct{}{}
	}
	return set, true
}

func (run *runtime) within(w window, n Condition) func(any) bool {
	count := 0
	if w.counted {
		count = number(n.Values[0])
	}
	from, to := w.span(calendar{run.env.Now.UTC()}, count)
	return inWindow(MomentOf(from), MomentOf(to))
}

func inWindow(from, to Moment) func(any) bool {
	return func(v any) bool {
		m, ok := instant(v)
		return ok && m >= from && m < to
	}
}

func dating(op Op, values []any) func(any) bool {
	if op == "in-fiscal-period" {
		period := number(values[0])
		return func(v any) bool {
			m, ok := instant(v)
			return ok && int(m.Time().Month()-1)/3+1 == period
		}
	}
	from, to := dated(op, values)
	return inWindow(MomentOf(from), MomentOf(to))
}
