package leads

import (
	"errors"
	"testing"

	"github.com/spotler-connector/connector/internal/fault"
)

// A page that cannot be told from the one before ends the walk with an error; a lead
// that cannot be read does not.
func TestPagesEnd(t *testing.T) {
	for body, want := range map[string]struct{ leads, bad, asked int }{
		`{"data":[{"id":"a"},{"id":"b"}],"hasNextPage":false}`: {2, 0, 1},
		`{"data":[{"id":"a"},{},{"id":"c"}]}`:                  {2, 1, 1},
		`{"data":[],"hasNextPage":true}`:                       {0, 0, 1},
		`{"data":[{"id":"a"}],"hasNextPage":true}`:             {1, 1, 2},
		`{"hasNextPage":true}`:                                 {0, 1, 1},
	} {
		w := &wire{status: 200, body: body}
		leads, bad := 0, 0
		for _, err := range w.client(t, nil).Leads(t.Context(), "lead", day, day.Add(1)) {
			if err == nil {
				leads++
				continue
			}
			if bad++; !errors.Is(err, fault.Garbled) {
				t.Errorf("%s: %v", body, err)
			}
		}
		if leads != want.leads || bad != want.bad || w.asked != want.asked {
			t.Errorf("%s: %d leads, %d bad, %d requests", body, leads, bad, w.asked)
		}
	}
}
