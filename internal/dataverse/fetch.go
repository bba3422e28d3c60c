package dataverse

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// Node is one element of FetchXML.
type Node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Nodes   []*Node    `xml:",any"`
	Text    string     `xml:",chardata"`
}

// Fetch is a FetchXML query: one that we build, or one that was stored, of which
// everything that we do not know is kept (section 2.5 and 4.3).
type Fetch struct{ root *Node }

// element makes a node with attributes in pairs.
func element(name string, pairs ...string) *Node {
	n := &Node{XMLName: xml.Name{Local: name}}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Set(pairs[i], pairs[i+1])
	}
	return n
}

// Get is the value of an attribute, "" when there is none.
func (n *Node) Get(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Set writes an attribute; an empty value removes it.
func (n *Node) Set(name, value string) {
	n.Attrs = slices.DeleteFunc(n.Attrs, func(a xml.Attr) bool { return a.Name.Local == name })
	if value != "" {
		n.Attrs = append(n.Attrs, xml.Attr{Name: xml.Name{Local: name}, Value: value})
	}
}

// Add puts nodes below n and returns n.
func (n *Node) Add(nodes ...*Node) *Node { n.Nodes = append(n.Nodes, nodes...); return n }

// NewFetch starts a query over a table.
func NewFetch(table connector.Table, columns ...string) *Fetch {
	entity := element("entity", "name", string(table))
	for _, c := range columns {
		entity.Add(element("attribute", "name", c))
	}
	return &Fetch{element("fetch").Add(entity)}
}

// ParseFetch reads FetchXML. It is NotValid when it is not XML of that shape; the
// error does not repeat it.
func ParseFetch(text string) (*Fetch, error) {
	var root Node
	if err := xml.Unmarshal([]byte(text), &root); err != nil || root.XMLName.Local != "fetch" {
		return nil, notValid("dataverse.Fetch", "", "the query is not FetchXML")
	}
	f := &Fetch{&root}
	if f.Entity() == nil || !plainIdentifier(f.Entity().Get("name")) {
		return nil, notValid("dataverse.Fetch", "", "the FetchXML names no table")
	}
	tidy(&root)
	return f, nil
}

// tidy drops the white space between elements.
func tidy(n *Node) {
	if len(n.Nodes) > 0 || strings.TrimSpace(n.Text) == "" {
		n.Text = ""
	}
	for _, k := range n.Nodes {
		tidy(k)
	}
}

// Clone is a copy that shares nothing with f.
func (f *Fetch) Clone() *Fetch { return &Fetch{clone(f.root)} }

func clone(n *Node) *Node {
	c := &Node{XMLName: n.XMLName, Attrs: slices.Clone(n.Attrs), Text: n.Text}
	for _, k := range n.Nodes {
		c.Nodes = append(c.Nodes, clone(k))
	}
	return c
}

// Root is the fetch element: page size, distinct, aggregate.
func (f *Fetch) Root() *Node { return f.root }

// Entity is the entity element, or nil.
func (f *Fetch) Entity() *Node {
	for _, n := range f.root.Nodes {
		if n.XMLName.Local == "entity" {
			return n
		}
	}
	return nil
}

// Table is the table that f reads.
func (f *Fetch) Table() connector.Table { return connector.Table(f.Entity().Get("name")) }

// Where adds a filter of conditions that must all hold.
func (f *Fetch) Where(conditions ...*Node) *Fetch {
	f.Entity().Add(AllOf(conditions...))
	return f
}

// OrderBy adds an order.
func (f *Fetch) OrderBy(column string, descending bool) *Fetch {
	f.Entity().Add(element("order", "attribute", column, "descending", strconv.FormatBool(descending)))
	return f
}

// Size sets the rows of one page, at most MaxPage.
func (f *Fetch) Size(rows int) *Fetch {
	f.root.Set("count", strconv.Itoa(min(max(rows, 1), MaxPage)))
	return f
}

// Condition is one comparison: Condition("statecode", "eq", "0"). Several values
// become the list of in, not-in, between and contain-values.
func Condition(column, operator string, values ...string) *Node {
	n := element("condition", "attribute", column, "operator", operator)
	if len(values) == 1 && operator != "in" && operator != "not-in" {
		n.Attrs = append(n.Attrs, xml.Attr{Name: xml.Name{Local: "value"}, Value: values[0]})
		return n
	}
	for _, v := range values {
		k := element("value")
		k.Text = v
		n.Add(k)
	}
	return n
}

// AllOf is a filter whose parts must all hold.
func AllOf(parts ...*Node) *Node { return element("filter", "type", "and").Add(parts...) }

// AnyOf is a filter of whose parts one must hold.
func AnyOf(parts ...*Node) *Node { return element("filter", "type", "or").Add(parts...) }

// Link joins a table: from is its column, to is ours; kind is inner, outer, exists, ….
func Link(table connector.Table, from, to, kind string) *Node {
	return element("link-entity", "name", string(table), "from", from, "to", to, "link-type", kind)
}

// Retarget makes a stored query read columns of its own table instead of what it
// was stored with. distinct and top stay; the order of linked tables goes, because it would
// need columns that are no longer read (section 4.3).
func (f *Fetch) Retarget(columns ...string) *Fetch {
	retarget(f.Entity(), false)
	for _, name := range []string{"page", "paging-cookie", "returntotalrecordcount"} {
		f.root.Set(name, "")
	}
	attributes := make([]*Node, len(columns))
	for i, c := range columns {
		attributes[i] = element("attribute", "name", c)
	}
	e := f.Entity()
	e.Nodes = append(attributes, e.Nodes...)
	return f
}

func retarget(n *Node, linked bool) {
	n.Nodes = slices.DeleteFunc(n.Nodes, func(k *Node) bool {
		switch k.XMLName.Local {
		case "attribute", "all-attributes":
			return true
		case "order":
			return linked || k.Get("entityname") != ""
		}
		return false
	})
	for _, k := range n.Nodes {
		if k.XMLName.Local == "link-entity" {
			retarget(k, true)
		}
	}
}

// String is the query as XML; "" when a name in it cannot be written.
func (f *Fetch) String() string {
	b, err := xml.Marshal(f.root)
	if err != nil {
		return ""
	}
	return string(b)
}
