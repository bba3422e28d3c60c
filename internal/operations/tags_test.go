package operations

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/decide"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
)

// C-380, C-381: a comma and a semicolon separate tags.
func TestTagNames(t *testing.T) {
	for text, want := range map[string][]string{
		"Lead":                    {"Lead"},
		" Lead ":                  {"Lead"},
		"Lead,Golf;Wine":          {"Lead", "Golf", "Wine"},
		"Lead ; Lead, lead,":      {"Lead", "lead"},
		"Fair 2027, Amsterdam ;;": {"Fair 2027", "Amsterdam"},
		" , ; ":                   nil,
	} {
		if got := tagNames(text); !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func FuzzTagNames(f *testing.F) {
	f.Add("Lead, Golf;Wine")
	f.Add(";\u00a0,")
	f.Fuzz(func(t *testing.T, text string) {
		names := tagNames(text)
		for i, n := range names {
			if n == "" || n != strings.TrimSpace(n) || strings.ContainsAny(n, ",;") || slices.Contains(names[:i], n) {
				t.Errorf("%q gives %q", text, names)
			}
		}
		if again := tagNames(strings.Join(names, ";")); !slices.Equal(again, names) {
			t.Errorf("%q gives %q, and that gives %q", text, names, again)
		}
	})
}

// C-327, C-331, C-335, C-392, C-393, C-398, C-403: what a score value may be.
func TestScoreAmount(t *testing.T) {
	for _, tt := range []struct {
		change spotler.ScoreChange
		text   string
		want   int64
		ok     bool
	}{
		{spotler.ScoreSet, "10", 10, true}, {spotler.ScoreSet, "-10", -10, true}, {spotler.ScoreSet, "0", 0, true}, {spotler.ScoreSet, " +3 ", 3, true},
		{spotler.ScoreSet, "1.0", 0, false}, {spotler.ScoreSet, "1e3", 0, false}, {spotler.ScoreSet, "0x10", 0, false}, {spotler.ScoreSet, "1_000", 0, false},
		{spotler.ScoreSet, "9999999999999999999", 0, false}, {spotler.ScoreSet, "", 0, false},
		{spotler.ScoreIncrease, "1", 1, true}, {spotler.ScoreIncrease, "0", 0, false}, {spotler.ScoreIncrease, "-1", 0, false},
		{spotler.ScoreDecrease, "1", 1, true}, {spotler.ScoreDecrease, "-1", 0, false}, {spotler.ScoreDecrease, "many", 0, false},
	} {
		n, says := scoreAmount(tt.change, tt.text)
		if n != tt.want || (says == "") != tt.ok {
			t.Errorf("%s %q is %d, says %q", tt.change, tt.text, n, says)
		}
	}
}

func FuzzScoreNote(f *testing.F) {
	f.Add(scoreNote{Was: decide.Score{Known: true, Has: true, Value: -4}, At: time.UnixMilli(1).UTC()}.encode())
	f.Add([]byte(`{"was":{},"at":"yesterday"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := readScoreNote(text)
		if len(text) == 0 != (n == nil && err == nil) {
			t.Fatalf("%q gives %v and %v", text, n, err)
		}
		if err != nil {
			if fault.Of(err) != fault.Broken {
				t.Errorf("%q is %v", text, err)
			}
			return
		}
		if n == nil {
			return
		}
		again, err := readScoreNote(n.encode())
		if err != nil || again.Was != n.Was || !again.At.Equal(n.At) {
			t.Errorf("%+v became %+v (%v)", n, again, err)
		}
		if !json.Valid(n.encode()) {
			t.Error("a note is no JSON")
		}
	})
}
