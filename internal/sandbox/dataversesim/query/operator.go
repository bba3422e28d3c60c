package query

import (
	"slices"
	"strconv"
)

// Op is what a condition does, by its name in FetchXML.
type Op string

// The operators that have a name in OData as well.
const (
	Equal         Op = "eq"
	Unequal       Op = "ne"
	Above         Op = "gt"
	AtLeast       Op = "ge"
	Below         Op = "lt"
	AtMost        Op = "le"
	IsNull        Op = "null"
	NotNull       Op = "not-null"
	In            Op = "in"
	NotIn         Op = "not-in"
	BeginsWith    Op = "begins-with"
	EndsWith      Op = "ends-with"
	ContainsText  Op = "contains" // FetchXML writes like '%x%'
	Like          Op = "like"
	Between       Op = "between"
	NotBetween    Op = "not-between"
	ContainValues Op = "contain-values"
)

// takes says which values an operator wants.
type takes int

const (
	takesNothing takes = iota
	takesValue         // one value of the column
	takesText          // one text
	takesSome          // one value of the column or more
	takesTwo           // two values of the column
	takesNumber        // a number that is not the column's
	takesDate          // a date
	takesTwoNumbers
)

// signatures are the operators that Microsoft lists (Learn: FetchXML reference,
// "operators"), without those that ask for the hierarchy of users.
var signatures = map[Op]takes{
	"eq": takesValue, "ne": takesValue, "neq": takesValue, "gt": takesValue, "ge": takesValue, "lt": takesValue, "le": takesValue,
	"null": takesNothing, "not-null": takesNothing,
	"like": takesText, "not-like": takesText, "begins-with": takesText, "not-begin-with": takesText,
	"ends-with": takesText, "not-end-with": takesText, ContainsText: takesText, "not-contain": takesText,
	"in": takesSome, "not-in": takesSome, "between": takesTwo, "not-between": takesTwo,
	"contain-values": takesSome, "not-contain-values": takesSome,
	"eq-userid": takesNothing, "ne-userid": takesNothing, "eq-businessid": takesNothing, "ne-businessid": takesNothing,
	"eq-userteams": takesNothing, "eq-useroruserteams": takesNothing,
	"above": takesValue, "eq-or-above": takesValue, "under": takesValue, "eq-or-under": takesValue, "not-under": takesValue,
	"on": takesDate, "on-or-before": takesDate, "on-or-after": takesDate,
	"in-fiscal-year": takesNumber, "in-fiscal-period": takesNumber,
	"in-fiscal-period-and-year": takesTwoNumbers, "in-or-before-fiscal-period-and-year": takesTwoNumbers, "in-or-after-fiscal-period-and-year": takesTwoNumbers,
}

// Takes says how an operator is used: known is false for one that there is
// not; values is how many it needs at least, and most how many it can have.
func (o Op) Takes() (least, most int, known bool) {
	kind, known := o.signature()
	switch kind {
	case takesNothing:
		return 0, 0, known
	case takesSome:
		return 1, 1 << 20, known
	case takesTwo, takesTwoNumbers:
		return 2, 2, known
	}
	return 1, 1, known
}

func (o Op) signature() (takes, bool) {
	if t, ok := signatures[o]; ok {
		return t, true
	}
	if w, ok := windows[o]; ok {
		if w.counted {
			return takesNumber, true
		}
		return takesNothing, true
	}
	return 0, false
}

// Where makes a condition from values written as text, in the way of FetchXML.
func Where(r Ref, o Op, texts ...string) (Condition, error) {
	least, most, known := o.Takes()
	if !known {
		return Condition{}, Errorf(Unsupported, "The operator '%s' is not simulated.", string(o))
	}
	if len(texts) < least || len(texts) > most {
		return Condition{}, Errorf(Malformed, "The operator '%s' on '%s' has %d values; it takes %s.", string(o), r.Column.Title(), len(texts), spread(least, most))
	}
	if err := o.fits(r.Column); err != nil {
		return Condition{}, err
	}
	c := Condition{Ref: r, Op: o}
	kind, _ := o.signature()
	for _, s := range texts {
		v, err := kind.value(r.Column, s)
		if err != nil {
			return c, err
		}
		c.Values = append(c.Values, v)
	}
	return c, nil
}

func spread(least, most int) string {
	if least == most {
		return strconv.Itoa(least)
	}
	return "at least " + strconv.Itoa(least)
}

func (t takes) value(c Column, s string) (any, error) {
	switch t {
	case takesText:
		return s, nil
	case takesNumber, takesTwoNumbers:
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 0 {
			return nil, Errorf(Mistyped, "The condition on '%s' needs a whole number that is not negative.", c.Title())
		}
		return n, nil
	case takesDate:
		if m, ok := ParseMoment(s); ok {
			return m, nil
		}
		return nil, Errorf(Mistyped, "The condition on '%s' needs a date.", c.Title())
	}
	return Parse(c, s)
}

// fits refuses an operator on a column for which it means nothing.
func (o Op) fits(c Column) error {
	_, dated := windows[o]
	kind, _ := o.signature()
	dated = dated || kind == takesDate || kind == takesTwoNumbers || o == "in-fiscal-year" || o == "in-fiscal-period"
	switch {
	case dated && c.Holds() != Instant && c.Holds() != Date,
		kind == takesText && c.Holds() != Text,
		(o == ContainValues || o == "not-contain-values") && c.Holds() != Choices,
		slices.Contains([]Op{"eq-userid", "ne-userid", "eq-businessid", "ne-businessid", "eq-userteams", "eq-useroruserteams", "above", "eq-or-above", "under", "eq-or-under", "not-under"}, o) && c.Holds() != Identity:
		return Errorf(Mistyped, "The operator '%s' cannot be used on '%s', which holds %s.", string(o), c.Title(), c.Holds())
	}
	return nil
}
