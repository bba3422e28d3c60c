package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// node is a part of the settings file that remembers what nobody took from it.
type node struct {
	key      string // with dots, below the table's root
	value    value
	children []*node // of a map
	items    []*node // of a list whose items are maps
	taken    bool
}

// maxFile is the size above which a text is no settings file.
const maxFile = 1 << 20

// maxDepth is deeper than any setting stands.
const maxDepth = 8

// parse reads the file. A file without content sets nothing.
func parse(content []byte) (*node, *Problem) {
	root := &node{value: value{shape: mapShape}}
	if len(strings.TrimSpace(string(content))) == 0 {
		return root, nil
	}
	whole := func(where, says, fix string) (*node, *Problem) {
		return nil, &Problem{"the settings file", where, says, fix}
	}
	if len(content) > maxFile {
		return whole("", "is larger than 1 MiB", "check that it is the right file")
	}
	loader, err := yaml.NewLoader(strings.NewReader(string(content)))
	if err != nil {
		return whole("", "cannot be read", "check that it is YAML")
	}
	var document yaml.Node
	if err := loader.Load(&document); err != nil {
		return whole(position(err), "is not valid YAML", "check indentation, quotes and colons there")
	}
	if document.Kind == 0 || len(document.Content) == 0 || document.Content[0].Tag == "!!null" {
		return root, nil
	}
	if err := loader.Load(&yaml.Node{}); err == nil {
		return whole("", "holds more than one document", "remove the --- between them")
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return whole(line(top), "does not start with settings", "write each as name: value")
	}
	n, err := build("", top, 0)
	var c *complaint
	if errors.As(err, &c) {
		return whole("", c.says, c.fix)
	}
	return n, nil
}

func line(n *yaml.Node) string { return "line " + strconv.Itoa(n.Line) }

// position is where YAML stopped. The message itself is not repeated, since it
// may quote the file, which holds secrets.
func position(err error) string {
	var e *yaml.LoadError
	if errors.As(err, &e) && e.Mark.Line > 0 {
		return "line " + strconv.Itoa(e.Mark.Line)
	}
	return ""
}

func build(key string, y *yaml.Node, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, &complaint{"is nested too deeply on " + line(y), "settings stand at most two levels deep"}
	}
	n := &node{key: key, value: value{where: line(y)}}
	switch y.Kind {
	case yaml.ScalarNode:
		if y.Tag != "!!null" {
			n.value.text = y.Value
		}
		return n, nil
	case yaml.SequenceNode:
		n.value.shape = listShape
		return n, n.addItems(y, depth)
	case yaml.MappingNode:
		n.value.shape = mapShape
		return n, n.addChildren(y, depth)
	}
	return nil, &complaint{"has an alias on " + line(y), "write the value itself; aliases are not supported"}
}

func (n *node) addItems(y *yaml.Node, depth int) error {
	for _, item := range y.Content {
		child, err := build("", item, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, child)
		n.value.items = append(n.value.items, child.value)
	}
	return nil
}

func (n *node) addChildren(y *yaml.Node, depth int) error {
	seen := map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		name := y.Content[i]
		if name.Kind != yaml.ScalarNode || name.Tag == "!!merge" {
			return &complaint{"has a name that is not text on " + line(name), "write each setting as name: value"}
		}
		if seen[name.Value] {
			return &complaint{fmt.Sprintf("has %q twice, again on %s", name.Value, line(name)), "remove one"}
		}
		seen[name.Value] = true
		key := name.Value
		if n.key != "" {
			key = n.key + "." + key
		}
		child, err := build(key, y.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		child.value.where = line(name)
		n.children = append(n.children, child)
		n.value.pairs = append(n.value.pairs, pair{name.Value, child.value})
	}
	return nil
}

// take returns the part with that key and marks it as understood, or nil.
func (n *node) take(key string) *node {
	for _, c := range n.children {
		if c.key == key {
			c.taken = true
			return c
		}
		if c.value.shape == mapShape && strings.HasPrefix(key, c.key+".") {
			if found := c.take(key); found != nil {
				return found
			}
		}
	}
	return nil
}

// leftovers are the parts that nobody took, each at the level where it goes wrong.
func (n *node) leftovers() []*node {
	if n.value.shape != mapShape {
		if n.key == "" && n.value.where != "" {
			return []*node{{key: "this item", value: n.value}} // a list item that is no map
		}
		return nil
	}
	var out []*node
	for _, c := range n.children {
		switch {
		case c.taken, c.blank() && c.isGroup():
		case c.value.shape == mapShape && c.isGroup():
			out = append(out, c.leftovers()...)
		default:
			out = append(out, c)
		}
	}
	return out
}

// blank reports whether nothing is written, which leaves the default.
func (n *node) blank() bool {
	return n.value.shape == scalarShape && strings.TrimSpace(n.value.text) == ""
}

// isGroup reports whether a part is the head of a group of settings, such as
// "log:", under which there may be nothing, or something unknown.
func (n *node) isGroup() bool {
	for _, d := range Describe() {
		if strings.HasPrefix(d.Key, n.key+".") {
			return true
		}
	}
	return false
}

// label names the environment at place i in messages.
func (n *node) label(i int) string {
	for _, c := range n.children {
		if c.key == "name" && c.value.shape == scalarShape && len(c.value.text) <= 40 && c.value.text != "" {
			return c.value.text
		}
	}
	return strconv.Itoa(i + 1)
}

// bind tells a value and all in it where it was written.
func (v *value) bind(from *origin) {
	v.from = from
	for i := range v.items {
		v.items[i].bind(from)
	}
	for i := range v.pairs {
		v.pairs[i].value.bind(from)
	}
}
