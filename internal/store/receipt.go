package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	connector "github.com/spotler-connector/connector"
)

// Receipt proves an erasure. It names the record by its id and nothing else.
type Receipt struct {
	Environment connector.Environment
	Record      connector.Record
	At          time.Time
	Rule        string // the rule that decided, or "job"
	Why         string
	ExternalID  connector.ExternalID
	Answers     []Answer
	// CheckedAt is when somebody looked again; zero before that. Found is what was
	// seen: "gone", "back" or "readmitted".
	CheckedAt time.Time
	Found     string
}

// Answer is what one system said to an erasure.
type Answer struct {
	System string    `json:"system"` // "spotler" or "connector"
	Says   string    `json:"says"`
	Status int       `json:"status,omitempty"` // HTTP
	At     time.Time `json:"at"`
}

// What a later look at an erased person found.
const (
	FoundGone       = "gone"
	FoundBack       = "back"       // still, or again, in Spotler, and not by us
	FoundReadmitted = "readmitted" // a later sync brought the person back
)

const receiptColumns = `environment, record, at, rule, why, external_id, answers, checked_at, found`

func scanReceipt(r *sql.Rows) (c Receipt, err error) {
	var record, answers string
	var at, checked int64
	if err := r.Scan(&c.Environment, &record, &at, &c.Rule, &c.Why, &c.ExternalID, &answers, &checked, &c.Found); err != nil {
		return c, err
	}
	if c.Record, err = connector.ParseRecord(record); err != nil {
		return c, fmt.Errorf("receipt: %w", err)
	}
	c.At, c.CheckedAt = fromMS(at), fromMS(checked)
	return c, json.Unmarshal([]byte(answers), &c.Answers)
}

// Receipts returns the receipts of a record, newest first.
func (s *Store) Receipts(ctx context.Context, env connector.Environment, record connector.Record) ([]Receipt, error) {
	out, err := collect(ctx, s.from(s.read), scanReceipt, `SELECT `+receiptColumns+` FROM receipt WHERE environment = ? AND record = ? ORDER BY at DESC`, string(env), record.String())
	if err != nil {
		return nil, fmt.Errorf("store: receipts: %w", err)
	}
	return out, nil
}

// UncheckedReceipts returns up to n receipts of before that nobody looked at again.
func (s *Store) UncheckedReceipts(ctx context.Context, env connector.Environment, before time.Time, n int) ([]Receipt, error) {
	out, err := collect(ctx, s.from(s.read), scanReceipt, `SELECT `+receiptColumns+` FROM receipt WHERE environment = ? AND checked_at = 0 AND at < ? ORDER BY at LIMIT ?`, string(env), ms(before), int64(n))
	if err != nil {
		return nil, fmt.Errorf("store: receipts: %w", err)
	}
	return out, nil
}

// CheckReceipt notes what a later look found, with CheckedAt and Found of r.
func (s *Store) CheckReceipt(ctx context.Context, r Receipt) error {
	return s.transact(ctx, "check receipt", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `UPDATE receipt SET checked_at = ?, found = ? WHERE environment = ? AND record = ? AND at = ?`,
			ms(r.CheckedAt), r.Found, string(r.Environment), r.Record.String(), ms(r.At))
		return err
	})
}

// erase removes what is kept about people who were erased: who the ledger speaks of,
// arguments and messages of their jobs, and texts that Dataverse has not heard yet.
// Their links stay, without a shadow: keyed hashes by which they are known again. The
// key of those hashes is made once and never replaced.
func (f *finishing) erase(ctx context.Context) error {
	for _, x := range f.mine {
		for _, r := range x.Receipts {
			if err := f.eraseOne(ctx, x.Op, r); err != nil {
				return fmt.Errorf("erase: %w", err)
			}
		}
	}
	return f.dropArguments(ctx)
}

func (f *finishing) eraseOne(ctx context.Context, op int64, r Receipt) error {
	env, record := string(r.Environment), r.Record.String()
	lane := string(LaneOf(r.Environment, r.Record))
	if err := f.forgetTexts(ctx, op, r.Environment, lane); err != nil {
		return err
	}
	if _, err := f.s.exec(ctx, f.tx, `DELETE FROM ledger_person WHERE environment = ? AND record = ?`, env, record); err != nil {
		return err
	}
	if _, err := f.s.exec(ctx, f.tx, `UPDATE op SET arguments = NULL, message = '' WHERE lane = ? AND state >= 2 AND id <> ?`, lane, op); err != nil {
		return err
	}
	r.Answers = append(r.Answers, Answer{System: "connector", Says: "shadow, arguments, messages, untold texts and the person's name in the ledger were deleted", At: f.now.UTC()})
	answers, err := json.Marshal(r.Answers)
	if err != nil {
		return err
	}
	_, err = f.s.exec(ctx, f.tx, `INSERT INTO receipt (environment, record, at, rule, why, external_id, answers) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (environment, record, at) DO NOTHING`, env, record, ms(r.At), r.Rule, clip(r.Why, 1000), string(r.ExternalID), string(answers))
	return err
}

// jobTexts are the columns of a Spotler Job row that could hold words about a person.
var jobTexts = []string{"dh_resultmessage", "dh_parametername", "dh_parametervalue", "dh_automationfields"}

// forgetTexts takes the texts out of what Dataverse has not heard yet about the other
// jobs of a lane. Their states are still told.
func (f *finishing) forgetTexts(ctx context.Context, op int64, env connector.Environment, lane string) error {
	scan := func(r *sql.Rows) (t Telling, err error) {
		var sealed []byte
		if err = r.Scan(&t.Target, &sealed); err != nil {
			return t, err
		}
		t.Body, err = f.s.seal.Open(ctx, env, "telling", sealed)
		return t, err
	}
	untold, err := collect(ctx, f.s.from(f.tx), scan, `SELECT target, body FROM telling WHERE environment = ? AND target IN
		(SELECT 'dh_spotlerjobs(' || request.job || ')' FROM request JOIN op ON op.id = request.op WHERE op.lane = ? AND op.id <> ? AND request.job <> '')`, string(env), lane, op)
	if err != nil {
		return err
	}
	for _, t := range untold {
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
		sealed, err := f.s.seal.Seal(ctx, env, "telling", body)
		if err != nil {
			return err
		}
		if _, err := f.s.exec(ctx, f.tx, `UPDATE telling SET body = ?, version = version + 1 WHERE environment = ? AND target = ?`, sealed, string(env), t.Target); err != nil {
			return err
		}
	}
	return nil
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
