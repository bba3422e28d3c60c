package spotlersim

import (
	"encoding/json"
	"reflect"
	"testing"
)

// members must see what encoding/json sees.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1}`, ` { "a" : "b\"," , "c":[{"d":"}"},2] ,"e\n":null} `, `{"":{}}`, `{"a":-1.5e3,"b":true}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want map[string]json.RawMessage
		err := json.Unmarshal([]byte(s), &want)
		got := map[string]json.RawMessage{}
		members([]byte(s), func(name string, value []byte) bool {
			got[name] = append(json.RawMessage(nil), value...)
			return true
		})
		if err == nil && want != nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	})
}

func FuzzContact(f *testing.F) {
	f.Add(`{"externalId":1,"properties":{"email":"a@b.example","permissions":[{"bit":1,"enabled":true}]}}`)
	f.Add(`{"properties":{"birthday":"2024-01-01T00:00:00Z","freeField1":"1"}}`)
	s, err := newSchema(StandardProperties())
	if err != nil {
		f.Fatal(err)
	}
	rules := DefaultAssumptions()
	f.Fuzz(func(t *testing.T, body string) {
		var in incoming
		if json.Unmarshal([]byte(body), &in) != nil {
			return
		}
		if d, wrong := in.check(s, &rules); wrong == nil && d == nil {
			t.Error("neither a draft nor a problem")
		}
	})
}

func FuzzTime(f *testing.F) {
	f.Add("2024-01-01T00:00:00+01:00")
	f.Add("2024-01-01T00:00:00.123+0100")
	f.Fuzz(func(t *testing.T, s string) {
		if at, err := parseTime(s); err == nil {
			if _, err := parseTime(at.Format(isoLayout)); err != nil && at.Year() >= 0 && at.Year() < 10000 {
				t.Errorf("%s cannot be read back: %v", s, err)
			}
		}
	})
}
