package schedule

import (
	"context"
	"errors"
	"testing"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/operations"
	"github.com/spotler-connector/connector/internal/spotler"
	"github.com/spotler-connector/connector/internal/store"
)

// mailbox answers for contacts by id: nil is there, an error is what Spotler says.
type mailbox struct {
	operations.Mail
	says map[connector.ExternalID]error
}

func (m mailbox) Contact(_ context.Context, id connector.ExternalID) (spotler.Contact, error) {
	return spotler.Contact{}, m.says[id]
}

// C-192: an erased person can no longer be found, and a day later somebody looks.
func TestReceiptsAreLookedAtAgain(t *testing.T) {
	h := newHouse(t)
	gone := &fault.Error{Op: "spotler.Contact", Kind: fault.NotFound}
	mail := mailbox{says: map[connector.ExternalID]error{"gone": gone, "back": nil, "again": nil}}
	record := func(n int) connector.Record { return connector.Record{Table: connector.Contact, ID: ID(n)} }
	erased := h.clock.Now()
	for n, id := range []connector.ExternalID{"gone", "back", "again"} {
		h.put(n + 1)
		h.run(func(_ store.Taken, s *store.Settlement) {
			s.Receipts = []store.Receipt{{Environment: env, Record: record(n + 1), At: erased, ExternalID: id}}
			s.Links = []store.Link{{Environment: env, Record: record(n + 1), ExternalID: id, ErasedAt: erased}}
			if id == "again" {
				s.Links[0].ErasedAt = time.Time{}
			}
		})
	}
	h.crm.set(connector.Contact, ID(2), map[string]any{"firstname": "Ann"})
	h.Environment.Mail, h.Environment.Now = mail, h.clock.Now
	step := &receipts{h.Environment, h.db}
	found := func(n int) string {
		t.Helper()
		r, err := h.db.Receipts(background, env, record(n))
		if err != nil || len(r) != 1 {
			t.Fatalf("receipts of %d: %v %v", n, r, err)
		}
		return r[0].Found
	}
	h.clock.Advance(lookAgainAfter - time.Minute)
	if err := step.once(background); err != nil || found(1) != "" {
		t.Fatalf("too early: %v, %q", err, found(1))
	}
	h.clock.Advance(2 * time.Minute)
	mail.says["gone"] = &fault.Error{Op: "spotler.Contact", Kind: fault.Unreachable}
	if err := step.once(background); !errors.Is(err, fault.Unreachable) || found(1) != "" {
		t.Fatalf("trouble was read as an answer: %v, %q", err, found(1))
	}
	mail.says["gone"] = gone
	h.crm.refuse["contacts("+string(ID(1))+")"] = 403
	if err := step.once(background); !errors.Is(err, fault.Denied) || found(1) != "" {
		t.Fatalf("a refusal of Dynamics was read as an answer: %v, %q", err, found(1))
	}
	clear(h.crm.refuse)
	if err := step.once(background); !errors.Is(err, fault.Conflict) {
		t.Errorf("somebody is back: %v", err)
	}
	for n, want := range map[int]string{1: store.FoundGone, 2: store.FoundBack, 3: store.FoundReadmitted} {
		if got := found(n); got != want {
			t.Errorf("the receipt of %d says %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int][]string{
		1: {"the contact is still gone", "the row does not exist any more"},
		2: {"a contact with this id is there, and not by our doing", "the row is there: an erasure in Spotler leaves it as it is"},
		3: {"a later sync brought the person back", "the row does not exist any more"},
	} {
		r, err := h.db.Receipts(background, env, record(n))
		if err != nil || len(r[0].Answers) != 3 {
			t.Fatalf("the receipt of %d: %+v, %v", n, r, err)
		}
		if a := r[0].Answers[1:]; a[0].System != "spotler" || a[0].Says != want[0] || a[1].System != "dynamics" || a[1].Says != want[1] {
			t.Errorf("the receipt of %d says %+v, want %q", n, a, want)
		}
	}
	if err := step.once(background); err != nil {
		t.Errorf("nobody is left to look at: %v", err)
	}
}
