package spotler

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func amsterdam(t testing.TB) Dates {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return Dates{zone}
}

func TestDates(t *testing.T) {
	d := amsterdam(t)
	for text, want := range map[string]string{
		"2024-01-01T00:00:00+01:00":                "2023-12-31T23:00:00Z",
		"2024-01-01T00:00:00+0100":                 "2023-12-31T23:00:00Z",
		"2024-01-01T00:00:00.123+01:00":            "2023-12-31T23:00:00.123Z",
		"2024-01-01T00:00:00.123+0100":             "2023-12-31T23:00:00.123Z",
		"2024-01-01T00:00:00+01":                   "2023-12-31T23:00:00Z",
		"2024-01-01T00:00:00Z":                     "2024-01-01T00:00:00Z",
		"2024-01-01t00:00:00z":                     "2024-01-01T00:00:00Z",
		"2024-01-01T00:00:00":                      "2023-12-31T23:00:00Z",
		"2024-07-01T00:00:00.5":                    "2024-06-30T22:00:00.5Z",
		"2024-07-01 12:30":                         "2024-07-01T10:30:00Z",
		"2024-07-01 12:30:00 +0200":                "2024-07-01T10:30:00Z",
		"2024-01-01T00:00:00+01:00[Europe/Berlin]": "2023-12-31T23:00:00Z",
		"2024-07-01":                               "2024-06-30T22:00:00Z",
		"20240701123000":                           "2024-07-01T10:30:00Z",
		"20240701":                                 "2024-06-30T22:00:00Z",
		"1646640000000":                            "2022-03-07T08:00:00Z",
		"1646640000":                               "2022-03-07T08:00:00Z",
		"1.6466400e12":                             "2022-03-07T08:00:00Z",
		"-86400":                                   "1969-12-31T00:00:00Z",
		" 2024-01-01T00:00:00Z ":                   "2024-01-01T00:00:00Z",
	} {
		got, err := d.Parse(text)
		if err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v %v, want %s", text, got.UTC(), err, want)
		}
	}
	for _, text := range []string{"", " ", "soon", "2024-13-01", "2024-02-30T00:00:00Z", "1e400", "99999999999999999999", "9223372036854775807", "true", "--5", "T", "[]", "2024-01-01T25:00:00", "0000-01-01", "99999-01-01"} {
		if got, err := d.Parse(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestDateValues(t *testing.T) {
	d := amsterdam(t)
	want := time.UnixMilli(1646640000000)
	for _, v := range []any{int64(1646640000), 1646640000000, json.Number("1646640000000"), 1646640000000.0, "2022-03-07T09:00:00", want} {
		if got, err := d.Value(v); err != nil || !got.Equal(want) {
			t.Errorf("%T: %v %v", v, got, err)
		}
	}
	for _, v := range []any{nil, true, []any{}, math.NaN(), math.Inf(1), 1e300} {
		if got, err := d.Value(v); err == nil {
			t.Errorf("%v was read as %v", v, got)
		}
	}
}

func TestFormatHasAnOffset(t *testing.T) {
	at := time.Date(2024, 7, 1, 10, 30, 0, 999, time.UTC)
	if got := amsterdam(t).Format(at); got != "2024-07-01T12:30:00+02:00" {
		t.Error(got)
	}
	if got := (Dates{}).Format(at); got != "2024-07-01T10:30:00Z" {
		t.Error(got)
	}
}

func FuzzDates(f *testing.F) {
	for _, s := range []string{"2024-01-01T00:00:00+0100", "1646640000000", "20240701", "2024-07-01 12:30", "1e11", "2024-03-31T02:30:00", "-1.5"} {
		f.Add(s)
	}
	d := amsterdam(f)
	f.Fuzz(func(t *testing.T, s string) {
		at, err := d.Parse(s)
		if err != nil {
			if !at.IsZero() {
				t.Errorf("%q: an error and %v", s, at)
			}
			return
		}
		again, err := d.Parse(d.Format(at))
		if err != nil || !again.Equal(at.Truncate(time.Second)) {
			t.Errorf("%q: %v was written as %s and read as %v %v", s, at, d.Format(at), again, err)
		}
	})
}
