package spotler

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

const sample = `{"externalId":"6f0c1d9e-0000-4000-8000-000000000001","created":1646640000000,"encryptedId":"2Hc9Xr8kQ1",
 "testGroup":true,"lastChanged":"2022-03-07T10:00:00+0100","temporary":false,
 "properties":{"email":"a@example.com","n":12,"permissions":[{"bit":1,"description":"News","enabled":true},
  {"bit":4611686018427387904,"description":"Offers","enabled":false},{"bit":"4","enabled":"true"},{"bit":8},{"bit":1.5,"enabled":true},"x"]},
 "channels":[{"name":"EMAIL","value":true},{"name":"SMS","value":false},{"name":"PUSH"}],"tags":["new field"]}`

func TestContact(t *testing.T) {
	c, _ := listen(t, says(200, sample), nil)
	p, err := c.Contact(t.Context(), "6f0c1d9e-0000-4000-8000-000000000001")
	if err != nil {
		t.Fatal(err)
	}
	if p.ExternalID != "6f0c1d9e-0000-4000-8000-000000000001" || p.EncryptedID != "2Hc9Xr8kQ1" || !p.TestGroup || p.Temporary ||
		!p.Created.Equal(time.UnixMilli(1646640000000)) || !p.LastChanged.Equal(time.UnixMilli(1646643600000)) ||
		p.Properties["email"] != "a@example.com" || p.Properties["n"] != json.Number("12") {
		t.Errorf("read %+v", p)
	}
	if diff := cmp.Diff(map[int64]bool{1: true, 1 << 62: false, 4: true}, p.SetBits("permissions")); diff != "" {
		t.Error(diff)
	}
	if p.SetBits("email") != nil || p.SetBits("absent") != nil {
		t.Error("what is no set has bits")
	}
	for name, want := range map[string][2]bool{"EMAIL": {true, true}, "SMS": {false, true}, "PUSH": {false, false}, "FAX": {false, false}} {
		if value, known := p.Channel(name); [2]bool{value, known} != want {
			t.Errorf("channel %s: %v %v, want %v", name, value, known, want)
		}
	}
}

func TestOddContacts(t *testing.T) {
	c, _ := listen(t, says(200, ""), nil)
	for body, want := range map[string]Contact{
		`{"externalId":12,"properties":{}}`: {ExternalID: "12", Properties: map[string]any{}},
		`{"externalId":null,"encryptedId":"e","created":"soon","testGroup":"true","channels":7}`: {EncryptedID: "e", TestGroup: true},
		`{"properties":{"email":"a@b.nl"},"created":{},"lastChanged":null}`:                      {Properties: map[string]any{"email": "a@b.nl"}},
	} {
		got, err := c.decodeContact([]byte(body))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", body, err, diff)
		}
	}
	for _, body := range []string{``, `{}`, `[]`, `null`, `"x"`, `{"errorType":"X","message":"y"}`,
		`{"externalId":"a","properties":[]}`, `{"externalId":"a","properties":"x"}`, `{"externalId":"a"`} {
		if got, err := c.decodeContact([]byte(body)); err == nil {
			t.Errorf("%s was read as %+v", body, got)
		}
	}
}

func TestProperties(t *testing.T) {
	c, _ := listen(t, says(200, `[{"name":"email","description":"E-mailadres","type":"email"},{"name":"x","description":"","type":"hologram"},
	 {"name":"permissions","description":"Permissies","type":"set","entries":[{"bit":4611686018427387904,"description":"News","rank":1}]}]`), nil)
	got, err := c.Properties(t.Context())
	want := []Property{{"email", "E-mailadres", TypeEmail, nil}, {"x", "", "hologram", nil},
		{"permissions", "Permissies", TypeSet, []Entry{{1 << 62, "News", 1}}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, body := range []string{"", "[]", "null", "{}", `[{"name":"x"}]`, `[{"type":"set"}]`, `[{"name":"x","type":"set","entries":{}}]`, "[1]"} {
		c, _ := listen(t, says(200, body), nil)
		if got, err := c.Properties(t.Context()); !errors.Is(err, fault.Garbled) || got != nil {
			t.Errorf("%q: %v %v", body, got, err)
		}
	}
}

func TestAppendContact(t *testing.T) {
	p := Contact{ExternalID: `a"1`, TestGroup: true, EncryptedID: "read only", Created: time.Now(),
		Properties: map[string]any{
			"a": "Zoë \"x\"\n\\", "b": true, "c": 12, "d": int64(1) << 62, "e": 1.5, "f": nil, "g": json.Number("7"),
			"h": time.Date(2024, 7, 1, 10, 0, 0, 0, time.UTC), "i": []SetItem{{1, true}, {2, false}}, "j": []any{"x"}, "k": "\xff",
		},
		Channels: []Channel{{ChannelEmail, true}, {ChannelSMS, false}}}
	got, err := amsterdam(t).appendContact(nil, p)
	want := `{"externalId":"a\"1","testGroup":true,"properties":{"a":"Zoë \"x\"\n\\","b":true,"c":12,"d":4611686018427387904,"e":1.5,"f":null,"g":7,` +
		`"h":"2024-07-01T12:00:00+02:00","i":[{"bit":1,"enabled":true},{"bit":2,"enabled":false}],"j":["x"],"k":"\ufffd"},` +
		`"channels":[{"name":"EMAIL","value":true},{"name":"SMS","value":false}]}`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	c, e := listen(t, says(204, ""), nil)
	err = c.PostContact(t.Context(), Contact{ExternalID: "a", Properties: map[string]any{"x": math.NaN()}}, Write{})
	if !errors.Is(err, fault.NotValid) || len(e.all()) != 0 {
		t.Errorf("a value that is no JSON: %v", err)
	}
	if err := c.PostContact(t.Context(), Contact{}, Write{}); !errors.Is(err, fault.NotValid) {
		t.Errorf("no id: %v", err)
	}
}

func FuzzContact(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"externalId":12,"properties":{"a":[{"bit":1e3,"enabled":1}]},"channels":[null]}`))
	c, err := New(Config{Base: "https://h"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c.decodeBounce(body)
		decodePage(body, "contacts")
		decodeResults(body)
		decodeProperties(body)
		p, err := c.decodeContact(body)
		if err != nil {
			return
		}
		for name := range p.Properties {
			p.SetBits(name)
		}
		p.Channel(ChannelEmail)
		written, err := c.dates.appendContact(nil, p)
		if err != nil || !json.Valid(written) {
			t.Fatalf("%v: %s", err, written)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("a\"\\é\x00\xff\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(appendText(nil, s), &got); err != nil || got != string([]rune(s)) {
			t.Errorf("%q was read as %q: %v", s, got, err)
		}
	})
}

func BenchmarkAppend100(b *testing.B) {
	d := amsterdam(b)
	var people []Contact
	for i := range 100 {
		p := map[string]any{"email": fmt.Sprintf("p%d@example.com", i), "permissions": []SetItem{{1, true}, {2, false}, {4, true}}, "birthday": "1980-01-02"}
		for j := range 15 {
			p[fmt.Sprintf("profileField%d", j)] = "some text of usual length"
		}
		people = append(people, Contact{ExternalID: connector.ExternalID(fmt.Sprint("6f0c1d9e-", i)), Properties: p})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.appendRequests(make([]byte, 0, 512*100), Write{Update: true}, people); err != nil {
			b.Fatal(err)
		}
	}
}
