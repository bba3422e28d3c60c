package operations

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/storetest"
)

// watch reads one window.
func (h *inboundHouse) watch(empties int, changed ...spotler.Contact) (Watched, error) {
	h.Helper()
	h.mail.changed = changed
	w := &Watcher{Env: h.env, Mail: h.mail, Store: h.db, Now: h.clock.Now, Fields: h.env.Types, Empties: empties}
	return w.Window(h.Context(), h.clock.Now(), h.clock.Now())
}

// inQueue are the lanes of the work that is queued.
func (h *inboundHouse) inQueue() []string {
	h.Helper()
	ops, err := h.db.Ops(h.Context(), store.OpFilter{Environment: inboundEnv, Operation: connector.FromSpotler, Limit: 100})
	if err != nil {
		h.Fatal(err)
	}
	var out []string
	for _, o := range ops {
		out = append(out, strings.TrimPrefix(string(o.Lane), "acme/"))
	}
	slices.Sort(out)
	return out
}

func (h *inboundHouse) told(n int, properties map[string]any) spotler.Contact {
	all := map[string]any{"email": fmt.Sprintf("ann%d@example.test", n)}
	for k, v := range properties {
		all[k] = v
	}
	return spotler.Contact{ExternalID: connector.ExternalIDOf(storetest.ID(n)), LastChanged: h.clock.Now(), Properties: all, Channels: []spotler.Channel{{Name: "EMAIL", Value: true}}}
}

// A window in which more than so many people empty one field stops at the fence: none
// of them is taken in, the others are, and the window is not done.
func TestFenceOfEmpties(t *testing.T) {
	for _, c := range []struct {
		most, emptied int
		stops         bool
	}{{3, 3, false}, {3, 4, true}, {0, 9, false}} {
		t.Run(fmt.Sprintf("%d of %d", c.emptied, c.most), func(t *testing.T) {
			h := newInboundHouse(t)
			var changed []spotler.Contact
			for n := range c.emptied {
				h.know(h.link(n+1, map[string]string{"city": "Ede", "firstName": "Ann"}))
				changed = append(changed, h.told(n+1, map[string]any{"firstName": "Ann"}))
			}
			h.know(h.link(50, map[string]string{"city": "Ede"}))
			changed = append(changed, h.told(50, map[string]any{"city": "Epe"}))
			_, err := h.watch(c.most, changed...)
			queue := h.inQueue()
			if stops := err != nil; stops != c.stops {
				t.Fatalf("the window ended with %v", err)
			}
			want := c.emptied + 1
			if c.stops {
				want = 1
				if !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), "city (4 people)") || !strings.Contains(err.Error(), "poll.empties") {
					t.Errorf("the alert: %v", err)
				}
			}
			if len(queue) != want || !slices.Contains(queue, "contact/"+string(storetest.ID(50))) {
				t.Errorf("queued: %v", queue)
			}
		})
	}
}

// An absent property was emptied only if the schema read in the same window lists it
// with the same type.
func TestAbsentIsNotEmptied(t *testing.T) {
	without := slices.DeleteFunc(slices.Clone(inboundFields), func(p spotler.Property) bool { return p.Name == "city" })
	retyped := append(slices.Clone(without), spotler.Property{Name: "city", Type: "int"})
	for name, c := range map[string]struct {
		listed []spotler.Property
		want   string
	}{"listed": {inboundFields, `{"address1_city":null}`}, "not listed": {without, ""}, "another type": {retyped, ""}} {
		t.Run(name, func(t *testing.T) {
			h := newInboundHouse(t)
			h.mail.fields = c.listed
			h.know(h.link(1, map[string]string{"city": "Ede", "firstName": "Ann"}))
			h.clock.Advance(time.Minute) // what the window tells is newer than the link
			h.crm.rows = map[string][]map[string]any{"contacts": {contactRow(1, nil)}}
			if _, err := h.watch(0, h.told(1, map[string]any{"firstName": "Ann"})); err != nil {
				t.Fatal(err)
			}
			if n := len(h.inQueue()); n != 1 {
				t.Fatalf("%d ops", n)
			}
			ops, err := h.db.Ops(t.Context(), store.OpFilter{Environment: inboundEnv, Operation: connector.FromSpotler, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			op, err := h.db.Op(t.Context(), inboundEnv, ops[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			op.Attempt = 1
			end := h.run(op)
			got := ""
			for _, w := range h.crm.writes {
				got += string(w.Body)
			}
			if end[0].State != store.OpDone || got != c.want {
				t.Errorf("%s: written %s, want %s", end[0].Outcome.Why, got, c.want)
			}
		})
	}
}

// C-074 (deviation: the value of our own echo is not written again): who is as both
// sides agreed makes no work, and what an overlapping window tells again neither.
func TestEchoesAndRepeats(t *testing.T) {
	h := newInboundHouse(t)
	h.know(h.link(1, map[string]string{"city": "Ede", "firstName": "Ann"}))
	echo := h.told(1, map[string]any{"city": "Ede", "firstName": "Ann"})
	if seen, err := h.watch(0, echo, h.told(1, map[string]any{"city": "Epe", "firstName": "Ann"})); err != nil || seen.Echoes != 1 || seen.Put != 1 {
		t.Errorf("%+v, %v", seen, err)
	}
	if seen, err := h.watch(0, h.told(1, map[string]any{"city": "Epe", "firstName": "Ann"})); err != nil || seen.Known != 1 || seen.Put != 0 {
		t.Errorf("again: %+v, %v", seen, err)
	}
	l := h.link(2, map[string]string{"city": "Ede", "firstName": "Ann"})
	l.Shadow[askedEntry+"city"] = store.Sides{CRM: "asked"}
	h.know(l)
	if seen, err := h.watch(0, h.told(2, map[string]any{"city": "Ede", "firstName": "Ann"})); err != nil || seen.Put != 1 {
		t.Errorf("a question is open, so even an echo is looked at: %+v, %v", seen, err)
	}
}
