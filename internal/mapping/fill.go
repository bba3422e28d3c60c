package mapping

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/schema"
)

var (
	texts  = []schema.Kind{schema.String, schema.Memo}
	chosen = []schema.Kind{schema.Choice}
)

// fills is the table of what comes back to what, beside conversions.
var fills = map[string][][]schema.Kind{
	typeString:    {texts, numeric, boolean, dated, chosen},
	typeEmail:     {texts},
	typeMobile:    {texts},
	typePostcode:  {texts},
	typeGender:    {texts, chosen},
	typeInt:       {texts, numeric, boolean, chosen},
	typeMoney:     {texts, numeric},
	typeDate:      {texts, dated},
	typeBirthdate: {texts, dated},
	typeDateTime:  {texts, dated},
	typeSet:       {texts, chosen},
}

// fill turns what Spotler told into a value of the column and its stable text.
func (f *boundBack) fill(v told) (wire any, canonical, says string) {
	switch f.column.Kind {
	case schema.String, schema.Memo:
		if f.column.Max > 0 && len([]rune(v.text)) > f.column.Max {
			return nil, "", "the text is longer than the column of " + strconv.Itoa(f.column.Max) + " characters"
		}
		return v.text, v.text, ""
	case schema.Int, schema.Decimal, schema.Money:
		return f.fillNumber(v)
	case schema.Bool:
		return fillBool(v)
	case schema.DateOnly, schema.DateTime:
		return f.fillTime(v)
	case schema.Choice:
		return f.fillChoice(v)
	}
	return nil, "", "a column of type " + string(f.column.Kind) + " cannot be filled from Spotler"
}

func (f *boundBack) fillNumber(v told) (any, string, string) {
	plain, ok := plainDecimal(v.text)
	if !ok {
		return nil, "", saysNumber
	}
	if _, err := strconv.ParseInt(plain, 10, 32); f.column.Kind == schema.Int && err != nil {
		return nil, "", "this is not a whole number that the column can hold"
	}
	return json.Number(plain), plain, ""
}

// boolWords are the words that stand for yes and no.
var boolWords = map[string]bool{"true": true, "yes": true, "ja": true, "1": true, "false": false, "no": false, "nee": false, "0": false}

func fillBool(v told) (any, string, string) {
	b, known := boolWords[strings.ToLower(v.text)]
	if !known {
		return nil, "", "this is neither yes nor no"
	}
	return b, strconv.FormatBool(b), ""
}

func (f *boundBack) fillTime(v told) (any, string, string) {
	if v.at.IsZero() {
		read, says := readTime(schema.DateTime, v.text)
		if says != "" {
			return nil, "", says
		}
		v.at, v.hasTime = read.at, read.hasTime
	}
	if f.column.Kind == schema.DateOnly {
		day := f.target.day(value{at: v.at, hasTime: v.hasTime})
		return day, day, ""
	}
	at := v.at
	if !v.hasTime {
		y, m, d := v.at.Date()
		at = time.Date(y, m, d, 0, 0, 0, 0, f.target.zone)
	}
	text := at.UTC().Format(time.RFC3339Nano)
	return text, text, ""
}

func (f *boundBack) fillChoice(v told) (any, string, string) {
	for _, o := range f.column.Options {
		label, number := strings.TrimSpace(o.Label), strconv.Itoa(o.Value)
		same := strings.EqualFold(label, v.text) || v.text == number
		if f.from == typeGender {
			word, known := genderWords[strings.ToLower(label)]
			same = known && word == v.text || f.column.Name == "gendercode" && map[int]string{1: "M", 2: "F"}[o.Value] == v.text
		}
		if same {
			return o.Value, number, ""
		}
	}
	return nil, "", "the choice has no option of that name"
}
