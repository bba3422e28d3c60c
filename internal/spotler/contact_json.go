package spotler

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spotler-connector/connector/internal/fault"
)

// appendRequest appends a ContactRequest, the body of POST and PUT contact.
func (d Dates) appendRequest(dst []byte, w Write, p Contact) ([]byte, error) {
	dst = append(appendWrite(dst, w), `"contact":`...)
	dst, err := d.appendContact(dst, p)
	return append(dst, '}'), err
}

// appendRequests appends an AddContactsRequest, the body of POST contact/list.
func (d Dates) appendRequests(dst []byte, w Write, people []Contact) ([]byte, error) {
	dst = append(appendWrite(dst, w), `"contacts":[`...)
	for i, p := range people {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = d.appendContact(dst, p); err != nil {
			return nil, err
		}
	}
	return append(dst, ']', '}'), nil
}

func appendWrite(dst []byte, w Write) []byte {
	dst = strconv.AppendBool(append(dst, `{"update":`...), w.Update)
	return append(strconv.AppendBool(append(dst, `,"purge":`...), w.Purge), ',')
}

// appendContact writes what may be written of p, properties in the order of
// their names so that equal contacts make equal bytes.
func (d Dates) appendContact(dst []byte, p Contact) ([]byte, error) {
	dst = appendText(append(dst, `{"externalId":`...), string(p.ExternalID))
	if p.TestGroup {
		dst = append(dst, `,"testGroup":true`...)
	}
	dst = append(dst, `,"properties":{`...)
	for i, name := range slices.Sorted(maps.Keys(p.Properties)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, name), ':')
		var err error
		if dst, err = d.appendValue(dst, p.Properties[name]); err != nil {
			return nil, fmt.Errorf("property %q: %w", name, err)
		}
	}
	dst = append(dst, '}')
	for i, ch := range p.Channels {
		if i == 0 {
			dst = append(dst, `,"channels":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, `{"name":`...), ch.Name)
		dst = append(strconv.AppendBool(append(dst, `,"value":`...), ch.Value), '}')
	}
	if len(p.Channels) > 0 {
		dst = append(dst, ']')
	}
	return append(dst, '}'), nil
}

func (d Dates) appendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return appendText(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case time.Time:
		return appendText(dst, d.Format(v)), nil
	case []SetItem:
		return appendSet(dst, v), nil
	}
	other, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("a value of type %T cannot be written", v)
	}
	return append(dst, other...), nil
}

func appendSet(dst []byte, items []SetItem) []byte {
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"bit":`...), item.Bit, 10)
		dst = append(strconv.AppendBool(append(dst, `,"enabled":`...), item.Enabled), '}')
	}
	return append(dst, ']')
}

// appendText appends s as a JSON string; most texts need no escape.
func appendText(dst []byte, s string) []byte {
	sound := utf8.ValidString(s)
	for i := 0; sound && i < len(s); i++ {
		sound = s[i] >= ' ' && s[i] != '"' && s[i] != '\\'
	}
	if !sound {
		quoted, _ := json.Marshal(s) // a string always marshals
		return append(dst, quoted...)
	}
	return append(append(append(dst, '"'), s...), '"')
}

// personal returns a test whether a text repeats a value of one of the people.
func personal(people ...Contact) func(string) bool {
	return func(s string) bool {
		s = strings.ToLower(s)
		for _, p := range people {
			for _, v := range p.Properties {
				// Shorter values occur by chance in any sentence.
				if t, ok := v.(string); ok && len(t) >= 3 && strings.Contains(s, strings.ToLower(t)) {
					return true
				}
			}
		}
		return false
	}
}

func unwritable(op string, err error) error {
	return &fault.Error{Op: op, Kind: fault.NotValid, Err: err, Says: "the contact cannot be written as JSON"}
}

func noExternalID(op string) error {
	return &fault.Error{Op: op, Kind: fault.NotValid, Says: "a contact has no external id, and Spotler does not take it without"}
}
