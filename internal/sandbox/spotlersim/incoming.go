package spotlersim

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// incoming is a contact in a request. Read-only members are not declared, so
// they are ignored, as the API does; channels are among them.
type incoming struct {
	ExternalID text       `json:"externalId"`
	TestGroup  *bool      `json:"testGroup"`
	Properties properties `json:"properties"`
}

// text is a JSON text, or a number that is taken as one.
type text string

// UnmarshalJSON accepts what the server converts: "12" and 12.
func (t *text) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	s, err := scalarText(raw)
	*t = text(s)
	return err
}

// properties is the object of that name, kept as it was written.
type properties json.RawMessage

// UnmarshalJSON keeps a copy of an object and refuses anything else.
func (p *properties) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if len(raw) == 0 || raw[0] != '{' {
		return errValue
	}
	*p = append((*p)[:0], raw...)
	return nil
}

// change is one property with the value it is to get.
type change struct {
	property *Property
	value    any // text, int64, setChange or cleared
}

// draft is an incoming contact that was found valid.
type draft struct {
	id        string
	testGroup *bool
	raw       properties
	changes   []change
	email     string // the new address, "" when the write has none
}

// check reads the properties of in against the schema. The first that is not
// right decides.
func (in *incoming) check(s *schema, rules *Assumptions) (*draft, *problem) {
	d := &draft{id: string(in.ExternalID), testGroup: in.TestGroup, raw: in.Properties}
	d.changes = make([]change, 0, 16)
	var wrong *problem
	members(in.Properties, func(name string, raw []byte) bool {
		p := s.visible(name)
		if p == nil {
			wrong = badProperty(name)
			return false
		}
		value, err := p.parse(raw, rules)
		_, empties := value.(cleared)
		switch {
		case p.Name == emailProperty && (err != nil || empties && rules.EmailRequired):
			wrong = badEmail()
		case err != nil:
			wrong = badProperty(name)
		case p.Name == emailProperty && !empties:
			d.email = value.(string)
		}
		d.changes = append(d.changes, change{p, value})
		return wrong == nil
	})
	return d, wrong
}

// members calls each for every member of a JSON object, in order, until it
// returns false. object is known to be valid JSON; nothing is copied but names
// that hold escapes.
func members(object []byte, each func(name string, value []byte) bool) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return
	}
	for i = skipSpace(object, i+1); i < len(object) && object[i] == '"'; i = skipSpace(object, i+1) {
		end := skipValue(object, i)
		name, err := unquote(object[i:end])
		if err != nil {
			return
		}
		from := skipSpace(object, skipSpace(object, end)+1)
		end = skipValue(object, from)
		if from >= end || !each(name, object[from:end]) {
			return
		}
		i = skipSpace(object, end) // at the comma or the brace
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && bytes.IndexByte([]byte(" \t\r\n"), b[i]) >= 0 {
		i++
	}
	return i
}

// skipValue returns the end of the value that starts at i.
func skipValue(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			i = skipText(b, i)
		case c == '{' || c == '[':
			depth++
			continue
		case (c == '}' || c == ']') && depth > 0:
			depth--
		case c == ',' || c == ':' || c == '}' || c == ']' || c <= ' ':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return min(i+1, len(b))
		}
	}
	return len(b)
}

// skipText returns the place of the closing quote of the text that starts at i.
func skipText(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}

// contactRequest is the body of POST /contact and PUT /contact/{externalId}.
type contactRequest struct {
	Update  bool      `json:"update"`
	Purge   bool      `json:"purge"`
	Contact *incoming `json:"contact"`
}

// readContact reads the body of a write of one contact.
func (c *call) readContact() (*contactRequest, *refusal) {
	var req contactRequest
	if no := c.read(&req); no != nil {
		return nil, no
	}
	if req.Contact == nil {
		return nil, refuse(http.StatusBadRequest, InvalidParams, "Contact is missing")
	}
	return &req, nil
}
