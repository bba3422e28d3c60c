package api

import (
	"context"
	"fmt"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/store"
)

// Explained is an explanation with what the store tells of the person.
type Explained struct {
	openapi.Explanation
	Ops      []store.Op
	Entries  []store.Entry
	Receipts []store.Receipt
	Closed   []store.Gate // gates that hold work back now
}

// ExplainRecord answers why one person is, or is not, in Spotler.
func (s *server) ExplainRecord(ctx context.Context, r openapi.ExplainRecordRequestObject) (openapi.ExplainRecordResponseObject, error) {
	e, err := s.environment(r.Env)
	if err != nil {
		return nil, err
	}
	record, err := parsePerson(e, "record", r.Params.Record)
	if err != nil {
		return nil, err
	}
	if why := s.Off(e.Name); why != "" {
		return nil, &fault.Error{Op: "api.ExplainRecord", Kind: fault.Unreachable, Says: "the environment is off, so neither side can be read: " + why}
	}
	x, err := s.Explain(ctx, e.Name, record, value(r.Params.Values))
	if err != nil {
		return nil, fmt.Errorf("api: explain: %w", err)
	}
	out := x.Explanation
	out.Jobs, out.Ledger, out.Receipts, out.Gates = []openapi.Job{}, shownEntries(x.Entries), shownReceipts(x.Receipts, ""), []openapi.Alert{}
	for _, op := range x.Ops {
		out.Jobs = append(out.Jobs, shownJob(op))
	}
	for _, g := range x.Closed {
		out.Gates = append(out.Gates, openapi.Alert{Code: g.API, Detail: g.Reason, Since: g.UpdatedAt})
	}
	return openapi.ExplainRecord200JSONResponse(out), nil
}
