package spotler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of an answer, read field by field: what is missing or of
// another type is empty, except what a reader says it must have. The first of
// those that fails is kept, by name and without its value.
type object struct {
	fields map[string]json.RawMessage
	dates  Dates
	bad    error
}

var errNoObject = errors.New("the answer is not an object")

// decoder makes a reader of one kind of object.
func decoder[T any](d Dates, of func(*object) T) func([]byte) (T, error) {
	return func(body []byte) (T, error) {
		var none T
		o := object{dates: d}
		if len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &o.fields) != nil {
			return none, errNoObject
		}
		v := of(&o)
		if o.bad != nil {
			return none, o.bad
		}
		return v, nil
	}
}

// all reads a whole list that is not paged: a bare array or {"<name>": [...]}.
func all[T any](name string, decode func([]byte) (T, error)) func([]byte) ([]T, error) {
	return func(body []byte) ([]T, error) {
		p, err := decodePage(body, name)
		if err != nil {
			return nil, err
		}
		list := make([]T, 0, len(p.items))
		for i, item := range p.items {
			v, err := decode(item)
			if err != nil {
				return nil, fmt.Errorf("item %d of the list: %w", i, err)
			}
			list = append(list, v)
		}
		return list, nil
	}
}

// nested reads the objects of a list inside o; items that cannot be read make o bad.
func nested[T any](o *object, name string, of func(*object) T) []T {
	raw := o.fields[name]
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	list, err := all(name, decoder(o.dates, of))(raw)
	if err != nil || raw[0] != '[' {
		o.fail(name, "is not a list of what it should hold")
	}
	return list
}

// inner reads the object that stands in o; it is empty when absent.
func inner[T any](o *object, name string, of func(*object) T) T {
	v, err := decoder(o.dates, of)(o.fields[name])
	if err != nil && len(o.fields[name]) > 0 && string(o.fields[name]) != "null" {
		o.fail(name, "is not the object it should be")
	}
	return v
}

func (o *object) fail(name, why string) {
	if o.bad == nil {
		o.bad = fmt.Errorf("%s %s", name, why)
	}
}

func (o *object) text(name string) string { return text(o.fields[name]) }

func (o *object) mustText(name string) string {
	s := o.text(name)
	if s == "" {
		o.fail(name, "is missing")
	}
	return s
}

// word is a value of an enumeration: known or not, it is kept as it came.
func (o *object) word(name string) string { return word(strings.TrimSpace(o.text(name))) }

func (o *object) flag(name string) bool { return o.text(name) == "true" }

func (o *object) time(name string) time.Time { return o.dates.raw(o.fields[name]) }

func (o *object) mustTime(name string) time.Time {
	t := o.time(name)
	if t.IsZero() {
		o.fail(name, "is not a time")
	}
	return t
}

// whole is a whole number, written as a number or as text; 0 when absent. One that
// is there and cannot be read makes o bad: no count is better than a wrong one.
func (o *object) whole(name string) int64 {
	raw := o.fields[name]
	if len(raw) == 0 || string(raw) == "null" {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(text(raw), ".0"), 10, 64)
	if err != nil {
		o.fail(name, "is not a whole number")
	}
	return n
}

func (o *object) mustWhole(name string) int64 {
	if raw := o.fields[name]; len(raw) == 0 || string(raw) == "null" {
		o.fail(name, "is missing")
	}
	return o.whole(name)
}

// texts is a list of texts; one text counts as a list of one.
func (o *object) texts(name string) []string {
	var raws []json.RawMessage
	if json.Unmarshal(o.fields[name], &raws) != nil {
		if s := o.text(name); s != "" {
			return []string{s}
		}
		return nil
	}
	list := make([]string, 0, len(raws))
	for _, r := range raws {
		list = append(list, text(r))
	}
	return list
}

// word keeps a text only if it looks like a value of an enumeration or a member
// of an object, because it is shown and counted.
func word(s string) string {
	if len(s) > 64 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return ""
	}
	return s
}

// repeats returns a test whether a text repeats an id or a text of the request.
func repeats(k call) func(string) bool {
	return func(s string) bool {
		s = strings.ToLower(s)
		found := false
		check := func(sent string) {
			// Shorter values occur by chance in any sentence.
			found = found || len(sent) >= 3 && strings.Contains(s, strings.ToLower(sent))
		}
		check(k.id)
		check(k.of)
		d := json.NewDecoder(bytes.NewReader(k.body))
		for {
			token, err := d.Token()
			if err != nil {
				return found
			}
			if sent, ok := token.(string); ok && !memberName(sent) {
				check(sent)
			}
		}
	}
}

// memberName reports whether a text of a body is one of the API's own words,
// which an error may repeat: they name the field that is wrong.
func memberName(s string) bool {
	switch s {
	case "externalContactId", "externalId", "name", "contacts", "contact", "product", "order", "date", "value", "price", "link", "imageUrl", "type":
		return true
	}
	return false
}
