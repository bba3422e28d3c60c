package dataverse

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// The scanner must accept exactly what encoding/json accepts, and read texts alike.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{}`, `[1,-0.5e+3,"a\u00e9\ud83d\ude00\ud83d",true,false,null]`, `"\/Date(1)\/"`, `01`, `1.`, `-`, `{"a":1,}`, `[,]`, `"\x"`, "\"\xff\"", ` "a" `, `nul`, "\"a\x00b\"", `"\u0000"`, strings.Repeat("[", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := &scan{s: s}
		raw, err := p.value()
		ok := err == nil && p.end()
		if want := json.Valid([]byte(s)); ok != want && !errors.Is(err, errDeep) {
			t.Fatalf("%q: %v, encoding/json says %v", s, ok, want)
		}
		var want string
		if ok && raw[0] == '"' && json.Unmarshal([]byte(s), &want) == nil {
			if got, err := (&scan{s: raw}).str(); err != nil || got != want {
				t.Fatalf("%q: %q, want %q (%v)", s, got, want, err)
			}
		}
	})
}
