package leads

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object of an answer, its members in lower case: the vendor's own
// example spells some in another way than the vendor's schema (Leads API 9.3). What
// is missing or of another type is empty, except what a reader must have.
type object struct {
	fields map[string]json.RawMessage
	bad    error
}

var (
	errNoObject = errors.New("the answer is not an object")
	errNoList   = errors.New("the answer is not a list")
)

func newObject(body []byte) (*object, error) {
	var wire map[string]json.RawMessage
	if len(body) == 0 || body[0] != '{' || json.Unmarshal(body, &wire) != nil {
		return nil, errNoObject
	}
	o := &object{fields: make(map[string]json.RawMessage, len(wire))}
	for name, v := range wire {
		if string(v) != "null" {
			o.fields[strings.ToLower(name)] = v
		}
	}
	return o, nil
}

// decoder makes a reader of one kind of object.
func decoder[T any](of func(*object) T) func([]byte) (T, error) {
	return func(body []byte) (T, error) {
		var none T
		o, err := newObject(body)
		if err != nil {
			return none, err
		}
		v := of(o)
		if o.bad != nil {
			return none, o.bad
		}
		return v, nil
	}
}

// all makes a reader of a list; one item that cannot be read spoils it.
func all[T any](decode func([]byte) (T, error)) func([]byte) ([]T, error) {
	return func(body []byte) ([]T, error) {
		var items []json.RawMessage
		if len(body) == 0 || body[0] != '[' || json.Unmarshal(body, &items) != nil {
			return nil, errNoList
		}
		list := make([]T, 0, len(items))
		for i, item := range items {
			v, err := decode(item)
			if err != nil {
				return nil, fmt.Errorf("item %d of the list: %w", i, err)
			}
			list = append(list, v)
		}
		return list, nil
	}
}

func (o *object) fail(name, why string) {
	if o.bad == nil {
		o.bad = fmt.Errorf("%s %s", name, why)
	}
}

// text is the text of a string, number or boolean, under the first of the names
// that is there.
func (o *object) text(names ...string) string {
	for _, name := range names {
		if raw, ok := o.fields[strings.ToLower(name)]; ok {
			return text(raw)
		}
	}
	return ""
}

func text(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == 'n' {
		return ""
	}
	if raw[0] != '"' {
		return string(raw)
	}
	var s string
	_ = json.Unmarshal(raw, &s) // the whole was valid, so this is
	return s
}

func (o *object) must(name string) string {
	s := o.text(name)
	if s == "" {
		o.fail(name, "is missing")
	}
	return s
}

// whole is a whole number, 0 when absent. One that is there and cannot be read
// spoils the object.
func (o *object) whole(names ...string) int64 {
	s := o.text(names...)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64)
	if err != nil {
		o.fail(names[0], "is not a whole number")
	}
	return n
}

func (o *object) flag(name string) bool { return strings.EqualFold(o.text(name), "true") }

// layout is how the vendor writes times: GMT, without saying so.
const layout = "2006-01-02T15:04:05"

// time is a time in UTC; zero when absent or unreadable. The zero date of .NET counts as absent.
func (o *object) time(name string) time.Time {
	s := o.text(name)
	for _, l := range []string{layout, time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(l, s); err == nil && t.Year() > 1 {
			return t.UTC()
		}
	}
	return time.Time{}
}

func nested[T any](o *object, name string, of func(*object) T) []T {
	raw, ok := o.fields[strings.ToLower(name)]
	if !ok {
		return nil
	}
	list, err := all(decoder(of))(raw)
	if err != nil {
		o.fail(name, "is not a list of what it should hold")
	}
	return list
}

// inner is nil when absent.
func inner[T any](o *object, name string, of func(*object) T) *T {
	raw, ok := o.fields[strings.ToLower(name)]
	if !ok {
		return nil
	}
	v, err := decoder(of)(raw)
	if err != nil {
		o.fail(name, "is not the object it should be")
		return nil
	}
	return &v
}

func (o *object) texts(name string) []string {
	var raws []json.RawMessage
	_ = json.Unmarshal(o.fields[strings.ToLower(name)], &raws) // absent or odd is none
	var list []string
	for _, r := range raws {
		list = append(list, text(r))
	}
	return list
}
