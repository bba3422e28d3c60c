package mapping

import (
	"regexp"
	"strings"
	"time"

	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/schema"
)

// Typed converts a text that somebody typed to the wire value of a property (manual:
// "Set / Clear Contact Field", Type coercion). zone is where a time without an offset
// falls, scale what a money property counts in. A text that does not fit is refused by
// a fault of kind NotValid, which names the field and what it takes, never the text.
func Typed(p Property, text string, zone *time.Location, scale Scale) (any, error) {
	refuse := func(says string) (any, error) {
		return nil, &fault.Error{Op: "mapping.Typed", On: p.Name, Kind: fault.NotValid, Says: p.Name + ": " + says}
	}
	to, known := conversions[p.Type]
	if !known {
		return refuse("the connector does not know the Spotler type " + p.Type)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return refuse("there is no value; use Clear Contact Field to empty the field")
	}
	v, kind := value{canonical: text, text: text}, schema.String
	says := ""
	switch p.Type {
	case typeSet:
		return refuse("it is a list; name the item as " + p.Name + ":item, with true or false as value")
	case typeInt:
		if !wholeNumber.MatchString(text) {
			says = "write a whole number without separators, such as 1250 or -3"
		}
	case typeMoney:
		v.text, says = typedAmount(text)
	case typeDate, typeBirthdate, typeDateTime:
		v, kind, says = typedDate(text, zone)
	}
	if says != "" {
		return refuse(says)
	}
	w := to.write(&target{kind: kind, zone: zone, scale: scale}, v)
	switch {
	case w.fault != "":
		return refuse(w.fault + allowed[p.Type])
	case w.note != "":
		return refuse("the value does not fit" + allowed[p.Type])
	}
	return w.wire, nil
}

// allowed says what a type takes, behind what is wrong.
var allowed = map[string]string{
	typeEmail:    "; write one address, such as name@example.org",
	typeMobile:   "; write digits, with a + in front and spaces or hyphens between them if you like",
	typePostcode: "; Spotler takes Dutch postcodes here, such as 1234 AB",
	typeGender:   "; use M or F",
}

var (
	wholeNumber = regexp.MustCompile(`^[+-]?[0-9]{1,18}$`)
	amount      = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?$`)
	thousands   = regexp.MustCompile(`[.,][0-9]{3}$`)
)

// typedAmount takes a point or a comma before the cents. Three digits behind it could
// be thousands in one country and a fraction in another.
func typedAmount(text string) (plain, says string) {
	switch {
	case !amount.MatchString(text):
		return "", "write an amount such as 12.50 or 12,50, without a currency or separators of thousands"
	case thousands.MatchString(text):
		return "", "it is not clear whether these are thousands or a fraction; write two digits behind the point, such as 1250.00"
	}
	return strings.Replace(text, ",", ".", 1), ""
}

// dayLayouts and momentLayouts are the ways to write a date that have one meaning.
// Slashes have two: day first or month first.
var (
	dayLayouts    = []string{time.DateOnly, "2-1-2006", "2.1.2006"}
	momentLayouts = []string{"15:04", "15:04:05"}
)

const saysTypedDate = "write a date as 2026-12-31 or 31-12-2026, with 14:30 behind it for a time"

func typedDate(text string, zone *time.Location) (v value, kind schema.Kind, says string) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return moment(at), schema.DateTime, ""
	}
	for _, day := range dayLayouts {
		if at, err := time.ParseInLocation(day, text, time.UTC); err == nil && plausible(at) {
			return value{canonical: at.Format(time.DateOnly), text: text, at: at}, schema.DateOnly, ""
		}
		for _, clock := range momentLayouts {
			for _, between := range []string{" ", "T"} {
				if at, err := time.ParseInLocation(day+between+clock, text, zone); err == nil && plausible(at) {
					return moment(at), schema.DateTime, ""
				}
			}
		}
	}
	return value{}, "", saysTypedDate
}

func moment(at time.Time) value {
	at = at.UTC()
	canonical := at.Format(time.RFC3339Nano)
	return value{canonical: canonical, text: canonical, at: at, hasTime: true}
}

// plausible keeps out years such as 0026, which are typing mistakes.
func plausible(at time.Time) bool { return at.Year() >= 1000 }
