// Package fetchxml reads queries written in FetchXML, the platform's own query
// language (Learn: "FetchXml reference"; reference: dataverse-api 2.5), into the
// query model that package query answers.
package fetchxml

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// What a document may have at most. The platform's addresses end at 64 KB, but
// a list or a view may hold a longer query.
const (
	maxBytes    = 1 << 20
	maxDepth    = 50
	maxElements = 20_000
)

// element is one element of the document.
type element struct {
	name     string
	attrs    map[string]string
	children []*element
	text     string
}

// parseXML reads a document with one root. There are no document types and no
// entities beside the five of XML.
func parseXML(text string) (*element, error) {
	if len(text) > maxBytes {
		return nil, bad("The FetchXML is longer than %d bytes.", maxBytes)
	}
	d := xml.NewDecoder(strings.NewReader(text))
	top := &element{}
	stack := []*element{top}
	for n := 0; ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, bad("The FetchXML is not well-formed XML (line %d).", lineOf(d))
		}
		last := stack[len(stack)-1]
		switch tok := tok.(type) {
		case xml.Directive:
			return nil, bad("A FetchXML query has no document type.")
		case xml.StartElement:
			if n++; n > maxElements || len(stack) > maxDepth {
				return nil, bad("The FetchXML has too many elements or is nested too deeply.")
			}
			e, err := newElement(tok)
			if err != nil {
				return nil, err
			}
			last.children = append(last.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			last.text += string(tok)
		}
	}
	if len(top.children) != 1 || strings.TrimSpace(top.text) != "" {
		return nil, bad("The FetchXML needs one root element, fetch.")
	}
	return top.children[0], nil
}

func lineOf(d *xml.Decoder) int {
	line, _ := d.InputPos()
	return line
}

func newElement(tok xml.StartElement) (*element, error) {
	e := &element{name: tok.Name.Local, attrs: map[string]string{}}
	for _, a := range tok.Attr {
		if _, twice := e.attrs[a.Name.Local]; twice {
			return nil, bad("The element '%s' has the attribute '%s' twice.", e.name, a.Name.Local)
		}
		e.attrs[a.Name.Local] = a.Value
	}
	return e, nil
}

func bad(format string, args ...any) error { return query.Errorf(query.Malformed, format, args...) }

// only refuses attributes that the element does not have.
func (e *element) only(known ...string) error {
	for name := range e.attrs {
		if !slices.Contains(known, name) {
			return bad("The element '%s' has no attribute '%s'.", e.name, name)
		}
	}
	return nil
}

// need is the value of an attribute that must be there.
func (e *element) need(name string) (string, error) {
	if v := strings.TrimSpace(e.attrs[name]); v != "" {
		return v, nil
	}
	return "", bad("The element '%s' needs the attribute '%s'.", e.name, name)
}

// flag is a true-or-false attribute; it is false when it is absent.
func (e *element) flag(name string) (bool, error) {
	switch strings.ToLower(e.attrs[name]) {
	case "", "false", "0":
		return false, nil
	case "true", "1":
		return true, nil
	}
	return false, bad("The attribute '%s' of '%s' is neither true nor false.", name, e.name)
}
