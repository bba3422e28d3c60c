package api

import (
	"strings"
	"testing"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/settings"
)

// Whatever is asked for: a job that may be run, in a lane of this environment, or
// a refusal that repeats nothing of what was typed as a record.
func FuzzNewJob(f *testing.F) {
	f.Add("Sync Contact", "contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11", "", "", "")
	f.Add("480000000", "", "list/6F0C1C9E-0D9B-4F0E-9A44-0A3C4F6C2B11", "", "")
	f.Add("Set Score", "contact/{6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11}", "", "fair", "7")
	f.Add(" 9", "anna@example.com", "x/y", "\x00", "\xff")
	e := settings.Environment{Name: "shop", Tables: []connector.Table{connector.Contact}}
	f.Fuzz(func(t *testing.T, operation, record, list, name, value string) {
		job, err := newJob(e, openapi.NewJob{Operation: operation, Record: some(record), List: some(list), Name: some(name), Value: some(value)})
		if err != nil {
			if fault.Of(err) != fault.NotValid {
				t.Fatalf("%v is not a refusal", err)
			}
			if len(record) > 12 && strings.Contains(problemDetail(err), record) {
				t.Fatalf("the refusal repeats the record: %v", err)
			}
			return
		}
		if err := job.Check(); err != nil {
			t.Fatalf("a job that cannot be run: %v", err)
		}
		if lane := laneOf(e.Name, job); !strings.HasPrefix(string(lane), "shop/") || strings.ContainsRune(string(lane), 0) {
			t.Fatalf("lane %q", lane)
		}
	})
}

func problemDetail(err error) string { return value(problemOf(err).Detail) }

func FuzzParseJobID(f *testing.F) {
	for _, seed := range []string{"1", "0", "-1", "01", "9223372036854775807", "9223372036854775808", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := parseJobID(s); err == nil && jobID(id) != s {
			t.Fatalf("%q was read as %d", s, id)
		}
	})
}

// Any cursor is a place in the receipts, or refused.
func FuzzReceiptCursor(f *testing.F) {
	f.Add("1764061200000,contact/6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11")
	f.Add(",")
	f.Add("9223372036854775808,contact/x")
	f.Fuzz(func(t *testing.T, cursor string) {
		r, err := receiptAt(cursor)
		if err != nil {
			if fault.Of(err) != fault.NotValid || len(cursor) > 20 && strings.Contains(problemDetail(err), cursor) {
				t.Fatalf("%q: %v", cursor, err)
			}
			return
		}
		if cursor != "" && (r.Record.IsZero() || r.At.UnixMilli() <= 0) {
			t.Fatalf("%q is %+v", cursor, r)
		}
	})
}
