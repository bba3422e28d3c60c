package schedule

import (
	"context"
	"errors"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// ReceiptStore is what looking again at erased people needs of the store.
// *store.Store is one.
type ReceiptStore interface {
	UncheckedReceipts(ctx context.Context, env connector.Environment, before time.Time, n int) ([]store.Receipt, error)
	CheckReceipt(ctx context.Context, r store.Receipt) error
	Scrub(ctx context.Context) error
	Links(ctx context.Context, env connector.Environment, records []connector.Record) (map[connector.Record]store.Link, error)
}

const (
	// lookAgainAfter is how long after an erasure somebody looks again: what was on
	// its way to Spotler then has arrived.
	lookAgainAfter = 24 * time.Hour
	// looksAtOnce bounds how many people are asked for in one slot.
	looksAtOnce = 200
)

// receipts looks again at people who were erased and notes in their receipts whether
// they are still gone. It erases nobody: one who is back without us is a person who
// came in on another way, or a matter for somebody to look at; the error says how many.
type receipts struct {
	Environment
	Kept ReceiptStore
}

func (r *receipts) once(ctx context.Context) error {
	open, err := r.Kept.UncheckedReceipts(ctx, r.Name, r.Now().Add(-lookAgainAfter), looksAtOnce)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return r.Kept.Scrub(ctx)
	}
	back := 0
	for _, one := range open {
		if one, err = r.look(ctx, one); err != nil {
			return err
		}
		one.CheckedAt = r.Now()
		if err := r.Kept.CheckReceipt(ctx, one); err != nil {
			return err
		}
		if one.Found == store.FoundBack {
			back++
		}
	}
	if back > 0 {
		return &fault.Error{Op: "schedule.receipts", Kind: fault.Conflict, Says: "people who were erased are in Spotler under the same id and not by our doing: ask for Anonymize Contact, or find out who brings them in"}
	}
	return nil
}

// look asks both sides, and completes the receipt with what they say.
func (r *receipts) look(ctx context.Context, one store.Receipt) (store.Receipt, error) {
	links, err := r.Kept.Links(ctx, r.Name, []connector.Record{one.Record})
	if err != nil {
		return one, err
	}
	there, err := exists(func() error { _, err := r.Mail.Contact(ctx, one.ExternalID); return err })
	if err != nil {
		return one, err
	}
	row := false
	table, known := r.Tables[one.Record.Table]
	if known {
		if row, err = exists(func() error { _, err := r.CRM.Get(ctx, table, one.Record.ID, table.Key); return err }); err != nil {
			return one, err
		}
	}
	l, linked := links[one.Record]
	says := "the contact is still gone"
	switch {
	case there && linked && l.ErasedAt.IsZero():
		one.Found, says = store.FoundReadmitted, "a later sync brought the person back"
	case there:
		one.Found, says = store.FoundBack, "a contact with this id is there, and not by our doing"
	default:
		one.Found = store.FoundGone
	}
	one.Answers = append(one.Answers, store.Answer{System: "spotler", Says: says, At: r.Now().UTC()})
	if known {
		says = "the row does not exist any more"
		if row {
			says = "the row is there: an erasure in Spotler leaves it as it is"
		}
		one.Answers = append(one.Answers, store.Answer{System: "dynamics", Says: says, At: r.Now().UTC()})
	}
	return one, nil
}

// exists reports whether a read finds something; trouble is never a no.
func exists(read func() error) (bool, error) {
	err := read()
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
