package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	connector "github.com/spotler-connector/connector"
)

// erase removes what is kept about people who were erased: who the ledger speaks of,
// arguments and messages of their jobs, and texts that Dataverse has not heard yet.
// Their links stay, without a shadow: keyed hashes by which they are known again. The
// key of those hashes is made once and never replaced.
func (f *finishing) erase(ctx context.Context) error {
	all := map[connector.Environment]*erasing{}
	for _, x := range f.mine {
		for _, r := range x.Receipts {
			e := all[r.Environment]
			if e == nil {
				e = &erasing{env: r.Environment, rows: r.Rows}
				all[r.Environment] = e
			}
			e.receipts, e.records, e.own = append(e.receipts, r), append(e.records, r.Record.String()), append(e.own, x.Op)
			e.lanes = append(e.lanes, string(LaneOf(r.Environment, r.Record)))
			for _, l := range r.Lanes {
				e.lanes = append(e.lanes, string(l))
			}
		}
	}
	for _, e := range all {
		if err := f.eraseAll(ctx, e); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
	}
	return f.dropArguments(ctx)
}

// erasing are the people of one environment who are erased in one Finish: together,
// because their ops are found by looking at all.
type erasing struct {
	env      connector.Environment
	receipts []Receipt
	records  words
	lanes    words
	own      numbers // the ops that erase
	rows     func(op int64) []string
}

func (f *finishing) eraseAll(ctx context.Context, e *erasing) error {
	if err := f.forgetTexts(ctx, e); err != nil {
		return err
	}
	if _, err := f.s.exec(ctx, f.tx, `DELETE FROM ledger_person WHERE environment = ? AND record IN ?`, string(e.env), e.records); err != nil {
		return err
	}
	if _, err := f.s.exec(ctx, f.tx, `UPDATE op SET arguments = NULL, message = '' WHERE lane IN ? AND state >= 2 AND NOT (id IN ?)`, e.lanes, e.own); err != nil {
		return err
	}
	for _, r := range e.receipts {
		r.Answers = append(r.Answers, Answer{System: "connector", Says: "shadow, arguments, messages, questions, untold texts and the person's name in the ledger were deleted", At: f.now.UTC()})
		if err := f.receipt(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// jobRow is how the target of a Spotler Job begins, and jobTexts are its columns that
// could hold words about a person.
const jobRow = "dh_spotlerjobs("

var jobTexts = []string{"dh_resultmessage", "dh_parametername", "dh_parametervalue", "dh_automationfields"}

// forgetTexts takes the texts out of what Dataverse has not heard yet about the other
// ops of lanes. Their states are still told; a line on a timeline is not.
func (f *finishing) forgetTexts(ctx context.Context, e *erasing) error {
	ids, err := collect(ctx, f.s.from(f.tx), scanID, `SELECT id FROM op WHERE lane IN ? AND NOT (id IN ?)`, e.lanes, e.own)
	if err != nil || len(ids) == 0 {
		return err
	}
	var targets []string
	for _, part := range chunks(ids, 500) {
		jobs, err := collect(ctx, f.s.from(f.tx), scanText, `SELECT '`+jobRow+`' || job || ')' FROM request WHERE op IN ? AND job <> ''`, numbers(part))
		if err != nil {
			return err
		}
		targets = append(targets, jobs...)
		for _, id := range part {
			if e.rows != nil {
				targets = append(targets, e.rows(id)...)
			}
		}
	}
	for _, part := range chunks(targets, 500) {
		untold, err := collect(ctx, f.s.from(f.tx), f.scanUntold(ctx, e.env), `SELECT target, body FROM telling WHERE environment = ? AND target IN ?`, string(e.env), words(part))
		if err != nil {
			return err
		}
		for _, t := range untold {
			if err := f.forgetText(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func scanText(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }

func (f *finishing) scanUntold(ctx context.Context, env connector.Environment) func(r *sql.Rows) (Telling, error) {
	return func(r *sql.Rows) (Telling, error) {
		t := Telling{Environment: env}
		var sealed []byte
		err := r.Scan(&t.Target, &sealed)
		if err == nil {
			t.Body, err = f.s.seal.Open(ctx, env, "telling", sealed)
		}
		return t, err
	}
}

// forgetText leaves of a telling what holds no words about a person.
func (f *finishing) forgetText(ctx context.Context, t Telling) error {
	if !strings.HasPrefix(t.Target, jobRow) {
		_, err := f.s.exec(ctx, f.tx, `DELETE FROM telling WHERE environment = ? AND target = ?`, string(t.Environment), t.Target)
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(t.Body, &fields); err != nil {
		return err
	}
	for _, name := range jobTexts {
		delete(fields, name)
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	sealed, err := f.s.seal.Seal(ctx, t.Environment, "telling", body)
	if err != nil {
		return err
	}
	_, err = f.s.exec(ctx, f.tx, `UPDATE telling SET body = ?, version = version + 1 WHERE environment = ? AND target = ?`, sealed, string(t.Environment), t.Target)
	return err
}

// dropArguments takes the arguments of jobs that ended without success for somebody
// who is erased: nobody will repeat them.
func (f *finishing) dropArguments(ctx context.Context) error {
	var ids numbers
	for _, x := range f.mine {
		if _, person := x.Lane.Record(); person && (x.State == OpFailed || x.State == OpDead) {
			ids = append(ids, x.Op)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := f.s.exec(ctx, f.tx, `UPDATE op SET arguments = NULL WHERE id IN ? AND arguments IS NOT NULL AND EXISTS
		(SELECT 1 FROM link WHERE link.environment = op.environment AND link.record = SUBSTR(op.lane, LENGTH(op.environment) + 2) AND link.erased_at > 0)`, ids)
	return err
}

// Scrub removes from disk what deleted rows leave there. A Finish that erases somebody
// tries it at once; the error says that it must be tried again. On PostgreSQL the
// database's own vacuum does it.
func (s *Store) Scrub(ctx context.Context) error {
	if s.dialect.Scrub == nil {
		return nil
	}
	return s.dialect.Scrub(ctx, s.write)
}
