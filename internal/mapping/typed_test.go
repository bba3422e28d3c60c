package mapping

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

func amsterdam(t testing.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip("this machine has no time zones: ", err)
	}
	return zone
}

// C-508 to C-512: a value takes the type of its field, or it is refused with what
// the field takes; nothing that does not fit gets a wire value.
func TestTyped(t *testing.T) {
	zone := amsterdam(t)
	for _, tt := range []struct {
		kind, text string
		scale      Scale
		want       any
		says       string
	}{
		{typeString, "  Buyer ", "", "Buyer", ""},
		{typeString, "false", "", "false", ""},
		{typeEmail, "ann@example.test", "", "ann@example.test", ""},
		{typeEmail, "ann at example", "", nil, "not a valid e-mail address; write one address"},
		{typeMobile, "+31 6-1234 5678", "", "+31 6-1234 5678", ""},
		{typeMobile, "call me", "", nil, "not a telephone number"},
		{typePostcode, "1234 ab", "", "1234 ab", ""},
		{typePostcode, "B-9000", "", nil, "Dutch postcodes"},
		{typeGender, "vrouw", "", "F", ""},
		{typeGender, "x", "", nil, "use M or F"},
		{typeInt, "0", "", int64(0), ""},
		{typeInt, "-12", "", int64(-12), ""},
		{typeInt, "+7", "", int64(7), ""},
		{typeInt, "1.000", "", nil, "whole number without separators"},
		{typeInt, "1,5", "", nil, "whole number"},
		{typeInt, "1e3", "", nil, "whole number"},
		{typeMoney, "12.50", "", int64(1250), ""},
		{typeMoney, "12,5", "", int64(1250), ""},
		{typeMoney, "-3", "", int64(-300), ""},
		{typeMoney, "12.50", Units, 12.5, ""},
		{typeMoney, "1.234", "", nil, "thousands or a fraction"},
		{typeMoney, "1,234", "", nil, "thousands or a fraction"},
		{typeMoney, "1.234,56", "", nil, "such as 12.50"},
		{typeMoney, "€ 5", "", nil, "without a currency"},
		{typeDate, "2026-12-31", "", "2026-12-31", ""},
		{typeDate, "31-12-2026", "", "2026-12-31", ""},
		{typeDate, "1.2.2026", "", "2026-02-01", ""},
		{typeDate, "2026-12-31T23:30:00Z", "", "2027-01-01", ""},
		{typeDate, "31/12/2026", "", nil, "2026-12-31 or 31-12-2026"},
		{typeDate, "31-02-2026", "", nil, "2026-12-31"},
		{typeDate, "12-31-2026", "", nil, "2026-12-31"},
		{typeDate, "31-12-0026", "", nil, "2026-12-31"},
		{typeDate, "tomorrow", "", nil, "2026-12-31"},
		{typeBirthdate, "7-3-1980", "", "1980-03-07", ""},
		{typeDateTime, "31-12-2026 14:30", "", "2026-12-31T14:30:00+01:00", ""},
		{typeDateTime, "2026-07-01T08:00:05", "", "2026-07-01T08:00:05+02:00", ""},
		{typeDateTime, "2026-07-01", "", "2026-07-01T00:00:00+02:00", ""},
		{typeSet, "Golf", "", nil, "name the item as field:item"},
		{"hologram", "x", "", nil, "does not know the Spotler type hologram"},
		{typeString, "  ", "", nil, "use Clear Contact Field"},
	} {
		got, err := Typed(Property{Name: "field", Type: tt.kind}, tt.text, zone, tt.scale)
		if tt.says == "" && (err != nil || got != tt.want) {
			t.Errorf("%s %q is %v (%v), want %v", tt.kind, tt.text, got, err, tt.want)
		}
		if tt.says == "" {
			continue
		}
		f := fault.As(err)
		if got != nil || f == nil || f.Kind != fault.NotValid || !strings.Contains(f.Says, tt.says) || !strings.HasPrefix(f.Says, "field: ") {
			t.Errorf("%s %q is %v and says %v, want %q", tt.kind, tt.text, got, err, tt.says)
		}
		if f != nil && len(strings.TrimSpace(tt.text)) > 3 && strings.Contains(f.Error(), tt.text) {
			t.Errorf("%s %q is repeated in %v", tt.kind, tt.text, err)
		}
	}
}

func FuzzTyped(f *testing.F) {
	for _, text := range []string{"12,50", "31-12-2026 14:30", "ann@example.test", "1234 AB", "+7", "2026-07-01T08:00:05Z", "é"} {
		for n := range len(typedKinds) {
			f.Add(n, text)
		}
	}
	f.Fuzz(func(t *testing.T, n int, text string) {
		kind := typedKinds[((n%len(typedKinds))+len(typedKinds))%len(typedKinds)]
		v, err := Typed(Property{Name: "f", Type: kind}, text, time.UTC, Cents)
		if (v == nil) == (err == nil) {
			t.Fatalf("%s %q: %v and %v", kind, text, v, err)
		}
		if err != nil {
			return
		}
		if _, jerr := json.Marshal(v); jerr != nil {
			t.Fatal(jerr)
		}
		again, ok := v.(string) // what Spotler gets means the same when it is typed again
		if !ok || kind == typeString {
			return
		}
		if w, err := Typed(Property{Name: "f", Type: kind}, again, time.UTC, Cents); err != nil || w != v {
			t.Errorf("%s %q became %v, and that became %v (%v)", kind, text, v, w, err)
		}
	})
}

var typedKinds = []string{typeString, typeEmail, typeMobile, typePostcode, typeGender, typeInt, typeMoney, typeDate, typeBirthdate, typeDateTime, typeSet}

// C-513, C-515 to C-517 rest on what the sheet says of a field.
func TestUse(t *testing.T) {
	bound := Bound{}
	for _, r := range []Row{
		{Spotler: "jobTitle", Direction: connector.ToSpotler},
		{Spotler: "balance", Direction: connector.ToDataverse, Scale: Units},
		{Spotler: "city", Direction: connector.ToSpotler},
		{Spotler: "city", Direction: connector.ToDataverse},
		{Filter: "1"},
	} {
		bound.use(connector.Contact, r)
	}
	for property, want := range map[string]Use{"jobTitle": {connector.ToSpotler, ""}, "balance": {connector.ToDataverse, Units}, "city": {connector.BothWays, ""}} {
		if got, mapped := bound.Use(connector.Contact, property); !mapped || got != want {
			t.Errorf("%s: %+v %v", property, got, mapped)
		}
	}
	for _, property := range []string{"", "other"} {
		if got, mapped := bound.Use(connector.Contact, property); mapped {
			t.Errorf("%q is mapped %+v", property, got)
		}
	}
	if got, mapped := bound.Use(connector.Lead, "jobTitle"); mapped {
		t.Errorf("of another table: %+v", got)
	}
}
