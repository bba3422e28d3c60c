package spotler

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/transport"
)

// term is one word of Spotler's wire language that an environment may override
// through Config.Paths: mostly a verb and a path, sometimes a list of statuses
// or a form of words.
type term struct {
	name  string // the key in Config.Paths
	value string
	// assumed says that the vendor has not documented it publicly; the source
	// then says what it rests on.
	assumed bool
	source  string // section of the Mail+ API reference
}

// terms is the one table of paths, verbs and words we speak to Mail+. {id} is
// the external id, percent-encoded.
var terms = []term{
	{"contact.properties", "GET contact/properties/list", false, "5.1 no. 1"},
	{"contact.get", "GET contact/{id}", false, "5.1 no. 2"},
	{"contact.put", "PUT contact/{id}", false, "5.1 no. 3"},
	{"contact.post", "POST contact", false, "5.1 no. 4"},
	{"contact.list", "POST contact/list", false, "5.1 no. 5"},
	{"contact.anonymize", "PUT contact/anonymize/{id}", false, "5.1 no. 6"},
	{"contact.inactivate", "PUT contact/inactivate/{id}", true, "5.1 no. 7: seen in one public client"},
	{"contact.updates", "GET contact/updates/list", false, "5.1 no. 8"},
	{"contact.bounces", "GET contact/bounces/list", false, "5.1 no. 9"},
	{"contact.search", "GET contact/search", false, "5.1 no. 10"},
	{"search.query", "{property}={value}", true, "G12: the only grammar seen"},
	{"anonymize.gone", "200,204,410,404", true, "G6: 204 in 2022, 410 and 404 in the newer manual"},
}

// language is the table with the overrides of one environment applied.
type language struct {
	routes map[string]route
	query  string       // search.query
	gone   map[int]bool // anonymize.gone
}

// route is a verb and a path whose {id} is still open.
type route struct{ verb, path string }

const idMark = "{id}"

// newLanguage applies the overrides, or says which of them cannot be.
func newLanguage(overrides map[string]string) (language, error) {
	l := language{routes: make(map[string]route, len(terms)), gone: map[int]bool{}}
	known := make(map[string]bool, len(terms))
	for _, t := range terms {
		known[t.name] = true
		value := t.value
		if o, ok := overrides[t.name]; ok {
			value = strings.TrimSpace(o)
		}
		if err := l.set(t, value); err != nil {
			return language{}, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		if !known[name] {
			return language{}, refused(name, "there is no such entry in the table of paths; check the spelling")
		}
	}
	return l, nil
}

func (l *language) set(t term, value string) error {
	switch t.name {
	case "search.query":
		if !strings.Contains(value, "{property}") || !strings.Contains(value, "{value}") {
			return refused(t.name, "it must contain {property} and {value}")
		}
		l.query = value
		return nil
	case "anonymize.gone":
		for text := range strings.SplitSeq(value, ",") {
			status, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil || status < 200 || status > 499 {
				return refused(t.name, "it must be a list of HTTP statuses from 200 to 499, such as 200,204,410,404")
			}
			l.gone[status] = true
		}
		return nil
	}
	r, err := parseRoute(value)
	if err != nil {
		return refused(t.name, err.Error())
	}
	if strings.Contains(t.value, idMark) != strings.Contains(r.path, idMark) {
		return refused(t.name, "it must contain {id} exactly where "+t.value+" does")
	}
	l.routes[t.name] = r
	return nil
}

func parseRoute(s string) (route, error) {
	verb, path, ok := strings.Cut(s, " ")
	path = strings.TrimPrefix(strings.TrimSpace(path), "/")
	if !ok || path == "" || !slices.Contains([]string{"GET", "POST", "PUT", "DELETE", "PATCH"}, verb) {
		return route{}, fmt.Errorf("write it as a verb and a path, such as PUT contact/inactivate/%s", idMark)
	}
	if strings.ContainsAny(strings.ReplaceAll(path, idMark, ""), "?#{}% \\") || strings.Contains(path, "..") || strings.Count(path, idMark) > 1 {
		return route{}, fmt.Errorf("the path may hold letters, digits, slashes and one %s", idMark)
	}
	return route{verb, path}, nil
}

func refused(name, why string) error {
	return &fault.Error{Op: "spotler.New", On: "path " + name, Kind: fault.NotValid, Says: why}
}

// fill puts id into the path: the one place where an id becomes part of an
// address. Whatever the id holds ('@', '/', '%', blanks), it stays one segment.
func (r route) fill(id string) (string, error) {
	if !strings.Contains(r.path, idMark) {
		return r.path, nil
	}
	// These would address another resource than a contact of that name: the
	// collection itself, its parent, or a fixed segment that wins over ids.
	switch id {
	case "", ".", "..", "list", "search":
		return "", &fault.Error{Op: "spotler", On: r.path, Kind: fault.NotValid,
			Says: "this external id is empty or a word that Spotler's paths reserve, so no contact can be addressed by it"}
	}
	escaped := string(transport.AppendEscaped(nil, id))
	return strings.Replace(r.path, idMark, escaped, 1), nil
}
