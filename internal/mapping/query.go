package mapping

import (
	"regexp"
	"strings"
)

// recordQuery is an @odata: cell taken apart. It can only read, only one row, and
// only in the context of one record: other options than these are refused.
type recordQuery struct {
	set     string
	column  string
	filter  string // with $ID where the id of the record goes
	orderBy string
}

// idMark stands for the id of the record in the filter of a query.
const idMark = "$ID"

var (
	entitySet = regexp.MustCompile(`^[a-z][a-z0-9_]{0,127}$`)
	queryName = regexp.MustCompile(`^_?[a-z][a-z0-9_]{0,127}$`)
	orderTerm = regexp.MustCompile(`^_?[a-z][a-z0-9_]{0,127}( (asc|desc))?$`)
)

const saysQuery = "write @odata:SET?$select=COLUMN&$filter=… with $ID in it; only $orderby and $top=1 may follow"

// parseQuery takes a query apart, or says what is wrong with it.
func parseQuery(q Query) (out recordQuery, says string) {
	set, options, _ := strings.Cut(string(q), "?")
	out.set = strings.ToLower(strings.TrimSpace(set))
	if !entitySet.MatchString(out.set) {
		return out, "the query must start with the name of an entity set, such as contacts; " + saysQuery
	}
	given := map[string]bool{}
	for _, option := range splitOptions(options) {
		name, value, _ := strings.Cut(option, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if given[name] {
			return out, "the option " + name + " is given twice"
		}
		given[name] = true
		if says := out.set1(name, value); says != "" {
			return out, says
		}
	}
	switch {
	case out.column == "":
		return out, "the query must select one column; " + saysQuery
	case outsideQuotes(out.filter, "") == out.filter:
		return out, "the filter must name the record with $ID, outside of quotation marks; " + saysQuery
	}
	return out, ""
}

// set1 takes in one option.
func (q *recordQuery) set1(name, value string) string {
	switch name {
	case "$select":
		if q.column = strings.ToLower(value); !queryName.MatchString(q.column) {
			return "$select must name exactly one column"
		}
	case "$filter":
		if q.filter = value; strings.Count(value, "'")%2 != 0 {
			return "a text in the filter is not closed with a quotation mark"
		}
	case "$orderby":
		if q.orderBy = strings.ToLower(value); !orderTerm.MatchString(q.orderBy) {
			return "$orderby must name one column, with asc or desc behind it if need be"
		}
	case "$top":
		if value != "1" {
			return "a field holds one value; use $top=1"
		}
	default:
		return "the option " + name + " cannot be used; " + saysQuery
	}
	return ""
}

// splitOptions splits at & outside of quoted texts.
func splitOptions(s string) []string {
	var out []string
	quoted, from := false, 0
	for i := range len(s) {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == '&' && !quoted:
			out, from = append(out, s[from:i]), i+1
		}
	}
	if rest := s[from:]; strings.TrimSpace(rest) != "" {
		out = append(out, rest)
	}
	return out
}

// outsideQuotes puts id where $ID stands outside of quoted texts.
func outsideQuotes(filter, id string) string {
	parts := strings.Split(filter, "'")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.ReplaceAll(parts[i], idMark, id)
	}
	return strings.Join(parts, "'")
}
