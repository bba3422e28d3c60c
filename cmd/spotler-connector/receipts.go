package main

import (
	"context"
	"strconv"

	"github.com/spotler-connector/connector/internal/api/openapi"
	"github.com/spotler-connector/connector/internal/fault"
)

// receiptsCommand looks at the receipts of people who were erased.
type receiptsCommand struct {
	List receiptsListCommand `cmd:"" help:"Show receipts of erasures, newest first."`
	Show receiptsShowCommand `cmd:"" help:"Show the receipts of one record, with what each system answered."`
}

type receiptsListCommand struct {
	Found  string `placeholder:"WHAT" help:"Only those whose later look found this: gone, back or readmitted."`
	Limit  int    `default:"50" help:"How many receipts at most, up to 200."`
	Cursor string `placeholder:"CURSOR" help:"Go on where the page before ended."`
	connection
	chosen
}

// Run shows a page of receipts.
func (c *receiptsListCommand) Run(ctx context.Context, s streams) error {
	params := openapi.ListReceiptsParams{Found: some(openapi.ReceiptFound(c.Found)), Limit: &c.Limit, Cursor: some(c.Cursor)}
	if params.Found != nil && !params.Found.Valid() {
		return plainly(fault.NotValid, "there is no such finding: use gone, back or readmitted")
	}
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	page, err := read[openapi.ReceiptList](succeed(cl.api.ListReceipts(ctx, env, &params)))
	if err != nil {
		return err
	}
	return cl.print(page, func(p *printer) {
		if len(page.Receipts) == 0 {
			p.line("Nobody was erased in %s.", printable(env))
			return
		}
		var rows [][]string
		for _, r := range page.Receipts {
			rows = append(rows, []string{p.moment(r.At), r.Record, found(r), r.Why})
		}
		p.table([]string{"ERASED", "RECORD", "FOUND LATER", "WHY"}, rows, nil)
		if page.Next != nil {
			p.line("There are more: --cursor %s", printable(*page.Next))
		}
	})
}

// found is what the later look saw.
func found(r openapi.Receipt) string {
	if r.Found == nil {
		return "not looked yet"
	}
	return string(*r.Found)
}

type receiptsShowCommand struct {
	Record string `arg:"" help:"The record, as contact/<guid>."`
	connection
	chosen
}

// Run shows the receipts of one record.
func (c *receiptsShowCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	list, err := read[openapi.ReceiptList](succeed(cl.api.ListReceipts(ctx, env, &openapi.ListReceiptsParams{Record: &c.Record})))
	if err != nil {
		return err
	}
	if len(list.Receipts) == 0 {
		return plainly(fault.NotFound, "there is no receipt of "+printable(c.Record)+": the record was not erased in "+printable(env))
	}
	return cl.print(list, func(p *printer) {
		for _, r := range list.Receipts {
			p.line("%s, erased %s: %s", printable(r.Record), p.moment(r.At), printable(r.Why))
			var rows [][]string
			for _, a := range r.Answers {
				status := ""
				if a.Status != nil {
					status = strconv.Itoa(*a.Status)
				}
				rows = append(rows, []string{"  " + p.moment(a.At), string(a.System), status, a.Says})
			}
			p.table([]string{"  AT", "SYSTEM", "HTTP", "SAYS"}, rows, nil)
			p.line("  Found later: %s", found(r))
		}
	})
}
