package dataversesim

import (
	"strconv"
	"strings"
	"time"
)

// called is the column that a query function is about. The platform's examples
// give the logical name; the name with underscores is accepted for lookups.
func (c compiler) called(e *expression) *column {
	names := e.arg("PropertyName")
	if len(names) != 1 || !names[0].quoted {
		return nil
	}
	if col := c.table.shape.byName[names[0].text]; col != nil {
		return col
	}
	return c.table.shape.byWire[names[0].text]
}

// function compiles Microsoft.Dynamics.CRM.X(PropertyName=…) (reference: dataverse-api 2.5).
func (c compiler) function(e *expression) (predicate, *failure) {
	col := c.called(e)
	if col == nil || col.secret {
		return nil, badSyntax("The function '%s' needs the name of a column of '%s' as PropertyName.", e.name, c.table.name)
	}
	switch e.name {
	case "In", "NotIn":
		return c.membership(e, col)
	case "LastXDays":
		return c.since(e, col, 24*time.Hour)
	case "LastXHours":
		return c.since(e, col, time.Hour)
	case "LastXMinutes":
		return c.since(e, col, time.Minute)
	case "OnOrAfter", "OnOrBefore", "On":
		return c.onDay(e, col)
	}
	return nil, notSimulated("The query function " + e.name)
}

// membership compiles In and NotIn. The values are a collection of strings,
// also for numbers and ids.
func (c compiler) membership(e *expression, col *column) (predicate, *failure) {
	texts := e.arg("PropertyValues")
	if len(texts) == 0 {
		return nil, badSyntax("The function '%s' needs PropertyValues.", e.name)
	}
	set := make(map[any]bool, len(texts))
	for _, l := range texts {
		if !l.quoted {
			return nil, badSyntax("The PropertyValues of '%s' are strings: quote them.", e.name)
		}
		v, f := col.fromLiteral(literal{l.text, col.edm() == "Edm.String"})
		if f != nil {
			return nil, f
		}
		set[folded(v)] = true
	}
	in := e.name == "In"
	return func(r *row) bool { return set[folded(r.get(col))] == in }, nil
}

// folded makes values comparable with ==, text without regard to case.
func folded(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ToLower(v)
	case ref:
		return v.id
	}
	return v
}

func (c compiler) since(e *expression, col *column, unit time.Duration) (predicate, *failure) {
	values := e.arg("PropertyValue")
	if len(values) != 1 || col.edm() != "Edm.DateTimeOffset" {
		return nil, badSyntax("The function '%s' needs a date and time column and one PropertyValue.", e.name)
	}
	n, err := strconv.Atoi(values[0].text)
	if err != nil || n < 1 {
		return nil, badSyntax("The PropertyValue of '%s' is not a positive number.", e.name)
	}
	until := momentOf(c.now)
	from := momentOf(c.now.Add(-time.Duration(n) * unit))
	if unit == 24*time.Hour {
		from -= from % 86400 // whole days
	}
	return func(r *row) bool {
		m, ok := r.get(col).(moment)
		return ok && m >= from && m <= until
	}, nil
}

func (c compiler) onDay(e *expression, col *column) (predicate, *failure) {
	values := e.arg("PropertyValue")
	if len(values) != 1 || col.edm() != "Edm.DateTimeOffset" {
		return nil, badSyntax("The function '%s' needs a date and time column and one PropertyValue.", e.name)
	}
	at, ok := parseMoment(values[0].text)
	if !ok {
		return nil, badSyntax("The PropertyValue of '%s' is not a date.", e.name)
	}
	start := at - at%86400
	return func(r *row) bool {
		m, ok := r.get(col).(moment)
		switch {
		case !ok:
			return false
		case e.name == "OnOrAfter":
			return m >= start
		case e.name == "OnOrBefore":
			return m < start+86400
		}
		return m >= start && m < start+86400
	}, nil
}
