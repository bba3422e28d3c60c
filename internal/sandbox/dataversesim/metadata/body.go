package metadata

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// typePrefix stands in front of every type of the Web API.
const typePrefix = "Microsoft.Dynamics.CRM."

// Body is a JSON object of a request to the metadata service. What is read from
// it is checked; the first trouble is kept and told by Err.
type Body struct {
	// Type is what @odata.type says, without its prefix.
	Type    string
	members map[string]json.RawMessage
	trouble *trouble
}

// trouble is shared by a body and the objects inside it.
type trouble struct{ refused *Refused }

// ParseBody reads a request's body.
func ParseBody(text []byte) (*Body, error) {
	b := &Body{trouble: &trouble{}}
	if err := json.Unmarshal(text, &b.members); err != nil || b.members == nil {
		return nil, garbled("the body is not a JSON object.")
	}
	b.typed()
	return b, b.Err()
}

func (b *Body) typed() {
	name := b.Text("@odata.type")
	b.Type = strings.TrimPrefix(strings.TrimPrefix(name, "#"), typePrefix)
}

// Err is the first trouble, nil when there was none.
func (b *Body) Err() error {
	if b.trouble.refused == nil {
		return nil
	}
	return b.trouble.refused
}

func (b *Body) refuse(r *Refused) {
	if b.trouble.refused == nil {
		b.trouble.refused = r
	}
}

// Has tells whether the body has a member that is not null.
func (b *Body) Has(name string) bool {
	v, ok := b.members[name]
	return ok && string(v) != "null"
}

// into decodes a member; an absent one and null leave dst as it is.
func (b *Body) into(name string, dst any, kind string) {
	if !b.Has(name) {
		return
	}
	if err := json.Unmarshal(b.members[name], dst); err != nil {
		b.refuse(garbled("Cannot convert a value to target type '%s'. Property: %s.", kind, name))
	}
}

// Text reads a text.
func (b *Body) Text(name string) (s string) {
	b.into(name, &s, "Edm.String")
	return s
}

// Flag reads a truth; what is absent is otherwise.
func (b *Body) Flag(name string, otherwise bool) bool {
	b.into(name, &otherwise, "Edm.Boolean")
	return otherwise
}

// Whole reads a whole number; what is absent is otherwise.
func (b *Body) Whole(name string, otherwise int) int {
	b.into(name, &otherwise, "Edm.Int32")
	return otherwise
}

// Number reads a number; what is absent is otherwise.
func (b *Body) Number(name string, otherwise float64) float64 {
	b.into(name, &otherwise, "Edm.Double")
	return otherwise
}

// Names reads a list of texts.
func (b *Body) Names(name string) (out []string) {
	b.into(name, &out, "Collection(Edm.String)")
	return out
}

// Object reads an object, nil when there is none.
func (b *Body) Object(name string) *Body {
	if !b.Has(name) {
		return nil
	}
	return b.inner(name, b.members[name])
}

func (b *Body) inner(name string, text json.RawMessage) *Body {
	in := &Body{trouble: b.trouble}
	if err := json.Unmarshal(text, &in.members); err != nil || in.members == nil {
		b.refuse(garbled("The value of '%s' is not an object.", name))
		in.members = map[string]json.RawMessage{}
	}
	in.typed()
	return in
}

// List reads a list of objects.
func (b *Body) List(name string) []*Body {
	var texts []json.RawMessage
	b.into(name, &texts, "Collection")
	out := make([]*Body, 0, len(texts))
	for _, text := range texts {
		out = append(out, b.inner(name, text))
	}
	return out
}

// Value reads the Value of a managed property or of a named value:
// {"Value":"None","CanBeChanged":true}.
func (b *Body) Value(name string) string {
	if in := b.Object(name); in != nil {
		return in.Text("Value")
	}
	return ""
}

// Label reads a label with all its languages; ok is false when it is absent.
func (b *Body) Label(name string) (l Label, ok bool) {
	in := b.Object(name)
	if in == nil {
		return nil, false
	}
	for _, one := range in.List("LocalizedLabels") {
		t := Text{one.Whole("LanguageCode", 0), one.Text("Label")}
		if t.Language < 1 {
			b.refuse(invalid("The label '%s' has a language that is not an LCID: %s.", name, strconv.Itoa(t.Language)))
		}
		if t.Text != "" {
			l = l.Merge(Label{t})
		}
	}
	return l, true
}

// check refuses members that a document of that type does not have; more are
// names that are only for writing.
func (b *Body) check(d *Document, more ...string) {
	for name := range b.members {
		plain, annotation, _ := strings.Cut(name, "@")
		if plain == "" || annotation != "" && annotation != "odata.bind" {
			continue
		}
		if d.Has(plain) || slices.Contains(more, plain) {
			continue
		}
		b.refuse(garbled("The property '%s' does not exist on type '%s%s'. Make sure to only use property names that are defined by the type.", plain, typePrefix, d.Type))
	}
}
