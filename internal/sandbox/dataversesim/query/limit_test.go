package query

import (
	"errors"
	"testing"
)

// crowd is one column and n rows.
func crowd(n int) *fakeTable {
	t := &fakeTable{name: "head", columns: []*fakeColumn{{"headid", Identity}, {"score", Whole}}}
	for i := range int64(n) {
		t.rows = append(t.rows, &fakeRow{i + 1, GUID{byte(i), byte(i >> 8), byte(i >> 16)}, map[string]any{"score": i % 7}})
	}
	return t
}

func TestAggregateLimit(t *testing.T) {
	for n, want := range map[int]bool{MaxSummed: true, MaxSummed + 1: false} {
		heads := crowd(n)
		p, err := Compile(&Query{Table: heads, Sums: []Sum{{Do: CountRows, Alias: "n"}}, Size: 10, Page: 1}, Env{Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		page, err := p.Run()
		var e *Error
		switch {
		case want && (err != nil || page.Lines[0][0].Value != int64(n)):
			t.Errorf("%d rows: %v", n, err)
		case !want && (!errors.As(err, &e) || e.Kind != TooManyToSum):
			t.Errorf("%d rows: %v", n, err)
		}
	}
}

// Work is bounded: a query that looks at too many rows is refused.
func TestStepLimit(t *testing.T) {
	heads := crowd(100)
	for steps, want := range map[int]bool{100: true, 99: false} {
		p, err := Compile(&Query{Table: heads, Size: 10, Page: 1, Order: []Order{{Ref: heads.ref("score")}}}, Env{Now: noon, Steps: steps})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Run()
		var e *Error
		if want != (err == nil) || !want && (!errors.As(err, &e) || e.Kind != TooMuch) {
			t.Errorf("%d steps: %v", steps, err)
		}
	}
}
