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
	if err != nil || len(open) == 0 {
		return err
	}
	back := 0
	for _, one := range open {
		if one.Found, err = r.look(ctx, one); err != nil {
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

func (r *receipts) look(ctx context.Context, one store.Receipt) (string, error) {
	links, err := r.Kept.Links(ctx, r.Name, []connector.Record{one.Record})
	if err != nil {
		return "", err
	}
	if l, linked := links[one.Record]; linked && l.ErasedAt.IsZero() {
		return store.FoundReadmitted, nil
	}
	_, err = r.Mail.Contact(ctx, one.ExternalID)
	switch {
	case errors.Is(err, fault.NotFound):
		return store.FoundGone, nil
	case err != nil:
		return "", err
	}
	return store.FoundBack, nil
}
