package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/store"
)

// ConsentStore is what the API needs to tell of consent. *store.Store is one.
type ConsentStore interface {
	LedgerOf(ctx context.Context, env connector.Environment, record connector.Record) ([]store.Entry, error)
	VerifyLedger(ctx context.Context, env connector.Environment, seen string) (store.LedgerCheck, error)
	Receipts(ctx context.Context, env connector.Environment, record connector.Record) ([]store.Receipt, error)
	AllReceipts(ctx context.Context, f store.ReceiptFilter) ([]store.Receipt, error)
}

// ExportLedger answers with what the ledger says of one person.
func (s *server) ExportLedger(ctx context.Context, r openapi.ExportLedgerRequestObject) (openapi.ExportLedgerResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	record, err := parseRecord("record", r.Params.Record)
	if err != nil {
		return nil, err
	}
	entries, err := s.Store.LedgerOf(ctx, e.Name, record)
	if err != nil {
		return nil, fmt.Errorf("api: ledger: %w", err)
	}
	out := openapi.LedgerExport{Environment: string(e.Name), Record: record.String()}
	if len(entries) > 0 {
		out.Person = some(entries[0].Person)
	}
	out.Entries = shownEntries(entries)
	return openapi.ExportLedger200JSONResponse(out), nil
}

func shownEntries(entries []store.Entry) []openapi.LedgerEntry {
	out := []openapi.LedgerEntry{}
	for _, x := range entries {
		out = append(out, openapi.LedgerEntry{Number: x.Seq, At: x.At, ChangedAt: some(x.ChangedAt), Permission: x.Permission,
			Was: consentState(x.Was), Becomes: consentState(x.Becomes), Who: x.Who, Origin: x.Origin, Why: x.Why, Seal: x.MAC})
	}
	return out
}

func consentState(s string) openapi.ConsentState {
	if s == "" {
		return openapi.ConsentStateUnknown
	}
	return openapi.ConsentState(s)
}

// CheckLedger answers whether the ledger is as it was written.
func (s *server) CheckLedger(ctx context.Context, r openapi.CheckLedgerRequestObject) (openapi.CheckLedgerResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	c, err := s.Store.VerifyLedger(ctx, e.Name, value(r.Params.Seen))
	if err != nil {
		return nil, fmt.Errorf("api: ledger: %w", err)
	}
	return openapi.CheckLedger200JSONResponse(openapi.LedgerCheck{Environment: string(e.Name), Whole: c.Broken == 0, Entries: c.Entries,
		Head: some(c.Head), Broken: some(c.Broken), Why: some(c.Why)}), nil
}

// ListReceipts answers with a page of receipts, newest first.
func (s *server) ListReceipts(ctx context.Context, r openapi.ListReceiptsRequestObject) (openapi.ListReceiptsResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	f := store.ReceiptFilter{Environment: e.Name, Found: string(value(r.Params.Found)), Limit: defaultLimit}
	if f.Found != "" && !openapi.ReceiptFound(f.Found).Valid() {
		return nil, notValid("api.ListReceipts", "found must be gone, back or readmitted")
	}
	if r.Params.Limit != nil {
		if f.Limit = *r.Params.Limit; f.Limit < 1 || f.Limit > maxLimit {
			return nil, notValid("api.ListReceipts", fmt.Sprintf("limit must be 1 to %d", maxLimit))
		}
	}
	if f.Before, err = receiptAt(value(r.Params.Cursor)); err != nil {
		return nil, err
	}
	if r.Params.Record != nil {
		return s.receiptsOf(ctx, e.Name, *r.Params.Record, f.Found)
	}
	limit := f.Limit
	f.Limit++ // one more tells whether there is a next page
	receipts, err := s.Store.AllReceipts(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("api: receipts: %w", err)
	}
	var next *string
	if len(receipts) > limit {
		receipts = receipts[:limit]
		last := receipts[limit-1]
		next = some(strconv.FormatInt(last.At.UnixMilli(), 10) + "," + last.Record.String())
	}
	return openapi.ListReceipts200JSONResponse(openapi.ReceiptList{Receipts: shownReceipts(receipts, ""), Next: next}), nil
}

func (s *server) receiptsOf(ctx context.Context, env connector.Environment, text, found string) (openapi.ListReceiptsResponseObject, error) {
	record, err := parseRecord("record", text)
	if err != nil {
		return nil, err
	}
	receipts, err := s.Store.Receipts(ctx, env, record)
	if err != nil {
		return nil, fmt.Errorf("api: receipts: %w", err)
	}
	return openapi.ListReceipts200JSONResponse(openapi.ReceiptList{Receipts: shownReceipts(receipts, found)}), nil
}

// receiptAt reads the cursor of a page of receipts.
func receiptAt(cursor string) (r store.Receipt, err error) {
	if cursor == "" {
		return r, nil
	}
	at, record, _ := strings.Cut(cursor, ",")
	n, err := strconv.ParseInt(at, 10, 64)
	if err == nil && n > 0 {
		r.At = time.UnixMilli(n)
		r.Record, err = connector.ParseRecord(record)
	}
	if err != nil || n <= 0 {
		return r, notValid("api.ListReceipts", "cursor must be the next of the page before")
	}
	return r, nil
}

// shownReceipts never tell the id in Spotler: another system's may be an address.
func shownReceipts(receipts []store.Receipt, found string) []openapi.Receipt {
	out := []openapi.Receipt{}
	for _, r := range receipts {
		if found != "" && r.Found != found {
			continue
		}
		one := openapi.Receipt{Environment: string(r.Environment), Record: r.Record.String(), At: r.At, Rule: r.Rule, Why: r.Why,
			Answers: []openapi.ReceiptAnswer{}, CheckedAt: some(r.CheckedAt), Found: some(openapi.ReceiptFound(r.Found))}
		for _, a := range r.Answers {
			one.Answers = append(one.Answers, openapi.ReceiptAnswer{System: openapi.ReceiptAnswerSystem(a.System), Says: a.Says, Status: some(a.Status), At: a.At})
		}
		out = append(out, one)
	}
	return out
}
