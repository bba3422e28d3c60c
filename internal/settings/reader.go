package settings

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// value is what was written for a setting, before it has a type.
type value struct {
	shape shape
	text  string  // of a scalar
	items []value // of a list
	pairs []pair  // of a map, in the order of the file
	from  *origin // where references and relative paths lead
	where string  // "line 12" or the name of a variable
}

type pair struct {
	key   string
	value value
}

type shape int

const (
	scalarShape shape = iota // one value, from the file
	freeShape                // text of a variable or a default: a list is split at its commas
	listShape
	mapShape
)

// origin is where a value was written.
type origin struct {
	folder   string // that relative paths start from
	variable func(string) (string, bool)
	readFile func(string) ([]byte, error)
}

// reader turns a value into a field of Settings.
type reader struct {
	form     string // what a value looks like, for people
	required bool
	secret   bool
	read     func(value) error
}

func must(r reader) reader { r.required = true; return r }

// one reads a single text.
func one(form string, set func(string) error) reader {
	return reader{form: form, read: func(v value) error {
		s, err := v.one(form)
		if err != nil {
			return err
		}
		return set(s)
	}}
}

// hidden reads a single text that may be written as env:NAME or file:path, so
// that a secret need not stand in the settings file.
func hidden(form string, set func(string) error) reader {
	return reader{form: form, secret: true, read: func(v value) error {
		s, err := v.reveal(form)
		if err != nil {
			return err
		}
		return set(s)
	}}
}

func (v value) one(form string) (string, error) {
	if v.shape == listShape || v.shape == mapShape {
		return "", &complaint{"holds more than one value", "write " + form}
	}
	if strings.ContainsRune(v.text, 0) {
		return "", &complaint{"holds a NUL character", "write " + form}
	}
	return strings.TrimSpace(v.text), nil
}

func (v value) reveal(form string) (string, error) {
	s, err := v.one(form)
	if err != nil {
		return "", err
	}
	if name, ok := strings.CutPrefix(s, "env:"); ok {
		text, found := v.from.variable(name)
		if !found || text == "" {
			return "", &complaint{fmt.Sprintf("refers to the environment variable %q, which is not set", name), "set it"}
		}
		return strings.TrimSpace(text), nil
	}
	if name, ok := strings.CutPrefix(s, "file:"); ok {
		content, err := v.from.readFile(v.from.path(name))
		if err != nil {
			return "", &complaint{fmt.Sprintf("refers to the file %q, which cannot be read", name), "put the secret there and let this user read it" + because(err)}
		}
		if s = strings.TrimSpace(string(content)); s == "" {
			return "", &complaint{fmt.Sprintf("refers to the file %q, which is empty", name), "put the secret there"}
		}
	}
	return s, nil
}

// list returns the items of a list, or of text with commas from a variable.
func (v value) list(form string) ([]value, error) {
	switch v.shape {
	case listShape:
		return v.items, nil
	case mapShape:
		return nil, &complaint{"is not a list", "write " + form}
	}
	var items []value
	for _, s := range v.split() {
		items = append(items, value{shape: scalarShape, text: s, from: v.from, where: v.where})
	}
	return items, nil
}

// entries returns the pairs of a map, or of key=value text from a variable.
func (v value) entries(form string) ([]pair, error) {
	switch v.shape {
	case mapShape:
		return v.pairs, nil
	case listShape, scalarShape:
		return nil, &complaint{"is not a list of names with values", "write " + form}
	}
	var out []pair
	for _, s := range v.split() {
		key, text, ok := strings.Cut(s, "=")
		if !ok {
			return nil, &complaint{"has an item without =", "write " + form + ", in a variable as name=value,name=value"}
		}
		out = append(out, pair{strings.TrimSpace(key), value{shape: scalarShape, text: strings.TrimSpace(text), from: v.from, where: v.where}})
	}
	return out, nil
}

func (v value) split() []string {
	if v.shape == scalarShape {
		return []string{v.text}
	}
	return slices.DeleteFunc(strings.Split(v.text, ","), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// because names the cause without the path, which the problem names already.
func because(err error) string {
	switch {
	case os.IsNotExist(err):
		return " (there is no such file)"
	case os.IsPermission(err):
		return " (permission denied)"
	}
	return ""
}
