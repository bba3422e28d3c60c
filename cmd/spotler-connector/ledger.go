package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spotler-connector/connector/internal/api/openapi"
)

// consentCommand looks at the ledger of consent.
type consentCommand struct {
	Export consentExportCommand `cmd:"" help:"Show every change of one person's consent, oldest first."`
	Verify consentVerifyCommand `cmd:"" help:"Compute the chain of the ledger anew; exit 1 when an entry is not as it was written."`
}

type consentExportCommand struct {
	Record string `arg:"" help:"The person, as contact/<guid>, lead/<guid> or account/<guid>."`
	connection
	chosen
}

// Run shows what the ledger says of a person.
func (c *consentExportCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	ledger, err := read[openapi.LedgerExport](succeed(cl.api.ExportLedger(ctx, env, &openapi.ExportLedgerParams{Record: c.Record})))
	if err != nil {
		return err
	}
	return cl.print(ledger, func(p *printer) {
		if len(ledger.Entries) == 0 {
			p.line("The ledger of %s says nothing of %s.", printable(env), printable(ledger.Record))
			return
		}
		p.table(ledgerHead, ledgerRows(p, ledger.Entries), nil)
	})
}

var ledgerHead = []string{"ENTRY", "AT", "PERMISSION", "CHANGE", "BY", "WHY"}

func ledgerRows(p *printer, entries []openapi.LedgerEntry) (rows [][]string) {
	for _, e := range entries {
		rows = append(rows, []string{strconv.FormatInt(e.Number, 10), p.moment(e.At), e.Permission, string(e.Was) + " > " + string(e.Becomes), e.Who + " in " + e.Origin, e.Why})
	}
	return rows
}

type consentVerifyCommand struct {
	Seen string `placeholder:"SEAL" help:"The end that an earlier check showed; it must still be in the ledger."`
	connection
	chosen
}

// Run checks the ledger. One that was tampered with is an error after the answer.
func (c *consentVerifyCommand) Run(ctx context.Context, s streams) error {
	cl, err := c.connect(s)
	if err != nil {
		return err
	}
	env, err := cl.environment(ctx, c.Env)
	if err != nil {
		return err
	}
	check, err := read[openapi.LedgerCheck](succeed(cl.api.CheckLedger(ctx, env, &openapi.CheckLedgerParams{Seen: some(c.Seen)})))
	if err != nil {
		return err
	}
	err = cl.print(check, func(p *printer) {
		if check.Whole {
			p.line("The ledger of %s is whole: %s.", printable(env), entries(check.Entries))
			if check.Head != nil {
				p.line("Its end is %s", *check.Head)
				p.line("Keep that elsewhere: verify --seen proves with it that nothing was cut off since.")
			}
		}
	})
	if err != nil || check.Whole {
		return err
	}
	return exitError{exitFailed, fmt.Sprintf("spotler-connector: the ledger of %s was tampered with at entry %d: %s; restore it from a backup and find out who can write to the database", printable(env), value(check.Broken), printable(value(check.Why)))}
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return grouped(n) + " entries"
}
