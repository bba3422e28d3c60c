package dataversesim

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
	"github.com/spotler-connector/connector/internal/schema"
)

// picks is the stored value of a multi-select choice as it is on the wire:
// "1,2", in the order of the values and each once (reference: dataverse-api 2.4).
type picks string

// maxPicks is how many options one value may have (*assumed*).
const maxPicks = 150

// list are the values of p.
func (p picks) list() []int64 {
	var out []int64
	for text := range strings.SplitSeq(string(p), ",") {
		n, _ := strconv.ParseInt(text, 10, 64) // made by fromPicks
		out = append(out, n)
	}
	return out
}

func picksOf(list []int64) picks {
	list = slices.Clone(list)
	slices.Sort(list)
	var b []byte
	for i, n := range slices.Compact(list) {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return picks(b)
}

// fromPicks reads "757550000,757550001".
func (c *column) fromPicks(t *table, v any) (any, *failure) {
	text, ok := v.(string)
	if !ok {
		return nil, c.wrongType(t, "Edm.String")
	}
	var list []int64
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		n, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return nil, badPayload(t, "The value of '%s' must be the numbers of options, with commas between them.", c.name)
		}
		if !c.hasOption(n) {
			return nil, c.outside(t, "The value %d of '%s' on record of type '%s' is outside the valid range. Accepted Values: %s", n, c.name, t.name, c.accepted())
		}
		list = append(list, n)
	}
	switch {
	case len(list) == 0:
		return nil, nil
	case len(list) > maxPicks:
		return nil, badArgument("'%s' has %d values; %d are allowed.", c.name, len(list), maxPicks)
	}
	return picksOf(list), nil
}

// codeOutside is the code of a number or an option that the column does not
// take, *assumed* to be the neighbour of 0x80044331.
const codeOutside = "0x80044330"

func (c *column) outside(_ *table, format string, args ...any) *failure {
	return fail(400, codeOutside, "A validation error occurred. "+format, args...)
}

// fromFraction reads a decimal, a double or money: the number must be in the
// column's range, and keeps as many digits as it has (*assumed*: it is rounded
// half away from zero, not refused).
func (c *column) fromFraction(t *table, v any) (any, *failure) {
	n, ok := v.(number)
	f, err := strconv.ParseFloat(string(n), 64)
	if !ok || err != nil {
		return nil, c.wrongType(t, c.edm())
	}
	if m := c.meta; m.Top > m.Min && (f < m.Min || f > m.Top) {
		return nil, c.outside(t, "The value of '%s' on record of type '%s' is outside the valid range.", c.name, t.name)
	}
	if c.kind != double || c.meta.Exact {
		f = rounded(f, c.meta.Precision)
	}
	return f, nil
}

// rounded keeps digits behind the point.
func rounded(f float64, digits int) float64 {
	if digits < 0 || digits > 12 {
		return f
	}
	scale := math.Pow10(digits)
	if math.Abs(f)*scale >= 1<<53 {
		return f // it has no digits that far behind the point
	}
	return math.Round(f*scale) / scale
}

// fromImage reads the picture of a row in base64.
func (c *column) fromImage(t *table, v any) (any, *failure) {
	text, ok := v.(string)
	if !ok {
		return nil, c.wrongType(t, "Edm.Binary")
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, badPayload(t, "The value of '%s' is not base64.", c.name)
	}
	most := c.meta.Max
	if most == 0 {
		most = 10240
	}
	if len(raw) > most<<10 {
		return nil, badArgument("The image '%s' has %d bytes; %d KB are allowed.", c.name, len(raw), most)
	}
	if text == "" {
		return nil, nil
	}
	return text, nil
}

// refuseFile says that the bytes of a file column do not come in a row.
func (c *column) refuseFile(t *table) *failure {
	return badPayload(t, "The file column '%s' cannot be set in a row: files are uploaded to an address of their own, which is not simulated.", c.name)
}

// scale is how many digits behind the point the Web API writes of a number; -1
// is as many as it has. Recorded answers have ten for money and decimals, twelve
// for the exchange rate, and a double as it is.
func (c *column) scale() int {
	switch {
	case c.name == "exchangerate":
		return 12
	case c.kind == schema.Decimal, c.kind == schema.Money:
		return 10
	}
	return -1
}

// appendOwn is appendValue for a value of c.
func (c *column) appendOwn(b []byte, v any) []byte {
	if f, ok := v.(float64); ok && c.digits >= 0 {
		return strconv.AppendFloat(b, f, 'f', c.digits, 64)
	}
	return appendValue(b, v)
}

// labels are the labels of the options in p, as the platform shows them.
func (c *column) labels(p picks) string {
	var out []string
	for _, n := range p.list() {
		for _, o := range c.options {
			if int64(o.Value) == n {
				out = append(out, o.Label)
			}
		}
	}
	return strings.Join(out, "; ")
}

// isWallClock tells whether the times of c are not converted between zones.
func (c *column) isWallClock() bool {
	return c.meta != nil && c.meta.Behavior == metadata.TimeZoneIndependent
}
