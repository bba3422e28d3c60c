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
	name   string // the key in Config.Paths
	value  string
	source string // section of the Mail+ API reference
}

// terms is every word: what the vendor documents, then what we assume.
func terms() []term {
	all := slices.Clone(documented)
	for _, a := range assumed {
		all = append(all, term{a.Name, a.Value, a.Source})
	}
	return all
}

// language is the table with the overrides of one environment applied.
type language struct {
	routes map[string]route
	query  string       // search.query
	fields string       // automation.fields
	gone   map[int]bool // anonymize.gone
}

// route is a verb and a path whose {id} and {of} are still open.
type route struct {
	verb, path string
	assumed    bool
}

// verbs are those of HTTP that a path may have.
var verbs = []string{"GET", "POST", "PUT", "DELETE", "PATCH"}

// The marks of a path: the id of the resource, and that of what is asked of it.
const (
	idMark = "{id}"
	ofMark = "{of}"
)

// newLanguage applies the overrides, or says which of them cannot be.
func newLanguage(overrides map[string]string) (language, error) {
	l := language{routes: make(map[string]route, 80), gone: map[int]bool{}}
	known := make(map[string]bool, 80)
	for _, t := range terms() {
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
	case "automation.fields":
		if word(value) == "" {
			return refused(t.name, "it must be the name of a member of a JSON object")
		}
		l.fields = value
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
	for _, mark := range []string{idMark, ofMark} {
		if strings.Contains(t.value, mark) != strings.Contains(r.path, mark) {
			return refused(t.name, "it must contain "+mark+" exactly where "+t.value+" does")
		}
	}
	r.assumed = isAssumed(t.name)
	l.routes[t.name] = r
	return nil
}

func parseRoute(s string) (route, error) {
	verb, path, ok := strings.Cut(s, " ")
	path = strings.TrimPrefix(strings.TrimSpace(path), "/")
	if !ok || path == "" || !slices.Contains(verbs, verb) {
		return route{}, fmt.Errorf("write it as a verb and a path, such as PUT contact/inactivate/%s", idMark)
	}
	bare := strings.NewReplacer(idMark, "", ofMark, "").Replace(path)
	if strings.ContainsAny(bare, "?#{}% \\") || strings.Contains(path, "..") || strings.Count(path, idMark) > 1 || strings.Count(path, ofMark) > 1 {
		return route{}, fmt.Errorf("the path may hold letters, digits, slashes and one %s", idMark)
	}
	return route{verb: verb, path: path}, nil
}

func refused(name, why string) error {
	return &fault.Error{Op: "spotler.New", On: "path " + name, Kind: fault.NotValid, Says: why}
}

// fill puts the ids into the path: the one place where an id becomes part of an
// address. Whatever an id holds ('@', '/', '%', blanks), it stays one segment.
func (r route) fill(id, of string) (string, error) {
	path := r.path
	for mark, v := range map[string]string{idMark: id, ofMark: of} {
		if !strings.Contains(r.path, mark) {
			continue
		}
		// These would address another resource than one of that name: the collection
		// itself, its parent, or a fixed segment that wins over ids.
		switch v {
		case "", ".", "..", "list", "search":
			return "", &fault.Error{Op: "spotler", On: r.path, Kind: fault.NotValid,
				Says: "this id is empty or a word that Spotler's paths reserve, so nothing can be addressed by it"}
		}
		// An escaped id holds no braces, so it cannot be taken for a mark.
		path = strings.Replace(path, mark, string(transport.AppendEscaped(nil, v)), 1)
	}
	return path, nil
}
